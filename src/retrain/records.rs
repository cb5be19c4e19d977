//! What a retraining writes into its run folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use creamc_lang::arch::{self, Arch};
use creamc_lang::ir::Network;
use creamc_lang::plan::Plan;
use serde::{Deserialize, Serialize};

use super::learner::Learner;
use super::test::Tested;
use crate::checkpoint::names::Names;
use crate::checkpoint::pth::{self, Words};
use crate::checkpoint::{self, AVERAGED, FileError, TOO_LARGE};
use crate::data::{BrokenImages, Data};
use crate::run::{Events, Log, Metrics, RunError, RunFolder};
use crate::train::average::Average;
use crate::train::prepare::Opened;
use crate::train::state::prefixed;
use crate::train::{ArchRecord, EpochRecord, Error};

/// What a retraining gave, as `result.json` has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retrained {
    /// The architecture and its cost.
    #[serde(flatten)]
    pub arch: ArchRecord,
    /// What it got on the test part, in evaluation mode; with the averaged weights where an
    /// average is kept.
    pub test: Tested,
    /// What it got with the weights as they are, where `test` is the average's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_plain: Option<Tested>,
    /// Images that could not be read.
    #[serde(default)]
    pub broken: BrokenImages,
    /// Why there are no weights for PyTorch, where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_pytorch: Option<String>,
    /// Epochs that were trained.
    pub epochs: u64,
    /// Whether the retraining was stopped before its end.
    pub stopped: bool,
    /// The run folder.
    #[serde(serialize_with = "crate::run::as_text")]
    pub run: PathBuf,
}

/// The folder with its growing files.
#[derive(Debug)]
pub struct Records {
    folder: RunFolder,
    log: Log,
    metrics: Metrics,
    events: Events,
    /// Words that are saved with the weights.
    about: BTreeMap<String, String>,
    /// The original's names of the tensors, where the network has such.
    names: Option<Names>,
}

