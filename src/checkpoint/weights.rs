//! One network's weights from whatever file they are in.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use creamc_lang::ir::Network;
use tch::{Kind, Tensor};

use super::file::{self, FileError};
use super::names::{self, Names};
use super::pth;
use super::shown::shown;
use crate::childnet::Childnet;
use crate::nn::NamedTensor;

/// Averaged weights stand beside the plain ones under this prefix.
pub const AVERAGED: &str = "ema.";

/// The weights of a file, under our names.
#[derive(Debug)]
pub struct Weights {
    /// The file.
    pub path: PathBuf,
    /// The weights as they were trained.
    pub plain: BTreeMap<String, Tensor>,
    /// Their running average, where the file holds one.
    pub averaged: Option<BTreeMap<String, Tensor>>,
    /// Words about them; PyTorch's files have none.
    pub about: BTreeMap<String, String>,
}

/// Weights that are not a network's: every difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The file.
    pub path: PathBuf,
    /// Tensors of the network that the file has not.
    pub missing: Vec<String>,
    /// Tensors of the file that the network has not.
    pub unexpected: Vec<String>,
    /// Tensors of another shape: name, the file's, the network's.
    pub shapes: Vec<(String, Vec<i64>, Vec<i64>)>,
    /// Tensors of whole numbers or truth values, where the network has floats: name, kind.
    pub kinds: Vec<(String, Kind)>,
}

impl Weights {
    /// Reads a network's weights from our safetensors or a PyTorch checkpoint, with our names or the original's, behind
    /// `module.` or not.
    ///
    /// # Errors
    /// When the file cannot be read, or is of neither form.
    pub fn load(path: &Path, network: &Network) -> Result<Weights, FileError> {
        let (own, original) = (names::own(network), Names::of_network(network).ok());
        let translate = |tensors| names::translate(&own, original.as_ref(), tensors);
        if is_pytorch(path)? {
            let found = pth::load(path)?;
            return Ok(Weights {
                path: path.to_owned(),
                plain: translate(found.weights),
                averaged: found.averaged.map(translate),
                about: BTreeMap::new(),
            });
        }
        let found = file::load(path)?;
        let (plain, averaged) = apart(found.tensors);
        Ok(Weights {
            path: path.to_owned(),
            plain: translate(plain),
            averaged: (!averaged.is_empty()).then(|| translate(averaged)),
            about: found.about,
        })
    }

    /// Copies them into a network: the averaged ones where there are any and `average` allows
    /// it. Whether it was the averaged ones.
    ///
    /// # Errors
    /// When they are not exactly the network's; nothing has changed then.
    pub fn copy_into(&self, childnet: &Childnet, average: bool) -> Result<bool, Misfit> {
        let averaged = self.averaged.as_ref().filter(|_| average);
        let from = averaged.unwrap_or(&self.plain);
        let tensors = childnet.tensors();
        match self.misfit(from, &tensors) {
            Some(misfit) => Err(misfit),
            None => {
                childnet
                    .load(from)
                    .expect("names and shapes have been compared");
                Ok(averaged.is_some())
            }
        }
    }

    fn misfit(&self, from: &BTreeMap<String, Tensor>, to: &[NamedTensor]) -> Option<Misfit> {
        let own: BTreeMap<&str, &Tensor> = to.iter().map(|one| (&*one.name, &one.tensor)).collect();
        let missing = own.keys().filter(|name| !from.contains_key(**name));
        let unexpected = from.keys().filter(|name| !own.contains_key(name.as_str()));
        let shapes = own.iter().filter_map(|(name, own)| {
            let (found, expected) = (from.get(*name)?.size(), own.size());
            (found != expected).then(|| ((*name).to_owned(), found, expected))
        });
        let kinds = own.iter().filter_map(|(name, own)| {
            let found = from.get(*name)?.kind();
            (is_float(own.kind()) && !is_float(found)).then(|| ((*name).to_owned(), found))
        });
        let misfit = Misfit {
            path: self.path.clone(),
            kinds: kinds.collect(),
            missing: missing.map(|name| (*name).to_owned()).collect(),
            unexpected: unexpected.cloned().collect(),
            shapes: shapes.collect(),
        };
        (!misfit.is_empty()).then_some(misfit)
    }
}

