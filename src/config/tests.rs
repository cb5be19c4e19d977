use std::path::{Path, PathBuf};

use super::*;

fn in_file<T>(
    text: &str,
    load: impl Fn(Option<&Path>, &[String]) -> Result<Loaded<T>, SettingsError>,
) -> Result<Loaded<T>, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.yaml");
    std::fs::write(&file, text).unwrap();
    let shorten = |text: String| text.replace(&folder.path().display().to_string(), "DIR");
    load(Some(&file), &[]).map_err(|error| shorten(error.to_string()))
}

fn search_in(text: &str) -> Loaded<SearchSettings> {
    in_file(text, search).unwrap()
}

fn refusal(text: &str) -> String {
    in_file(text, search).unwrap_err()
}

fn retrain_in(text: &str) -> RetrainSettings {
    in_file(text, retrain).unwrap().settings
}

fn set(texts: &[&str]) -> Result<SearchSettings, String> {
    let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
    search(None, &texts)
        .map(|loaded| loaded.settings)
        .map_err(|error| error.to_string())
}

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("configs")
        .join(name)
}

#[test]
fn without_a_file_the_papers_recipe_holds_as_far_as_it_is_built() {
    let settings = set(&[]).unwrap();
    assert_eq!(settings.train.epochs, 120);
    assert_eq!(settings.supernet.meta_sta_epoch, 20);
    assert_eq!(settings.train.schedule.lr, 1.0 * 64.0 / 1024.0);
    assert_eq!(
        (settings.supernet.flops_min, settings.supernet.flops_max),
        (None, None)
    );
    let retrain = retrain(None, &[]).unwrap().settings;
    assert_eq!(
        retrain.train.optimizer.kind,
        OptimizerKind::RmspropTf { eps: 1e-3 }
    );
    let ema = EmaSettings {
        decay: 0.9999,
        warmup: true,
    };
    assert_eq!((retrain.dropout, retrain.ema), (0.2, Some(ema)));
    assert_eq!(retrain.train.schedule.warmup, Warmup::Epochs(3.0));
}

#[test]
fn the_demo_files_load_without_a_warning() {
    let demo = search(Some(&shipped("demo.yaml")), &[]).unwrap();
    assert_eq!(demo.warnings, []);
    let (train, supernet) = (&demo.settings.train, &demo.settings.supernet);
    assert_eq!(
        (train.batch, train.epochs, train.schedule.lr),
        (64, 36, 0.1)
    );
    assert_eq!(train.schedule.warmup, Warmup::Steps(50));
    assert_eq!(
        (
            supernet.meta_sta_epoch,
            supernet.without_meta.len(),
            supernet.measure
        ),
        (23, 0, Measure::Paths)
    );
    let retrain = retrain(Some(&shipped("demo-retrain.yaml")), &[]).unwrap();
    assert_eq!(retrain.warnings, []);
    assert_eq!(
        (retrain.settings.dropout, retrain.settings.ema),
        (0.0, None)
    );
}

#[test]
fn the_files_under_the_originals_names_load_without_a_warning() {
    let train = search(Some(&shipped("train.yaml")), &[]).unwrap();
    assert_eq!(
        (train.warnings, train.settings.train.schedule.lr),
        (vec![], 1.0)
    );
    for name in ["retrain.yaml", "test.yaml"] {
        let loaded = retrain(Some(&shipped(name)), &[]).unwrap();
        assert_eq!(loaded.warnings, [], "{name}");
        assert_eq!(loaded.settings.selection, Some(Selection::Published(43)));
    }
    let retrained = retrain(Some(&shipped("retrain.yaml")), &[])
        .unwrap()
        .settings;
    let step = ScheduleShape::Step {
        epochs: 2.4,
        rate: 0.973,
    };
    assert_eq!(retrained.train.schedule.shape, step);
    assert!(retrained.train.schedule.per_epoch);
}

#[test]
fn the_papers_augmentation_is_read_from_the_files_under_the_originals_names() {
    let train = search(Some(&shipped("train.yaml")), &[]).unwrap().settings;
    assert_eq!(train.train.augmentation.jitter, 0.4);
    assert_eq!(train.train.augmentation.auto, Auto::Never);
    let retrain = retrain(Some(&shipped("retrain.yaml")), &[]).unwrap();
    let augmentation = retrain.settings.train.augmentation;
    assert_eq!(augmentation.jitter, 0.0);
    let paper = AutoAugment::read("rand-m9-mstd0.5").unwrap();
    assert_eq!(augmentation.auto, Auto::Always(paper));
}

#[test]
fn automatic_augmentation_leaves_jitter_out_and_says_so() {
    let text = "AUGMENTATION: {AA: 'v0', COLOR_JITTER: 0.4}\n";
    let loaded = search_in(text);
    assert_eq!(loaded.settings.train.augmentation.jitter, 0.0);
    let [warning] = &loaded.warnings[..] else {
        panic!("{:?}", loaded.warnings)
    };
    let expected = "run.yaml:1:26: `AUGMENTATION.COLOR_JITTER` has no effect: `AUGMENTATION.AA` changes colours already";
    assert!(warning.to_string().contains(expected), "{warning}");
    assert_eq!(
        search_in("AUGMENTATION: {AA: None, COLOR_JITTER: 0.4}\n").warnings,
        []
    );
}

