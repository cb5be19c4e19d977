//! Tensors in a safetensors file: eight bytes with the length of a JSON header,
//! the header, the numbers, little-endian and row by row.
//!
//! A file appears whole or not at all, and the one before it stays until then. Nothing in a
//! file is trusted when it is read.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use tch::{Device, Kind, Tensor};

use super::shown::shown;
use crate::disk;
use crate::nn::NamedTensor;

/// What is too large for PyTorch's form, in words.
pub const TOO_LARGE: &str = "the weights are more than the form holds, 4 GiB in 65,534 files";

/// Why a file of tensors could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system refused.
    #[error("{}: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why; told by the error itself, so no cause of it.
        reason: io::Error,
    },
    /// The file is not of the form that it should be, or damaged.
    #[error("{} is no readable {form} file: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The form.
        form: &'static str,
        /// What is wrong in it.
        reason: String,
    },
    /// The file is of no form that weights are read from.
    #[error("{} is neither a PyTorch checkpoint nor a file of safetensors: {reason}", path.display())]
    NoWeights {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        reason: &'static str,
    },
    /// What is to be written outgrows PyTorch's form, as it is written here.
    #[error("{}: {TOO_LARGE}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
}

/// What a file of tensors holds.
#[derive(Debug, Default)]
pub struct Contents {
    /// Tensors by name, on the CPU.
    pub tensors: BTreeMap<String, Tensor>,
    /// Words about them, by key.
    pub about: BTreeMap<String, String>,
}

impl Contents {
    /// Takes out the tensors whose names begin with `prefix`, and the prefix off their names.
    pub fn take(&mut self, prefix: &str) -> BTreeMap<String, Tensor> {
        let tensors = std::mem::take(&mut self.tensors);
        let (taken, rest) = tensors
            .into_iter()
            .partition(|(name, _)| name.starts_with(prefix));
        self.tensors = rest;
        let taken: BTreeMap<String, Tensor> = taken;
        let bare = |(name, tensor): (String, Tensor)| (name[prefix.len()..].to_owned(), tensor);
        taken.into_iter().map(bare).collect()
    }
}

const ABOUT: &str = "__metadata__";
/// The form's own limit. Checkpoints of a search keep their board and all that was asked of it in the header, so
/// it grows beyond what the names of tensors take.
const LARGEST_HEADER: u64 = 100_000_000;
/// No weight has more.
pub(super) const MOST_AXES: usize = 8;

#[derive(Serialize, Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<i64>,
    data_offsets: [u64; 2],
}

/// What a header says. It is read as what it must be: values of any form would take many times their text.
#[derive(Default)]
struct Header {
    entries: BTreeMap<String, Entry>,
    about: BTreeMap<String, String>,
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Header, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Header;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a dictionary of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Header, A::Error> {
        let mut header = Header::default();
        while let Some(name) = fields.next_key::<String>()? {
            if name == ABOUT {
                header.about = fields.next_value()?;
                continue;
            }
            let double = format!("two tensors are named `{}`", shown(&name));
            if header.entries.insert(name, fields.next_value()?).is_some() {
                return Err(A::Error::custom(double));
            }
        }
        Ok(header)
    }
}

/// Writes tensors and words about them to `path`, whole or not at all. Equal
/// contents give equal bytes.
///
/// # Errors
/// When the system refuses; the old file is untouched then.
///
/// # Panics
/// When two tensors have one name, or a kind of number that has no name in the format.
pub fn save(
    path: &Path,
    tensors: &[NamedTensor],
    about: &BTreeMap<String, String>,
) -> Result<(), FileError> {
    whole(path, |out| write(out, tensors, about))
}

/// The bytes of the file that [`save`] would write.
///
/// # Panics
/// As [`save`].
#[must_use]
pub fn file_size(tensors: &[NamedTensor], about: &BTreeMap<String, String>) -> u64 {
    let numbers: u64 = tensors.iter().map(|one| size_in_bytes(&one.tensor)).sum();
    8 + header(tensors, about).len() as u64 + numbers
}

/// Writes bytes to `path`, whole or not at all.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    whole(path, |out| out.write_all(bytes))
}

