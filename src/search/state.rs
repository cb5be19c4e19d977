//! All that a search goes on from, as it lies in a checkpoint.
//!
//! | in the file | what |
//! |---|---|
//! | `ROW.BLOCK.CANDIDATE.PART` | weights and norm statistics |
//! | `momentum/…` | the momentum of every weight that has moved |
//! | `meta/…` | the meta layer and its momentum |
//! | `board/RANK/images`, `…/softmax` | what an entry stores |
//! | the word `state` | [`Words`]: everything small, as JSON |
//! | the word `seconds` | the clock; all else is equal in equal runs |

use std::collections::BTreeMap;

use creamc_lang::board::{Entry, Score};
use creamc_lang::ir::{Ir, Path};
use creamc_lang::plan::Plan;
use creamc_lang::space::Setting;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::judge::Judged;
use super::pick::Pick;
use super::step::{Learner, Moment};
use super::teacher::Probe;
use super::under_way::{Best, Search};
use super::visits::Visits;
use crate::checkpoint::{Contents, Stored};
use crate::nn::{NamedTensor, Place};
use crate::train::meter::Reading;
use crate::train::sgd::Momentum;
use crate::train::state::{prefixed, read_words, unusable};
use crate::train::{self, Error, Exact};

const MOMENTUM: &str = "momentum/";
const META: &str = "meta/";

/// Everything small. A new count of the learner: a line here, in [`Words::of`] and in [`put`].
#[derive(Debug, Serialize, Deserialize)]
struct Words {
    epoch: u64,
    step: u64,
    reading: [Exact; 3],
    random: Random,
    followed: Vec<Path>,
    board: Vec<EntryWords>,
    added: u64,
    lessons: Vec<(Path, u64)>,
    visits: Visits,
    pick: Option<PickWords>,
    best: Option<(Exact, Option<u64>)>,
}