impl Misfit {
    /// Whether there is no difference.
    fn is_empty(&self) -> bool {
        let Misfit {
            path: _,
            missing,
            unexpected,
            shapes,
            kinds,
        } = self;
        missing.is_empty() && unexpected.is_empty() && shapes.is_empty() && kinds.is_empty()
    }
}

fn is_float(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Float | Kind::Double | Kind::Half | Kind::BFloat16
    )
}

/// The plain weights and the averaged ones. A row may be called `ema`: averaged is what has a plain weight beside it.
fn apart(
    tensors: BTreeMap<String, Tensor>,
) -> (BTreeMap<String, Tensor>, BTreeMap<String, Tensor>) {
    let names: BTreeSet<String> = tensors.keys().cloned().collect();
    let (mut plain, mut averaged) = (BTreeMap::new(), BTreeMap::new());
    for (name, tensor) in tensors {
        match name
            .strip_prefix(AVERAGED)
            .filter(|own| names.contains(*own))
        {
            Some(own) => averaged.insert(own.to_owned(), tensor),
            None => plain.insert(name, tensor),
        };
    }
    (plain, averaged)
}

/// The first bytes tell a PyTorch checkpoint from a file of safetensors, which begins with a
/// length: one that starts with a zip's or a pickle's mark would be past all bounds or odd.
///
/// # Errors
/// When the file cannot be read, or is of neither form.
fn is_pytorch(path: &Path) -> Result<bool, FileError> {
    let io = |reason| FileError::Io {
        path: path.to_owned(),
        reason,
    };
    let mut start = Vec::new();
    let file = File::open(path).map_err(io)?;
    file.take(TAR_MARK.end as u64)
        .read_to_end(&mut start)
        .map_err(io)?;
    match start.as_slice() {
        // A safetensors header is JSON right after its length.
        [_, _, _, _, _, _, _, _, b'{', ..] => Ok(false),
        [b'P', b'K', 3, 4, ..] | [0x80, ..] => Ok(true),
        _ => Err(FileError::NoWeights {
            path: path.to_owned(),
            reason: other_form(&start),
        }),
    }
}

/// Where a tar file has its mark.
const TAR_MARK: std::ops::Range<usize> = 257..262;

/// What a file of no weights is, by its first bytes.
fn other_form(start: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(start).to_lowercase();
    match start {
        [] => "it is empty",
        [0x1f, 0x8b, ..] => "it is compressed by gzip: unpack it",
        [b'P', b'K', 5, 6, ..] => "it is a zip file that holds nothing",
        _ if start.get(TAR_MARK) == Some(b"ustar") => "it is a tar file: unpack it",
        _ if text.starts_with("version https://git-lfs") => {
            "it stands for a file that Git LFS holds: fetch that, by `git lfs pull`"
        }
        _ if text.trim_start().starts_with("<!doctype html") || text.contains("<html") => {
            "it is a web page: download the file itself"
        }
        _ => "it begins as neither does",
    }
}

/// More names of a kind than any network has tensors: a hostile file does not fill the screen for ever.
const MANY: usize = 10_000;

impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shapes: Vec<String> = self
            .shapes
            .iter()
            .map(|(name, found, expected)| {
                format!("{name} is {found:?}, the network's is {expected:?}")
            })
            .collect();
        let not_floats: Vec<String> = self
            .kinds
            .iter()
            .map(|(name, kind)| format!("{name} is {kind:?}, the network's is made of floats"))
            .collect();
        let kinds = [
            ("missing", &self.missing),
            ("unexpected", &self.unexpected),
            ("of another shape", &shapes),
            ("of another kind", &not_floats),
        ];
        let kinds = kinds.into_iter().filter(|(_, all)| !all.is_empty());
        let counts: Vec<String> = kinds
            .clone()
            .map(|(what, all)| format!("{} {what}", all.len()))
            .collect();
        write!(
            f,
            "the weights of {} are not this network's: {}",
            self.path.display(),
            counts.join(", ")
        )?;
        kinds
            .into_iter()
            .try_for_each(|(what, all)| lines(f, what, all))
    }
}

