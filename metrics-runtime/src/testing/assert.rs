//! The assertions.

/// Asserts the value of a counter.
///
/// ```
/// use instrumetrics_runtime::testing::{Scope, assert_counter};
/// # use instrumetrics_runtime::{Counter, Descriptor};
/// # static COUNTER: Counter = Counter::new(&Descriptor::counter("asserted_total", "Asserted."));
///
/// let scope = Scope::new();
/// scope.enter(|| {
///     COUNTER.inc_by(2);
///     // In the scope that the thread is in; in none, in the whole process.
///     assert_counter!("asserted_total", 2);
/// });
/// // In a scope, a snapshot, or `Metrics` by name.
/// assert_counter!(scope, "asserted_total", 2);
/// assert_counter!(scope.snapshot(), "asserted_total", 1..=3);
/// ```
///
/// Labels stand after the name, in any order: `{"method" => "GET", "status" => 200}` or `[("method", "GET")]`, or an
/// expression that is a list of such pairs if a source stands first. Their values are whatever can be a label's.
///
/// The number is an integer, a float, a `Duration` as seconds, or a range; `tolerance = 0.01` may follow a number. A series in
/// which nothing was recorded counts as zero, if there is such a metric and it has such labels.
///
/// When it fails, the message lists the series that there are, or says which metric has a similar name.
///
/// # Panics
///
/// If the counter has another value, or there is none.
#[macro_export]
macro_rules! assert_counter {
    ($($arguments:tt)*) => {
        $crate::__assert_number!(counter, $($arguments)*)
    };
}

/// Asserts the value of a gauge.
///
/// ```
/// use instrumetrics_runtime::testing::{Scope, assert_gauge};
/// use instrumetrics_runtime::{Descriptor, Gauge};
///
/// static LEVEL: Gauge = Gauge::new(&Descriptor::gauge("asserted_level_ratio", "Level."));
///
/// let scope = Scope::new();
/// scope.enter(|| {
///     LEVEL.set(0.1);
///     LEVEL.add(0.2);
/// });
/// assert_gauge!(scope, "asserted_level_ratio", 0.3, tolerance = 1e-9);
/// assert_gauge!(scope, "asserted_level_ratio", 0.2..0.4);
/// ```
///
/// What can be written is as with [`assert_counter!`](crate::assert_counter). A gauge in which nothing was recorded
/// has no value, unless its labels all have known values: then it is zero.
///
/// # Panics
///
/// If the gauge has another value, or there is none.
#[macro_export]
macro_rules! assert_gauge {
    ($($arguments:tt)*) => {
        $crate::__assert_number!(gauge, $($arguments)*)
    };
}