fn whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FileError> {
    let temporary = path.with_added_extension("partial");
    disk::write(path, &temporary, write).map_err(|reason| FileError::Io {
        path: path.to_owned(),
        reason,
    })
}

fn write(
    out: &mut dyn Write,
    tensors: &[NamedTensor],
    about: &BTreeMap<String, String>,
) -> io::Result<()> {
    let header = header(tensors, about);
    if header.len() as u64 > LARGEST_HEADER {
        let what = format!("the names and words would take {} bytes", header.len());
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
    }
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(&header)?;
    for NamedTensor { tensor, .. } in tensors {
        out.write_all(&bytes(tensor))?;
    }
    Ok(())
}

fn header(tensors: &[NamedTensor], about: &BTreeMap<String, String>) -> Vec<u8> {
    let mut fields: BTreeMap<&str, serde_json::Value> = BTreeMap::new();
    let json = |value| serde_json::to_value(value).expect("strings and numbers are JSON");
    if !about.is_empty() {
        fields.insert(ABOUT, serde_json::json!(about));
    }
    let mut start = 0;
    for NamedTensor { name, tensor } in tensors {
        let end = start + size_in_bytes(tensor);
        let entry = Entry {
            dtype: word(tensor.kind()).to_owned(),
            shape: tensor.size(),
            data_offsets: [start, end],
        };
        let double = fields.insert(name, json(entry));
        assert!(double.is_none(), "two tensors are named `{name}`");
        start = end;
    }
    let mut header = serde_json::to_vec(&fields).expect("strings and numbers are JSON");
    // The numbers begin at a multiple of eight.
    header.resize(header.len().next_multiple_of(8), b' ');
    header
}

fn size_in_bytes(tensor: &Tensor) -> u64 {
    (tensor.numel() * tensor.kind().elt_size_in_bytes()) as u64
}

/// A tensor's numbers, row by row.
pub(super) fn bytes(tensor: &Tensor) -> Vec<u8> {
    let mut bytes = vec![0; tensor.numel() * tensor.kind().elt_size_in_bytes()];
    let rows = tensor.detach().to_device(Device::Cpu).contiguous();
    rows.copy_data_u8(&mut bytes, tensor.numel());
    bytes
}

/// Reads a file written by [`save`] or by any other safetensors writer.
///
/// # Errors
/// When the file cannot be read, or is not what it says it is.
pub fn load(path: &Path) -> Result<Contents, FileError> {
    read(path, "safetensors", parse)
}

/// Reads a whole file of the form that the message names.
pub(super) fn read<T>(
    path: &Path,
    form: &'static str,
    parse: fn(&[u8]) -> Result<T, String>,
) -> Result<T, FileError> {
    let bytes = fs::read(path).map_err(|reason| FileError::Io {
        path: path.to_owned(),
        reason,
    })?;
    parse(&bytes).map_err(|reason| FileError::Damaged {
        path: path.to_owned(),
        form,
        reason,
    })
}

fn parse(bytes: &[u8]) -> Result<Contents, String> {
    let (length, rest) = bytes
        .split_first_chunk::<8>()
        .ok_or("it is shorter than eight bytes")?;
    let length = u64::from_le_bytes(*length);
    if length > LARGEST_HEADER || length > rest.len() as u64 {
        return Err(format!(
            "its header should be {length} bytes long, the file ends after {}",
            rest.len()
        ));
    }
    let (header, numbers) = rest.split_at(length as usize);
    let Header { entries, about } = serde_json::from_slice(header)
        .map_err(|error| format!("its header: {}", shown(&error.to_string())))?;
    require_apart(&entries)?;
    let mut tensors = BTreeMap::new();
    for (name, entry) in entries {
        let tensor =
            tensor(&entry, numbers).map_err(|reason| format!("`{}`: {reason}", shown(&name)))?;
        tensors.insert(name, tensor);
    }
    Ok(Contents { tensors, about })
}