#[test]
fn jitter_of_a_retraining_that_leaves_the_rest_open_is_told_what_it_is_for() {
    let text = "AUGMENTATION: {COLOR_JITTER: 0.4}\n";
    let loaded = in_file(text, retrain).unwrap();
    assert_eq!(loaded.settings.train.augmentation.jitter, 0.4);
    let [warning] = &loaded.warnings[..] else {
        panic!("{:?}", loaded.warnings)
    };
    let expected = "run.yaml:1:16: `AUGMENTATION.COLOR_JITTER` changes images in memory only";
    assert!(warning.to_string().contains(expected), "{warning}");
}

#[test]
fn a_wrong_part_of_automatic_augmentation_is_named_with_its_place() {
    assert_eq!(
        refusal("AUGMENTATION:\n  AA: 'rand-m9-q3'\n"),
        "DIR/run.yaml:2:3: `AUGMENTATION.AA` is `rand-m9-q3`: `q3` is no part of `rand`; there are m, n, p, mstd, mmax, inc, tweights"
    );
}

#[test]
fn only_retraining_mixes_images() {
    let text = "AUGMENTATION: {MIXUP: 0.2, MIXUP_OFF_EPOCH: 3}\n";
    let mix = retrain_in(text).mix.unwrap();
    assert_eq!((mix.mixup, mix.cutmix), (0.2, 0.0));
    assert_eq!([1, 3, 4].map(|epoch| mix.is_on(epoch)), [true, true, false]);
    let warnings = search_in(text).warnings;
    assert_eq!(warnings.len(), 2);
    assert!(
        warnings[0]
            .to_string()
            .contains("only retraining mixes images")
    );
    assert_eq!(retrain_in("AUGMENTATION: {MIXUP: 0.0}\n").mix, None);
    let idle = in_file("AUGMENTATION: {MIXUP_OFF_EPOCH: 3}\n", retrain).unwrap();
    assert!(
        idle.warnings[0].to_string().contains("are 0"),
        "{:?}",
        idle.warnings
    );
}

#[test]
fn flags_are_words_where_there_are_others_beside_them() {
    assert_eq!(retrain_in("AMP: False\n").train.short, None);
    let searched = search_in("AMP: True\n").settings.train.short;
    assert_eq!(searched, Some(ShortFloats::Bf16));
    assert_eq!(
        retrain_in("AMP: True\n").train.short,
        Some(ShortFloats::Bf16)
    );
    assert_eq!(retrain_in("AMP: f16\n").train.short, Some(ShortFloats::F16));
}

#[test]
fn one_number_is_a_list_of_one() {
    let noise = retrain_in("LR_NOISE: 0.4\n").train.schedule.noise.unwrap();
    assert_eq!((noise.from, noise.to), (0.4, None));
}

/// Loads the settings that `loaded` was resolved to, which must be the same but for their places.
#[track_caller]
fn assert_loads_again<T: serde::Serialize>(
    loaded: &Loaded<T>,
    load: impl Fn(Option<&Path>, &[String]) -> Result<Loaded<T>, SettingsError>,
) {
    let again = in_file(&loaded.resolved, load);
    let again = again.unwrap_or_else(|error| panic!("{error}\n{}", loaded.resolved));
    let text = |settings: &T| serde_json::to_string(settings).unwrap();
    assert_eq!(text(&again.settings), text(&loaded.settings));
    assert_eq!(again.resolved, loaded.resolved);
}

/// Loads settings for either kind of run; where they are right, also what they were resolved to. Whether they were.
#[track_caller]
fn again(run: Run, texts: &[String]) -> bool {
    match run {
        Run::Search => search(None, texts).map(|loaded| assert_loads_again(&loaded, search)),
        Run::Retrain => retrain(None, texts).map(|loaded| assert_loads_again(&loaded, retrain)),
    }
    .is_ok()
}

const RUNS: [Run; 2] = [Run::Search, Run::Retrain];

#[test]
fn resolved_settings_load_to_the_same_settings() {
    for name in ["demo.yaml", "train.yaml"] {
        let loaded = search(Some(&shipped(name)), &[]).unwrap();
        assert_loads_again(&loaded, search);
    }
    for name in ["demo-retrain.yaml", "retrain.yaml", "test.yaml"] {
        let loaded = retrain(Some(&shipped(name)), &[]).unwrap();
        assert_loads_again(&loaded, retrain);
    }
    let retrained: [&[&str]; 7] = [
        &[],
        &["MODEL_SELECTION=287", "SCHED=step", "LR=0.25"],
        &["EPOCHS=3"],
        &["EPOCHS=1", "SCHED_PER=update"],
        &["WARMUP_STEPS=100"],
        &["WARMUP_STEPS=0", "EPOCHS=2"],
        &["WARMUP_EPOCHS=1", "EPOCHS=2"],
    ];
    for texts in retrained {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        assert!(again(Run::Retrain, &texts), "{texts:?}");
    }
}