/// The state of the generator that draws paths.
#[derive(Debug, Serialize, Deserialize)]
struct Random {
    seed: [u8; 32],
    stream: u64,
    /// A whole number beyond what JSON keeps.
    position: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct EntryWords {
    path: Path,
    score: Exact,
    flops: u64,
    added: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct PickWords {
    path: Path,
    loss: Exact,
    top1: Exact,
    step: Option<u64>,
}

impl Words {
    fn of(search: &Search) -> Words {
        let Moment { epoch, step } = search.walker.at;
        let Reading { loss, hits, images } = search.reading;
        let random = &search.walker.random;
        let board = &search.learner.board;
        let lessons = search.learner.lessons.iter();
        Words {
            epoch,
            step,
            reading: [loss, hits, images].map(Exact),
            random: Random {
                seed: random.get_seed(),
                stream: random.get_stream(),
                position: random.get_word_pos().to_string(),
            },
            followed: search.walker.draws.followed().to_vec(),
            board: board.entries().iter().map(EntryWords::of).collect(),
            added: board.added(),
            lessons: lessons
                .map(|(path, &count)| (path.clone(), count))
                .collect(),
            visits: search.learner.visits.clone(),
            pick: search.pick.as_ref().map(|(pick, step)| PickWords {
                path: pick.path.clone(),
                loss: Exact(pick.judged.loss),
                top1: Exact(pick.judged.top1),
                step: *step,
            }),
            best: search.best.map(|best| (Exact(best.loss), best.step)),
        }
    }
}

impl EntryWords {
    fn of(entry: &Entry<Probe>) -> EntryWords {
        EntryWords {
            path: entry.path.clone(),
            score: Exact(entry.score.get()),
            flops: entry.flops,
            added: entry.added,
        }
    }
}

impl Random {
    fn generator(&self) -> Result<ChaCha8Rng, String> {
        let mut random = ChaCha8Rng::from_seed(self.seed);
        random.set_stream(self.stream);
        let position = self.position.parse();
        random.set_word_pos(position.map_err(|_| "its generator's position is no number")?);
        Ok(random)
    }
}

/// The tensors of a search.
pub fn tensors(learner: &Learner) -> Vec<NamedTensor> {
    let mut tensors = learner.supernet.tensors();
    tensors.extend(prefixed(MOMENTUM, learner.momentum.tensors()));
    tensors.extend(prefixed(META, learner.meta.tensors()));
    for (at, entry) in learner.board.entries().iter().enumerate() {
        let Probe { images, softmax } = &entry.payload;
        for (part, tensor) in [("images", images), ("softmax", softmax)] {
            tensors.push(NamedTensor {
                name: format!("{}{part}", rank(at)).into(),
                tensor: tensor.shallow_clone(),
            });
        }
    }
    tensors
}

fn rank(at: usize) -> String {
    format!("board/{at:04}/")
}

/// The words of a search.
pub fn words(search: &Search) -> BTreeMap<String, String> {
    train::state::words(&Words::of(search), &search.clock)
}

/// Puts a new search where the one was that `stored` is of.
///
/// # Errors
/// When the file is not what a search of this space saves.
pub fn restore(search: &mut Search, stored: Stored) -> Result<(), Error> {
    let path = stored.path;
    put(search, stored.contents).map_err(|reason| unusable(&path, &reason))
}

fn put(search: &mut Search, mut contents: Contents) -> Result<(), String> {
    let (words, clock): (Words, _) = read_words(&contents)?;
    let learner = &mut search.learner;
    let fault = |error: crate::nn::WeightsError| error.to_string();
    let entries = entries(&words, &mut contents, &search.plan.ir, search.place)?;
    let shapes = shapes(&search.plan, search.recipe.slice);
    if !entries.iter().all(|entry| is_of(&entry.payload, &shapes)) {
        return Err("an entry of its board has images or probabilities of another size".to_owned());
    }
    let restored = learner.board.restore(entries, words.added);
    restored.ok_or("its board holds a path twice or too many")?;
    let momentum = contents.take(MOMENTUM);
    learner.meta.load(&contents.take(META)).map_err(fault)?;
    learner.supernet.load(&contents.tensors).map_err(fault)?;
    learner.momentum = Momentum::restore(&learner.supernet.tensors(), &momentum).map_err(fault)?;
    let lessons = words.lessons.into_iter();
    learner.lessons = lessons.collect();
    if !words.visits.fits(&search.plan.ir) {
        return Err("its visits are not of the space".to_owned());
    }
    learner.visits = words.visits;
    let followed = words.followed;
    if !followed.iter().all(|path| fits(path, &search.plan.ir)) {
        return Err("its prior follows what is no path of the space".to_owned());
    }
    // Where it could not be followed it was said in the log before.
    let _ = search.walker.draws.follow(followed);
    search.walker.random = words.random.generator()?;
    search.walker.at = Moment {
        epoch: words.epoch,
        step: words.step,
    };
    let [loss, hits, images] = words.reading.map(|number| number.0);
    search.reading = Reading { loss, hits, images };
    search.pick = words.pick.map(|pick| {
        let judged = Judged {
            loss: pick.loss.0,
            top1: pick.top1.0,
        };
        let path = pick.path;
        (Pick { path, judged }, pick.step)
    });
    let paths = search.pick.iter().map(|(pick, _)| &pick.path);
    if !paths.clone().all(|path| fits(path, &search.plan.ir)) {
        return Err("its pick is no path of the space".to_owned());
    }
    search.best = words.best.map(|(loss, step)| Best { loss: loss.0, step });
    search.clock = clock;
    Ok(())
}

fn entries(
    words: &Words,
    contents: &mut Contents,
    ir: &Ir,
    place: Place,
) -> Result<Vec<Entry<Probe>>, String> {
    let entries = words.board.iter().enumerate();
    let entries = entries.map(|(at, entry)| {
        let path = entry.path.clone();
        let score = Score::new(entry.score.0).filter(|_| fits(&path, ir));
        Ok(Entry {
            score: score.ok_or("an entry of its board is no path of the space")?,
            path,
            flops: entry.flops,
            added: entry.added,
            payload: probe(contents.take(&rank(at)), place)?,
        })
    });
    entries.collect()
}

/// Sizes of an entry's images and probabilities.
fn shapes(plan: &Plan, slice: i64) -> (Vec<i64>, Vec<i64>) {
    let channels = i64::from(plan.ir.input_channels);
    let side = i64::from(plan.resolution);
    let classes = i64::from(plan.ir.classes);
    (vec![slice, channels, side, side], vec![slice, classes])
}

fn is_of(probe: &Probe, (images, softmax): &(Vec<i64>, Vec<i64>)) -> bool {
    probe.images.size() == *images && probe.softmax.size() == *softmax
}

fn probe(mut parts: BTreeMap<String, Tensor>, place: Place) -> Result<Probe, String> {
    let mut part = |name| {
        let tensor = parts.remove(name);
        tensor.ok_or_else(|| format!("an entry of its board has no {name}"))
    };
    let (images, softmax) = (part("images")?, part("softmax")?);
    Ok(Probe {
        images: channels_last(&images.to_device(place.device))?,
        softmax: softmax.to_device(place.device),
    })
}

/// The images with the very strides that a batch has. One channel's stride says nothing
/// about where its numbers lie, but libtorch picks its kernels by it, so that a difference
/// would end in other last bits.
fn channels_last(images: &Tensor) -> Result<Tensor, String> {
    let [n, c, h, w]: [i64; 4] = images
        .size()
        .try_into()
        .map_err(|_| "the images of its board have not four dimensions")?;
    let out = Tensor::zeros([n, h, w, c], (images.kind(), images.device()));
    let mut out = out.permute([0, 3, 1, 2]);
    out.copy_(images);
    Ok(out)
}

/// Whether a path is one of the space: its candidates and its resolution are there, and agree about shared
/// decisions.
fn fits(path: &Path, ir: &Ir) -> bool {
    let resolution = match &ir.resolution.value {
        Setting::Searched(domain) => {
            let side = path.resolution;
            side.is_some_and(|side| domain.values().contains(&side))
        }
        Setting::Fixed(_) | Setting::Fitted(_) => path.resolution.is_none(),
    };
    let mut rows = path.rows.iter().zip(&ir.rows);
    let inside = |(blocks, row): (&Vec<u16>, &creamc_lang::ir::Row)| {
        let mut slots = blocks.iter().zip(&row.slots);
        blocks.len() <= row.slots.len()
            && slots.all(|(&candidate, slot)| usize::from(candidate) < slot.candidates.len())
    };
    resolution
        && path.rows.len() == ir.rows.len()
        && rows.all(inside)
        && ir.shared_values(path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngCore;
    use tch::{Device, Kind};

    #[test]
    fn the_generator_goes_on_where_it_was() {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        random.set_stream(3);
        random.next_u32();
        let saved = Random {
            seed: random.get_seed(),
            stream: random.get_stream(),
            position: random.get_word_pos().to_string(),
        };
        let mut again = saved.generator().unwrap();
        assert_eq!(
            [(); 9].map(|()| again.next_u64()),
            [(); 9].map(|()| random.next_u64())
        );
    }

    #[test]
    fn stored_images_come_back_with_the_strides_of_a_batch() {
        for channels in [1, 3] {
            let options = (Kind::Float, Device::Cpu);
            let batch = Tensor::rand([8, 5, 6, channels], options).permute([0, 3, 1, 2]);
            let kept = batch.narrow(0, 0, 2).copy();
            let back = channels_last(&kept.contiguous()).unwrap();
            assert_eq!(back.stride(), kept.stride(), "{channels} channels");
            assert!(back.equal(&kept));
        }
    }
}