/// Tensors that share bytes would be copied once each, and take many times the file.
fn require_apart(entries: &BTreeMap<String, Entry>) -> Result<(), String> {
    let ranges = entries
        .iter()
        .map(|(name, entry)| (entry.data_offsets, name));
    let mut ranges: Vec<_> = ranges.filter(|([start, end], _)| start < end).collect();
    ranges.sort_unstable();
    let shared = ranges
        .windows(2)
        .find(|pair| pair[1].0[0] < pair[0].0[1])
        .map(|pair| [pair[0].1, pair[1].1].map(|name| shown(name)));
    match shared {
        None => Ok(()),
        Some([one, other]) => Err(format!("`{one}` and `{other}` share bytes")),
    }
}

fn tensor(entry: &Entry, numbers: &[u8]) -> Result<Tensor, String> {
    let kind = kind(&entry.dtype).ok_or_else(|| format!("unknown kind {}", shown(&entry.dtype)))?;
    if entry.shape.len() > MOST_AXES {
        return Err(format!("its shape has {} axes", entry.shape.len()));
    }
    let [start, end] = entry.data_offsets;
    let wanted = entry
        .shape
        .iter()
        .try_fold(1_u64, |size, &axis| {
            size.checked_mul(u64::try_from(axis).ok()?)
        })
        .and_then(|count| count.checked_mul(kind.elt_size_in_bytes() as u64));
    if wanted.is_none() || wanted != end.checked_sub(start) {
        return Err(format!(
            "{} numbers of shape {:?} do not fill the bytes {start}..{end}",
            entry.dtype, entry.shape
        ));
    }
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let bytes = range.and_then(|(start, end)| numbers.get(start..end));
    let bytes = bytes.ok_or_else(|| {
        format!(
            "its bytes {start}..{end} lie behind the end at {}",
            numbers.len()
        )
    })?;
    Tensor::f_from_data_size(bytes, &entry.shape, kind).map_err(|error| error.to_string())
}

const KINDS: [(&str, Kind); 10] = [
    ("F64", Kind::Double),
    ("F32", Kind::Float),
    ("F16", Kind::Half),
    ("BF16", Kind::BFloat16),
    ("I64", Kind::Int64),
    ("I32", Kind::Int),
    ("I16", Kind::Int16),
    ("I8", Kind::Int8),
    ("U8", Kind::Uint8),
    ("BOOL", Kind::Bool),
];

fn kind(word: &str) -> Option<Kind> {
    let found = KINDS.iter().find(|(name, _)| *name == word);
    found.map(|&(_, kind)| kind)
}

