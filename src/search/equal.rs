//! What must be equal on all ranks of a search, compared.

use std::hash::{DefaultHasher, Hash, Hasher};

use rand_chacha::ChaCha8Rng;
use tch::Tensor;

use super::state;
use super::step::Learner;
use crate::nn::NamedTensor;
use crate::ranks::RanksError;

/// Compares all that training moves (weights, norm statistics, momentum, the meta layer, the board with what its entries
/// store and who taught) and where the generator is that draws paths. One sum of bits and one message: cheap enough for
/// every hundredth step.
///
/// # Errors
/// When a rank differs, which is named; or when one is lost.
pub fn compare(learner: &Learner, random: &ChaCha8Rng, what: &str) -> Result<(), RanksError> {
    let mut tensors = state::tensors(learner);
    tensors.push(NamedTensor {
        name: "decisions".into(),
        tensor: Tensor::from_slice(&[decisions(learner, random)]),
    });
    learner.ranks.compare(what, &tensors)
}

/// A number that changes with everything that was decided so far; the same on every machine that runs this binary.
fn decisions(learner: &Learner, random: &ChaCha8Rng) -> i64 {
    let mut hasher = DefaultHasher::new();
    for entry in learner.board.entries() {
        let score = entry.score.get().to_bits();
        (&entry.path, score, entry.flops, entry.added).hash(&mut hasher);
    }
    learner.lessons.hash(&mut hasher);
    random.get_word_pos().hash(&mut hasher);
    hasher.finish().cast_signed()
}
