//! PyTorch checkpoints in the zip form, for `torch.load`, also with `weights_only=True`.

use std::path::Path;

use tch::{Kind, Tensor};

use super::archive::{TooLarge, Writer};
use crate::checkpoint::file::{FileError, bytes, replace};
use crate::nn::NamedTensor;

/// What a checkpoint says beside its weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Words {
    /// The network's name.
    pub arch: String,
    /// Epochs that were trained.
    pub epoch: u64,
    /// Top-1 on the test part, in percent.
    pub metric: f64,
}

/// Writes `epoch arch state_dict optimizer args version state_dict_ema metric`, the original's keys, to `path`,
/// whole or not at all; `optimizer` and `args` are empty. The tensors have the names they are to have in the file.
///
/// # Errors
/// When the system refuses, or the weights outgrow the form; the old file is untouched then.
pub fn save(
    path: &Path,
    words: &Words,
    weights: &[NamedTensor],
    averaged: Option<&[NamedTensor]>,
) -> Result<(), FileError> {
    let mut pickle = Pickled::default();
    pickle.dict(|pickle| {
        pickle.text("epoch");
        pickle.whole(i64::try_from(words.epoch).unwrap_or(i64::MAX));
        pickle.text("arch");
        pickle.text(&words.arch);
        pickle.text("state_dict");
        pickle.state(weights);
        for empty in ["optimizer", "args"] {
            pickle.text(empty);
            pickle.dict(|_| {});
        }
        pickle.text("version");
        pickle.whole(2);
        if let Some(averaged) = averaged {
            pickle.text("state_dict_ema");
            pickle.state(averaged);
        }
        pickle.text("metric");
        pickle.real(words.metric);
    });
    pickle.code.push(b'.');
    let archive = archive(&pickle).map_err(|TooLarge| FileError::TooLarge {
        path: path.to_owned(),
    })?;
    replace(path, &archive)
}

fn archive(pickle: &Pickled) -> Result<Vec<u8>, TooLarge> {
    let mut archive = Writer::default();
    archive.add("model/data.pkl", &pickle.code)?;
    archive.add("model/byteorder", b"little")?;
    for (key, storage) in pickle.storages.iter().enumerate() {
        archive.add(&format!("model/data/{key}"), storage)?;
    }
    archive.add("model/version", b"3\n")?;
    archive.finish()
}

/// A pickle of protocol 2 under way, and the numbers it refers to.
struct Pickled {
    code: Vec<u8>,
    storages: Vec<Vec<u8>>,
}

impl Default for Pickled {
    fn default() -> Pickled {
        Pickled {
            code: vec![0x80, 2],
            storages: Vec::new(),
        }
    }
}

impl Pickled {
    fn dict(&mut self, items: impl FnOnce(&mut Pickled)) {
        self.code.push(b'}');
        self.items(items);
    }

    /// Keys and values into the dictionary on top of the stack.
    fn items(&mut self, items: impl FnOnce(&mut Pickled)) {
        self.code.push(b'(');
        items(self);
        self.code.push(b'u');
    }

    fn tuple(&mut self, items: impl FnOnce(&mut Pickled)) {
        self.code.push(b'(');
        items(self);
        self.code.push(b't');
    }

    fn text(&mut self, text: &str) {
        let length = u32::try_from(text.len()).expect("names are short");
        self.code.push(b'X');
        self.code.extend(length.to_le_bytes());
        self.code.extend(text.as_bytes());
    }

    fn whole(&mut self, number: i64) {
        // LONG1 with all eight bytes: one form for every number.
        self.code.extend([0x8a, 8]);
        self.code.extend(number.to_le_bytes());
    }

    fn real(&mut self, number: f64) {
        self.code.push(b'G');
        self.code.extend(number.to_be_bytes());
    }

    fn global(&mut self, module: &str, name: &str) {
        self.code.extend(format!("c{module}\n{name}\n").as_bytes());
    }

    /// An empty `OrderedDict` on the stack.
    fn ordered(&mut self) {
        self.global("collections", "OrderedDict");
        self.code.extend(b")R");
    }

    fn state(&mut self, tensors: &[NamedTensor]) {
        self.ordered();
        self.items(|pickle| {
            for NamedTensor { name, tensor } in tensors {
                pickle.text(name);
                pickle.tensor(tensor);
            }
        });
    }

    fn tensor(&mut self, tensor: &Tensor) {
        self.global("torch._utils", "_rebuild_tensor_v2");
        let key = self.storages.len().to_string();
        self.storages.push(bytes(tensor));
        let numbers = |pickle: &mut Pickled, numbers: &[i64]| {
            pickle.tuple(|pickle| numbers.iter().for_each(|&one| pickle.whole(one)));
        };
        self.tuple(|pickle| {
            pickle.tuple(|pickle| {
                pickle.text("storage");
                pickle.global("torch", storage_class(tensor.kind()));
                pickle.text(&key);
                pickle.text("cpu");
                pickle.whole(tensor.numel() as i64);
            });
            pickle.code.push(b'Q');
            pickle.whole(0);
            numbers(pickle, &tensor.size());
            numbers(pickle, &strides(&tensor.size()));
            pickle.code.push(0x89);
            pickle.ordered();
        });
        self.code.push(b'R');
    }
}

/// Strides of numbers that lie row by row, as they are saved.
fn strides(size: &[i64]) -> Vec<i64> {
    (1..=size.len())
        .map(|at| size[at..].iter().product())
        .collect()
}

fn storage_class(kind: Kind) -> &'static str {
    match kind {
        Kind::Float => "FloatStorage",
        Kind::Double => "DoubleStorage",
        Kind::Half => "HalfStorage",
        Kind::BFloat16 => "BFloat16Storage",
        Kind::Int64 => "LongStorage",
        kind => panic!("networks hold floats and counts, not {kind:?}"),
    }
}