fn word(kind: Kind) -> &'static str {
    let found = KINDS.iter().find(|(_, other)| *other == kind);
    found
        .map(|&(name, _)| name)
        .expect("networks hold plain numbers only")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some_tensors() -> Vec<NamedTensor> {
        let tensor = |name: &str, tensor: Tensor| NamedTensor {
            name: name.into(),
            tensor,
        };
        let images = Tensor::arange(24, (Kind::Double, Device::Cpu)).view([1, 2, 3, 4]);
        vec![
            tensor("b.weight", creamc_torch::channels_last(&images).unwrap()),
            tensor("a.bias", Tensor::from_slice(&[1.5_f32, -2.0])),
            tensor("steps", Tensor::from(7_i64)),
            tensor("nothing", Tensor::zeros([0, 3], (Kind::Float, Device::Cpu))),
        ]
    }

    #[test]
    fn what_is_saved_is_loaded_and_equal_contents_are_equal_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        let about = BTreeMap::from([("space".to_owned(), "mobile".to_owned())]);
        let tensors = some_tensors();
        save(&one, &tensors, &about).unwrap();
        save(&two, &tensors, &about).unwrap();
        assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());
        let found = load(&one).unwrap();
        assert_eq!(found.about, about);
        assert_eq!(found.tensors.len(), tensors.len());
        for NamedTensor { name, tensor } in &tensors {
            let found = &found.tensors[&**name];
            assert_eq!((found.kind(), found.size()), (tensor.kind(), tensor.size()));
            assert!(found.equal(tensor), "{name}");
        }
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 2, "no temporary file stays");
    }

    #[test]
    fn other_readers_understand_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        save(&path, &some_tensors()[..2], &BTreeMap::new()).unwrap();
        let found: BTreeMap<_, _> = Tensor::read_safetensors(&path)
            .unwrap()
            .into_iter()
            .collect();
        assert!(found["b.weight"].equal(&some_tensors()[0].tensor));
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights");
        save(&path, &some_tensors(), &BTreeMap::new()).unwrap();
        let before = fs::read(&path).unwrap();
        // A folder stands where the temporary file would.
        fs::create_dir(folder.path().join("weights.partial")).unwrap();
        let error = save(&path, &[], &BTreeMap::new()).unwrap_err();
        assert!(error.to_string().contains("weights"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn every_cut_and_every_lie_in_a_header_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights");
        save(&path, &some_tensors(), &BTreeMap::new()).unwrap();
        let whole = fs::read(&path).unwrap();
        for end in 0..whole.len() {
            assert!(parse(&whole[..end]).is_err(), "cut at {end}");
        }
        let lies = [
            r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
            r#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
            r#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#,
            r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#,
            r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#,
            r#"{"a":{"dtype":"X1","shape":[1],"data_offsets":[0,4]}}"#,
            r#"{"a":{"dtype":"F32","shape":[0,1,1,1,1,1,1,1,1],"data_offsets":[0,0]}}"#,
            r#"{"a":7}"#,
            r#"{"__metadata__":7}"#,
            "[]",
        ];
        for lie in lies {
            assert!(parse(&headed(lie)).is_err(), "{lie}");
        }
        assert!(parse(&u64::MAX.to_le_bytes()).is_err());
    }

    /// A file with this header and eight bytes of numbers.
    fn headed(header: &str) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.extend([0; 8]);
        bytes
    }

    #[test]
    fn tensors_that_share_bytes_are_refused() {
        let two = |one: &str, other: &str| {
            let entry = |[start, end]: [u64; 2]| {
                let count = (end - start) / 4;
                format!(r#"{{"dtype":"F32","shape":[{count}],"data_offsets":[{start},{end}]}}"#)
            };
            let range = |text: &str| serde_json::from_str::<[u64; 2]>(text).unwrap();
            let [one, other] = [one, other].map(|text| entry(range(text)));
            parse(&headed(&format!(r#"{{"a":{one},"b":{other}}}"#)))
        };
        assert_eq!(two("[0,4]", "[4,8]").unwrap().tensors.len(), 2);
        assert_eq!(two("[4,8]", "[0,4]").unwrap().tensors.len(), 2);
        assert_eq!(two("[0,8]", "[4,4]").unwrap().tensors.len(), 2);
        for (one, other) in [("[0,8]", "[4,8]"), ("[4,8]", "[0,8]"), ("[0,4]", "[0,4]")] {
            let error = two(one, other).unwrap_err();
            assert!(error.contains("share bytes"), "{error}");
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_refused() {
        let entry = r#"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#;
        let error = parse(&headed(&format!(r#"{{"a":{entry},"a":{entry}}}"#))).unwrap_err();
        assert!(error.contains("two tensors are named `a`"), "{error}");
    }

    #[test]
    fn names_and_words_of_a_hostile_header_move_no_cursor() {
        let entry = r#"{"dtype":"\u001b[2J","shape":[1],"data_offsets":[0,4]}"#;
        let headers = [
            format!(r#"{{"\u001b[2J":{entry}}}"#),
            format!(r#"{{"\u001b[2J":{}}}"#, entry.replace("[1]", "[2]")),
            r#"{"a":"\u001b[2J"}"#.to_owned(),
            r#"{"a":{"dtype":7,"\u001b[2J":8}}"#.to_owned(),
        ];
        for header in headers {
            let error = parse(&headed(&header)).unwrap_err();
            assert!(!error.contains(char::is_control), "{error:?}");
        }
    }

    #[test]
    fn words_that_no_reader_would_take_are_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights");
        let about = |length| BTreeMap::from([("word".to_owned(), "x".repeat(length))]);
        save(&path, &[], &about(LARGEST_HEADER as usize - 64)).unwrap();
        assert_eq!(
            load(&path).unwrap().about["word"].len(),
            LARGEST_HEADER as usize - 64
        );
        let error = save(&path, &[], &about(LARGEST_HEADER as usize)).unwrap_err();
        assert!(error.to_string().contains("would take"), "{error}");
    }
}
