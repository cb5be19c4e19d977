//! Searches whose candidates are slices of one set of weights, and of spaces with searched widths and resolutions.

use std::fs;
use std::path::Path;

use super::ended::Kills;
use super::ranks::two;
use super::tool::{
    assert_equal_runs, finish, refused, resume, retrain, search, search_of, store, text,
};

const ELASTIC: [&str; 3] = [
    "SUPERNET.SHARING=elastic",
    "SUPERNET.PICK=board",
    "EPOCHS=3",
];

#[test]
fn an_elastic_search_goes_on_after_kills_and_only_as_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, run, one] = ["whole", "run", "one"].map(|name| folder.path().join(name));
    finish(&mut search(&whole, &ELASTIC));
    let kills = Kills {
        least: 4,
        most: 6,
        seed: 9,
    };
    let start = |run: &Path| search(run, &ELASTIC);
    kills.until_the_end((&whole, &run), 36, start, resume);

    let short = ["EPOCHS=1", "WARMUP_EPOCHS=0"];
    finish(retrain(&one, &short).arg("--inherit").arg(&whole));

    fs::remove_file(run.join("result.json")).unwrap();
    let settings = run.join("settings.yaml");
    let own = text(&settings);
    let other = own.replace("SHARING: elastic", "SHARING: independent");
    assert_ne!(own, other);
    fs::write(&settings, other).unwrap();
    let said = refused(&mut resume(&run));
    assert!(said.contains("`SUPERNET.SHARING`"), "{said}");
}

#[test]
fn two_ranks_train_a_sandwich_of_slices_and_end_equal() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
    let sandwich = [
        "SUPERNET.SHARING=elastic",
        "SUPERNET.STRATEGY=sandwich",
        "SUPERNET.HOW_TO_PROB=even",
        "EPOCHS=1",
    ];
    for run in [&one, &other] {
        // Before every checkpoint the ranks compare what it holds, bit by bit.
        finish(&mut two(search(run, &sandwich)));
    }
    assert_equal_runs(&one, &other);
    let saved = store(&one).newest().unwrap().found.unwrap().contents;
    assert!(saved.about["weights"].starts_with("elastic-"));
    assert!(saved.tensors.contains_key("s1.0.ir.conv_dw.weight"));
}

#[test]
fn a_search_of_widths_and_resolutions_goes_on_after_kills() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, run] = ["whole", "run"].map(|name| folder.path().join(name));
    let start = |run: &Path| search_of("examples/edge28.cream", run, &["EPOCHS=3"]);
    finish(&mut start(&whole));
    let kills = Kills {
        least: 4,
        most: 6,
        seed: 10,
    };
    kills.until_the_end((&whole, &run), 36, start, resume);
}
