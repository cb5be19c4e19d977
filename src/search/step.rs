//! One training step on one sampled path.

use creamc_lang::board::Board;
use creamc_lang::ir::Path;
use tch::{Kind, Tensor};

use super::meta::{self, MetaLayer, MetaStep};
use super::recipe::{PickMethod, Recipe, Strategy};
use super::released;
use super::teacher::{self, Choice, Probe};
use super::visits::Visits;
use crate::data::Batch;
use crate::nn::Mode;
use crate::ranks::{Ranks, RanksError};
use crate::supernet::Supernet;
use crate::train::Error;
use crate::train::loss::{cross_entropy, distillation, soft_cross_entropy};
use crate::train::meter::{Seen, hits};
use crate::train::sgd::Momentum;

/// The teacher's weight when the best entry teaches.
const TOP1_RHO: f64 = 0.5;

/// Everything that training moves.
#[derive(Debug)]
pub struct Learner {
    /// The shared weights.
    pub supernet: Supernet,
    /// Momentum of the weights that have moved.
    pub momentum: Momentum,
    /// The layer that picks teachers.
    pub meta: MetaLayer,
    /// The prioritised paths.
    pub board: Board<Probe>,
    /// How often each path taught.
    pub lessons: Lessons,
    /// How often every depth and candidate was trained.
    pub visits: Visits,
    /// The processes that train together.
    pub ranks: Ranks,
}

/// How often paths taught, by path.
pub type Lessons = std::collections::BTreeMap<Path, u64>;

/// Where the run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The epoch, from 1.
    pub epoch: u64,
    /// The step over the whole run, from 1.
    pub step: u64,
}

/// What a step gives to the meters; both are scalars on the device.
#[derive(Debug)]
pub struct Stepped {
    /// The loss that was followed, a mean over the images of all ranks.
    pub loss: Tensor,
    /// Images of all ranks' batches whose class was highest, before the step.
    pub hits: Tensor,
    /// What a new entry of the board keeps of it: a softmax, `[N, classes]`.
    pub kept: Tensor,
}

/// Who teaches a student, and how much.
enum Teacher {
    Nobody,
    Top { path: Path },
    Chosen { path: Path, choice: Choice },
}

impl Teacher {
    fn of(&self) -> Option<(&Path, f64)> {
        match self {
            Teacher::Nobody => None,
            Teacher::Top { path } => Some((path, TOP1_RHO)),
            Teacher::Chosen { path, choice } => Some((path, choice.rho)),
        }
    }
}

impl Learner {
    /// Trains `student` on one batch, which lies on the supernet's device. Only the
    /// student's own parameters move; the meta layer learns first, when its turn has come.
    /// (With the released variant more moves: see [`released`].)
    ///
    /// # Errors
    /// When libtorch refuses, or a rank is lost.
    pub fn step(
        &mut self,
        recipe: &Recipe,
        at: Moment,
        student: &Path,
        batch: &Batch,
    ) -> Result<Stepped, Error> {
        self.visits.count(student);
        match recipe.strategy.is_released() {
            false => self.paper_step(recipe, at, student, batch),
            true => released::step(self, recipe, at, student, batch),
        }
    }

    fn paper_step(
        &mut self,
        recipe: &Recipe,
        at: Moment,
        student: &Path,
        batch: &Batch,
    ) -> Result<Stepped, Error> {
        let teacher = self.teacher(recipe, at, student);
        self.update_meta(recipe, at, student, &teacher, batch)?;
        let logits = self.forward(recipe, &batch.images, student, Mode::Train)?;
        let loss = self.loss(recipe, &logits, &teacher, batch)?;
        let parameters = self.supernet.parameters(student);
        let seen = Seen::of(&loss, &hits(&logits, &batch.labels, 1));
        let sharing = seen.share(&self.ranks, self.supernet.buffers(student))?;
        let gradients = self.ranks.gradients(&loss, &parameters)?;
        sharing.finish()?;
        self.momentum
            .step(recipe.train.sgd(at.step - 1), &parameters, &gradients)?;
        if let Some((path, _)) = teacher.of() {
            self.count_lesson(path);
        }
        let (loss, hits) = seen.sums(&self.ranks);
        Ok(Stepped {
            loss,
            hits,
            kept: logits.detach().softmax(-1, None::<Kind>),
        })
    }

