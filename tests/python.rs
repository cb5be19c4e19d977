//! The examples in Python, which need nothing but Python's own library.

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

/// What `examples/imagenet_labels.py` prints of a source, or what it says against it.
fn labels(source: &Path) -> Result<String, String> {
    let output = Command::new("python3")
        .arg(root().join("examples/imagenet_labels.py"))
        .arg(source)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    match output.status.success() {
        true => Ok(text(output.stdout)),
        false => Err(text(output.stderr)),
    }
}

#[test]
fn the_classes_of_imagenets_validation_images_are_read_from_what_is_handed_around() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let expected =
        "ILSVRC2012_val_00000001.JPEG n01751748\nILSVRC2012_val_00000293.JPEG n01440764\n";
    let script = "#!/bin/bash\nmkdir -p n01440764\nmv ILSVRC2012_val_00000001.JPEG n01751748/\n\
                  mv val/ILSVRC2012_val_00000293.JPEG val/n01440764/\n";
    assert_eq!(labels(&file("valprep.sh", script)).unwrap(), expected);
    let table = "ImageId,PredictionString\nILSVRC2012_val_00000001,n01751748 111 108 230 366\n\
                 ILSVRC2012_val_00000293,n01440764 1 2 3 4 n01440764 5 6 7 8\n";
    assert_eq!(
        labels(&file("LOC_val_solution.csv", table)).unwrap(),
        expected
    );

    let wrong = "ImageId,PredictionString\nILSVRC2012_val_00000001,42\n";
    let error = labels(&file("wrong.csv", wrong)).unwrap_err();
    assert!(error.contains("wrong.csv: line 2 says no class"), "{error}");
    let error = labels(&file("empty.sh", "mkdir -p n01440764\n")).unwrap_err();
    assert!(error.contains("names no image and its class"), "{error}");
    let error = labels(folder.path()).unwrap_err();
    assert!(
        error.contains("holds no ILSVRC2012_validation_ground_truth.txt"),
        "{error}"
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
