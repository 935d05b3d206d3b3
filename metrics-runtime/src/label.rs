//! Label values: what a type must be able to do to stand in a label.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

/// A type that can be the value of a label.
///
/// Strings, integers, `bool`, `char`, `Option` of those (`None` is the absent label) and references to them
/// are; so is an enum with `#[derive(LabelValue)]`, whose values are known beforehand. For a type of your
/// own only [`text`](Self::text) is needed:
///
/// ```
/// use instrumetrics_runtime::{LabelText, LabelValue};
///
/// struct Host(String);
///
/// impl LabelValue for Host {
///     fn text(&self) -> LabelText<'_> {
///         LabelText::from(self.0.as_str())
///     }
/// }
/// # assert_eq!(Host("a".into()).text().as_str(), "a");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a label",
    label = "not a label value",
    note = "label values are strings, integers, `bool`, `char`, `Option` of those, and enums with `#[derive(LabelValue)]`"
)]
pub trait LabelValue {
    /// How many values there are, when they are known beforehand.
    ///
    /// A family whose labels all have a cardinality keeps its series in a block and exposes every one of
    /// them from the start. The default, `None`, is for values that are not known.
    const CARDINALITY: Option<usize> = None;

    /// Tells value sets apart, so that two types with equal cardinality are not mistaken for each other.
    #[doc(hidden)]
    const FINGERPRINT: u64 = 0;

    /// The place of this value among [`CARDINALITY`](Self::CARDINALITY) values.
    fn index(&self) -> usize {
        0
    }

    /// The text of the value at a place below [`CARDINALITY`](Self::CARDINALITY).
    #[must_use]
    fn value_at(index: usize) -> &'static str {
        let _ = index;
        ""
    }

    /// The value as text. An empty text is the absent label.
    fn text(&self) -> LabelText<'_>;
}

/// The text of a label value, borrowed where that is possible and without an allocation for numbers.
#[derive(Clone, Debug)]
pub struct LabelText<'a>(Repr<'a>);

#[derive(Clone, Debug)]
enum Repr<'a> {
    Text(Cow<'a, str>),
    Short { bytes: [u8; SHORT], length: u8 },
}

/// Long enough for every integer: `i128::MIN` has 40 characters.
const SHORT: usize = 40;

impl LabelText<'_> {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Text(text) => text,
            Repr::Short { bytes, length } => bytes
                .get(..usize::from(*length))
                .and_then(|bytes| std::str::from_utf8(bytes).ok())
                .unwrap_or_default(),
        }
    }

    fn short(text: &str) -> LabelText<'static> {
        let mut bytes = [0; SHORT];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(room), Ok(length)) => {
                room.copy_from_slice(text.as_bytes());
                LabelText(Repr::Short { bytes, length })
            }
            _ => LabelText(Repr::Text(Cow::Owned(text.to_owned()))),
        }
    }
}

impl<'a> From<&'a str> for LabelText<'a> {
    fn from(text: &'a str) -> Self {
        Self(Repr::Text(Cow::Borrowed(text)))
    }
}

impl From<String> for LabelText<'_> {
    fn from(text: String) -> Self {
        Self(Repr::Text(Cow::Owned(text)))
    }
}

macro_rules! strings {
    ($($type:ty),*) => {$(
        impl LabelValue for $type {
            #[inline]
            fn text(&self) -> LabelText<'_> {
                LabelText::from(&**self)
            }
        }
    )*};
}
strings!(String, Cow<'_, str>, Box<str>, Arc<str>, Rc<str>);

impl LabelValue for str {
    #[inline]
    fn text(&self) -> LabelText<'_> {
        LabelText::from(self)
    }
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl LabelValue for $type {
            #[inline]
            fn text(&self) -> LabelText<'_> {
                LabelText::short(itoa::Buffer::new().format(*self))
            }
        }
    )*};
}
integers!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize
);

impl LabelValue for bool {
    #[inline]
    fn text(&self) -> LabelText<'_> {
        LabelText::from(if *self { "true" } else { "false" })
    }
}

impl LabelValue for char {
    #[inline]
    fn text(&self) -> LabelText<'_> {
        LabelText::short(self.encode_utf8(&mut [0; 4]))
    }
}

impl<T: LabelValue> LabelValue for Option<T> {
    const CARDINALITY: Option<usize> = match T::CARDINALITY {
        Some(n) => Some(n + 1),
        None => None,
    };
    // Any odd constant would do; zero stays the mark of unknown values.
    const FINGERPRINT: u64 = T::FINGERPRINT.wrapping_mul(0x9e37_79b9_7f4a_7c15);

    #[inline]
    fn index(&self) -> usize {
        self.as_ref().map_or(0, |value| value.index() + 1)
    }