/// Values of every kind that a setting may have, as `KEY=VALUE`.
fn settings_of(kind: &Kind) -> Vec<String> {
    let texts = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect();
    match kind {
        Kind::Flag => texts(&["True", "False"]),
        Kind::Whole(least, most) => [*least, least + 1, 2, 3, 100, *most]
            .iter()
            .filter(|whole| (least..=most).contains(whole))
            .map(ToString::to_string)
            .collect(),
        Kind::Network => texts(&["14", "112", "604", "-1"]),
        Kind::Real(least, most) => [*least, 1e-6, 0.5, 1.0, 3.0, *most]
            .iter()
            .filter(|real| (least..=most).contains(real))
            .map(|real| format!("{real:e}"))
            .collect(),
        Kind::Word(words) => texts(words),
        Kind::Text => texts(&["auto", "v0", "rand-m9-mstd0.5", "'3'"]),
        Kind::Numbers => texts(&["[]", "[0.4]", "[0.4, 0.9]", "[1, 2, 3]"]),
        Kind::Lists => texts(&["[[0], [3], [3, 3], [0]]"]),
        Kind::Any => texts(&["1"]),
        Kind::Maybe(kind) => [texts(&["None"]), settings_of(kind)].concat(),
    }
}

/// Every setting with every of these values.
fn all_settings() -> Vec<String> {
    let of = |key: &Key| -> Vec<String> {
        let values = settings_of(&key.kind).into_iter();
        values
            .map(|value| format!("{}={value}", key.path))
            .collect()
    };
    keys().iter().flat_map(of).collect()
}

#[test]
fn every_setting_alone_loads_to_the_same_settings_again() {
    let all = all_settings();
    let loaded = all
        .iter()
        .flat_map(|one| RUNS.map(|run| again(run, std::slice::from_ref(one))))
        .filter(|loaded| *loaded);
    assert!(loaded.count() > 300);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]
    #[test]
    fn settings_together_load_to_the_same_settings_again(
        texts in proptest::collection::vec(proptest::sample::select(all_settings()), 2..7)
    ) {
        for run in RUNS {
            again(run, &texts);
        }
    }
}

#[test]
fn folders_from_before_the_unused_warm_up_was_left_out_of_their_settings_load() {
    for (texts, warmup) in [
        (["WARMUP_STEPS=100", "SEED=1"], Warmup::Steps(100)),
        (["EPOCHS=3", "SEED=1"], Warmup::Epochs(0.0)),
    ] {
        let loaded = retrain(None, &texts.map(str::to_owned)).unwrap();
        assert_eq!(loaded.settings.train.schedule.warmup, warmup);
        let older = loaded
            .resolved
            .replace("WARMUP_EPOCHS: 0.0", "WARMUP_EPOCHS: 3.0");
        assert_ne!(older, loaded.resolved);
        let again = in_file(&older, retrain_again).unwrap();
        assert_eq!(again.settings.train, loaded.settings.train);
        // Whoever writes it by hand means it.
        assert!(in_file(&older, retrain).is_err());
        // Checkpoints hold these words, and are compared by them.
        assert_eq!(again.resolved, older);
    }
}

#[test]
fn a_warm_up_of_the_defaults_length_is_refused_where_it_was_written_as_any_other() {
    for epochs in [3, 5] {
        let warmup = format!("WARMUP_EPOCHS: {epochs}\n");
        let steps = in_file(&format!("{warmup}WARMUP_STEPS: 100\n"), retrain);
        let steps = steps.unwrap_err();
        assert!(steps.contains("are both given"), "{steps}");
        let short = in_file(&format!("EPOCHS: 3\n{warmup}"), retrain);
        let short = short.unwrap_err();
        assert!(short.contains("`--set WARMUP_EPOCHS=0`"), "{short}");
    }
    let file = shipped("retrain.yaml");
    let set = |texts: &[&str]| -> Vec<String> { texts.iter().map(|&text| text.into()).collect() };
    let error = retrain(Some(&file), &set(&["EPOCHS=3"])).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("retrain.yaml:38:1"), "{error}");
    assert!(retrain(Some(&file), &set(&["EPOCHS=3", "WARMUP_EPOCHS=0"])).is_ok());
}

#[test]
fn defaults_in_the_settings_of_a_run_are_nobodys_and_warned_of_by_nothing() {
    for schedule in ["SCHED=step", "SCHED=constant", "SCHED=cosine"] {
        let texts = [schedule.to_owned(), "AUGMENTATION.CROP=none".to_owned()];
        let loaded = retrain(None, &texts).unwrap();
        let again = in_file(&loaded.resolved, retrain_again).unwrap();
        assert_eq!(again.warnings, [], "{schedule}");
        assert_eq!(again.settings.training_only, []);
    }
}

#[test]
fn every_default_is_of_its_kind_and_every_path_stands_once() {
    for run in [Run::Search, Run::Retrain] {
        for key in keys() {
            if let Use::Or(default) = key.used_by(run) {
                let yaml = serde_yaml::from_str(default).unwrap();
                assert!(key.kind.read(&yaml).is_ok(), "{}: {default}", key.path);
            }
        }
    }
    let paths: std::collections::BTreeSet<_> = keys().iter().map(|key| key.path).collect();
    assert_eq!(paths.len(), keys().len());
}