/// All of a kind.
fn lines(f: &mut std::fmt::Formatter<'_>, what: &str, all: &[String]) -> std::fmt::Result {
    write!(f, "\n  {what}:")?;
    for one in all.iter().take(MANY) {
        write!(f, "\n    {}", shown(one))?;
    }
    match all.len().saturating_sub(MANY) {
        0 => Ok(()),
        more => write!(f, "\n    and {more} more"),
    }
}

impl std::error::Error for Misfit {}

#[cfg(test)]
mod tests {
    use creamc_lang::checked::Checked;

    use super::*;
    use crate::nn::Place;

    /// A network of these rows before its pool.
    fn network(rows: &str) -> Network {
        let text = format!(
            "cream 1\n\nspace small {{\n    input  image(channels = 3, resolution = 32)\n    output classes(2)\n{rows}\n    \
             layer pool    avgpool\n    layer logits  linear    channels = classes\n}}\n"
        );
        let checked = Checked::from_text("small.cream", &text).expect("the space is right");
        let plan = checked.plan().expect("a path fits");
        plan.ir.network(&plan.witness, plan.resolution)
    }

    /// The tensors under other names, with the counters that PyTorch's norms have.
    fn renamed(tensors: &[NamedTensor], name: impl Fn(&str) -> String) -> Vec<NamedTensor> {
        let mut all = Vec::new();
        for own in tensors {
            let name = name(&own.name);
            if let Some(norm) = name.strip_suffix(".running_var") {
                all.push(NamedTensor {
                    name: format!("{norm}.num_batches_tracked").into(),
                    tensor: Tensor::from(0_i64),
                });
            }
            all.push(NamedTensor {
                name: name.into(),
                tensor: own.tensor.detach(),
            });
        }
        all
    }

    #[test]
    fn weights_are_read_whatever_the_rows_are_called_and_whatever_is_before_their_names() {
        let lone = "    layer module  conv(kernel = 3)  channels = 8  stride = 2\n    \
                    layer meta_layer  conv(kernel = 3)  channels = 8";
        let two = "    layer module  ds(kernel = 3)  channels = 8  stride = 2";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights");
        let words = pth::Words {
            arch: "small".to_owned(),
            epoch: 1,
            metric: 50.0,
        };
        for (rows, has_original) in [(lone, true), (two, false)] {
            let network = network(rows);
            let childnet = |seed| Childnet::new(&network, Place::CPU, seed);
            let (from, names) = (childnet(1), Names::of_network(&network));
            assert_eq!(names.is_ok(), has_original);
            let reads = |form: &str| {
                let to = childnet(2);
                let weights = Weights::load(&path, &network).unwrap();
                if let Err(misfit) = weights.copy_into(&to, true) {
                    panic!("{form}: {misfit}");
                }
                for (own, read) in from.tensors().iter().zip(to.tensors()) {
                    assert!(own.tensor.equal(&read.tensor), "{form}: {}", own.name);
                }
            };
            file::save(&path, &from.tensors(), &BTreeMap::new()).unwrap();
            reads("ours");
            let pytorch = |weights: Vec<NamedTensor>| {
                pth::save(&path, &words, &weights, None).unwrap();
            };
            pytorch(renamed(&from.tensors(), str::to_owned));
            reads("PyTorch's, our names");
            pytorch(renamed(&from.tensors(), |name| format!("module.{name}")));
            reads("PyTorch's, our names behind `module.`");
            if let Ok(names) = names {
                let original = |name: &str| names.to_original(name).unwrap().to_owned();
                pytorch(renamed(&from.tensors(), original));
                reads("PyTorch's, the original's names");
                let original = |name: &str| format!("module.{}", names.to_original(name).unwrap());
                pytorch(renamed(&from.tensors(), original));
                reads("PyTorch's, the original's names behind `module.`");
            }
        }
    }

