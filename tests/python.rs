//! `examples/load_result.py` reads what creamc writes, with nothing but Python's own library.

#![allow(clippy::disallowed_methods, reason = "a test lays out its files")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn a_result_is_read_in_python() {
    let folder = tempfile::tempdir().unwrap();
    let space = "tiny_childnet.cream";
    fs::copy(
        root().join("tests/fixtures").join(space),
        folder.path().join(space),
    )
    .unwrap();
    let best = folder.path().join("best.cream");
    let text = format!(
        "cream 1\nuse \"{space}\"\n\narch best of tiny_childnet {{\n    s2 = ir(kernel = 7, expand = 6), \
         ir(kernel = 3, expand = 4), ir(kernel = 5, expand = 4)\n}}\n"
    );
    fs::write(&best, text).unwrap();
    let output = Command::new("python3")
        .arg(root().join("examples/load_result.py"))
        .arg(&best)
        .arg(root().join("tests/fixtures/tiny_childnet.safetensors"))
        .arg(env!("CARGO_BIN_EXE_creamc"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let printed = String::from_utf8(output.stdout).unwrap();
    // As PyTorch and ptflops count them (tests/fixtures/tiny_childnet_cost.json).
    assert!(
        printed.starts_with("best at 32: 1334696 flops"),
        "{printed}"
    );
    assert!(printed.contains(", 78858 parameters\n"), "{printed}");
    assert!(
        printed.contains("  s2.1       ir(kernel = 3)\n"),
        "{printed}"
    );
    assert!(printed.contains("\n164 tensors, "), "{printed}");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
