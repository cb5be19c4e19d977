//! A reminder that what is generated from `grammar.js` is to be made anew when that changes.

use std::fs;

use sha2::{Digest, Sha256};

use crate::files::root;

/// The command in `grammar/README.md` writes the digest behind the parser. Whoever writes it by another is not found out.
#[test]
fn the_digest_beside_the_parser_is_that_of_the_grammar() {
    let folder = root().join("grammar/tree-sitter-cream");
    let grammar = fs::read(folder.join("grammar.js")).expect("the grammar is there");
    let digest = Sha256::digest(&grammar);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let written = fs::read_to_string(folder.join("src/grammar.js.sha256"));
    let written = written.expect("the digest lies beside the parser");
    assert_eq!(
        written.split_whitespace().next(),
        Some(digest.as_str()),
        "grammar.js has changed: make src/ anew, as grammar/README.md says"
    );
}
