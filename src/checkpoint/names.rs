//! Our tensor names and the original code's, for one space or one network.
//!
//! | rows | ours | the original's |
//! |---|---|---|
//! | the first | `stem.0.conv.weight`, `stem.0.bn1.bias` | `conv_stem.weight`, `bn1.bias` |
//! | up to the global pool | `s1.2.conv_pw.weight` | `blocks.1.2.conv_pw.weight` |
//! | after it | `head.0.conv.weight`, `logits.0.linear.bias` | `conv_head.weight`, `classifier.bias` |
//!
//! In a supernet both have the candidate's index behind the block's; the
//! original has none in the first row and behind the pool.

use std::collections::{BTreeMap, BTreeSet};

use creamc_lang::ir::{Ir, Network, Op, Primitive};
use tch::Tensor;

use crate::nn::NamedTensor;

/// A space or network that the original's names cannot tell apart: two tensors
/// would have the same one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{first}` and `{second}` would both be `{original}` in the original's form")]
pub struct NoOriginalForm {
    /// One tensor, by our name.
    pub first: String,
    /// Another.
    pub second: String,
    /// The original's name for both.
    pub original: String,
}

/// Translates names both ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    to_original: BTreeMap<String, String>,
    to_ours: BTreeMap<String, String>,
}

/// One block on its way into the table.
struct Place<'a> {
    /// Index of its row.
    row_index: usize,
    row: &'a str,
    /// `BLOCK` or `BLOCK.CANDIDATE`.
    inside: String,
    ops: &'a [Op],
}

impl Place<'_> {
    /// Our name of one of its operators.
    fn op(&self, op: &Op) -> String {
        format!("{}.{}.{}", self.row, self.inside, op.name)
    }
}

fn places_of(network: &Network) -> Vec<Place<'_>> {
    let layers = network.layers.iter();
    layers
        .map(|layer| Place {
            row_index: layer.row_index,
            row: &layer.row,
            inside: layer.block.to_string(),
            ops: &layer.ops,
        })
        .collect()
}

/// Our names of a network's tensors; it may have none in the original's form.
#[must_use]
pub fn own(network: &Network) -> BTreeSet<String> {
    let places = places_of(network);
    let ops = places
        .iter()
        .flat_map(|place| place.ops.iter().map(move |op| (place.op(op), op)));
    let names = ops.flat_map(|(name, op)| {
        let named = move |part: &&str| format!("{name}.{part}");
        parts(&op.primitive).iter().map(named)
    });
    names.collect()
}

impl Names {
    /// Names of a supernet's tensors.
    ///
    /// # Errors
    /// When two tensors would have the same name, for example two candidates in the first row.
    pub fn of_supernet(ir: &Ir) -> Result<Names, NoOriginalForm> {
        let mut places = Vec::new();
        for (row_index, row) in ir.rows.iter().enumerate() {
            for (block, slot) in row.slots.iter().enumerate() {
                for (at, candidate) in slot.candidates.iter().enumerate() {
                    places.push(Place {
                        row_index,
                        row: &row.name,
                        inside: format!("{block}.{at}"),
                        ops: &candidate.ops,
                    });
                }
            }
        }
        Names::of(&places)
    }

    /// Names of a single network's tensors.
    ///
    /// # Errors
    /// When two tensors would have the same name.
    pub fn of_network(network: &Network) -> Result<Names, NoOriginalForm> {
        Names::of(&places_of(network))
    }

    fn of(places: &[Place]) -> Result<Names, NoOriginalForm> {
        let pool = places
            .iter()
            .find(|place| is_global_pool(place.ops))
            .map_or(usize::MAX, |place| place.row_index);
        let mut names = Names {
            to_original: BTreeMap::new(),
            to_ours: BTreeMap::new(),
        };
        for place in places {
            for op in place.ops {
                let ours = place.op(op);
                let original = original_op(place, op, pool);
                for part in parts(&op.primitive) {
                    names.add(format!("{ours}.{part}"), format!("{original}.{part}"))?;
                }
            }
        }
        Ok(names)
    }

    fn add(&mut self, ours: String, original: String) -> Result<(), NoOriginalForm> {
        if let Some(first) = self.to_ours.insert(original.clone(), ours.clone()) {
            return Err(NoOriginalForm {
                first,
                second: ours,
                original,
            });
        }
        self.to_original.insert(ours, original);
        Ok(())
    }

