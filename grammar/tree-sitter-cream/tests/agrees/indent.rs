//! The rules by which the extension for VS Code indents, against the formatter's indentation.

use std::fs;

use fancy_regex::Regex;
use serde_json::Value;

use crate::files::{cream_files, root};

/// What a line does to the next one, and what a line does to itself.
struct Rules {
    increase: Regex,
    decrease: Regex,
}

impl Rules {
    fn read() -> Rules {
        let path = root().join("grammar/vscode/language-configuration.json");
        let text = fs::read_to_string(path).expect("the file is there");
        let rules: Value = serde_json::from_str(&text).expect("it is JSON");
        let regex = |name: &str| {
            let text = rules["indentationRules"][name].as_str();
            Regex::new(text.expect("it has the rule")).expect("it is a pattern")
        };
        Rules {
            increase: regex("increaseIndentPattern"),
            decrease: regex("decreaseIndentPattern"),
        }
    }

    fn opens(&self, line: &str) -> bool {
        self.increase.is_match(line).expect("it is tried")
    }

    fn closes(&self, line: &str) -> bool {
        self.decrease.is_match(line).expect("it is tried")
    }
}

#[test]
fn lines_that_open_a_body_indent_the_next_one() {
    let rules = Rules::read();
    for line in [
        "space s {",
        "space s of t {    # narrowed",
        "arch a of s {",
        "    block g(kernel = 3, act) {",
        "block g {   # a {comment}",
    ] {
        assert!(rules.opens(line), "{line}");
    }
    for line in [
        "block mb = ir(kernel in {3, 5})",
        "block mb = ir(kernel in {3, 5})    # not { this",
        "block g(k) { act }",
        "space s { }",
        "# space s {",
        "    layer stem conv(kernel in {3, 5})",
    ] {
        assert!(!rules.opens(line), "{line}");
    }
}

#[test]
fn files_are_indented_as_they_are_formatted() {
    let rules = Rules::read();
    let mut bodies = 0;
    for (path, text) in cream_files(&["spaces", "examples"]) {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let lines: Vec<&str> = lines.collect();
        let margin = |line: &str| line.len() - line.trim_start().len();
        for pair in lines.windows(2) {
            if rules.opens(pair[0]) && !rules.closes(pair[1]) {
                let place = format!("{}: {}", path.display(), pair[0]);
                assert!(margin(pair[1]) > margin(pair[0]), "{place}");
                bodies += 1;
            }
        }
        let opened = lines.iter().filter(|line| rules.opens(line)).count();
        let closed = lines.iter().filter(|line| rules.closes(line)).count();
        assert_eq!(opened, closed, "{}", path.display());
    }
    assert!(bodies > 10, "{bodies}");
}
