use std::collections::BTreeSet;
use std::path::Path;

use super::testing::{idx, part, write_set};
use super::*;

fn wanted() -> Wanted {
    Wanted {
        judge_images: 6,
        ..Wanted::all(3, 1, 4)
    }
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_set(folder.path(), 3, 10);
    folder
}

fn refusal(dir: &Path, wanted: &Wanted) -> String {
    Data::load(dir, wanted).unwrap_err().to_string()
}

fn count_labels(part: &Part) -> Vec<usize> {
    let mut counts = vec![0; part.set.classes];
    for &index in &part.indices {
        counts[part.set.labels[index] as usize] += 1;
    }
    counts
}

#[test]
fn the_three_parts_have_the_promised_sizes_and_share_no_image() {
    let folder = folder();
    let data = Data::load(folder.path(), &wanted()).unwrap();
    assert_eq!(count_labels(&data.train), [8, 8, 8]);
    assert_eq!(count_labels(&data.judge), [2, 2, 2]);
    assert_eq!(count_labels(&data.test), [2, 2, 2]);
    let train: BTreeSet<usize> = data.train.indices.iter().copied().collect();
    assert!(
        data.judge
            .indices
            .iter()
            .all(|index| !train.contains(index))
    );
}

#[test]
fn images_have_one_channel_or_three() {
    let folder = folder();
    for channels in [0, 2, 4] {
        let wanted = Wanted::all(3, channels, 4);
        let text = refusal(folder.path(), &wanted);
        let what = format!(
            "the space's input has {channels} channels: images have 1 (grey) or 3 (colour)"
        );
        assert!(text.contains(&what), "{text}");
    }
    // Two planes an image, as no file of MNIST's form should have.
    for part in ["train", "t10k"] {
        let file = folder.path().join(format!("{part}-images-idx3-ubyte"));
        let images = std::fs::read(&file).unwrap();
        let count = (images.len() - 16) / 12;
        let wide = idx(&[count, 2, 3, 2], &images[16..]);
        std::fs::write(
            folder.path().join(format!("{part}-images-idx4-ubyte")),
            wide,
        )
        .unwrap();
        std::fs::remove_file(file).unwrap();
    }
    let text = refusal(folder.path(), &Wanted::all(3, 1, 4));
    assert!(text.contains("each of its images has 2 channels"), "{text}");
}

#[test]
fn a_fraction_leaves_its_share_of_every_class_and_the_judge_part_alone() {
    let folder = folder();
    let load = |fraction| {
        let wanted = Wanted {
            fraction,
            ..wanted()
        };
        Data::load(folder.path(), &wanted).unwrap()
    };
    let (whole, half, least) = (load(1.0), load(0.5), load(0.001));
    assert_eq!(count_labels(&half.train), [4, 4, 4]);
    assert_eq!(count_labels(&least.train), [1, 1, 1]);
    assert_eq!(half.judge.indices, whole.judge.indices);
    assert!(
        half.train
            .indices
            .iter()
            .all(|index| whole.train.indices.contains(index))
    );
}

#[test]
fn the_judge_part_depends_on_the_seed_alone() {
    let folder = folder();
    let judge = |seed| {
        Data::load(folder.path(), &Wanted { seed, ..wanted() })
            .unwrap()
            .judge
            .indices
    };
    assert_eq!(judge(1), judge(1));
    assert_ne!(judge(1), judge(2));
}

#[test]
fn fewer_images_a_class_shrink_the_train_part_only() {
    let folder = folder();
    let few = Data::load(
        folder.path(),
        &Wanted {
            images_per_class: Some(5),
            ..wanted()
        },
    )
    .unwrap();
    assert_eq!(count_labels(&few.train), [5, 5, 5]);
    let all = Data::load(folder.path(), &wanted()).unwrap();
    assert_eq!(few.judge.indices, all.judge.indices);
}

#[test]
fn without_judge_images_everything_trains() {
    let folder = folder();
    let data = Data::load(
        folder.path(),
        &Wanted {
            judge_images: 0,
            ..wanted()
        },
    )
    .unwrap();
    assert_eq!((data.train.len(), data.judge.len()), (30, 0));
}

#[test]
fn images_are_resized_to_the_plans_resolution() {
    let folder = folder();
    let data = Data::load(
        folder.path(),
        &Wanted {
            resolution: 8,
            ..wanted()
        },
    )
    .unwrap();
    for part in [&data.train, &data.judge, &data.test] {
        assert_eq!((part.set.height, part.set.width), (8, 8));
        assert_eq!(part.set.pixels().unwrap().len(), part.set.len() * 64);
    }
}

