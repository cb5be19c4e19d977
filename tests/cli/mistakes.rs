//! One mistake, one message: the five that people make first, and texts that nobody should write.

use std::fs;

use crate::tool::creamc_in;

/// The codes of what `creamc check` says about a text, in order, and the exit code.
fn codes(text: &str) -> (Vec<String>, i32) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    fs::write(folder.path().join("x.cream"), text).expect("it can be written to");
    let run = creamc_in(folder.path(), &["check", "x.cream", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let all = json["diagnostics"].as_array().expect("a list");
    let codes = all.iter().map(|one| one["code"].as_str().expect("a code"));
    (codes.map(str::to_owned).collect(), run.code)
}

/// The paper's space with one edit.
fn mobile_with(from: &str, to: &str) -> String {
    let mobile = include_str!("../../spaces/mobile.cream");
    assert!(mobile.contains(from), "{from}");
    mobile.replacen(from, to, 1)
}

#[test]
fn each_of_the_five_first_mistakes_gets_one_message() {
    let fixed = mobile_with(
        "resolution fit {64, 96, 128, 160, 192, 224}",
        "resolution = 224",
    );
    let cases = [
        (
            mobile_with("kernel in {3, 5, 7}", "kernal in {3, 5, 7}"),
            "unknown-attribute",
        ),
        (
            mobile_with("kernel in {3, 5, 7}", "kernel {3, 5, 7}"),
            "binding-word",
        ),
        (
            mobile_with("conv(kernel = 3)", "conv(kernel = 3, se = 0.25)"),
            "unknown-attribute",
        ),
        (fixed.replace("0..600M", "0..60M"), "bound-unreachable"),
        (
            mobile_with("s1      mb     ", "s1      mb or skip"),
            "skip-changes-shape",
        ),
    ];
    for (text, code) in cases {
        assert_eq!(codes(&text), (vec![code.to_owned()], 1), "{text}");
    }
}

#[test]
fn texts_beyond_every_limit_are_refused_at_once() {
    let nested = format!("{}conv{}", "(".repeat(100_000), ")".repeat(100_000));
    let cases = [
        mobile_with("0..600M", "0..999999999999G"),
        mobile_with(
            "0..600M",
            "0..99999999999999999999999999999999999999999999M",
        ),
        mobile_with("depth in 1..6", "depth in 1..100000"),
        mobile_with("conv(kernel = 3)", &nested),
        String::new(),
        "%!{}~ ".repeat(100_000),
    ];
    for text in &cases {
        let (codes, code) = codes(text);
        assert!(!codes.is_empty() && codes.len() <= 20, "{codes:?}");
        let only_warns = codes.iter().all(|one| one == "bound-never-binds");
        assert_eq!(code, i32::from(!only_warns), "{codes:?}");
    }
}

#[test]
fn a_count_past_two_to_the_128_is_a_number_like_any_other() {
    let stage = |at: u32| {
        format!(
            "stage s{at} ir(kernel in {{3, 5, 7}}, expand in {{4, 6}}) channels = 16 depth in 1..30\n"
        )
    };
    let text = format!(
        "cream 1\nspace large {{\ninput image(channels = 3, resolution = 32)\noutput classes(10)\n\
         layer stem conv(kernel = 3) channels = 16\n{}layer pool avgpool\n\
         layer logits linear channels = classes\n}}\n",
        (1..=4).map(stage).collect::<String>()
    );
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    fs::write(folder.path().join("x.cream"), text).expect("it can be written to");
    let run = creamc_in(folder.path(), &["stats", "x.cream", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let paths = json["paths"].as_str().expect("a string of digits");
    // A stage has 6 + 6² + … + 6³⁰ = 6·(6³⁰ − 1)/5 paths; the fourth power passes 2^128, so
    // its length and its remainder by a prime are compared.
    let stage: u128 = 6 * (6_u128.pow(30) - 1) / 5;
    assert_eq!(paths.len(), (4.0 * (stage as f64).log10()) as usize + 1);
    let prime = 1_000_000_007;
    let remainder = paths.bytes().fold(0, |so_far, digit| {
        (so_far * 10 + u128::from(digit - b'0')) % prime
    });
    assert_eq!(remainder, (stage % prime).pow(4) % prime);
    assert_eq!(run.code, 0);
}
