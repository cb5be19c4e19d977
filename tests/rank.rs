//! Rankings of seconds on a few of the shipped images, and how wrong inputs end.
#![cfg(feature = "torch")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test lays out and reads its files"
)]

mod common;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use common::runs::{repository, run_options};
use creamc::rank::{self, New, RankOptions, Ranked, Ranking, Task, ceiling, run_until, tau};
use creamc::search::{self, SearchOptions};

/// A search of two epochs.
const SEARCH: [&str; 9] = [
    "EPOCHS=2",
    "WARMUP_STEPS=2",
    "WARMUP_EPOCHS=0",
    "DATASET.BATCH_SIZE=32",
    "DATASET.IMAGES_PER_CLASS=20",
    "SUPERNET.META_STA_EPOCH=1",
    "SUPERNET.JUDGE_IMAGES=50",
    "SUPERNET.RECAL_IMAGES=60",
    "SUPERNET.RECAL_BATCH=30",
];

/// A training of one epoch.
const ALONE: [&str; 6] = [
    "EPOCHS=1",
    "WARMUP_EPOCHS=0",
    "DATASET.IMAGES_PER_CLASS=20",
    "DATASET.BATCH_SIZE=32",
    "NET.EMA.USE=False",
    // Dropout draws from the one generator of the process, and tests run side by side.
    "NET.DROPOUT_RATE=0",
];

/// One search for all tests.
fn searched() -> &'static Path {
    static FOLDER: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, run) = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("search");
        search::run(&SearchOptions {
            space: repository("spaces/tiny.cream"),
            classes: None,
            require: Vec::new(),
            run: run_options(Some(&run), &SEARCH),
        })
        .unwrap();
        (folder, run)
    });
    run
}

fn new(file: PathBuf) -> New {
    New {
        file,
        search: searched().to_owned(),
        count: None,
        truth_seeds: 2,
        require: Vec::new(),
        classes: None,
    }
}

fn of_space(count: usize) -> New {
    New {
        count: Some(count),
        ..new(repository("spaces/tiny.cream"))
    }
}

fn options(new: New, out: &Path) -> RankOptions {
    RankOptions {
        task: Task::New(new),
        run: run_options(Some(out), &ALONE),
    }
}

fn whole(ranked: Ranked) -> Ranking {
    match ranked {
        Ranked::Whole(ranking) => *ranking,
        stopped => panic!("{stopped:?}"),
    }
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).expect("the folder holds the file")
}

#[test]
fn a_ranking_has_every_path_judged_and_trained_and_its_figures_are_those_of_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("rank");
    let ranking = whole(run_until(&options(of_space(3), &out), &|| false).unwrap());
    assert_eq!((ranking.paths, ranking.seeds.as_slice()), (3, &[7, 8][..]));
    let column = |at: usize| ranking.rows.iter().map(|row| row.truth[at]).collect();
    let columns: [Vec<f64>; 2] = [column(0), column(1)];
    assert_ne!(columns[0], columns[1]);
    let truth: Vec<f64> = (0..3)
        .map(|at| (columns[0][at] + columns[1][at]) / 2.0)
        .collect();
    let liked: Vec<f64> = ranking
        .rows
        .iter()
        .map(|row| -row.judge_loss.unwrap())
        .collect();
    assert_eq!(ranking.judge.unwrap().tau, tau(&liked, &truth));
    assert_eq!(ranking.ceiling, ceiling(&columns));
    let csv = text(&out.join("rank.csv"));
    assert!(
        csv.starts_with("path,choices,flops,judge_loss,judge_top1,truth_7,truth_8\nsample_1,\"[["),
        "{csv}"
    );
    assert_eq!(csv.lines().count(), 4);
    let result: serde_json::Value = serde_json::from_str(&text(&out.join("result.json"))).unwrap();
    assert_eq!(result["rows"].as_array().unwrap().len(), 3);
    assert_eq!(result["best"]["place"], ranking.best.unwrap().place);
    assert!(!out.join("training").exists());
}

