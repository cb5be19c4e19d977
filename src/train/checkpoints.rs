//! The checkpoints of a run under way: what each says of itself, and whether it is this run's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tch::{Kind, Tensor};

use super::Error;
use super::course::Recount;
use super::meter::numbers;
use super::same_images::{self, PartImages};
use crate::checkpoint::{Newest, Store, Stored};
use crate::nn::NamedTensor;
use crate::ranks::Ranks;
use crate::run::RunError;
use crate::supernet::Sharing;

/// What a run is made of; a checkpoint holds it as words beside its tensors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The structure that the tensors belong to (`Plan::weights`), and how candidates share them ([`Sharing::identity`]).
    pub weights: String,
    /// What is trained on it.
    pub subject: Subject,
    /// Every setting, as YAML.
    pub settings: String,
    /// How many images there are, and what for.
    pub images: String,
    /// Which they are, part by part; checkpoints of older versions do not say.
    pub parts: Vec<PartImages>,
    /// Mean of the training pixels, by channel.
    pub mean: String,
    /// Their deviation.
    pub deviation: String,
    /// The device, as the user would write it.
    pub device: String,
    /// Threads of one operator.
    pub threads: String,
    /// The version of libtorch.
    pub libtorch: String,
    /// The number of processes.
    pub ranks: String,
}

/// What a run trains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// All paths of a plan: its structure, resolution and bounds (`Plan::fingerprint`).
    Plan(String),
    /// One network: its architecture as text.
    Network(String),
}

impl Subject {
    /// The key of the word, and the word.
    fn word(&self) -> (&'static str, &str) {
        match self {
            Subject::Plan(plan) => ("plan", plan),
            Subject::Network(network) => (NETWORK, network),
        }
    }

    /// Why a checkpoint of `then` is not one of this.
    fn differs(&self, then: &str) -> String {
        match self {
            Subject::Plan(own) => format!(
                "is of other bounds or another resolution: its plan is {then}, the run's {own}"
            ),
            Subject::Network(own) => {
                format!("is of another network: its own is\n{then}\nthe run's is\n{own}\n")
            }
        }
    }
}

/// The word for the number of processes; checkpoints from before there were several do not hold it.
pub const RANKS: &str = "ranks";

/// The word that only checkpoints of a retraining hold: their network.
pub const NETWORK: &str = "network";

/// Settings that no result depends on: they may change when a run goes on.
const FREE: [&str; 7] = [
    "DATA_DIR",
    "SAVE_PATH",
    "WORKERS",
    "PIN_MEM",
    "RECOVERY_INTERVAL",
    "KEEP_CHECKPOINTS",
    // A strict run that goes on has met no image that it would end for.
    "STRICT",
];

impl Identity {
    /// The words under their keys.
    #[must_use]
    pub fn words(&self) -> BTreeMap<String, String> {
        let words = [
            ("creamc", env!("CARGO_PKG_VERSION")),
            ("weights", &self.weights),
            self.subject.word(),
            ("settings", &self.settings),
            ("images", &self.images),
            ("mean", &self.mean),
            ("deviation", &self.deviation),
            ("device", &self.device),
            ("threads", &self.threads),
            ("libtorch", &self.libtorch),
            (RANKS, &self.ranks),
        ];
        let words = words.map(|(key, word)| (key.to_owned(), word.to_owned()));
        let parts = self.parts.iter().flat_map(PartImages::words);
        words.into_iter().chain(parts).collect()
    }