#[test]
fn python_spellings_mean_what_they_mean_in_python() {
    let text =
        "LR: '1e-1'\nWEIGHT_DECAY: 1e-4\nDATA_DIR: 'None'\nWARMUP_STEPS: None\nEPOCHS: 30.0\n";
    let train = search_in(text).settings.train;
    assert_eq!(
        (train.schedule.lr, train.optimizer.weight_decay),
        (0.1, 1e-4)
    );
    assert_eq!((train.data_dir, train.epochs), (None, 30));
    assert_eq!(train.schedule.warmup, Warmup::Epochs(0.0));
    assert_eq!(retrain_in("NET: {EMA: {USE: False}}\n").ema, None);
}

/// The settings as a table for people; docs/settings.md holds it.
fn table() -> String {
    let shown = |used: Use| match used {
        Use::Or(default) => format!("`{default}`"),
        Use::Idle(_) => "–".to_owned(),
    };
    let mut read = "| setting | search | retraining | meaning |\n|---|---|---|---|\n".to_owned();
    let mut idle = "| setting | why |\n|---|---|\n".to_owned();
    for key in keys() {
        let says = key.says.replace('|', "\\|");
        match (key.search, key.retrain) {
            (Use::Idle(_), Use::Idle(why)) => idle += &format!("| `{}` | {why} |\n", key.path),
            (search, retrain) => {
                read += &format!(
                    "| `{}` | {} | {} | {says} |\n",
                    key.path,
                    shown(search),
                    shown(retrain)
                );
            }
        }
    }
    format!(
        "{read}\n## Settings of the original without effect\n\nThey may stand in a file; a warning says why they do nothing.\n\n{idle}"
    )
}

#[test]
fn the_page_on_settings_lists_every_setting_with_its_default() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/settings.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let head = text
        .find("| setting | search |")
        .expect("the page has the table");
    let expected = text[..head].to_owned() + &table();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&page, &expected).unwrap();
    }
    assert!(
        text == expected,
        "docs/settings.md is not what keys.rs says; UPDATE_DOCS=1 writes it anew"
    );
}

/// The keys of the original's own search file.
const ORIGINAL: &str = "\
AUTO_RESUME: False
DATA_DIR: './data/imagenet'
MODEL: 'Supernet_Training'
RESUME_PATH: './experiments/workspace/train/resume.pth.tar'
SAVE_PATH: './experiments/workspace/train'
SEED: 42
LOG_INTERVAL: 50
RECOVERY_INTERVAL: 0
WORKERS: 8
NUM_GPU: 8
SAVE_IMAGES: False
AMP: False
OUTPUT: 'None'
EVAL_METRICS: 'prec1'
TTA: 0
LOCAL_RANK: 0

DATASET:
  NUM_CLASSES: 1000
  IMAGE_SIZE: 224 # image patch size
  INTERPOLATION: 'bilinear'
  BATCH_SIZE: 128

NET:
  GP: 'avg'
  DROPOUT_RATE: 0.0

  EMA:
    USE: True
    FORCE_CPU: False
    DECAY: 0.9998

OPT: 'sgd'
LR: 1.0
EPOCHS: 120
META_LR: 1e-4

BATCHNORM:
  SYNC_BN: False

SUPERNET:
  UPDATE_ITER: 200
  SLICE: 4
  POOL_SIZE: 10
  RESUNIT: False
  DIL_CONV: False
  UPDATE_2ND: True
  FLOPS_MINIMUM: 0
  FLOPS_MAXIMUM: 600
  PICK_METHOD: 'meta'
  META_STA_EPOCH: 20
  HOW_TO_PROB: 'pre_prob'
  PRE_PROB: (0.05,0.2,0.05,0.5,0.05,0.15)
OPTIMIZER:
  WEIGHT_DECAY: 1e-3
WEIGHT_DECAY: 1e-4
";

#[test]
fn a_file_of_the_original_loads_and_what_has_no_effect_is_named_with_its_place() {
    let loaded = search_in(ORIGINAL);
    let settings = &loaded.settings;
    assert_eq!(
        (settings.supernet.flops_min, settings.supernet.flops_max),
        (Some(0), Some(600_000_000))
    );
    assert_eq!(settings.supernet.pick_method, Some(PickMethod::Meta));
    assert_eq!(settings.train.optimizer.weight_decay, 1e-4);
    let prior = PathPrior::Weights(vec![0.05, 0.2, 0.05, 0.5, 0.05, 0.15]);
    assert_eq!(settings.supernet.prior, prior);
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    for part in [
        ":1:1: `AUTO_RESUME` has no effect",
        ":20:3: `DATASET.IMAGE_SIZE` has no effect: the space says the resolution",
        ":29:5: `NET.EMA.USE` has no effect: only retraining reads it",
        ":55:3: `OPTIMIZER.WEIGHT_DECAY` differs from `WEIGHT_DECAY`",
    ] {
        assert!(
            warnings.iter().any(|warning| warning.contains(part)),
            "{part} in {warnings:#?}"
        );
    }
}