    /// Steps that had a teacher.
    #[must_use]
    pub fn distilled_steps(&self) -> u64 {
        self.lessons.values().sum()
    }

    /// Whether paths enter the board and teach.
    pub fn prioritises(recipe: &Recipe, at: Moment) -> bool {
        matches!(recipe.strategy, Strategy::Cream(_)) && at.epoch > recipe.start_epoch
    }

    /// Whether the meta layer learns in this step, if there is a teacher.
    pub fn updates_meta(recipe: &Recipe, at: Moment) -> bool {
        at.step.is_multiple_of(recipe.update_every)
    }

    fn teacher(&self, recipe: &Recipe, at: Moment, student: &Path) -> Teacher {
        let entries = self.board.entries();
        let Some(best) = entries.first().filter(|_| Self::prioritises(recipe, at)) else {
            return Teacher::Nobody;
        };
        match recipe.pick {
            PickMethod::Top1 => Teacher::Top {
                path: best.path.clone(),
            },
            PickMethod::Meta => {
                let probes: Vec<&Probe> = entries.iter().map(|entry| &entry.payload).collect();
                let choice = teacher::choose(&self.supernet, student, &probes, &self.meta);
                Teacher::Chosen {
                    path: entries[choice.entry].path.clone(),
                    choice,
                }
            }
        }
    }

    fn update_meta(
        &mut self,
        recipe: &Recipe,
        at: Moment,
        student: &Path,
        teacher: &Teacher,
        batch: &Batch,
    ) -> Result<(), Error> {
        let Teacher::Chosen { path, choice } = teacher else {
            return Ok(());
        };
        if !Self::updates_meta(recipe, at) {
            return Ok(());
        }
        let step = MetaStep {
            student,
            teacher: path,
            choice,
            images: &batch.images,
            classes: &batch.labels,
            slice: recipe.slice,
            lr: recipe.train.schedule.lr(at.step - 1),
            smoothing: recipe.train.smoothing,
            sync_norms: recipe.train.sync_norms,
        };
        let gradient = meta::gradient(&self.supernet, &step, &self.ranks)?;
        Ok(self.meta.step(&gradient, recipe.meta_rate(at))?)
    }

    fn loss(
        &self,
        recipe: &Recipe,
        logits: &Tensor,
        teacher: &Teacher,
        batch: &Batch,
    ) -> Result<Tensor, Error> {
        let ce = cross_entropy(logits, &batch.labels, recipe.train.smoothing);
        let Some((path, rho)) = teacher.of() else {
            return Ok(ce);
        };
        let taught = tch::no_grad(|| self.forward(recipe, &batch.images, path, Mode::Probe))?;
        let kd = soft_cross_entropy(logits, &taught);
        Ok(distillation(&kd, &ce, rho, recipe.kd_loss))
    }

    /// A forward on this rank's piece of a batch, which every rank makes on its own.
    pub(super) fn forward(
        &self,
        recipe: &Recipe,
        images: &Tensor,
        path: &Path,
        mode: Mode,
    ) -> Result<Tensor, RanksError> {
        let norms = self.ranks.norms(recipe.train.sync_norms);
        let forward = || self.supernet.forward_over(images, path, mode, norms);
        let logits = recipe.train.forward(self.supernet.place(), forward);
        self.ranks.found(logits)
    }

    /// Notes that `teacher` taught in one more step.
    pub(super) fn count_lesson(&mut self, teacher: &Path) {
        match self.lessons.get_mut(teacher) {
            Some(count) => *count += 1,
            None => {
                self.lessons.insert(teacher.clone(), 1);
            }
        }
    }
}