#[test]
fn resizing_keeps_a_flat_image_flat() {
    let set = Dataset {
        images: dataset::Images::Memory(vec![77; 24]),
        ..testing::dataset(2, 1)
    };
    let resized = resize::to(set, 9);
    assert!(resized.pixels().unwrap().iter().all(|&value| value == 77));
}

#[test]
fn the_shipped_set_loads_whole() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fashion-mnist");
    let wanted = Wanted {
        classes: 10,
        channels: 1,
        resolution: 28,
        judge_images: 1000,
        seed: 42,
        ..wanted()
    };
    let data = Data::load(&dir, &wanted).unwrap();
    assert_eq!(count_labels(&data.train), [550; 10]);
    assert_eq!(count_labels(&data.judge), [100; 10]);
    assert_eq!(count_labels(&data.test), [200; 10]);
    let (mean, deviation) = (data.normalisation.mean[0], data.normalisation.deviation[0]);
    assert!(
        (mean - 0.286).abs() < 0.01 && (deviation - 0.353).abs() < 0.01,
        "{mean} {deviation}"
    );
    let first_100: BTreeSet<u32> = data.test.set.labels[..100].iter().copied().collect();
    assert_eq!(first_100.len(), 10, "the files are shuffled");
}

#[test]
fn a_missing_folder_is_named() {
    let text = refusal(Path::new("/no/such/folder"), &wanted());
    assert!(
        text.contains("/no/such/folder") && text.contains("the data folder cannot be read"),
        "{text}"
    );
}

#[test]
fn an_empty_folder_says_so() {
    let folder = tempfile::tempdir().unwrap();
    assert!(refusal(folder.path(), &wanted()).contains("the data folder is empty"));
}

#[test]
fn a_missing_file_is_named_with_both_spellings() {
    let folder = folder();
    std::fs::remove_file(folder.path().join("t10k-labels-idx1-ubyte")).unwrap();
    let text = refusal(folder.path(), &wanted());
    assert!(
        text.contains("neither `t10k-labels-idx1-ubyte.gz` nor `t10k-labels-idx1-ubyte`"),
        "{text}"
    );
}

#[test]
fn more_or_fewer_labels_than_images_name_both_files_and_numbers() {
    let folder = folder();
    for count in [29, 31] {
        std::fs::write(
            folder.path().join("train-labels-idx1-ubyte"),
            idx(&[count], &vec![0; count]),
        )
        .unwrap();
        let text = refusal(folder.path(), &wanted());
        assert!(
            text.contains(&format!(
                "train-labels-idx1-ubyte: holds {count} labels for the 30 images of"
            )),
            "{text}"
        );
        assert!(text.contains("train-images-idx3-ubyte"), "{text}");
    }
}

#[test]
fn a_label_that_names_no_class_is_named_with_its_place() {
    let folder = folder();
    let text = refusal(
        folder.path(),
        &Wanted {
            classes: 2,
            ..wanted()
        },
    );
    assert!(
        text.contains("train-labels-idx1-ubyte: label 2 of item 20 names no class: there are 2"),
        "{text}"
    );
}

#[test]
fn a_class_without_training_images_is_an_error() {
    let folder = folder();
    let text = refusal(
        folder.path(),
        &Wanted {
            classes: 5,
            ..wanted()
        },
    );
    assert!(
        text.contains("class 3 has no training image") && text.contains("name 3 of them"),
        "{text}"
    );
}

#[test]
fn grey_images_for_a_colour_space_name_both_numbers() {
    let folder = folder();
    let text = refusal(
        folder.path(),
        &Wanted {
            channels: 3,
            ..wanted()
        },
    );
    assert!(
        text.contains("have 1 channel(s), the space's input has 3"),
        "{text}"
    );
}

#[test]
fn train_and_test_images_of_different_sizes_are_an_error() {
    let folder = folder();
    std::fs::write(
        folder.path().join("t10k-images-idx3-ubyte"),
        idx(&[6, 2, 2], &[5; 24]),
    )
    .unwrap();
    let text = refusal(folder.path(), &wanted());
    assert!(
        text.contains("training images are 1×3×4, test images 1×2×2"),
        "{text}"
    );
}

#[test]
fn colour_images_are_read_from_four_dimensions() {
    let folder = folder();
    for (part, count) in [("train", 30), ("t10k", 6)] {
        std::fs::remove_file(folder.path().join(format!("{part}-images-idx3-ubyte"))).unwrap();
        let values: Vec<u8> = (0..count * 12).map(|at| at as u8).collect();
        std::fs::write(
            folder.path().join(format!("{part}-images-idx4-ubyte")),
            idx(&[count, 3, 2, 2], &values),
        )
        .unwrap();
    }
    let data = Data::load(
        folder.path(),
        &Wanted {
            channels: 3,
            resolution: 2,
            ..wanted()
        },
    )
    .unwrap();
    let image = data.train.set.read(1).unwrap();
    assert_eq!(
        image.values.as_ref(),
        [12, 16, 20, 13, 17, 21, 14, 18, 22, 15, 19, 23],
        "three planes become four pixels"
    );
    assert_eq!(data.normalisation.mean.len(), 3);
}

