//! The numbers of a checkpoint, and the tensors that are views of them.

use std::collections::BTreeMap;

use tch::{Kind, Tensor};

use super::archive;
use super::pickle::{Id, Node, Pickle};
use crate::checkpoint::file::MOST_AXES;
use crate::checkpoint::shown::shown;

/// What the old form begins with behind the mark of a pickle, a number of ten bytes.
const MAGIC: &[u8] = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";
const PROTOCOL: i64 = 1001;

/// PyTorch's function that rebuilds a dense tensor.
const DENSE: &str = "_rebuild_tensor_v2";

const BIG_ENDIAN: &str = "its numbers are big-endian, which are not read: load it with PyTorch on a little-endian machine and save it again";

/// Numbers by key, raw, little-endian.
pub struct Storages<'a>(BTreeMap<String, &'a [u8]>);

impl<'a> Storages<'a> {
    /// The zip form: `NAME/data.pkl` and one file a storage, `NAME/data/KEY`.
    pub fn of_zip(bytes: &'a [u8]) -> Result<(Pickle, Storages<'a>), String> {
        let files = archive::files(bytes)?;
        let (main, content) = files
            .iter()
            .find(|(name, _)| name.ends_with("/data.pkl"))
            .ok_or("it holds no data.pkl")?;
        let top = main.trim_end_matches("data.pkl");
        if files
            .get(&*format!("{top}byteorder"))
            .is_some_and(|order| *order == b"big")
        {
            return Err(BIG_ENDIAN.to_owned());
        }
        let pickle = Pickle::read(content)?;
        let folder = format!("{top}data/");
        let mut storages = BTreeMap::new();
        for (name, content) in &files {
            if let Some(key) = name.strip_prefix(&folder) {
                storages.insert(key.to_owned(), *content);
            }
        }
        Ok((pickle, Storages(storages)))
    }

    /// The old form: magic number, protocol, system, the object, the list of
    /// keys, each a pickle; then for each key its length and its numbers.
    pub fn of_legacy(bytes: &'a [u8]) -> Result<(Pickle, Storages<'a>), String> {
        let mut rest = behind_magic(bytes).ok_or("it is a pickle, but not one of PyTorch's")?;
        let mut next = || -> Result<Pickle, String> {
            let pickle = Pickle::read(rest)?;
            rest = &rest[pickle.length..];
            Ok(pickle)
        };
        let (protocol, system, object, keys) = (next()?, next()?, next()?, next()?);
        if protocol.root() != &Node::Int(PROTOCOL) {
            let found = shown(&format!("{:?}", protocol.root()));
            return Err(format!("it is of protocol {found}, not {PROTOCOL}"));
        }
        if is_big_endian(&system) {
            return Err(BIG_ENDIAN.to_owned());
        }
        let Node::List(list) = keys.root() else {
            return Err("it has no list of storages".to_owned());
        };
        let widths = widths(&object);
        let mut storages = BTreeMap::new();
        for &key in list {
            let Node::Text(key) = keys.get(key) else {
                return Err("a storage without a name".to_owned());
            };
            let named = shown(key);
            let width = *widths
                .get(&**key)
                .ok_or_else(|| format!("nothing says what the numbers of storage {named} are"))?;
            let (count, behind) = rest
                .split_first_chunk::<8>()
                .ok_or_else(|| format!("the file ends before storage {named}"))?;
            let length = usize::try_from(u64::from_le_bytes(*count))
                .ok()
                .and_then(|count| count.checked_mul(width))
                .filter(|&length| length <= behind.len())
                .ok_or_else(|| format!("the file ends inside storage {named}"))?;
            storages.insert(key.to_string(), &behind[..length]);
            rest = &behind[length..];
        }
        Ok((object, Storages(storages)))
    }
}

/// What follows the number that the old form begins with, whichever protocol its pickles are of: from the fourth on they lie in frames.
fn behind_magic(bytes: &[u8]) -> Option<&[u8]> {
    let [0x80, _protocol, rest @ ..] = bytes else {
        return None;
    };
    let rest = match rest {
        [0x95, framed @ ..] => framed.get(8..)?,
        _ => rest,
    };
    rest.strip_prefix(MAGIC)
}

/// Whether the old form's record of the system that wrote it says so.
fn is_big_endian(system: &Pickle) -> bool {
    let items = system.items(system.root()).unwrap_or_default();
    items.contains(&("little_endian", &Node::Bool(false)))
}

/// Bytes of one number of every storage that the object names.
fn widths(object: &Pickle) -> BTreeMap<&str, usize> {
    let named = object
        .persistent()
        .filter_map(|id| storage(object, id).ok())
        .map(|(key, kind)| (key, kind.elt_size_in_bytes()));
    named.collect()
}

/// More bytes than the name of a storage has, which is a number.
const LONGEST_KEY: usize = 100;

