//! Counts as sample rates: a line that stands for `n` observations has the rate 1/n.
//!
//! A server counts `1 / rate`, so the rate must be a text from which exactly `n` comes back, whatever the server
//! calculates with: a short decimal. There is one where `n` has no prime factors but two and five; any other count is
//! the sum of a few such.

/// Decimals of the longest rate. It is reached by counts that no flush ever sees.
const MOST_DECIMALS: u32 = 18;

/// Counts below this are split as well as can be, which is looked up.
const LOOKED_UP: usize = 1024;

/// The counts that have an exact rate, ascending, and how to split the others.
#[derive(Debug)]
pub(super) struct Parts {
    exact: Vec<u64>,
    /// The first part of each small count.
    first: Vec<u16>,
}

impl Parts {
    pub(super) fn new() -> Self {
        let mut exact: Vec<u64> = (0..=MOST_DECIMALS)
            .flat_map(|twos| {
                (0..=MOST_DECIMALS).map(move |fives| 2_u64.pow(twos) * 5_u64.pow(fives))
            })
            .filter(|count| comes_back(*count))
            .collect();
        exact.sort_unstable();
        // How many parts each count has at least, and the largest part with which it has so few.
        let mut fewest = vec![0_u16; LOOKED_UP];
        let mut first = vec![0_u16; LOOKED_UP];
        for count in 1..LOOKED_UP {
            let parts = exact
                .iter()
                .filter_map(|part| usize::try_from(*part).ok())
                .take_while(|part| *part <= count);
            let best = parts
                .map(|part| (fewest[count - part] + 1, part))
                .min_by_key(|(parts, part)| (*parts, usize::MAX - part));
            if let Some((parts, part)) = best {
                fewest[count] = parts;
                first[count] = u16::try_from(part).unwrap_or(1);
            }
        }
        Self { exact, first }
    }

    /// The largest part of a count that is to be sent by itself.
    pub(super) fn first_of(&self, count: u64) -> u64 {
        let small = usize::try_from(count).ok().and_then(|n| self.first.get(n));
        if let Some(first) = small {
            return u64::from(*first);
        }
        let after = self.exact.partition_point(|part| *part <= count);
        let largest = after.checked_sub(1).and_then(|last| self.exact.get(last));
        largest.copied().unwrap_or(1)
    }
}

/// Whether `1 / rate` is the count again in the arithmetic of every server.
#[expect(clippy::cast_precision_loss, reason = "that is the question")]
fn comes_back(count: u64) -> bool {
    let mut text = String::new();
    write(&mut text, count);
    text.parse::<f64>()
        .is_ok_and(|rate| (1.0 / rate).to_bits() == (count as f64).to_bits())
}

/// Writes 1/n in decimals, for a count without prime factors other than two and five.
pub(super) fn write(out: &mut String, count: u64) {
    if count <= 1 {
        out.push('1');
        return;
    }
    let decimals = count.trailing_zeros().max(fives(count));
    let digits = 10_u64.checked_pow(decimals).map_or(1, |all| all / count);
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(digits);
    out.push_str("0.");
    for _ in digits.len()..decimals as usize {
        out.push('0');
    }
    out.push_str(digits);
}

fn fives(mut count: u64) -> u32 {
    let mut fives = 0;
    while count != 0 && count.is_multiple_of(5) {
        count /= 5;
        fives += 1;
    }
    fives
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(mut count: u64) -> Vec<String> {
        let parts = Parts::new();
        let mut rates = Vec::new();
        while count > 0 {
            let part = parts.first_of(count);
            let mut rate = String::new();
            write(&mut rate, part);
            rates.push(rate);
            count -= part;
        }
        rates
    }

    #[test]
    fn rates_are_short_decimals() {
        assert_eq!(rates(1), ["1"]);
        assert_eq!(rates(3), ["0.5", "1"]);
        assert_eq!(rates(7), ["0.2", "0.5"]);
        assert_eq!(rates(10), ["0.1"]);
        assert_eq!(rates(64), ["0.015625"]);
        assert_eq!(rates(1_000_000_000_000), ["0.000000000001"]);
    }

    #[test]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, and as large as the counts"
    )]
    fn every_count_comes_back_exactly_and_in_few_lines() {
        let large = [
            1 << 20,
            999_999,
            1_234_567,
            u64::from(u32::MAX),
            (1 << 53) - 1,
        ];
        for count in (1..3000).chain(large) {
            let rates = rates(count);
            let counted: f64 = rates
                .iter()
                .map(|rate| 1.0 / rate.parse::<f64>().unwrap())
                .sum();
            assert_eq!(u128::from(count), counted as u128, "{rates:?}");
            assert_eq!(counted.fract().to_bits(), 0);
            assert!(
                rates.len() <= if count < 1024 { 4 } else { 20 },
                "{rates:?}"
            );
        }
    }
}