/// Everything that the original's configuration holds, with its defaults, as its library writes it.
const DUMP: &str = "\
ACC_GAP: 5
AMP: false
AUGMENTATION: {AA: rand-m9-mstd0.5, COLOR_JITTER: 0.4, MIXUP: 0.0, MIXUP_OFF_EPOCH: 0, RE_MODE: pixel, RE_PROB: 0.2, SMOOTHING: 0.1}
AUTO_RESUME: true
BATCHNORM: {BN_EPS: 1.0e-05, BN_MOMENTUM: 0.1, BN_TF: false, SYNC_BN: false}
COOLDOWN_EPOCHS: 10
DATASET: {BATCH_SIZE: 32, IMAGE_SIZE: 224, INTERPOLATION: bilinear, NO_PREFECHTER: false, NUM_CLASSES: 1000, PIN_MEM: true, VAL_BATCH_MUL: 4}
DATA_DIR: ./data/imagenet
DECAY_EPOCHS: 30.0
DECAY_RATE: 0.1
EPOCHS: 200
EVAL_METRICS: prec1
LOCAL_RANK: 0
LOG_INTERVAL: 50
LR: 0.01
LR_NOISE: null
LR_NOISE_PCT: 0.67
LR_NOISE_STD: 1.0
META_LR: 0.0001
MIN_LR: 1.0e-05
MODEL: cream
MOMENTUM: 0.9
NET:
  DROPOUT_RATE: 0.0
  EMA: {DECAY: 0.9998, FORCE_CPU: false, USE: true}
  GP: avg
  INPUT_ARCH: [[0], [3], [3, 3], [3, 1, 3], [3, 3, 3, 3], [3, 3, 3], [0]]
  SELECTION: 14
NUM_GPU: 1
OPT: sgd
OPTIMIZER: {MOMENTUM: 0.9, NAME: sgd, WEIGHT_DECAY: 0.001}
OPT_EPS: 0.01
OUTPUT: output/path/
PATIENCE_EPOCHS: 10
RECOVERY_INTERVAL: 0
RESUME_PATH: ./experiments/ckps/resume.pth.tar
SAVE_IMAGES: false
SAVE_PATH: ./experiments/ckps/
SCHED: sgd
SEED: 42
START_EPOCH: null
SUPERNET:
  DIL_CONV: false
  FLOPS_MAXIMUM: 600
  FLOPS_MINIMUM: 0
  HOW_TO_PROB: pre_prob
  META_STA_EPOCH: 20
  PICK_METHOD: meta
  POOL_SIZE: 10
  PRE_PROB: [0.05, 0.2, 0.05, 0.5, 0.05, 0.15]
  RESUNIT: false
  SLICE: 4
  UPDATE_2ND: true
  UPDATE_ITER: 1300
TTA: 0
VERBOSE: false
WARMUP_EPOCHS: 3
WARMUP_LR: 0.0001
WEIGHT_DECAY: 0.0001
WORKERS: 4
";

#[test]
fn everything_that_the_originals_configuration_holds_loads() {
    let searched = search_in(DUMP);
    assert_eq!(searched.settings.supernet.update_iter, 1300);
    assert_loads_again(&searched, search);
    let loaded = in_file(DUMP, retrain).unwrap();
    assert_eq!(loaded.settings.selection, Some(Selection::Published(14)));
    assert_loads_again(&loaded, retrain);
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    for part in [
        ":1:1: `ACC_GAP` has no effect",
        ":27:3: `INPUT_ARCH` has no effect: `MODEL_SELECTION` is 14; -1 means `INPUT_ARCH`",
    ] {
        let found = warnings.iter().filter(|one| one.contains(part));
        assert_eq!(found.count(), 1, "{part} in {warnings:#?}");
    }
    let own = DUMP.replace("SELECTION: 14", "SELECTION: -1");
    let indices = in_file(&own, retrain).unwrap().settings.selection;
    assert!(matches!(indices, Some(Selection::Indices(lists)) if lists.len() == 7));
}

#[test]
fn what_a_test_or_a_training_alone_reads_is_told_to_the_other() {
    let text = "RESUME_PATH: a.pth\nDATASET: {INTERPOLATION: bicubic}\n";
    let settings = retrain_in(text);
    let [path] = &settings.test_only[..] else {
        panic!("{:?}", settings.test_only)
    };
    let path = path.to_string();
    assert!(path.contains(":1:1: `RESUME_PATH` has no effect"), "{path}");
    assert!(
        path.contains("`--resume RUN`") && path.contains("`--inherit RUN`"),
        "{path}"
    );
    let [resized] = &settings.training_only[..] else {
        panic!("{:?}", settings.training_only)
    };
    let resized = resized.to_string();
    assert!(
        resized.contains(":2:11: `DATASET.INTERPOLATION` has no effect"),
        "{resized}"
    );
    assert!(
        resized.contains("evaluation is always bicubic"),
        "{resized}"
    );
    let neither = retrain_in("RESUME_PATH: None\n");
    assert_eq!((neither.test_only, neither.training_only), (vec![], vec![]));
}

#[test]
fn bounds_and_selections_are_read_from_either_place() {
    assert_eq!(
        search_in("FLOPS_MAXIMUM: 287.5\n")
            .settings
            .supernet
            .flops_max,
        Some(287_500_000)
    );
    assert_eq!(
        retrain_in("NET: {SELECTION: 112}\n").selection,
        Some(Selection::Published(114))
    );
    let text = "MODEL_SELECTION: -1\nINPUT_ARCH: [[0], [3], [3, 3], [0]]\n";
    let indices = vec![vec![0], vec![3], vec![3, 3], vec![0]];
    assert_eq!(
        retrain_in(text).selection,
        Some(Selection::Indices(indices))
    );
    let text = refusal("FLOPS_MAXIMUM: 300\nSUPERNET:\n  FLOPS_MAXIMUM: 600\n");
    assert_eq!(
        text,
        "DIR/run.yaml:1:1: `FLOPS_MAXIMUM` differs from `SUPERNET.FLOPS_MAXIMUM` at DIR/run.yaml:3:3"
    );
}