    fn value_at(index: usize) -> &'static str {
        index.checked_sub(1).map_or("", T::value_at)
    }

    #[inline]
    fn text(&self) -> LabelText<'_> {
        self.as_ref().map_or(LabelText::from(""), LabelValue::text)
    }
}

macro_rules! references {
    ($($type:ty),*) => {$(
        impl<T: LabelValue + ?Sized> LabelValue for $type {
            const CARDINALITY: Option<usize> = T::CARDINALITY;
            const FINGERPRINT: u64 = T::FINGERPRINT;

            #[inline]
            fn index(&self) -> usize {
                (**self).index()
            }

            fn value_at(index: usize) -> &'static str {
                T::value_at(index)
            }

            #[inline]
            fn text(&self) -> LabelText<'_> {
                (**self).text()
            }
        }
    )*};
}
references!(&T, &mut T);

/// The values of all labels of a family, in the order of its declaration.
///
/// Implemented for tuples of up to 16 label values; the macros build them.
#[doc(hidden)]
pub trait LabelSet {
    /// How many labels there are.
    const LABELS: usize;
    /// The product of the cardinalities, when all are known.
    const CARDINALITY: Option<usize>;
    /// Tells value sets apart; zero where one is not known.
    const FINGERPRINT: u64;
    /// The cardinality of each label.
    const CARDINALITIES: &'static [Option<usize>];

    /// The place of these values in the block of a dense family.
    fn index(&self) -> usize;

    /// The text of value `index` of label `label`, where its values are known.
    fn value_at(label: usize, index: usize) -> &'static str;

    /// Calls `f` with the texts of all values.
    fn with_texts<R>(&self, f: impl FnOnce(&[&str]) -> R) -> R;
}

/// `None` as soon as one of them is.
const fn product(cardinalities: &[Option<usize>]) -> Option<usize> {
    let mut product: usize = 1;
    let mut i = 0;
    while i < cardinalities.len() {
        match cardinalities[i] {
            Some(n) => product = product.saturating_mul(n),
            None => return None,
        }
        i += 1;
    }
    Some(product)
}

/// The start and the multiplier of FNV-1a (Fowler, Noll, Vo).
const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// The fingerprint of labels, followed by one more.
pub(crate) const fn combined(fingerprint: u64, next: u64) -> u64 {
    (fingerprint ^ next).wrapping_mul(FNV_PRIME)
}

const fn combine(fingerprints: &[u64]) -> u64 {
    let mut hash = FNV_START;
    let mut i = 0;
    while i < fingerprints.len() {
        hash = combined(hash, fingerprints[i]);
        i += 1;
    }
    hash
}

/// The fingerprint of a list of values, for the derive.
#[doc(hidden)]
#[must_use]
pub const fn fingerprint(values: &[&str]) -> u64 {
    let mut hash = FNV_START;
    let mut i = 0;
    while i < values.len() {
        let value = values[i].as_bytes();
        let mut j = 0;
        while j < value.len() {
            hash = combined(hash, value[j] as u64);
            j += 1;
        }
        hash = combined(hash, 0xff);
        i += 1;
    }
    hash
}

macro_rules! label_set {
    ($count:literal $($label:ident $place:tt)*) => {
        impl<$($label: LabelValue),*> LabelSet for ($($label,)*) {
            const LABELS: usize = $count;
            const CARDINALITY: Option<usize> = product(Self::CARDINALITIES);
            const FINGERPRINT: u64 = combine(&[$($label::FINGERPRINT),*]);
            const CARDINALITIES: &'static [Option<usize>] = &[$($label::CARDINALITY),*];

            #[inline]
            fn index(&self) -> usize {
                let index = 0;
                $(let index = index * $label::CARDINALITY.unwrap_or(1) + self.$place.index();)*
                index
            }

            fn value_at(label: usize, index: usize) -> &'static str {
                match label {
                    $($place => $label::value_at(index),)*
                    _ => {
                        let _ = index;
                        ""
                    }
                }
            }

            #[inline]
            fn with_texts<Out>(&self, f: impl FnOnce(&[&str]) -> Out) -> Out {
                f(&[$(self.$place.text().as_str()),*])
            }
        }
    };
}
label_set!(0);
label_set!(1 A 0);
label_set!(2 A 0 B 1);
label_set!(3 A 0 B 1 C 2);
label_set!(4 A 0 B 1 C 2 D 3);
label_set!(5 A 0 B 1 C 2 D 3 E 4);
label_set!(6 A 0 B 1 C 2 D 3 E 4 F 5);
label_set!(7 A 0 B 1 C 2 D 3 E 4 F 5 G 6);
label_set!(8 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7);
label_set!(9 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8);
label_set!(10 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9);
label_set!(11 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10);
label_set!(12 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11);
label_set!(13 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12);
label_set!(14 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13);
label_set!(15 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14);
label_set!(16 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14 P 15);