    #[test]
    fn every_difference_is_listed_with_its_kind_and_both_shapes() {
        let names = |what: &str, count| -> Vec<String> {
            (0..count).map(|at| format!("{what}.{at}")).collect()
        };
        let misfit = Misfit {
            path: "a.pth".into(),
            missing: names("lost", 30),
            unexpected: vec!["odd\u{1b}[2J".to_owned()],
            shapes: vec![("stem".to_owned(), vec![8, 3], vec![4, 3])],
            kinds: vec![("head".to_owned(), Kind::Int8)],
        };
        let text = misfit.to_string();
        let lines: Vec<&str> = text.lines().collect();
        let counts = "30 missing, 1 unexpected, 1 of another shape, 1 of another kind";
        let first = format!("the weights of a.pth are not this network's: {counts}");
        assert_eq!(lines[..2], [first.as_str(), "  missing:"]);
        assert_eq!(lines[2..32], names("    lost", 30)[..]);
        let rest = [
            "  unexpected:",
            "    odd\\u{1b}[2J",
            "  of another shape:",
            "    stem is [8, 3], the network's is [4, 3]",
            "  of another kind:",
            "    head is Int8, the network's is made of floats",
        ];
        assert_eq!(lines[32..], rest);
        let none_missing = Misfit {
            missing: Vec::new(),
            ..misfit
        };
        assert!(!none_missing.to_string().contains("missing"));
    }

    #[test]
    fn a_file_of_no_weights_is_told_for_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.pth");
        let refusal = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            let network = network("    layer stem    conv(kernel = 3)  channels = 8");
            Weights::load(&path, &network).unwrap_err().to_string()
        };
        let mut tar = vec![b'a'; 512];
        tar[TAR_MARK].copy_from_slice(b"ustar");
        for (bytes, said) in [
            (&b""[..], "it is empty"),
            (b"<!DOCTYPE html><html>", "a web page"),
            (b"\n<html lang=en>", "a web page"),
            (b"version https://git-lfs.github.com/spec/v1", "Git LFS"),
            (b"\x1f\x8b\x08\0", "gzip"),
            (b"PK\x05\x06", "holds nothing"),
            (&tar, "tar file"),
            (b"hello", "begins as neither does"),
        ] {
            let error = refusal(bytes);
            let neither = "weights.pth is neither a PyTorch checkpoint nor a file of safetensors";
            assert!(error.contains(neither) && error.contains(said), "{error}");
        }
    }

    #[test]
    fn weights_of_whole_numbers_are_no_weights() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights");
        let network = network("    layer stem    conv(kernel = 3)  channels = 8");
        let childnet = Childnet::new(&network, Place::CPU, 1);
        let saved = |kind| {
            let cast = |own: &NamedTensor| NamedTensor {
                name: own.name.clone(),
                tensor: own.tensor.detach().to_kind(kind),
            };
            let cast: Vec<NamedTensor> = childnet.tensors().iter().map(cast).collect();
            file::save(&path, &cast, &BTreeMap::new()).unwrap();
            Weights::load(&path, &network).unwrap()
        };
        assert_eq!(saved(Kind::Half).copy_into(&childnet, true), Ok(false));
        let misfit = saved(Kind::Int8).copy_into(&childnet, true).unwrap_err();
        assert_eq!(misfit.kinds.len(), childnet.tensors().len());
    }

    #[test]
    fn averages_are_told_from_the_weights_of_a_row_that_is_called_as_they_are() {
        let split = |names: &[&str]| {
            let one = |name: &&str| ((*name).to_owned(), Tensor::from(0.0));
            let (plain, averaged) = apart(names.iter().map(one).collect());
            let names = |part: BTreeMap<String, Tensor>| Vec::from_iter(part.into_keys());
            (names(plain), names(averaged))
        };
        let text =
            |names: &[&str]| -> Vec<String> { names.iter().map(|&name| name.to_owned()).collect() };
        let plain = ["ema.0.w", "stem.0.w"];
        assert_eq!(split(&plain), (text(&plain), text(&[])));
        let both = [&plain[..], &["ema.ema.0.w", "ema.stem.0.w"]].concat();
        assert_eq!(split(&both), (text(&plain), text(&plain)));
    }
}