#[test]
fn a_selection_that_names_no_network_lists_the_six() {
    for size in ["470", "42", "-2", "abc", "[43]", "43.5"] {
        let error = in_file(&format!("MODEL_SELECTION: {size}\n"), retrain).unwrap_err();
        assert!(error.contains("14, 43, 114, 287, 481, 604"), "{error}");
    }
    let error = in_file("MODEL_SELECTION: -1\n", retrain).unwrap_err();
    assert!(
        error.contains("means `INPUT_ARCH`, but there is none"),
        "{error}"
    );
    let error = in_file("MODEL_SELECTION: 14\nINPUT_ARCH: [[0]]\n", retrain).unwrap_err();
    assert!(
        error.contains("run.yaml:2:1") && error.contains("name two networks"),
        "{error}"
    );
}

#[test]
fn an_unknown_setting_is_refused_with_its_place_and_the_nearest_name() {
    let text =
        refusal("SEED: 1\nEPOCH: 30\nSUPERNET:\n  POOLSIZE: 3\nSLICE: 4\nlr: 0.1\nQUUX: 1\n");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "DIR/run.yaml:2:1: `EPOCH` is no setting; did you mean `EPOCHS`?",
            "DIR/run.yaml:4:3: `SUPERNET.POOLSIZE` is no setting; did you mean `SUPERNET.POOL_SIZE`?",
            "DIR/run.yaml:5:1: `SLICE` is no setting; did you mean `SUPERNET.SLICE`?",
            "DIR/run.yaml:6:1: `lr` is no setting; did you mean `LR`?",
            "DIR/run.yaml:7:1: `QUUX` is no setting",
        ]
    );
}

