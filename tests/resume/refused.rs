//! What cannot be gone on with is refused before training, with the cure.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::tool::{
    self, assert_equal_runs, copy, errors, finish, refused, repository, resume, store, text,
    truncate, unbroken,
};

/// The search, as if it had been killed after its last checkpoint.
fn killed() -> (TempDir, PathBuf) {
    tool::killed(unbroken())
}

#[test]
fn a_damaged_newest_checkpoint_is_told_and_the_one_before_gives_the_same_end() {
    let (_folder, run) = killed();
    truncate(&run, 60);
    let output = finish(&mut resume(&run));
    let said = errors(&output);
    assert!(said.contains("step-00000060.safetensors"), "{said}");
    assert!(said.contains("the checkpoint before it is used"), "{said}");
    assert!(text(&run.join("log.txt")).contains("step-00000058"));
    fs::remove_file(store(&run).path(60).with_added_extension("unreadable")).unwrap();
    assert_equal_runs(unbroken(), &run);
}

#[test]
fn where_no_checkpoint_can_be_read_nothing_is_trained() {
    let (_folder, run) = killed();
    for step in store(&run).steps().unwrap() {
        truncate(&run, step);
    }
    let said = refused(&mut resume(&run));
    assert!(said.contains("step-00000060.safetensors"), "{said}");
    assert!(said.contains("remove"), "{said}");
    assert_eq!(store(&run).steps().unwrap(), [56, 58, 60]);
}

#[test]
fn a_run_without_a_checkpoint_starts_from_its_beginning_in_its_folder() {
    let (_folder, run) = killed();
    fs::remove_dir_all(run.join("checkpoint")).unwrap();
    finish(&mut resume(&run));
    assert_equal_runs(unbroken(), &run);
}

#[test]
fn other_settings_another_space_and_other_images_are_refused_by_name() {
    let (folder, run) = killed();
    let settings = run.join("settings.yaml");
    let own = text(&settings);
    fs::write(&settings, own.replace("EPOCHS: 5", "EPOCHS: 6")).unwrap();
    let said = refused(&mut resume(&run));
    assert!(said.contains("`EPOCHS: 5` then, `EPOCHS: 6` now"), "{said}");
    fs::write(&settings, own).unwrap();

    let space = run.join("space/tiny.cream");
    let own = text(&space);
    fs::write(&space, own.replace("channels = 64", "channels = 48")).unwrap();
    let said = refused(&mut resume(&run));
    assert!(
        said.contains("another space") && said.contains("step-00000060"),
        "{said}"
    );
    fs::write(&space, own.replace("310K", "320K")).unwrap();
    let said = refused(&mut resume(&run));
    assert!(said.contains("other bounds"), "{said}");
    fs::write(&space, own).unwrap();

    let data = folder.path().join("data");
    copy(&repository("examples/fashion-mnist"), &data);
    fs::copy(
        data.join("t10k-images-idx3-ubyte.gz"),
        data.join("train-images-idx3-ubyte.gz"),
    )
    .unwrap();
    fs::copy(
        data.join("t10k-labels-idx1-ubyte.gz"),
        data.join("train-labels-idx1-ubyte.gz"),
    )
    .unwrap();
    let said = refused(resume(&run).arg("--data").arg(&data));
    assert!(
        said.contains("other images") && said.contains("--data"),
        "{said}"
    );
}

#[test]
fn as_many_images_with_other_labels_are_refused() {
    let (folder, run) = killed();
    let data = folder.path().join("data");
    copy(&repository("examples/fashion-mnist"), &data);
    // As many of every class, in another order.
    let labels = data.join("t10k-labels-idx1-ubyte.gz");
    let mut bytes = Vec::new();
    GzDecoder::new(fs::File::open(&labels).unwrap())
        .read_to_end(&mut bytes)
        .unwrap();
    bytes[8..].reverse();
    let mut out = GzEncoder::new(fs::File::create(&labels).unwrap(), Compression::fast());
    out.write_all(&bytes).unwrap();
    out.finish().unwrap();
    let said = refused(resume(&run).arg("--data").arg(&data));
    assert!(
        said.contains("those to test on have other names, other classes"),
        "{said}"
    );
}

#[test]
fn the_same_data_elsewhere_and_another_number_of_threads_go_on() {
    let (folder, run) = killed();
    let data = folder.path().join("moved");
    copy(&repository("examples/fashion-mnist"), &data);
    let output = finish(
        resume(&run)
            .env("OMP_NUM_THREADS", "2")
            .arg("--data")
            .arg(&data),
    );
    let said = errors(&output);
    assert!(
        said.contains("threads 1") && said.contains("OMP_NUM_THREADS=1"),
        "{said}"
    );
    assert!(text(&run.join("log.txt")).contains("threads 1"));
}

#[test]
fn what_would_change_the_run_contradicts_resuming_it() {
    let run = Path::new("runs/nowhere");
    for (flag, value) in [
        ("--seed", "1"),
        ("--set", "EPOCHS=1"),
        ("--config", "x"),
        ("--out", "x"),
        ("--classes", "3"),
        ("--require", "flops in 0..1"),
    ] {
        let said = refused(resume(run).args([flag, value]));
        assert!(
            said.contains(flag) && said.contains("cannot be used with"),
            "{said}"
        );
    }
    let said = refused(resume(run).arg("spaces/tiny.cream"));
    assert!(said.contains("cannot be used with"), "{said}");
    let said = refused(&mut resume(run));
    assert!(said.contains("is no run folder"), "{said}");
}