impl Records {
    /// Opens the growing files.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open(
        opened: Opened,
        about: BTreeMap<String, String>,
        network: &Network,
    ) -> Result<Records, RunError> {
        Ok(Records {
            metrics: opened.folder.metrics()?,
            events: opened.folder.events()?,
            folder: opened.folder,
            log: opened.log,
            about,
            names: Names::of_network(network).ok(),
        })
    }

    /// Drops what was measured after the first `epochs` epochs: it will be measured again.
    ///
    /// # Errors
    /// When the files cannot be replaced.
    pub fn rewind(&mut self, epochs: u64) -> Result<(), RunError> {
        self.metrics.rewind(epochs)?;
        self.events.rewind(epochs)
    }

    /// The run folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Adds a line to the log.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn say(&mut self, text: &str) -> Result<(), RunError> {
        self.log.line(text)
    }

    /// Notes the file that the first weights are from.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn inherited(&mut self, file: &Path) -> Result<(), RunError> {
        self.say(&format!("first weights from {}", file.display()))
    }

    /// Images that turned out to be unreadable.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn broken(&mut self, images: &[String]) -> Result<(), RunError> {
        for image in images {
            self.say(&format!("not readable: {image}"))?;
        }
        Ok(())
    }

    /// Writes down an epoch.
    ///
    /// # Errors
    /// When the disk is full; what was saved before stays.
    pub fn epoch(&mut self, record: &EpochRecord) -> Result<(), RunError> {
        self.metrics.add(record)?;
        self.events.add(record.epoch, &record.scalars())?;
        self.say(&format!(
            "epoch {}: loss {:.4}, top-1 {:.2}%, {:.1} s",
            record.epoch, record.loss, record.top1, record.seconds
        ))
    }

    /// Writes the weights as they are now, and their average, whole or not at all.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn weights(&self, learner: &Learner) -> Result<(), Error> {
        if !self.folder.writes() {
            return Ok(());
        }
        let mut tensors = learner.childnet.tensors();
        let averages = learner.average().map_or(&[][..], Average::tensors);
        tensors.extend(prefixed(AVERAGED, averages.to_vec()));
        let file = self.folder.path().join("model.safetensors");
        Ok(checkpoint::save(&file, &tensors, &self.about)?)
    }

    /// Writes the weights in PyTorch's form, under the original's names; why not, where they cannot be in it.
    fn weights_for_pytorch(
        &self,
        learner: &Learner,
        words: &Words,
    ) -> Result<Option<String>, Error> {
        let Some(names) = &self.names else {
            let why = "the original has no names for this network's tensors";
            return Ok(Some(why.to_owned()));
        };
        if !self.folder.writes() {
            return Ok(None);
        }
        let weights = names.original(&learner.childnet.tensors());
        let averaged = learner.average();
        let averaged = averaged.map(|average| names.original(average.tensors()));
        let file = self.folder.path().join("model.pth.tar");
        match pth::save(&file, words, &weights, averaged.as_deref()) {
            Ok(()) => Ok(None),
            // No disk has room for it: the result is whole without.
            Err(FileError::TooLarge { .. }) => Ok(Some(TOO_LARGE.to_owned())),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes the weights for PyTorch, `result.json` and the last lines of the log.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(
        &mut self,
        learner: &Learner,
        arch: ArchRecord,
        (test, test_plain): (Tested, Option<Tested>),
        broken: BrokenImages,
        (epochs, stopped): (u64, bool),
    ) -> Result<Retrained, Error> {
        let words = Words {
            arch: arch.arch.clone(),
            epoch: epochs,
            metric: test.top1,
        };
        let result = Retrained {
            without_pytorch: self.weights_for_pytorch(learner, &words)?,
            arch,
            test,
            test_plain,
            broken,
            epochs,
            stopped,
            run: self.folder.path().to_owned(),
        };
        self.folder.write_result(&result)?;
        if let Some(why) = &result.without_pytorch {
            self.say(&without_pytorch_text(why))?;
        }
        self.say(&test_text("test", test))?;
        if let Some(plain) = test_plain {
            self.say(&test_text("test without the average", plain))?;
        }
        if let Some(text) = broken_text(&result.broken) {
            self.say(&text)?;
        }
        Ok(result)
    }
}

fn test_text(what: &str, tested: Tested) -> String {
    format!(
        "{what}: top-1 {:.2}%, top-5 {:.2}%, loss {:.4} over {} images",
        tested.top1, tested.top5, tested.loss, tested.images
    )
}

/// That there are no weights for PyTorch, and why.
#[must_use]
pub fn without_pytorch_text(why: &str) -> String {
    format!("no model.pth.tar: {why}")
}

/// How many images could not be read, if any.
#[must_use]
pub fn broken_text(broken: &BrokenImages) -> Option<String> {
    (broken.images > 0).then(|| {
        format!(
            "images that could not be read: {} to train on, {} to test on",
            broken.train.len(),
            broken.test.len()
        )
    })
}

/// What is saved with the weights: the architecture, and how images are normalised and cropped for
/// evaluation.
pub fn about(arch: &Arch, plan: &Plan, data: &Data) -> BTreeMap<String, String> {
    let normalisation = &data.normalisation;
    BTreeMap::from([
        ("arch".to_owned(), arch_text(arch, plan)),
        ("mean".to_owned(), format!("{:?}", normalisation.mean)),
        (
            "deviation".to_owned(),
            format!("{:?}", normalisation.deviation),
        ),
        ("crop".to_owned(), data.test.set.crop_share.to_string()),
    ])
}

/// The architecture with its resolution, as text.
pub fn arch_text(arch: &Arch, plan: &Plan) -> String {
    let settled = Arch {
        resolution: Some(plan.resolution),
        ..arch.clone()
    };
    arch::write(&settled, &plan.ir)
}