#[test]
fn values_of_a_wrong_kind_or_out_of_range_say_what_is_expected() {
    let text = refusal(
        "EPOCHS: many\nLR: -1\nMOMENTUM: 1.5\nSCHED: polynomial\nSEED: [1]\nWORKERS: 1.5\nSUPERNET:\n  PICK_METHOD: best\nDATASET: {BATCH_SIZE: 0}\nMODEL: {A: 1}\nLR_NOISE_PCT: 1.5\n",
    );
    for part in [
        ":1:1: `EPOCHS` is `many`; expected a whole number, at least 1",
        ":2:1: `LR` is -1; expected a number above 0, or None",
        ":3:1: `MOMENTUM` is 1.5; expected a number in 0..",
        ":4:1: `SCHED` is `polynomial`; expected sgd | linear | cosine | step | multistep | constant",
        ":5:1: `SEED` is a list; expected a whole number, at least 0",
        ":6:1: `WORKERS` is 1.5; expected a whole number in 0..256",
        ":8:3: `SUPERNET.PICK_METHOD` is `best`; expected meta | top1, or None",
        ":9:11: `DATASET.BATCH_SIZE` is 0; expected a whole number, at least 1",
        ":10:9: `MODEL.A` is no setting",
        ":11:1: `LR_NOISE_PCT` is 1.5; expected a number in 0.01..1",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}

#[test]
fn a_number_that_is_none_or_infinite_is_refused() {
    assert!(refusal("LR: .inf\n").contains("`LR` is"));
    assert!(refusal("LR: .nan\n").contains("`LR` is"));
    assert!(refusal("EPOCHS: None\n").contains("`EPOCHS` is `None`; expected a whole number"));
    assert!(refusal("SUPERNET: 3\n").contains("`SUPERNET` is a group of settings"));
    assert_eq!(search_in("SUPERNET:\n").settings, set(&[]).unwrap());
}

#[test]
fn contradictions_are_refused_with_the_cure() {
    let cases = [
        (
            "EPOCHS: 10\nSUPERNET: {META_STA_EPOCH: 10}\n",
            ":2:12: `SUPERNET.META_STA_EPOCH` is 10 of `EPOCHS`, 10",
            "set it below 10",
        ),
        (
            "DATASET: {BATCH_SIZE: 6}\n",
            ":1:11: `SUPERNET.SLICE` is 4, more than half",
            "set it to 3 or less, or the batch to 8 or more",
        ),
        (
            "SUPERNET: {RECAL_BATCH: 500, RECAL_IMAGES: 400}\n",
            "`SUPERNET.RECAL_BATCH` is 500",
            "lower it",
        ),
        (
            "FLOPS_MINIMUM: 5\nFLOPS_MAXIMUM: 4\n",
            ":1:1: `FLOPS_MINIMUM` is above `FLOPS_MAXIMUM`",
            "swap them",
        ),
        (
            "OPT: rmsproptf\n",
            ":1:1: `OPT` is rmsproptf",
            "remove the setting",
        ),
        (
            "LR: 0.1\nMIN_LR: 0.2\n",
            ":2:1: `MIN_LR` is 0.2, above `LR`",
            "lower `MIN_LR`",
        ),
        (
            "WARMUP_EPOCHS: 3\nWARMUP_STEPS: 50\n",
            ":2:1: `WARMUP_STEPS` and `WARMUP_EPOCHS`",
            "set `WARMUP_EPOCHS` to 0",
        ),
        (
            "EPOCHS: 3\nWARMUP_EPOCHS: 3\n",
            ":2:1: `WARMUP_EPOCHS` is 3 of `EPOCHS`, 3",
            "shorten the warm-up",
        ),
        (
            "SUPERNET: {STRATEGY: spos, PICK: board}\n",
            ":1:28: `SUPERNET.PICK` is board",
            "set it to evolution",
        ),
        (
            "SUPERNET: {STRATEGY: spos, HOW_TO_PROB: teacher}\n",
            ":1:28: `SUPERNET.HOW_TO_PROB` is teacher",
            "set it to even or pre_prob",
        ),
        (
            "SUPERNET: {VARIANT: released, STRATEGY: sandwich}\n",
            ":1:31: `SUPERNET.VARIANT: released` is a variant of `SUPERNET.STRATEGY: cream` alone",
            "remove one of them",
        ),
        (
            "SUPERNET: {VARIANT: released, PICK: evolution}\n",
            ":1:31: the released code picks from its board",
            "remove `SUPERNET.PICK: evolution`",
        ),
        (
            "SUPERNET: {PICK: evolution, PARENTS: 60}\n",
            ":1:29: `SUPERNET.PARENTS` is 60, more than `SUPERNET.POPULATION`, 50",
            "lower it",
        ),
        (
            "AMP: f16\n",
            ":1:1: `AMP` is f16, whose gradients need a scaled loss",
            "set it to bf16",
        ),
        (
            "SUPERNET: {VARIANT: released}\nAMP: true\n",
            ":2:1: `AMP` is for `SUPERNET.VARIANT: paper`",
            "set `AMP` to false",
        ),
        (
            "MODEL: ../elsewhere\n",
            ":1:1: `MODEL` is `../elsewhere`",
            "start with a dot or hold a slash",
        ),
    ];
    for (text, what, cure) in cases {
        let refused = refusal(text);
        assert!(
            refused.contains(what) && refused.contains(cure),
            "{text}\n{refused}"
        );
    }
}

#[test]
fn an_arch_beside_a_published_selection_is_left_out_in_a_file_and_refused_where_it_is_typed() {
    let arch = "[[0],[3],[3,3],[3,3],[3,3,3],[3,3,3],[0]]";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("selected.yaml");
    std::fs::write(&file, "MODEL_SELECTION: 287\n").unwrap();
    let typed = retrain(Some(&file), &[format!("NET.INPUT_ARCH={arch}")]).unwrap_err();
    let typed = typed.to_string();
    assert!(
        typed.contains("--set NET.INPUT_ARCH=") && typed.contains("name two networks"),
        "{typed}"
    );
    let both = format!("MODEL_SELECTION: 287\nNET: {{INPUT_ARCH: {arch}}}\n");
    assert_eq!(retrain_in(&both).selection, Some(Selection::Published(287)));
}

#[test]
fn a_rate_that_never_falls_to_the_least_may_be_below_it() {
    for shape in ["constant", "step", "multistep, DECAY_MILESTONES: [1]"] {
        let text = format!("{{LR: 1e-6, SCHED: {shape}}}\n");
        assert_eq!(retrain_in(&text).train.schedule.lr, 1e-6, "{shape}");
        let text = format!("{{LR: 1e-6, MIN_LR: 1e-4, SCHED: {shape}}}\n");
        let warnings = in_file(&text, retrain).unwrap().warnings;
        assert!(
            warnings[0].to_string().contains("`MIN_LR` has no effect"),
            "{warnings:?}"
        );
    }
    let error = in_file("{LR: 1e-6, SCHED: cosine}\n", retrain).unwrap_err();
    assert!(error.contains("`MIN_LR` is 0.00001, above `LR`"), "{error}");
}

#[test]
fn the_start_of_the_board_follows_the_epochs_where_it_is_not_given() {
    let settings = set(&["EPOCHS=2"]).unwrap();
    assert_eq!(settings.supernet.meta_sta_epoch, 0);
}

#[test]
fn settings_of_the_command_line_go_before_the_file() {
    let texts = [
        "SUPERNET.SLICE=8".to_owned(),
        "LR=1e-2".to_owned(),
        "FLOPS_MAXIMUM=40".to_owned(),
        "LR=0.5".to_owned(),
    ];
    let settings = search(Some(&shipped("demo.yaml")), &texts)
        .unwrap()
        .settings;
    assert_eq!(
        (settings.supernet.slice, settings.train.schedule.lr),
        (8, 0.5)
    );
    assert_eq!(settings.supernet.flops_max, Some(40_000_000));
    assert_eq!(
        set(&["EPOCHS"]).unwrap_err(),
        "--set EPOCHS: expected `KEY=VALUE`, for example `SUPERNET.SLICE=8`"
    );
    let error = set(&["SUPERNET.SLICES=8", "EPOCHS=x"]).unwrap_err();
    assert!(error.contains("--set SUPERNET.SLICES=8: `SUPERNET.SLICES` is no setting; did you mean `SUPERNET.SLICE`?"), "{error}");
    assert!(error.contains("--set EPOCHS=x: `EPOCHS` is `x`"), "{error}");
}

#[test]
fn what_is_no_settings_file_says_so() {
    let error = search(Some(Path::new("/no/such/run.yaml")), &[])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("/no/such/run.yaml:1:1: the settings file cannot be read"),
        "{error}"
    );
    assert!(refusal("- 1\n- 2\n").contains("holds no settings"));
    assert!(
        refusal("LR: 1\n  EPOCHS: : 3\n").contains("run.yaml:2:"),
        "a broken file has a place"
    );
    let twice = refusal("LR: 1\nLR: 2\n");
    assert!(
        twice.contains("is no YAML") && twice.contains("duplicate"),
        "{twice}"
    );
    assert_eq!(search_in("\u{feff}EPOCHS: 3\n").settings.train.epochs, 3);
    // A device without an end.
    let error = search(Some(Path::new("/dev/zero")), &[]).unwrap_err();
    assert!(error.to_string().contains("longer than 1 MiB"), "{error}");
}