/// Asserts how many values a histogram observed, or their sum, or both.
///
/// ```
/// use instrumetrics_runtime::testing::{Scope, assert_histogram};
/// use instrumetrics_runtime::{Descriptor, Histogram};
///
/// static WAIT: Histogram = Histogram::new(&Descriptor::histogram("asserted_wait_seconds", "Wait."));
///
/// let scope = Scope::new();
/// scope.enter(|| WAIT.observe(0.25));
/// assert_histogram!(scope, "asserted_wait_seconds", count = 1);
/// assert_histogram!(scope, "asserted_wait_seconds", count = 1, sum = 0.25);
/// assert_histogram!(scope, "asserted_wait_seconds", sum = 0.2..0.3);
/// ```
///
/// What can be written before is as with [`assert_counter!`](crate::assert_counter); `tolerance = ..` may follow a
/// sum.
///
/// # Panics
///
/// If the histogram has another count or sum, or there is none.
#[macro_export]
macro_rules! assert_histogram {
    ($name:expr, { $($labels:tt)* }, $part:ident = $($wanted:tt)+) => {
        $crate::testing::expand::histogram(
            &$crate::testing::expand::Here, $name, $crate::__labels!($($labels)*), $crate::__wanted!($part = $($wanted)+)
        )
    };
    ($name:expr, [ $($labels:tt)* ], $part:ident = $($wanted:tt)+) => {
        $crate::testing::expand::histogram(
            &$crate::testing::expand::Here, $name, $crate::__labels!($($labels)*), $crate::__wanted!($part = $($wanted)+)
        )
    };
    ($name:expr, $part:ident = $($wanted:tt)+) => {
        $crate::testing::expand::histogram(
            &$crate::testing::expand::Here, $name, $crate::__labels!(), $crate::__wanted!($part = $($wanted)+)
        )
    };
    ($source:expr, $name:expr, { $($labels:tt)* }, $part:ident = $($wanted:tt)+) => {
        $crate::testing::expand::histogram(&$source, $name, $crate::__labels!($($labels)*), $crate::__wanted!($part = $($wanted)+))
    };
    ($source:expr, $name:expr, [ $($labels:tt)* ], $part:ident = $($wanted:tt)+) => {
        $crate::testing::expand::histogram(&$source, $name, $crate::__labels!($($labels)*), $crate::__wanted!($part = $($wanted)+))
    };
    ($source:expr, $name:expr, $part:ident = $($wanted:tt)+) => {
        $crate::testing::expand::histogram(&$source, $name, $crate::__labels!(), $crate::__wanted!($part = $($wanted)+))
    };
    ($source:expr, $name:expr, $labels:expr, $part:ident = $($wanted:tt)+) => {
        $crate::testing::expand::histogram(
            &$source, $name, &$crate::testing::expand::labels($labels), $crate::__wanted!($part = $($wanted)+)
        )
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "write `assert_histogram!(name, count = n)`; `sum = x` may follow or stand alone, a source before the name, and labels after it (`{\"label\" => value}`)"
        )
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __assert_number {
    ($check:ident, $name:expr, { $($labels:tt)* }, $wanted:expr $(, tolerance = $tolerance:expr)? $(,)?) => {
        $crate::testing::expand::$check(
            &$crate::testing::expand::Here, $name, $crate::__labels!($($labels)*), $crate::__number!($wanted $(, $tolerance)?)
        )
    };
    ($check:ident, $name:expr, [ $($labels:tt)* ], $wanted:expr $(, tolerance = $tolerance:expr)? $(,)?) => {
        $crate::testing::expand::$check(
            &$crate::testing::expand::Here, $name, $crate::__labels!($($labels)*), $crate::__number!($wanted $(, $tolerance)?)
        )
    };
    ($check:ident, $name:expr, $wanted:expr $(, tolerance = $tolerance:expr)? $(,)?) => {
        $crate::testing::expand::$check(
            &$crate::testing::expand::Here, $name, $crate::__labels!(), $crate::__number!($wanted $(, $tolerance)?)
        )
    };
    ($check:ident, $source:expr, $name:expr, { $($labels:tt)* }, $wanted:expr $(, tolerance = $tolerance:expr)? $(,)?) => {
        $crate::testing::expand::$check(&$source, $name, $crate::__labels!($($labels)*), $crate::__number!($wanted $(, $tolerance)?))
    };
    ($check:ident, $source:expr, $name:expr, [ $($labels:tt)* ], $wanted:expr $(, tolerance = $tolerance:expr)? $(,)?) => {
        $crate::testing::expand::$check(&$source, $name, $crate::__labels!($($labels)*), $crate::__number!($wanted $(, $tolerance)?))
    };
    ($check:ident, $source:expr, $name:expr, $wanted:expr $(, tolerance = $tolerance:expr)? $(,)?) => {
        $crate::testing::expand::$check(&$source, $name, $crate::__labels!(), $crate::__number!($wanted $(, $tolerance)?))
    };
    ($check:ident, $source:expr, $name:expr, $labels:expr, $wanted:expr $(, tolerance = $tolerance:expr)? $(,)?) => {
        $crate::testing::expand::$check(
            &$source, $name, &$crate::testing::expand::labels($labels), $crate::__number!($wanted $(, $tolerance)?)
        )
    };
    ($check:ident, $($other:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "write `assert_",
            ::core::stringify!($check),
            "!(name, value)`; a source may stand before the name, labels after it (`{\"label\" => value}`), and `tolerance = x` after the value"
        ))
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __labels {
    ($($label:expr => $value:expr),* $(,)?) => {
        &[$($crate::testing::expand::label($label, &$value)),*]
    };
    ($(($label:expr, $value:expr)),* $(,)?) => {
        &[$($crate::testing::expand::label($label, &$value)),*]
    };
    ($($other:tt)*) => {
        ::core::compile_error!("write labels as `{\"label\" => value}` or `[(\"label\", value)]`")
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __number {
    ($wanted:expr) => {
        $crate::testing::expand::expected($wanted)
    };
    ($wanted:expr, $tolerance:expr) => {
        $crate::testing::expand::near($wanted, $tolerance)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __wanted {
    (count = $count:expr $(,)?) => {
        &[("count", $crate::__number!($count))]
    };
    (sum = $sum:expr $(, tolerance = $tolerance:expr)? $(,)?) => {
        &[("sum", $crate::__number!($sum $(, $tolerance)?))]
    };
    (count = $count:expr, sum = $sum:expr $(, tolerance = $tolerance:expr)? $(,)?) => {
        &[("count", $crate::__number!($count)), ("sum", $crate::__number!($sum $(, $tolerance)?))]
    };
    ($($other:tt)*) => {
        ::core::compile_error!("write `count = n`, `sum = x` or `count = n, sum = x`, and perhaps `, tolerance = y` after a sum")
    };
}
