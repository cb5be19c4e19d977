//! What rustc says about a wrong space: each file of `tests/ui`, and its message beside it.
//! `TRYBUILD=overwrite` writes the messages anew.

#[test]
fn a_wrong_space_does_not_compile_and_its_messages_stand_at_its_words() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
