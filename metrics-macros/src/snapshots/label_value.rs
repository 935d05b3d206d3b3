#[automatically_derived]
impl ::instrumetrics::LabelValue for Size {
    const CARDINALITY: ::core::option::Option<usize> = ::core::option::Option::Some(
        2usize,
    );
    const FINGERPRINT: u64 = ::instrumetrics::__private::fingerprint(
        &["extra-small", "XXL"],
    );
    #[inline]
    fn index(&self) -> usize {
        match *self {
            Self::ExtraSmall { .. } => 0usize,
            Self::Huge { .. } => 1usize,
        }
    }
    fn value_at(index: usize) -> &'static str {
        const VALUES: [&str; 2usize] = ["extra-small", "XXL"];
        match VALUES.get(index) {
            ::core::option::Option::Some(value) => value,
            ::core::option::Option::None => "",
        }
    }
    #[inline]
    fn text(&self) -> ::instrumetrics::LabelText<'_> {
        ::core::convert::From::from(
            <Self as ::instrumetrics::LabelValue>::value_at(
                ::instrumetrics::LabelValue::index(self),
            ),
        )
    }
}
