//! Labels as they are given, in the order in which they are kept: by name.

/// Labels that fit here need no allocation.
const FEW: usize = 16;

/// Names and values sorted by name, and the texts under which a thread remembers their series.
pub(super) struct Sorted<'a> {
    few: [(&'a str, &'a str); FEW],
    many: Vec<(&'a str, &'a str)>,
    length: usize,
}

impl<'a> Sorted<'a> {
    pub(super) fn new(labels: &[(&'a str, &'a str)]) -> Self {
        let mut sorted = Self {
            few: [("", ""); FEW],
            many: Vec::new(),
            length: labels.len(),
        };
        if labels.len() > FEW {
            sorted.many = labels.to_vec();
        } else {
            for (slot, label) in sorted.few.iter_mut().zip(labels) {
                *slot = *label;
            }
        }
        // Stable, and by name alone: of two labels of one name the first is the one found at fault.
        sorted.as_mut().sort_by_key(|(name, _)| *name);
        sorted
    }

    pub(super) fn as_slice(&self) -> &[(&'a str, &'a str)] {
        if self.many.is_empty() {
            self.few.get(..self.length).unwrap_or_default()
        } else {
            &self.many
        }
    }

    fn as_mut(&mut self) -> &mut [(&'a str, &'a str)] {
        if self.many.is_empty() {
            self.few.get_mut(..self.length).unwrap_or_default()
        } else {
            &mut self.many
        }
    }

    /// Calls `f` with the name of the metric, then each label's name and value.
    pub(super) fn with_key<R>(&self, name: &str, f: impl FnOnce(&[&str]) -> R) -> R {
        let labels = self.as_slice().iter();
        if self.many.is_empty() {
            let mut key = [""; 1 + 2 * FEW];
            let length = 1 + 2 * self.length;
            let texts =
                std::iter::once(name).chain(labels.flat_map(|(name, value)| [*name, *value]));
            for (slot, text) in key.iter_mut().zip(texts) {
                *slot = text;
            }
            f(key.get(..length).unwrap_or_default())
        } else {
            let mut key = Vec::with_capacity(1 + 2 * self.length);
            key.push(name);
            key.extend(labels.flat_map(|(name, value)| [*name, *value]));
            f(&key)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_for_few_or_many() {
        let names: Vec<String> = (0..40).map(|n| format!("l{n:02}")).collect();
        for count in [0, 1, 2, 16, 17, 40] {
            let labels: Vec<(&str, &str)> = names.iter().take(count).map(|n| (&**n, "v")).collect();
            let mut turned = labels.clone();
            turned.reverse();
            assert_eq!(Sorted::new(&turned).as_slice(), labels);
            let key = Sorted::new(&turned).with_key("m", |key| key.join(" "));
            assert_eq!(key, Sorted::new(&labels).with_key("m", |key| key.join(" ")));
            assert_eq!(key.split(' ').count(), 1 + 2 * count);
        }
    }
}
