//! The table of `docs/distributed.md` that says what many GPUs would give: its arithmetic, from the space's own paths.
//!
//! A ring all-reduce of `S` bytes between `p` ranks takes `2 (p - 1) / p · S / B` for its bytes and `2 (p - 1)` times the
//! latency of one message. Buckets leave while the backward pass goes on; what is not done when it ends, and at the least
//! the last bucket, makes the step longer.
#![allow(
    clippy::disallowed_methods,
    reason = "a test reads the page that it checks"
)]

use std::path::Path;
use std::process::Command;

/// Paths whose mean is taken.
const PATHS: &str = "2000";
/// Bytes of a gradient, whatever the precision of the pass.
const GRADIENT: f64 = 4.0;
/// `BUCKET_BYTES` of `crates/torch/src/group/c10d.rs`.
const BUCKET: f64 = (4 << 20) as f64;
/// Images of a rank's batch.
const BATCH: f64 = 128.0;
/// Images a second of one A100 in mixed precision, EfficientNet-B0: NVIDIA's published figure.
const IMAGES: f64 = 2489.0;
/// The part of a step that the backward pass takes.
const BACKWARD: f64 = 2.0 / 3.0;
/// GPUs of one machine.
const MACHINE: f64 = 8.0;
/// Bytes a second of a GPU to others of its machine, one way, and to other machines: half of what NVLink 3 and HDR
/// InfiniBand are sold as.
const NVLINK: f64 = 150e9;
const INFINIBAND: f64 = 12.5e9;
/// Seconds of one message between GPUs.
const LATENCY: f64 = 5e-6;
/// Seconds of one message between CPUs, of the question that ranks ask each other every step.
const CPU_LATENCY: f64 = 50e-6;

/// What `p` GPUs give.
#[derive(Debug)]
struct Prediction {
    ranks: f64,
    /// All-reduces of a step, were they alone.
    sent: f64,
    /// What they add to it.
    exposed: f64,
    efficiency: f64,
}

fn step() -> f64 {
    BATCH / IMAGES
}

fn predict(ranks: f64, bytes: f64) -> Prediction {
    let bandwidth = if ranks <= MACHINE { NVLINK } else { INFINIBAND };
    let ring = |bytes: f64| {
        2.0 * (ranks - 1.0) / ranks * bytes / bandwidth + 2.0 * (ranks - 1.0) * LATENCY
    };
    let buckets = (bytes / BUCKET).ceil();
    let bucket = ring(bytes / buckets);
    let sent = buckets * bucket;
    // The first bucket leaves when its share of the pass is over.
    let covered = BACKWARD * step() * (buckets - 1.0) / buckets;
    let question = 2.0 * ranks.log2().ceil() * CPU_LATENCY;
    let exposed = bucket.max(sent - covered) + question;
    Prediction {
        ranks,
        sent,
        exposed,
        efficiency: step() / (step() + exposed),
    }
}

/// Mean number of parameters of paths drawn as a search draws them.
fn mean_params() -> f64 {
    let output = Command::new(env!("CARGO_BIN_EXE_creamc"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["sample", "spaces/mobile.cream", "-n", PATHS])
        .args(["--measure", "decisions", "--format", "json"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let params: Vec<f64> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|path| path["params"].as_f64().unwrap())
        .collect();
    assert_eq!(params.len().to_string(), PATHS);
    params.iter().sum::<f64>() / params.len() as f64
}

fn row(one: &Prediction) -> String {
    format!(
        "| {} | {:.2} ms | {:.2} ms | {:.1} % |",
        one.ranks,
        one.sent * 1e3,
        one.exposed * 1e3,
        one.efficiency * 100.0
    )
}

#[test]
fn the_page_says_what_the_model_gives() {
    let params = mean_params();
    let bytes = params * GRADIENT;
    let mut expected = vec![
        format!("{:.2} million parameters", params / 1e6),
        format!("{:.1} MB", bytes / 1e6),
        format!("{:.1} ms a step", step() * 1e3),
    ];
    expected.extend([8.0, 64.0, 512.0].map(|ranks| row(&predict(ranks, bytes))));
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/distributed.md");
    let page = std::fs::read_to_string(page).unwrap();
    for text in &expected {
        assert!(
            page.contains(text),
            "docs/distributed.md lacks `{text}` of {expected:#?}"
        );
    }
}

#[test]
fn the_model_is_right_where_it_can_be_done_by_hand() {
    // Two ranks send each byte once: 150 MB take 1 ms, two messages 10 µs; nothing else is sent meanwhile.
    let small = predict(2.0, BUCKET);
    let by_hand = BUCKET / NVLINK + 10e-6;
    assert!((small.sent - by_hand).abs() < 1e-12, "{small:?}");
    assert!((small.exposed - by_hand - 2.0 * CPU_LATENCY).abs() < 1e-12);
    // Without latency more ranks never send more than twice the bytes.
    let many = predict(512.0, BUCKET);
    let latency = 2.0 * 511.0 * LATENCY;
    assert!(many.sent - latency < 2.0 * BUCKET / INFINIBAND);
    assert!(many.efficiency < small.efficiency);
}

#[test]
fn the_bucket_is_the_one_of_the_code() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/torch/src/group/c10d.rs");
    let code = std::fs::read_to_string(file).unwrap();
    assert!(code.contains("const BUCKET_BYTES: usize = 4 << 20;"));
}
