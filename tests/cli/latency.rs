use std::fs;
use std::path::Path;

use crate::tool::{creamc, creamc_in};

/// A folder with `spaces/timed.cream` and its table, cut down by `keep`.
fn folder(keep: impl Fn(&str) -> bool) -> tempfile::TempDir {
    let spaces = Path::new(env!("CARGO_MANIFEST_DIR")).join("spaces");
    let read = |file: &str| fs::read_to_string(spaces.join(file)).expect("it is readable");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = |file: &str| folder.path().join(file);
    fs::write(path("timed.cream"), read("timed.cream")).expect("it can be written");
    fs::create_dir(path("tables")).expect("it can be made");
    let table = read("tables/tiny_cpu.yaml");
    let rows = table.lines().filter(|row| keep(row));
    let rows: String = rows.map(|row| format!("{row}\n")).collect();
    fs::write(path("tables/tiny_cpu.yaml"), rows).expect("it can be written");
    folder
}

#[test]
fn missing_rows_are_printed_as_yaml_that_fills_the_table() {
    let folder = folder(|row| !row.contains("kernel = 5"));
    let refused = creamc_in(folder.path(), &["check", "timed.cream"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("`tables/tiny_cpu.yaml` lacks 8 rows"),
        "{refused:?}"
    );
    assert!(refused.err.contains("and 5 more"), "{refused:?}");
    let missing = creamc_in(folder.path(), &["latency", "--missing", "timed.cream"]).clean();
    let rows: Vec<&str> = missing
        .out
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert_eq!(rows.len(), 8);
    let table = folder.path().join("tables/tiny_cpu.yaml");
    let mut text = fs::read_to_string(&table).unwrap();
    // Open rows are as good as none.
    fs::write(&table, text.clone() + &missing.out).unwrap();
    assert_eq!(creamc_in(folder.path(), &["check", "timed.cream"]).code, 1);
    for row in rows {
        text += &format!("{row} 60us\n");
    }
    fs::write(&table, text).unwrap();
    creamc_in(folder.path(), &["check", "timed.cream"]).clean();
    let none = creamc_in(folder.path(), &["latency", "--missing", "timed.cream"]);
    assert_eq!((none.code, none.out.as_str()), (0, ""));
    assert!(none.err.contains("has every row"), "{none:?}");
}

#[test]
fn rows_are_told_where_there_is_no_file_yet() {
    let folder = folder(|_| true);
    fs::remove_file(folder.path().join("tables/tiny_cpu.yaml")).unwrap();
    let refused = creamc_in(folder.path(), &["check", "timed.cream"]);
    assert!(
        refused.err.contains("error[unreadable-table]"),
        "{refused:?}"
    );
    let missing = creamc_in(folder.path(), &["latency", "--missing", "timed.cream"]).clean();
    assert_eq!(missing.out.lines().count(), 1 + 22);
}

#[test]
fn a_space_without_a_table_or_with_another_is_told_so() {
    let none = creamc(&["latency", "--missing", "tiny.cream"]);
    assert_eq!(none.code, 2);
    assert!(
        none.err.contains("`tiny.cream` has no latency table"),
        "{none:?}"
    );
    let folder = folder(|_| true);
    let args = ["latency", "--missing", "timed.cream", "--table", "gpu"];
    let other = creamc_in(folder.path(), &args);
    assert!(other.err.contains("has no table `gpu`: cpu"), "{other:?}");
    let neither = creamc_in(folder.path(), &["latency", "timed.cream"]);
    assert_eq!(neither.code, 2);
}

#[test]
fn a_table_is_a_metric_like_any_other() {
    let folder = folder(|_| true);
    let run = |args: &[&str]| creamc_in(folder.path(), args);
    let stats = run(&["stats", "timed.cream", "--exact", "--format", "json"])
        .clean()
        .json();
    let ends = &stats["tables"]["cpu"];
    let (least, most) = (ends["min"].as_u64().unwrap(), ends["max"].as_u64().unwrap());
    assert!(0 < least && least < most, "{stats}");
    let bound = [
        "stats",
        "timed.cream",
        "--exact",
        "--format",
        "json",
        "--require",
        "cpu <= 400us",
    ];
    let tighter = run(&bound).clean().json();
    let count =
        |value: &serde_json::Value| value["feasible"].as_str().unwrap().parse::<u64>().unwrap();
    assert!(0 < count(&tighter) && count(&tighter) < count(&stats));
    assert_ne!(stats["fingerprint"], tighter["fingerprint"]);
    let sample = [
        "sample",
        "timed.cream",
        "-n",
        "20",
        "--format",
        "json",
        "--require",
        "cpu <= 400us",
    ];
    let drawn = run(&sample).clean();
    for line in drawn.out.lines() {
        let path: serde_json::Value = serde_json::from_str(line).unwrap();
        let time = path["tables"]["cpu"].as_u64().unwrap();
        assert!(least <= time && time <= 400_000, "{line}");
        let cost = run(&[
            "cost",
            "timed.cream",
            "--format",
            "json",
            "--choices",
            &path["choices"].to_string(),
        ]);
        let cost = cost.json();
        assert_eq!(cost["tables"]["cpu"], time);
        let layers = cost["layers"].as_array().unwrap().iter();
        let sum: u64 = layers
            .map(|layer| layer["tables"]["cpu"].as_u64().unwrap())
            .sum();
        assert_eq!(sum, time);
    }
    let cost = run(&["cost", "timed.cream", "--choices", "[[0],[0],[0],[0]]"]);
    assert!(cost.out.contains(", cpu "), "{cost:?}");
    let other = [
        "cost",
        "timed.cream",
        "--choices",
        "[[0],[0],[0],[0]]",
        "--resolution",
        "32",
    ];
    let other = run(&other);
    assert!(
        other
            .out
            .contains("`cpu` has no rows for images of 32 pixels a side"),
        "{other:?}"
    );
    let dump = run(&["dump", "--pass", "plan", "timed.cream"]).clean();
    assert!(dump.out.contains("bound cpu 0..500000"), "{dump:?}");
}

#[test]
fn a_difference_tells_what_became_of_a_table() {
    let folder = folder(|_| true);
    let text = fs::read_to_string(folder.path().join("timed.cream")).unwrap();
    let tighter = text.replace("cpu in 0..500us", "cpu in 0..450us");
    let without = text
        .replace("    require cpu in 0..500us\n", "")
        .lines()
        .filter(|line| !line.contains("latency("))
        .map(|line| format!("{line}\n"))
        .collect::<String>();
    assert_ne!(tighter, text);
    fs::write(folder.path().join("tighter.cream"), tighter).unwrap();
    fs::write(folder.path().join("without.cream"), without).unwrap();
    let diff = creamc_in(folder.path(), &["diff", "timed.cream", "tighter.cream"]);
    assert!(
        diff.out.contains("tightened  cpu  0..500us → 0..450us"),
        "{}",
        diff.out
    );
    let diff = creamc_in(folder.path(), &["diff", "timed.cream", "without.cream"]);
    assert!(diff.out.contains("table cpu  22 rows"), "{}", diff.out);
    assert!(diff.out.contains("loosened"), "{}", diff.out);
    let row = diff
        .out
        .lines()
        .find(|line| line.starts_with("cpu "))
        .expect("a line a metric");
    assert!(row.ends_with('-'), "{row}");
}
