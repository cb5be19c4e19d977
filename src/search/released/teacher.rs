//! The released code's choice of a teacher.

use creamc_lang::board::Entry;
use creamc_lang::ir::Path;
use tch::{Kind, Tensor};

use crate::nn::Mode;
use crate::search::meta::MetaLayer;
use crate::search::recipe::PickMethod;
use crate::search::teacher::Probe;
use crate::supernet::Supernet;

/// Who teaches, and how much.
#[derive(Debug)]
pub struct Choice {
    /// The teacher's path.
    pub teacher: Path,
    /// Its weight, a scalar. With `meta` its gradient leads to the meta layer, and through the
    /// last entry's forward to the student's weights.
    pub rho: Tensor,
}

/// Scores every entry for a student, best entry first, and takes the highest; the first of equals.
///
/// One forward an entry, in training mode: each moves the running norm statistics. ρ is the
/// sigmoid of minus the score of the entry looked at *last*. Waits for the device at every entry.
///
/// # Panics
/// When there is no entry.
pub fn choose(
    supernet: &Supernet,
    student: &Path,
    entries: &[Entry<Probe>],
    meta: &MetaLayer,
    pick: PickMethod,
) -> Choice {
    if pick == PickMethod::Top1 {
        return Choice {
            teacher: entries[0].path.clone(),
            rho: Tensor::from(0.5)
                .to_device(supernet.place().device)
                .to_kind(supernet.place().kind),
        };
    }
    let mut best: Option<(f64, &Path)> = None;
    let mut last = Tensor::new();
    for entry in entries {
        let probe = &entry.payload;
        let logits = supernet.forward(&probe.images, student, Mode::Train);
        let difference = logits.softmax(-1, None::<Kind>) - &probe.softmax;
        last = meta.score(&difference.flatten(0, -1));
        let score = last.double_value(&[0]);
        if best.is_none_or(|(highest, _)| score > highest) {
            best = Some((score, &entry.path));
        }
    }
    let (_, teacher) = best.expect("the board has an entry");
    Choice {
        teacher: teacher.clone(),
        rho: (-last).sigmoid().view([] as [i64; 0]),
    }
}
