//! Which values stand for the observations that a histogram's buckets counted.
//!
//! Of an observation only its bucket is known, and of all together their sum. Each bucket that moved gets one value
//! inside it, so that all together come to that sum. Where no choice does (a sum that was rounded, or negative
//! observations sent as timings), the nearest is taken, and what is missing is left to the next flush.

/// The buckets that moved, and the value that was chosen for each.
#[derive(Debug, Default)]
pub(super) struct Spread {
    buckets: Vec<Moved>,
}

/// A bucket that moved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moved {
    /// Its place among the buckets.
    pub(super) bucket: u32,
    /// How many more observations it counted.
    pub(super) count: u64,
    /// What is sent for each.
    pub(super) value: f64,
    /// No value is at or below this; the first bucket has no such bound.
    above: f64,
    /// The least and greatest value that is taken unless the sum asks for more.
    least: f64,
    greatest: f64,
}

/// What may be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    /// What bounds are multiplied by: 1000 where seconds are sent as milliseconds.
    pub(super) scale: f64,
    /// Whether values below zero may be sent.
    pub(super) negative: bool,
}

impl Spread {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// The moved buckets with their values, given how many more each bucket counted and how much the sum grew.
    pub(super) fn over(
        &mut self,
        bounds: &[f64],
        counts: impl Iterator<Item = u64>,
        sum: f64,
        range: Range,
    ) -> &[Moved] {
        self.buckets.clear();
        let moved = (0_u32..).zip(counts).filter(|(_, count)| *count > 0);
        self.buckets
            .extend(moved.map(|(bucket, count)| Moved::new(bucket, count, bounds, range)));
        let last = u32::try_from(bounds.len()).unwrap_or(u32::MAX);
        self.choose(sum * range.scale, last, range.negative);
        for moved in &mut self.buckets {
            moved.confine(last, range.negative);
        }
        &self.buckets
    }

    /// Chooses values that come to the sum.
    fn choose(&mut self, sum: f64, last: u32, negative: bool) {
        let total = |of: fn(&Moved) -> f64| {
            self.buckets
                .iter()
                .map(|moved| moved.weight() * of(moved))
                .sum()
        };
        let lowest: f64 = total(|moved| moved.least);
        let highest: f64 = total(|moved| moved.greatest);
        let part = if !sum.is_finite() {
            // Too large for any arithmetic: the middle is as good as anything.
            0.5
        } else if sum > highest
            && self
                .buckets
                .last()
                .is_some_and(|moved| moved.bucket == last)
        {
            // The last bucket takes what the others, at their middles, leave.
            self.middle();
            let rest = self.rest(sum, self.buckets.len() - 1);
            if let Some(moved) = self.buckets.last_mut() {
                moved.value = rest;
            }
            return;
        } else if sum < lowest
            && negative
            && self.buckets.first().is_some_and(|moved| moved.bucket == 0)
        {
            self.middle();
            let rest = self.rest(sum, 0);
            if let Some(moved) = self.buckets.first_mut() {
                moved.value = rest;
            }
            return;
        } else if highest > lowest {
            ((sum - lowest) / (highest - lowest)).clamp(0.0, 1.0)
        } else {
            0.0
        };
        for moved in &mut self.buckets {
            moved.value = part.mul_add(moved.greatest - moved.least, moved.least);
        }
        // What rounding left over goes where a single observation can take it.
        if sum.is_finite()
            && let Some(place) = self.buckets.iter().position(|moved| moved.count == 1)
        {
            let rest = self.rest(sum, place);
            if let Some(moved) = self.buckets.get_mut(place) {
                moved.value = rest;
            }
        }
    }

    fn middle(&mut self) {
        for moved in &mut self.buckets {
            moved.value = f64::midpoint(moved.least, moved.greatest);
        }
    }

    /// What one bucket has to be so that all come to the sum.
    fn rest(&self, sum: f64, place: usize) -> f64 {
        let others: f64 = self
            .buckets
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != place)
            .map(|(_, moved)| moved.weight() * moved.value)
            .sum();
        let weight = self.buckets.get(place).map_or(1.0, Moved::weight);
        (sum - others) / weight
    }
}

/// As a part of a bound: values this near above it would be read as the bound itself once they are divided again.
const MARGIN: f64 = 1e-12;