#[test]
fn a_stopped_ranking_goes_on_with_what_it_has_and_ends_as_an_unbroken_one() {
    let folder = tempfile::tempdir().unwrap();
    let [unbroken, broken] = ["a", "b"].map(|name| folder.path().join(name));
    run_until(&options(of_space(2), &unbroken), &|| false).unwrap();
    let asked = Cell::new(0);
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() > 2
    };
    let stopped = run_until(&options(of_space(2), &broken), &stop).unwrap();
    let expected = Ranked::Stopped {
        done: 2,
        all: 4,
        run: broken.clone(),
    };
    assert_eq!(stopped, expected);
    // A training that a kill left behind.
    fs::create_dir(broken.join("training")).unwrap();
    fs::write(broken.join("training/log.txt"), "half").unwrap();
    let before = text(&broken.join("rank.jsonl"));
    let go_on = |data: PathBuf| {
        let mut run = run_options(None, &[]);
        (run.data, run.seed) = (Some(data), None);
        let task = Task::Resume(broken.clone());
        run_until(&RankOptions { task, run }, &|| false)
    };
    // As many other images.
    let other = folder.path().join("data");
    fs::create_dir(&other).unwrap();
    for part in ["train", "t10k"] {
        for kind in ["images-idx3", "labels-idx1"] {
            let tested = repository("examples/fashion-mnist").join(format!("t10k-{kind}-ubyte.gz"));
            fs::copy(tested, other.join(format!("{part}-{kind}-ubyte.gz"))).unwrap();
        }
    }
    let error = go_on(other).unwrap_err().to_string();
    let words = ["rank.json is of other images", "to train on", "--data"];
    assert!(words.iter().all(|word| error.contains(word)), "{error}");
    whole(go_on(repository("examples/fashion-mnist")).unwrap());
    assert!(text(&broken.join("rank.jsonl")).starts_with(&before));
    let csv = |run: &PathBuf| text(&run.join("rank.csv"));
    assert_eq!(csv(&broken), csv(&unbroken));
}

#[test]
fn the_architectures_of_a_file_are_judged_without_a_truth_when_none_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let sampled = folder.path().join("sampled");
    let without = |new: New| New {
        truth_seeds: 0,
        ..new
    };
    let first = whole(run_until(&options(without(of_space(4)), &sampled), &|| false).unwrap());
    assert!(first.judge.is_none() && first.ceiling.is_none() && first.best.is_none());
    let file = sampled.join("paths.cream");
    let again = folder.path().join("again");
    let second = whole(run_until(&options(without(new(file)), &again), &|| false).unwrap());
    assert_eq!(first.rows, second.rows);
}

#[test]
fn wrong_inputs_are_refused_before_a_folder_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("rank");
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let space = repository("spaces/tiny.cream");
    let arch = |name: &str, s1: &str| {
        format!("arch {name} of tiny {{\n    s1 = {s1}\n    s2 = mb(kernel = 5, expand = 6)\n}}\n")
    };
    let head = format!("cream 1\nuse \"{}\"\n\n", space.display());
    let (small, large) = ("mb(kernel = 1, expand = 6)", "mb(kernel = 5, expand = 6)");
    let one = file("one.cream", format!("{head}{}", arch("a", small)));
    let twice = file(
        "twice.cream",
        format!("{head}{}\n{}", arch("a", small), arch("b", small)),
    );
    let two = file(
        "two.cream",
        format!("{head}{}\n{}", arch("a", small), arch("b", large)),
    );
    let wider = file(
        "wider.cream",
        text(&space).replace("channels = 16", "channels = 24"),
    );
    let nothing = folder.path().join("nothing");
    fs::create_dir(&nothing).unwrap();
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    fs::copy(
        searched().join("settings.yaml"),
        empty.join("settings.yaml"),
    )
    .unwrap();
    let by = |search: &Path| New {
        search: search.to_owned(),
        ..of_space(3)
    };
    let cases = [
        (new(one), "two or more"),
        (new(twice), "`a` and `b` are one path"),
        (
            New {
                count: Some(5),
                ..new(two)
            },
            "leave it out",
        ),
        (
            New {
                require: vec!["macs in 260K..400K".to_owned()],
                ..new(wider)
            },
            "another space",
        ),
        (by(&nothing), "is no folder of a search"),
        (by(&empty), "no supernet that can be read"),
        (new(folder.path().join("absent.cream")), "absent.cream"),
    ];
    for (new, words) in cases {
        let error = rank::run(&options(new, &out)).unwrap_err().to_string();
        assert!(error.contains(words), "{words}: {error}");
        assert!(!out.exists(), "{words}");
    }
}