#[test]
fn the_warm_up_is_counted_in_steps_or_epochs() {
    assert_eq!(Warmup::Steps(50).steps(85), 50);
    assert_eq!(Warmup::Epochs(1.5).steps(85), 128);
}

#[test]
fn a_strategy_goes_with_its_pick_and_names_the_settings_it_does_not_read() {
    let pick = |text: &str| search_in(text).settings.supernet.pick;
    assert_eq!(pick("SEED: 1\n"), PickBy::Board);
    assert_eq!(pick("SUPERNET: {STRATEGY: spos}\n"), PickBy::Evolution);
    assert_eq!(pick("SUPERNET: {STRATEGY: sandwich}\n"), PickBy::Evolution);
    assert_eq!(pick("SUPERNET: {PICK: evolution}\n"), PickBy::Evolution);
    let text = "\
META_LR: 1e-3
SUPERNET:
  STRATEGY: spos
  POOL_SIZE: 5
  META_STA_EPOCH: 5000
  PRE_PROB: [1, 2]
";
    let warnings: Vec<String> = search_in(text)
        .warnings
        .iter()
        .map(ToString::to_string)
        .collect();
    for (place, key) in [
        ("1:1", "META_LR"),
        ("4:3", "SUPERNET.POOL_SIZE"),
        ("5:3", "SUPERNET.META_STA_EPOCH"),
        ("6:3", "SUPERNET.PRE_PROB"),
    ] {
        let part = format!(":{place}: `{key}` has no effect");
        assert!(
            warnings.iter().any(|one| one.contains(&part)),
            "{part} in {warnings:#?}"
        );
    }
    assert_eq!(warnings.len(), 4, "{warnings:#?}");
    let released = search_in("SUPERNET: {VARIANT: released, HOW_TO_PROB: pre_prob}\n");
    assert_eq!(released.settings.supernet.prior, PathPrior::Even);
    assert!(
        released.warnings[0]
            .to_string()
            .contains("never applies its prior")
    );
}

#[test]
fn settings_of_a_meta_layer_that_does_not_learn_and_of_a_supernet_that_is_not_trained_are_named() {
    let warnings = |text: &str| -> Vec<String> {
        let loaded = search_in(text);
        let texts = loaded.warnings.iter().map(|one| one.what.clone());
        texts.collect()
    };
    let meta = "META_LR: 1e-3\nSUPERNET: {UPDATE_ITER: 5, ";
    let why = "with `SUPERNET.PICK_METHOD: top1` no meta layer learns";
    assert_eq!(
        warnings(&format!("{meta}PICK_METHOD: top1}}\n")),
        ["META_LR", "SUPERNET.UPDATE_ITER"].map(|key| format!("`{key}` has no effect: {why}"))
    );
    for other in ["PICK_METHOD: meta", "PICK_METHOD: top1, VARIANT: released"] {
        let text = format!("{meta}{other}}}\n");
        assert_eq!(warnings(&text), [] as [String; 0], "{other}");
        assert_eq!(search_in(&text).settings.supernet.without_meta, []);
    }
    // Who picks is known with the number of classes.
    let open = search_in(&format!("{meta}PICK_METHOD: None}}\n"));
    assert_eq!(open.warnings, []);
    let places: Vec<String> = open
        .settings
        .supernet
        .without_meta
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        places[0].contains(":1:1: `META_LR` has no effect"),
        "{places:?}"
    );
    assert!(
        places[1].contains(":2:12: `SUPERNET.UPDATE_ITER`"),
        "{places:?}"
    );

    let random = "EPOCHS: 3\nLR: 0.1\nSUPERNET: {STRATEGY: random, JUDGE_IMAGES: 50}\n";
    let why = "`SUPERNET.STRATEGY: random` trains and judges nothing";
    assert_eq!(
        warnings(random),
        ["EPOCHS", "LR", "SUPERNET.JUDGE_IMAGES"]
            .map(|key| format!("`{key}` has no effect: {why}"))
    );
}

#[test]
fn millions_of_flops_are_read_to_the_flop() {
    // A bound that is exactly some path's cost must hold that path: cut off, these would be one less.
    for flops in [260_129_649_u64, 260_139_622] {
        assert_eq!(flops_of(flops as f64 / 1e6), flops);
    }
}
