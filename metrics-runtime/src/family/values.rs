//! The label values of a series, kept in one piece.

/// Label values in the order of the family's declaration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Values {
    joined: Box<str>,
    ends: Box<[u32]>,
}

impl Values {
    pub(crate) fn new(texts: &[&str]) -> Self {
        let mut joined = String::with_capacity(texts.iter().map(|text| text.len()).sum());
        let ends = texts
            .iter()
            .map(|text| {
                joined.push_str(text);
                // Values are at most 256 bytes and 16 in number by the time they get here.
                u32::try_from(joined.len()).unwrap_or(u32::MAX)
            })
            .collect();
        Self {
            joined: joined.into_boxed_str(),
            ends,
        }
    }

    pub(crate) fn get(&self, index: usize) -> &str {
        let start = match index.checked_sub(1).map(|before| self.ends.get(before)) {
            Some(Some(end)) => *end as usize,
            _ => 0,
        };
        let end = self.ends.get(index).map_or(start, |end| *end as usize);
        self.joined.get(start..end).unwrap_or_default()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|index| self.get(index))
    }

    pub(crate) fn matches(&self, texts: &[&str]) -> bool {
        self.ends.len() == texts.len() && self.iter().eq(texts.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_and_match_only_themselves() {
        let values = Values::new(&["ab", "", "c"]);
        assert_eq!(values.iter().collect::<Vec<_>>(), ["ab", "", "c"]);
        assert!(values.matches(&["ab", "", "c"]));
        assert!(!values.matches(&["a", "b", "c"]));
        assert!(!values.matches(&["ab", "c", ""]));
        assert!(!values.matches(&["ab", ""]));
        assert!(!values.matches(&["ab", "", "c", ""]));
        assert!(Values::new(&[]).matches(&[]));
    }
}