/// Key and kind of a storage, from the tuple that stands for it. Many may name one tuple, so the time that
/// this takes has a bound, whatever the tuple is.
fn storage(pickle: &Pickle, id: Id) -> Result<(&str, Kind), String> {
    let Node::Tuple(parts) = pickle.get(id) else {
        return Err("a storage is no tuple".to_owned());
    };
    let (tag, class, key) = match parts.as_slice() {
        [tag, class, key, _place, _count] => (tag, class, key),
        // The old form says what it is a view of.
        [tag, class, key, _place, _count, view] if pickle.get(*view) == &Node::None => {
            (tag, class, key)
        }
        [_, _, _, _, _, _view] => return Err("a storage is a view of another".to_owned()),
        parts => return Err(format!("a storage has {} parts", parts.len())),
    };
    match (pickle.get(*tag), pickle.get(*class), pickle.get(*key)) {
        (Node::Text(_), Node::Global(..), Node::Text(key)) if key.len() > LONGEST_KEY => {
            Err(format!("a storage has a name of {} bytes", key.len()))
        }
        (Node::Text(tag), Node::Global(module, class), Node::Text(key))
            if **tag == *"storage" && **module == *"torch" =>
        {
            let kind = kind(class).ok_or_else(|| format!("unknown storage `{}`", shown(class)))?;
            Ok((key, kind))
        }
        _ => Err("a storage is of no known kind".to_owned()),
    }
}

fn kind(class: &str) -> Option<Kind> {
    Some(match class {
        "DoubleStorage" => Kind::Double,
        "FloatStorage" => Kind::Float,
        "HalfStorage" => Kind::Half,
        "BFloat16Storage" => Kind::BFloat16,
        "LongStorage" => Kind::Int64,
        "IntStorage" => Kind::Int,
        "ShortStorage" => Kind::Int16,
        "CharStorage" => Kind::Int8,
        "ByteStorage" => Kind::Uint8,
        "BoolStorage" => Kind::Bool,
        _ => return None,
    })
}

/// What a tensor takes in memory beside its numbers, about.
const TENSOR: usize = 512;

/// Builds tensors.
pub struct Tensors<'a> {
    pub pickle: &'a Pickle,
    pub storages: &'a Storages<'a>,
    /// Bytes that tensors may still take.
    pub room: usize,
}

impl<'a> Tensors<'a> {
    /// The tensors of a dictionary, by name; what is no tensor is passed over.
    pub fn of(&mut self, node: &'a Node) -> Result<BTreeMap<String, Tensor>, String> {
        let items = self
            .pickle
            .items(node)
            .ok_or("its weights are no dictionary")?;
        let mut tensors = BTreeMap::new();
        for (name, node) in items {
            let named = |reason| format!("`{}`: {reason}", shown(name));
            let Some((function, arguments)) = self.rebuilt(node) else {
                continue;
            };
            if function != DENSE {
                let what = "which is not read: save it as a dense tensor of float32 or another common kind";
                return Err(named(format!("made by `{}`, {what}", shown(function))));
            }
            self.take(name.len()).map_err(named)?;
            let tensor = self.tensor(arguments).map_err(named)?;
            tensors.insert(name.to_owned(), tensor);
        }
        Ok(tensors)
    }

    /// PyTorch's function that would rebuild a tensor, of whatever kind and form, and its arguments. Parameters and
    /// other classes of tensors wrap one, and a tensor only.
    fn rebuilt(&self, node: &'a Node) -> Option<(&'a str, &'a [Id])> {
        let (mut function, mut arguments) = self.call(node)?;
        let wraps = |name| self.pickle.is_global(function, "torch._tensor", name);
        if wraps("_rebuild_from_type_v2") || wraps("_rebuild_from_type") {
            let [inner, _class, of_inner, ..] = arguments else {
                return None;
            };
            (function, arguments) = (*inner, self.tuple(*of_inner)?);
        }
        let is_parameter = |name| self.pickle.is_global(function, "torch._utils", name);
        if is_parameter("_rebuild_parameter") || is_parameter("_rebuild_parameter_with_state") {
            (function, arguments) = self.call(self.pickle.get(*arguments.first()?))?;
        }
        let Node::Global(module, name) = self.pickle.get(function) else {
            return None;
        };
        let rebuilds = **module == *"torch._utils"
            && name.starts_with("_rebuild")
            && !name.starts_with("_rebuild_parameter");
        rebuilds.then_some((&**name, arguments))
    }

    /// A call: the function, and the arguments.
    fn call(&self, node: &'a Node) -> Option<(Id, &'a [Id])> {
        let Node::Call {
            function,
            arguments,
            ..
        } = node
        else {
            return None;
        };
        Some((*function, self.tuple(*arguments)?))
    }

