#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! `rename_all` as in serde.

use instrumetrics::LabelValue;

macro_rules! cases {
    ($($name:ident $case:literal: $first:literal $second:literal $third:literal,)*) => {
        $(
            #[derive(Clone, Copy, LabelValue)]
            #[label(rename_all = $case)]
            enum $name {
                One,
                TwoWords,
                #[label("3")]
                Three,
            }
        )*

        fn main() {
            $(
                assert_eq!($name::CARDINALITY, Some(3));
                assert_eq!($name::One.text().as_str(), $first);
                assert_eq!($name::TwoWords.text().as_str(), $second);
                assert_eq!($name::Three.text().as_str(), $third);
            )*
            assert_eq!(Verbatim::TwoWords.text().as_str(), "TwoWords");
            assert_eq!(Verbatim::r#Self_.text().as_str(), "Self_");
        }
    };
}

cases! {
    Lower "lowercase": "one" "twowords" "3",
    Upper "UPPERCASE": "ONE" "TWOWORDS" "3",
    Pascal "PascalCase": "One" "TwoWords" "3",
    Camel "camelCase": "one" "twoWords" "3",
    Snake "snake_case": "one" "two_words" "3",
    Screaming "SCREAMING_SNAKE_CASE": "ONE" "TWO_WORDS" "3",
    Kebab "kebab-case": "one" "two-words" "3",
    ScreamingKebab "SCREAMING-KEBAB-CASE": "ONE" "TWO-WORDS" "3",
}

#[derive(LabelValue)]
#[repr(u8)]
#[allow(non_camel_case_types)]
enum Verbatim {
    TwoWords = 5,
    r#Self_ = 2,
}