impl Moved {
    fn new(bucket: u32, count: u64, bounds: &[f64], range: Range) -> Self {
        let bound = |place: Option<u32>| {
            place
                .and_then(|place| bounds.get(place as usize))
                .map(|bound| bound * range.scale)
        };
        let below = bound(bucket.checked_sub(1));
        let upper = bound(Some(bucket));
        let above = below.unwrap_or(f64::NEG_INFINITY);
        let (mut least, mut greatest) = match (below, upper) {
            (Some(below), Some(upper)) => (just_above(below).min(upper), upper),
            (Some(below), None) => (just_above(below), just_above(below)),
            // Few things that are measured are negative.
            (None, Some(upper)) => (upper.min(0.0), upper),
            (None, None) => (0.0, 0.0),
        };
        if !range.negative {
            least = least.max(0.0);
            greatest = greatest.max(0.0);
        }
        Self {
            bucket,
            count,
            value: least,
            above,
            least,
            greatest,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a sum is an `f64`")]
    pub(super) const fn weight(&self) -> f64 {
        self.count as f64
    }

    /// Keeps the value inside the bucket, and finite.
    fn confine(&mut self, last: u32, negative: bool) {
        if self.value <= self.above {
            self.value = self.least;
        }
        if self.bucket == last {
            self.value = self.value.min(f64::MAX);
        } else {
            self.value = self.value.min(self.greatest);
        }
        self.value = self.value.max(if negative { f64::MIN } else { 0.0 });
    }
}

fn just_above(bound: f64) -> f64 {
    let above = bound + bound.abs() * MARGIN;
    if above > bound {
        above
    } else {
        bound.next_up()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: Range = Range {
        scale: 1.0,
        negative: true,
    };
    const TIMINGS: Range = Range {
        scale: 1000.0,
        negative: false,
    };

    fn values(bounds: &[f64], counts: &[u64], sum: f64, range: Range) -> Vec<f64> {
        let mut spread = Spread::new();
        let moved = spread.over(bounds, counts.iter().copied(), sum, range);
        moved.iter().map(|moved| moved.value).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn total(counts: &[u64], values: &[f64]) -> f64 {
        let counts = counts.iter().filter(|count| **count > 0);
        counts
            .zip(values)
            .map(|(count, value)| *count as f64 * value)
            .sum()
    }

    #[test]
    fn one_observation_is_sent_as_it_was() {
        for value in [0.0, 0.1, 0.3, 1.0, 7.5, 1e9] {
            let counts = [
                u64::from(value <= 0.1),
                u64::from(value > 0.1 && value <= 1.0),
                u64::from(value > 1.0),
            ];
            assert_eq!(values(&[0.1, 1.0], &counts, value, SECONDS), [value]);
            assert_eq!(
                values(&[0.1, 1.0], &counts, value, TIMINGS),
                [value * 1000.0]
            );
        }
        assert_eq!(values(&[0.1], &[1, 0], -4.0, SECONDS), [-4.0]);
        assert_eq!(values(&[], &[1], 4.0, SECONDS), [4.0]);
    }

    #[test]
    fn all_together_come_to_the_sum_inside_their_buckets() {
        let bounds = [1.0, 2.0, 4.0];
        for (counts, sum) in [
            ([3, 5, 7, 0], 30.0),
            ([3, 5, 7, 2], 70.0),
            ([0, 0, 1, 1], 6.5),
            ([9, 0, 0, 0], 0.0),
            ([2, 0, 0, 1], -10.0),
            ([1, 1, 1, 1], 12.000_000_1),
        ] {
            let values = values(&bounds, &counts, sum, SECONDS);
            assert!((total(&counts, &values) - sum).abs() < 1e-9, "{values:?}");
            let places = (0..4).filter(|place| counts[*place] > 0);
            for (place, value) in places.zip(&values) {
                assert_eq!(
                    bounds.partition_point(|bound| bound < value),
                    place,
                    "{values:?}"
                );
            }
        }
    }

    #[test]
    fn a_sum_out_of_reach_gives_the_nearest_values() {
        assert_eq!(values(&[1.0, 2.0], &[0, 2, 0], 9.0, SECONDS), [2.0]);
        let low = values(&[1.0, 2.0], &[0, 2, 0], 0.0, SECONDS);
        assert!(low[0] > 1.0 && low[0] < 1.000_001);
        // Negative timings are refused by servers.
        assert_eq!(values(&[-1.0, 1.0], &[1, 1, 0], -3.0, TIMINGS), [0.0, 0.0]);
        assert_eq!(values(&[1.0], &[1, 1], f64::INFINITY, SECONDS).len(), 2);
        assert!(
            values(&[1.0], &[1, 1], f64::NAN, TIMINGS)
                .iter()
                .all(|value| value.is_finite())
        );
        let large = values(&[1.0], &[0, 1], f64::MAX, TIMINGS);
        assert!(large[0] > 1000.0 && large[0].is_finite());
    }
}