    /// Whether a run that is so goes on from the checkpoint; what makes it end otherwise than
    /// an unbroken one, as warnings.
    ///
    /// # Errors
    /// When the checkpoint is of another space, other settings or other images.
    pub fn check(&self, stored: &Stored) -> Result<Vec<String>, Error> {
        let about = &stored.contents.about;
        let word = |key: &str| about.get(key).map_or("nothing", String::as_str);
        let file = stored.path.display();
        let refuse = |text: String| Err(Error::Refused(format!("{file} {text}")));
        if self.is_shared_otherwise(word("weights")) {
            return refuse(
                "has weights that are shared otherwise: set `SUPERNET.SHARING` in settings.yaml to what it was, or start a \
                 new run"
                    .to_owned(),
            );
        }
        if word("weights") != self.weights {
            return refuse(format!(
                "is of another space: its tensors belong to {}, the run's space needs {}; \
                 put the run's own checkpoint there, or remove it",
                word("weights"),
                self.weights
            ));
        }
        let (key, own) = self.subject.word();
        if word(key) != own {
            return refuse(format!(
                "{}; put the run's own checkpoint there, or remove it",
                self.subject.differs(word(key))
            ));
        }
        let settings = differing(word("settings"), &self.settings);
        if !settings.is_empty() {
            return refuse(format!(
                "is of other settings: {}; undo the change in settings.yaml, or start a new run with it",
                settings.join(", ")
            ));
        }
        for (key, own) in [
            ("images", &self.images),
            ("mean", &self.mean),
            ("deviation", &self.deviation),
        ] {
            if word(key) != own {
                return refuse(format!(
                    "is of other images: {key} {} then, {own} now; give the folder of the same images with --data DIR",
                    word(key)
                ));
            }
        }
        let mut told = match same_images::compare(&self.parts, about) {
            Err(text) => return refuse(text),
            Ok(told) => Vec::from_iter(told),
        };
        told.extend(self.changes(about));
        Ok(told)
    }

    /// Whether weights are of the same structure, but candidates share them in another way.
    fn is_shared_otherwise(&self, weights: &str) -> bool {
        weights != self.weights && Sharing::structure(weights) == Sharing::structure(&self.weights)
    }

    /// What lets results differ in their last bits.
    fn changes(&self, about: &BTreeMap<String, String>) -> Vec<String> {
        let now = [
            ("device", &self.device),
            ("threads", &self.threads),
            ("libtorch", &self.libtorch),
            (RANKS, &self.ranks),
        ];
        let one = "1".to_owned();
        let then = now.map(|(key, own)| {
            // Checkpoints from before there were several processes do not say how many.
            let then = about.get(key).or((key == RANKS).then_some(&one));
            (key, then, own)
        });
        let changed = then.iter().filter(|(_, then, own)| *then != Some(*own));
        let told = changed.map(|(key, then, own)| {
            let then = then.map_or("unknown", String::as_str);
            if *key == RANKS {
                return format!(
                    "the run was made by {then} process(es) and goes on with {own}: an epoch has another number of steps now, \
                     and every batch other images"
                );
            }
            let cure = match *key {
                "threads" => format!(" (OMP_NUM_THREADS={then} makes it so)"),
                _ => String::new(),
            };
            format!(
                "the run was on {key} {then}{cure} and goes on on {key} {own}: \
                 its results will not be equal bit by bit to those of an unbroken run"
            )
        });
        told.collect()
    }
}

/// Settings that differ, as the checkpoint and the run have them.
fn differing(then: &str, now: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let free = |line: &str| {
        FREE.iter()
            .any(|key| line.trim_start().starts_with(&format!("{key}:")))
    };
    let kept = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| !free(line))
            .map(str::to_owned)
            .collect()
    };
    let (then, now) = (kept(then), kept(now));
    for at in 0..then.len().max(now.len()) {
        let line = |lines: &[String]| {
            lines
                .get(at)
                .map_or("nothing", |line| line.trim())
                .to_owned()
        };
        if then.get(at) != now.get(at) {
            lines.push(format!("`{}` then, `{}` now", line(&then), line(&now)));
        }
    }
    lines.truncate(3);
    lines
}

/// The number of processes that saved the checkpoint.
#[must_use]
pub fn stored_ranks(stored: &Stored) -> usize {
    let word = stored.contents.about.get(RANKS);
    word.and_then(|word| word.parse().ok()).unwrap_or(1).max(1)
}

/// What the log says of a run that goes on from the checkpoint `from`.
#[must_use]
pub fn resumed(from: &Path, (epoch, step): (u64, u64)) -> String {
    format!(
        "resumed from {}: step {step} of epoch {epoch}",
        from.display()
    )
}

/// Where a run saves what it goes on from.
#[derive(Debug)]
pub struct Checkpoints {
    /// The files.
    pub store: Store,
    /// What each is of.
    pub identity: Identity,
    /// The step in the name of the newest.
    newest: Option<u64>,
    /// The step that it is after, as steps are counted now.
    step: Option<u64>,
    /// The first of them saves; all read.
    ranks: Ranks,
}