    fn tuple(&self, id: Id) -> Option<&'a [Id]> {
        match self.pickle.get(id) {
            Node::Tuple(parts) => Some(parts),
            _ => None,
        }
    }

    /// Takes bytes of the room.
    fn take(&mut self, bytes: usize) -> Result<(), String> {
        let left = self.room.checked_sub(bytes);
        self.room = left.ok_or("the tensors share storages too often to be weights")?;
        Ok(())
    }

    fn tensor(&mut self, arguments: &[Id]) -> Result<Tensor, String> {
        let [storage_id, offset, size, stride, more @ ..] = arguments else {
            return Err("a tensor with too few parts".to_owned());
        };
        let is_negated = self.is_negated(more)?;
        let Node::Persistent(id) = self.pickle.get(*storage_id) else {
            return Err("a tensor without a storage".to_owned());
        };
        let (key, kind) = storage(self.pickle, *id)?;
        let bytes = self
            .storages
            .0
            .get(key)
            .ok_or_else(|| format!("storage {} is missing", shown(key)))?;
        let numbers = (
            self.pickle.integer(*offset),
            self.pickle.integers(*size, MOST_AXES),
            self.pickle.integers(*stride, MOST_AXES),
        );
        let (Some(offset), Some(size), Some(stride)) = numbers else {
            return Err(format!(
                "a shape that is not made of up to {MOST_AXES} whole numbers"
            ));
        };
        let width = kind.elt_size_in_bytes();
        let count = bytes.len() / width;
        let View {
            first,
            end,
            numbers,
        } = view(offset, &size, &stride, count).ok_or_else(|| {
            format!(
                "shape {size:?}, strides {stride:?}, offset {offset} do not lie in a storage of \
                 {count} numbers"
            )
        })?;
        // Counted are what is copied and what is kept: either can be much more than the file.
        self.take(TENSOR + width * numbers.max(end - first))?;
        let part = &bytes[width * first..width * end];
        Tensor::f_from_data_size(part, &[(end - first) as i64], kind)
            .and_then(|flat| flat.f_as_strided(&size, &stride, 0))
            .and_then(|view| match is_negated {
                true => view.contiguous().f_neg(),
                false => Ok(view.contiguous().copy()),
            })
            .map_err(|error| error.to_string())
    }

    /// Whether a tensor is the negative of what its storage holds: a mark behind its shape, whether it is trained, and its hooks.
    fn is_negated(&self, more: &[Id]) -> Result<bool, String> {
        let marks = more.get(2).map(|&id| self.pickle.get(id));
        let marks = marks.filter(|marks| !matches!(marks, Node::None));
        let Some(marks) = marks else {
            return Ok(false);
        };
        let marks = self
            .pickle
            .items(marks)
            .ok_or("marks that are no dictionary")?;
        let set = |node: &Node| *node != Node::Bool(false);
        match marks
            .iter()
            .find(|(name, node)| *name != "neg" && set(node))
        {
            Some((name, _)) => Err(format!("marked `{}`, which is not read", shown(name))),
            None => Ok(marks.iter().any(|(_, node)| set(node))),
        }
    }
}

/// The part of a storage that a tensor is a view of.
#[derive(Debug, PartialEq, Eq)]
struct View {
    /// Its first number, and the one behind its last.
    first: usize,
    end: usize,
    /// The tensor's numbers; fewer than the part has, or more where some are seen twice.
    numbers: usize,
}

/// The view that a shape is; `None` where it does not stay inside a storage of `count` numbers or is larger.
fn view(offset: i64, size: &[i64], stride: &[i64], count: usize) -> Option<View> {
    let natural = |number: &i64| usize::try_from(*number).ok();
    let first = natural(&offset)?;
    let (mut numbers, mut last) = (1_usize, first);
    for (size, stride) in size.iter().zip(stride) {
        let size = natural(size)?;
        numbers = numbers.checked_mul(size)?;
        last = last.checked_add(size.saturating_sub(1).checked_mul(natural(stride)?)?)?;
    }
    if size.len() != stride.len() || numbers > count {
        return None;
    }
    match numbers {
        0 => Some(View {
            first: 0,
            end: 0,
            numbers,
        }),
        _ => (last < count).then_some(View {
            first,
            end: last + 1,
            numbers,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{View, view};

    #[test]
    fn a_view_must_lie_inside_its_storage() {
        let part = |first, end, numbers| {
            Some(View {
                first,
                end,
                numbers,
            })
        };
        assert_eq!(view(2, &[2, 3], &[3, 1], 8), part(2, 8, 6));
        assert_eq!(view(1, &[2, 4], &[3, 0], 8), part(1, 5, 8));
        assert_eq!(view(0, &[], &[], 1), part(0, 1, 1));
        assert_eq!(view(0, &[0, 7], &[7, 1], 0), part(0, 0, 0));
        let outside: [(i64, &[i64], &[i64]); 7] = [
            (3, &[2, 3], &[3, 1]),
            (0, &[2, 3], &[3]),
            (-1, &[1], &[1]),
            (0, &[-1], &[1]),
            (0, &[1], &[-1]),
            (0, &[9], &[0]),
            (0, &[i64::MAX, i64::MAX], &[1, 1]),
        ];
        for (offset, size, stride) in outside {
            assert_eq!(view(offset, size, stride, 8), None);
        }
    }
}
