//! What the compiler says: mistakes that must not compile, each with its message, and functions of every
//! shape that must, without a warning.
//!
//! A message that changed on purpose is written anew with `TRYBUILD=overwrite cargo test --test ui`.

use std::path::Path;

#[path = "../ui-tests/generated/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the macros as functions")]
mod generated;

/// One test, so that all files are built together.
#[test]
fn mistakes_are_explained_and_every_host_compiles() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui-tests/pass/*/*.rs");
    cases.compile_fail("ui-tests/fail/*/*.rs");
    // And random functions under random attributes, by the hundred in few compilations.
    for seed in [1, 0x5eed, 31_337] {
        let source = generated::crate_of(&mut generated::Random::new(seed), 700);
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("generated_{seed}.rs"));
        std::fs::write(&file, source).unwrap();
        cases.pass(file);
    }
}
