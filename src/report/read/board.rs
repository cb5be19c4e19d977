//! `boards/NNNN.txt`: the board after every epoch.

use super::files::{Files, path_of_text};

/// The board after an epoch, best first.
#[derive(Debug, Clone, PartialEq)]
pub struct Board {
    pub epoch: u64,
    pub entries: Vec<Entry>,
}

/// A path on the board.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub score: f64,
    pub flops: u64,
    /// As [`super::Judged::path`] has it.
    pub path: String,
}

/// Reads every board there is, in order of epochs.
pub fn read(files: &mut Files) -> Vec<Board> {
    let names = files.list("boards");
    names.iter().filter_map(|name| one(files, name)).collect()
}

fn one(files: &mut Files, name: &str) -> Option<Board> {
    let number = name.strip_prefix("boards/")?.strip_suffix(".txt")?;
    let epoch = number.parse().ok()?;
    let text = files.text(name)?;
    let lines: Vec<&str> = text.lines().skip(1).collect();
    let entries: Vec<Entry> = lines.iter().filter_map(|line| entry(line)).collect();
    if entries.len() < lines.len() {
        files.note(name, "lines that are no entries are left out");
    }
    Some(Board { epoch, entries })
}

/// `1  77.20  320120  [[0], [2, 0, 2], [0]]`, or `160: [[0], …` where the resolution is searched.
fn entry(line: &str) -> Option<Entry> {
    let mut words = line.split_whitespace();
    let _rank: u64 = words.next()?.parse().ok()?;
    let score: f64 = words.next()?.parse().ok()?;
    let flops = words.next()?.parse().ok()?;
    let path = path_of_text(&words.collect::<String>())?;
    (score.abs() <= 1e6).then_some(Entry { score, flops, path })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::read::metrics::judged;

    #[test]
    fn a_path_is_one_text_on_boards_and_where_it_was_judged() {
        for (line, json, path) in [
            ("[[0], [2, 0, 2]]", "[[0],[2,0,2]]", "[[0], [2, 0, 2]]"),
            (
                "28: [[0], [7]]",
                r#"{"resolution":28,"rows":[[0],[7]]}"#,
                "28: [[0], [7]]",
            ),
        ] {
            let entry = entry(&format!("    1   47.50       353784  {line}")).unwrap();
            assert_eq!((entry.score, entry.flops), (47.5, 353_784));
            let value = format!(r#"{{"choices":null,"path":{json},"loss":1.5}}"#);
            let judged = judged(&serde_json::from_str(&value).unwrap()).unwrap();
            assert_eq!([entry.path, judged.path], [path; 2]);
        }
        assert_eq!(entry("1 47.50 353784 far: [[0]]"), None);
    }
}
