//! What the compiler says: mistakes that must not compile, each with its message, and functions of every
//! shape that must, without a warning.
//!
//! A message that changed on purpose is written anew with `TRYBUILD=overwrite cargo test --test ui`.

/// One test, so that all files are built together.
#[test]
fn mistakes_are_explained_and_every_host_compiles() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui-tests/pass/*/*.rs");
    cases.compile_fail("ui-tests/fail/*/*.rs");
}