impl Checkpoints {
    /// Checkpoints of a run that has saved none yet.
    #[must_use]
    pub fn new(store: Store, identity: Identity, ranks: Ranks) -> Checkpoints {
        Checkpoints {
            store,
            identity,
            newest: None,
            step: None,
            ranks,
        }
    }

    /// The file of the newest, if there is one.
    #[must_use]
    pub fn newest(&self) -> Option<PathBuf> {
        self.newest.map(|step| self.store.path(step))
    }

    /// Whether what is after `step` is saved.
    #[must_use]
    pub fn has(&self, step: u64) -> bool {
        self.step == Some(step)
    }

    /// Steps are counted otherwise from now on.
    pub fn recount(&mut self, recount: &Recount) {
        self.step = self.step.and_then(|then| recount.step(then));
    }

    /// The newest is after step `step`.
    fn is_at(&mut self, step: u64) {
        (self.newest, self.step) = (Some(step), Some(step));
    }

    /// Saves what is after step `step` of epoch `epoch`, unless it holds a value that is no number.
    ///
    /// # Errors
    /// When it does, or the disk is full; what was saved before stays.
    pub fn save(
        &mut self,
        (epoch, step): (u64, u64),
        tensors: &[NamedTensor],
        words: BTreeMap<String, String>,
    ) -> Result<(), Error> {
        if let Some(name) = not_finite(tensors) {
            return Err(Error::NotFinite {
                epoch,
                step,
                name,
                saved: self.newest(),
            });
        }
        if !self.ranks.is_first() {
            self.is_at(step);
            return Ok(());
        }
        let mut about = self.identity.words();
        about.insert("epoch".to_owned(), epoch.to_string());
        about.insert("step".to_owned(), step.to_string());
        about.extend(words);
        self.store.save(step, tensors, &about)?;
        self.is_at(step);
        Ok(())
    }

    /// As [`Checkpoints::resume`]; what is to be said goes to the user and, by `say`, to the log.
    ///
    /// # Errors
    /// As [`Checkpoints::resume`], and when the log cannot be written.
    pub fn resume_saying(
        &mut self,
        warn: fn(&str),
        say: &mut dyn FnMut(&str) -> Result<(), RunError>,
    ) -> Result<Option<Stored>, Error> {
        let (stored, told) = self.resume()?;
        for text in &told {
            warn(text);
            say(&format!("warning: {text}"))?;
        }
        if stored.is_none() {
            say("resumed without a checkpoint: starts from the beginning")?;
        }
        Ok(stored)
    }

    /// Makes the newest checkpoint the best one, too.
    ///
    /// # Errors
    /// As [`Store::set_best`].
    pub fn set_best(&self) -> Result<(), Error> {
        match self.newest.filter(|_| self.ranks.is_first()) {
            Some(step) => Ok(self.store.set_best(step)?),
            None => Ok(()),
        }
    }

    /// The newest checkpoint that rank 0 can read: the others read the same one.
    fn newest_of_first(&self) -> Result<Newest, Error> {
        if self.ranks.is_first() {
            let newest = self.store.newest()?;
            let step = newest.found.as_ref().map(|stored| stored.step.to_string());
            self.ranks
                .text_of_first("checkpoint", Some(&step.unwrap_or_default()))?;
            return Ok(newest);
        }
        let step = self.ranks.text_of_first("checkpoint", None)?;
        let found = match step.parse() {
            Err(_) => None,
            Ok(step) => Some(self.store.read(step)?),
        };
        Ok(Newest {
            found,
            damaged: Vec::new(),
        })
    }

    /// The checkpoint to go on from, with what is to be said about it; `None` where none was
    /// saved yet.
    ///
    /// # Errors
    /// When none can be read, or it is not this run's.
    pub fn resume(&mut self) -> Result<(Option<Stored>, Vec<String>), Error> {
        let Newest { found, damaged } = self.newest_of_first()?;
        let Some(stored) = found else {
            return match damaged.first() {
                None => Ok((None, Vec::new())),
                Some(error) => Err(Error::Refused(format!(
                    "{error}; no other checkpoint is there: to start the run from its beginning, remove that file"
                ))),
            };
        };
        let mut told: Vec<String> = damaged
            .iter()
            .map(|error| format!("{error}; the checkpoint before it is used"))
            .collect();
        told.extend(self.identity.check(&stored)?);
        self.is_at(stored.step);
        Ok((Some(stored), told))
    }
}