#[test]
fn a_judge_part_that_takes_a_whole_class_is_refused() {
    let folder = folder();
    let text = refusal(
        folder.path(),
        &Wanted {
            judge_images: 30,
            ..wanted()
        },
    );
    assert!(
        text.contains("class 0 has 10 training image(s)")
            && text.contains("leaves none: lower `SUPERNET.JUDGE_IMAGES` to 27 or less"),
        "{text}"
    );
    let most = Wanted {
        judge_images: 27,
        ..wanted()
    };
    let data = Data::load(folder.path(), &most).unwrap();
    assert_eq!(count_labels(&data.train), [1; 3]);
    let text = refusal(
        folder.path(),
        &Wanted {
            judge_images: 2,
            ..wanted()
        },
    );
    assert!(
        text.contains("less than one for each of 3 classes"),
        "{text}"
    );
}

#[test]
fn images_of_one_value_cannot_be_normalised() {
    let folder = folder();
    std::fs::write(
        folder.path().join("train-images-idx3-ubyte"),
        idx(&[30, 3, 4], &[9; 360]),
    )
    .unwrap();
    assert!(
        refusal(
            folder.path(),
            &Wanted {
                resolution: 3,
                ..wanted()
            }
        )
        .contains("pixels of a channel are equal")
    );
}

#[test]
fn normalised_training_pixels_have_mean_zero_and_deviation_one() {
    let part = part(2, 5);
    let table = &Normalisation::of(&part).unwrap().table()[0];
    let values: Vec<f64> = part
        .set
        .pixels()
        .unwrap()
        .iter()
        .map(|&byte| f64::from(table[usize::from(byte)]))
        .collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let square = values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64;
    assert!(
        mean.abs() < 1e-6 && (square - 1.0).abs() < 1e-6,
        "{mean} {square}"
    );
}

#[test]
fn of_many_files_a_part_is_told_from_others_by_sixty_four() {
    let folder = tempfile::tempdir().unwrap();
    let classes = |part: &str| folder.path().join(part).join("one");
    let lay = |part: &str, at: usize, text: &str| {
        std::fs::write(classes(part).join(format!("{at}.jpg")), text).unwrap();
    };
    for part in ["train", "val"] {
        std::fs::create_dir_all(classes(part)).unwrap();
    }
    lay("val", 0, "nothing is decoded");
    let contents = || {
        let data = Data::load(folder.path(), &Wanted::all(1, 3, 4)).unwrap();
        data.train.contents()
    };
    for (images, read) in [(3, 3), (64, 64), (65, 64)] {
        (0..images).for_each(|at| lay("train", at, "before"));
        let before = contents();
        let tells = |&at: &usize| {
            lay("train", at, "after");
            let tells = contents() != before;
            lay("train", at, "before");
            tells
        };
        assert_eq!((0..images).filter(tells).count(), read, "of {images}");
    }
}

#[test]
fn an_epoch_has_every_image_once_and_drops_what_is_left_over() {
    let part = part(3, 10);
    let batches = shuffled_batches(&part, 7, 1, 0);
    assert_eq!(
        batches.iter().map(Vec::len).collect::<Vec<_>>(),
        [7, 7, 7, 7]
    );
    let seen: BTreeSet<usize> = batches.concat().into_iter().collect();
    assert_eq!(seen.len(), 28);
    assert_eq!(batches, shuffled_batches(&part, 7, 1, 0));
    assert_ne!(batches, shuffled_batches(&part, 7, 1, 1));
    assert_ne!(batches, shuffled_batches(&part, 7, 2, 0));
}

#[test]
fn recalibration_batches_hold_every_class_equally_often() {
    let part = part(3, 10);
    let batches = balanced_batches(&part, 18, 6, 1);
    assert_eq!(batches.len(), 3);
    for batch in &batches {
        let whole = Part {
            indices: batch.clone(),
            ..part.clone()
        };
        assert_eq!(count_labels(&whole), [2, 2, 2]);
    }
    assert_eq!(
        batches.concat().iter().collect::<BTreeSet<_>>().len(),
        18,
        "no image twice"
    );
    assert_eq!(
        balanced_batches(&part, 1000, 6, 1).len(),
        5,
        "a small part gives all it has"
    );
}
