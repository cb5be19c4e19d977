use std::fs;
use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every `.cream` file in these folders of the repository and below them, with its text; in order.
pub fn cream_files(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for folder in folders {
        add(&root().join(folder), &mut found);
    }
    found.sort();
    assert!(!found.is_empty(), "{folders:?} hold files");
    found
}

fn add(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            add(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "cream")
        {
            let text = fs::read_to_string(&path).expect("it can be read");
            found.push((path, text));
        }
    }
}

/// The reserved words, from the grammar that the compiler's parser is held equal to.
pub fn reserved() -> Vec<String> {
    let grammar =
        fs::read_to_string(root().join("grammar/cream.ebnf")).expect("the grammar is there");
    let (_, rule) = grammar.split_once("\nreserved ").expect("it has the rule");
    let (rule, _) = rule.split_once(';').expect("the rule ends");
    let words: Vec<String> = rule
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    assert!(words.len() > 10, "{words:?}");
    words
}