/// Sums of scaled gradients may overflow: the update that they are for is then left out.
const MAY_OVERFLOW: &str = "gathered/";

/// The first tensor with a value that is no finite number. Waits for the device once.
#[must_use]
pub fn not_finite(tensors: &[NamedTensor]) -> Option<String> {
    let floating = |tensor: &Tensor| {
        matches!(
            tensor.kind(),
            Kind::Float | Kind::Double | Kind::Half | Kind::BFloat16
        )
    };
    let floats: Vec<&NamedTensor> = tensors
        .iter()
        .filter(|named| floating(&named.tensor) && !named.name.starts_with(MAY_OVERFLOW))
        .collect();
    let all: Vec<Tensor> = tch::no_grad(|| {
        let finite = |named: &&NamedTensor| named.tensor.isfinite().all();
        floats.iter().map(finite).collect()
    });
    let at = numbers(&all).iter().position(|&all| all == 0.0)?;
    Some(floats[at].name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Contents;

    fn part((part, names): (&'static str, &str)) -> PartImages {
        PartImages {
            part,
            names: names.to_owned(),
            contents: Some("4".to_owned()),
        }
    }

    fn identity() -> Identity {
        let word = |text: &str| text.to_owned();
        Identity {
            weights: word("aa"),
            subject: Subject::Plan(word("bb")),
            settings: word("EPOCHS: 3\nWORKERS: 2\n"),
            images: word("10 to train on"),
            parts: [("train", "1"), ("judge", "2"), ("test", "3")]
                .map(part)
                .into(),
            mean: word("[0.5]"),
            deviation: word("[0.25]"),
            device: word("cpu"),
            threads: word("2"),
            ranks: word("1"),
            libtorch: word("2.11.0"),
        }
    }

    fn check(change: impl FnOnce(&mut Identity)) -> Result<Vec<String>, String> {
        let mut other = identity();
        change(&mut other);
        let stored = Stored {
            path: "run/checkpoint/step-00000007.safetensors".into(),
            step: 7,
            contents: Contents {
                about: identity().words(),
                ..Contents::default()
            },
        };
        other.check(&stored).map_err(|error| error.to_string())
    }

    #[test]
    fn what_changes_results_is_refused_by_name_and_what_does_not_passes() {
        assert_eq!(check(|_| ()), Ok(Vec::new()));
        assert_eq!(
            check(|run| run.settings = "EPOCHS: 3\nWORKERS: 0\n".into()),
            Ok(Vec::new())
        );
        // Pinned memory changes no number, and older checkpoints do not name it.
        let pinned = "DATASET:\n  PIN_MEM: false\nEPOCHS: 3\nWORKERS: 2\n";
        let unpinned = |text: &str| text.replace("DATASET:\n", "");
        assert_eq!(check(|run| run.settings = unpinned(pinned)), Ok(Vec::new()));
        let refused = |change: fn(&mut Identity)| check(change).unwrap_err();
        assert!(refused(|run| run.weights = "cc".into()).contains("another space"));
        let shared = refused(|run| run.weights = Sharing::Elastic.identity(&run.weights));
        assert!(shared.contains("`SUPERNET.SHARING`"), "{shared}");
        let plan = |run: &mut Identity| run.subject = Subject::Plan("cc".into());
        assert!(refused(plan).contains("other bounds"));
        let network = |run: &mut Identity| run.subject = Subject::Network("arch a {}".into());
        let text = refused(network);
        assert!(
            text.contains("another network") && text.contains("arch a {}"),
            "{text}"
        );
        let text = refused(|run| run.settings = "EPOCHS: 4\nWORKERS: 2\n".into());
        assert!(text.contains("`EPOCHS: 3` then, `EPOCHS: 4` now"), "{text}");
        let text = refused(|run| run.mean = "[0.4]".into());
        assert!(
            text.contains("--data") && text.contains("step-00000007"),
            "{text}"
        );
    }

    #[test]
    fn as_many_images_of_other_names_classes_or_contents_are_refused_by_their_part() {
        let refused = |change: fn(&mut Identity)| check(change).unwrap_err();
        let text = refused(|run| {
            run.parts[0].names = "9".into();
            run.parts[2].names = "9".into();
        });
        let parts = "those to train on and to test on have other names";
        assert!(
            text.contains(parts) && text.contains("class map") && text.contains("--data DIR"),
            "{text}"
        );
        let text = refused(|run| run.parts[1].contents = Some("9".into()));
        assert!(text.contains("to judge by have the names"), "{text}");
        // A folder that was packed since.
        let told = check(|run| {
            let sampled = |part: &mut PartImages| part.contents = Some("sample 9".into());
            run.parts.iter_mut().for_each(sampled);
        });
        let told = told.unwrap();
        assert!(
            told.len() == 1 && told[0].contains("another form"),
            "{told:?}"
        );
    }

    #[test]
    fn a_checkpoint_that_does_not_say_which_images_it_is_of_goes_on_with_a_warning() {
        let mut about = identity().words();
        about.retain(|key, _| !key.starts_with("images."));
        let stored = Stored {
            path: "step-00000007.safetensors".into(),
            step: 7,
            contents: Contents {
                about,
                ..Contents::default()
            },
        };
        let told = identity().check(&stored).unwrap();
        assert!(
            told.len() == 1 && told[0].contains("older version"),
            "{told:?}"
        );
    }

    #[test]
    fn another_device_version_or_number_of_threads_is_a_warning() {
        let told = check(|run| {
            run.device = "cuda:0".into();
            run.threads = "4".into();
        });
        let told = told.unwrap();
        assert_eq!(told.len(), 2);
        assert!(
            told[0].contains("cpu") && told[0].contains("cuda:0"),
            "{told:?}"
        );
        assert!(told[1].contains("OMP_NUM_THREADS=2"), "{told:?}");
    }

    fn none_saved() -> (tempfile::TempDir, Checkpoints) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("checkpoint"), 3);
        let checkpoints = Checkpoints::new(store, identity(), Ranks::alone());
        (folder, checkpoints)
    }

    fn tensor(value: f32) -> NamedTensor {
        NamedTensor {
            name: "s1.0.0.conv.weight".into(),
            tensor: Tensor::from_slice(&[1.0, value]),
        }
    }

    #[test]
    fn a_number_of_another_counting_is_no_step_that_is_saved() {
        let (_folder, mut checkpoints) = none_saved();
        let best = |checkpoints: &Checkpoints| {
            let contents = crate::checkpoint::load(&checkpoints.store.best()).unwrap();
            contents.tensors["s1.0.0.conv.weight"].double_value(&[1])
        };
        let tensors = [tensor(14.0)];
        checkpoints
            .save((2, 14), &tensors, BTreeMap::new())
            .unwrap();
        checkpoints.recount(&Recount::new((2, 14), (12, 9), 1));
        assert!(
            !checkpoints.has(14) && !checkpoints.has(10),
            "10.5 steps are made"
        );

        let tensors = [tensor(24.0)];
        checkpoints
            .save((2, 24), &tensors, BTreeMap::new())
            .unwrap();
        checkpoints.recount(&Recount::new((2, 24), (12, 9), 1));
        assert!(checkpoints.has(18) && !checkpoints.has(24));
        checkpoints.set_best().unwrap();
        assert_eq!(
            best(&checkpoints),
            24.0,
            "the file still has its own number"
        );
    }

    #[test]
    fn a_state_that_holds_no_number_is_never_saved() {
        let (_folder, mut checkpoints) = none_saved();
        checkpoints
            .save((1, 5), &[tensor(2.0)], BTreeMap::new())
            .unwrap();
        for bad in [f32::NAN, f32::INFINITY] {
            let saved = checkpoints.save((1, 6), &[tensor(1.0), tensor(bad)], BTreeMap::new());
            let text = saved.unwrap_err().to_string();
            assert!(
                text.contains("step 6") && text.contains("s1.0.0.conv.weight"),
                "{text}"
            );
            assert!(text.contains("step-00000005.safetensors"), "{text}");
        }
        assert_eq!(checkpoints.store.steps().unwrap(), [5]);
    }
}