    /// The original's name of one of our tensors.
    pub fn to_original(&self, ours: &str) -> Option<&str> {
        self.to_original.get(ours).map(String::as_str)
    }

    /// Tensors under the original's names; every norm gets the counter of batches that
    /// PyTorch's have.
    ///
    /// # Panics
    /// When a tensor is none of the network's.
    #[must_use]
    pub fn original(&self, ours: &[NamedTensor]) -> Vec<NamedTensor> {
        let mut all = Vec::new();
        for own in ours {
            let name = self
                .to_original(&own.name)
                .expect("a tensor of the network");
            all.push(NamedTensor {
                name: name.into(),
                tensor: own.tensor.shallow_clone(),
            });
            if let Some(norm) = name.strip_suffix(".running_var") {
                all.push(NamedTensor {
                    name: format!("{norm}.num_batches_tracked").into(),
                    tensor: Tensor::from(0_i64),
                });
            }
        }
        all
    }

    /// Our name of one of the original's tensors.
    pub fn to_ours(&self, original: &str) -> Option<&str> {
        self.to_ours.get(original).map(String::as_str)
    }

    /// An original state dict under our names, as [`translate`] does it.
    pub fn translate(&self, original: BTreeMap<String, Tensor>) -> BTreeMap<String, Tensor> {
        let own = self.to_original.keys().cloned().collect();
        translate(&own, Some(self), original)
    }
}

/// What PyTorch puts before every name of a network that several devices trained.
const PREFIX: &str = "module.";

/// A state dict, with the names that are a network's `own` or the original's, under the own ones. A prefix `module.` is
/// taken off where the name with it is not known; what has no counterpart here by design (batch
/// counters, the meta layer) is left out; any other name stays as it is, for the loader to complain of.
#[must_use]
pub fn translate(
    own: &BTreeSet<String>,
    names: Option<&Names>,
    tensors: BTreeMap<String, Tensor>,
) -> BTreeMap<String, Tensor> {
    // Where all are there, no name is meant as the original's.
    let original = names.filter(|_| !own.iter().all(|name| tensors.contains_key(name)));
    let known = |name: &str| -> Option<String> {
        let ours = original.and_then(|names| names.to_ours(name));
        ours.map(str::to_owned).or_else(|| own.get(name).cloned())
    };
    let mut translated = BTreeMap::new();
    for (name, tensor) in tensors {
        let bare = name.strip_prefix(PREFIX).unwrap_or(&name);
        match known(&name).or_else(|| known(bare)) {
            Some(ours) => translated.insert(ours, tensor),
            None if has_no_counterpart(bare) => continue,
            None => translated.insert(name, tensor),
        };
    }
    translated
}

fn has_no_counterpart(name: &str) -> bool {
    name.ends_with(".num_batches_tracked") || name.starts_with("meta_layer.")
}

/// The original's name of an operator, without the tensor's part.
fn original_op(place: &Place, op: &Op, pool: usize) -> String {
    let lone = |conv: &str, norm: &str| match op.primitive {
        Primitive::Conv { .. } => conv.to_owned(),
        Primitive::Norm { .. } => norm.to_owned(),
        Primitive::Linear { .. } => "classifier".to_owned(),
        _ => op.name.clone(),
    };
    match place.row_index {
        0 => lone("conv_stem", "bn1"),
        row if row < pool => format!("blocks.{}.{}.{}", row - 1, place.inside, op.name),
        _ => lone("conv_head", "bn2"),
    }
}

fn is_global_pool(ops: &[Op]) -> bool {
    matches!(ops, [op] if op.primitive.is_global_pool())
}

/// Last parts of the names of a primitive's tensors.
fn parts(primitive: &Primitive) -> &'static [&'static str] {
    match primitive {
        Primitive::Conv { bias: false, .. } => &["weight"],
        Primitive::Conv { bias: true, .. } | Primitive::Linear { .. } => &["weight", "bias"],
        Primitive::Norm { .. } => &["weight", "bias", "running_mean", "running_var"],
        Primitive::LayerNorm { .. } => &["weight", "bias"],
        Primitive::Scale { .. } => &["weight"],
        Primitive::Act(_)
        | Primitive::GlobalAvgPool
        | Primitive::AvgPool { .. }
        | Primitive::GlobalMaxPool
        | Primitive::MaxPool { .. }
        | Primitive::Add
        | Primitive::Mul
        | Primitive::Slice { .. }
        | Primitive::Shuffle { .. }
        | Primitive::Half { .. }
        | Primitive::Concat { .. } => &[],
    }
}
