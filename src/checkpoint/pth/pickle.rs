//! Python's pickle form, read as data: nothing is imported, called or built.
//!
//! A pickle is a little program over a stack. Calls and classes are kept as what
//! they are written as ([`Node::Call`]); whoever reads the result knows the few
//! that matter and passes over the others.

use std::collections::BTreeMap;
use std::rc::Rc;

/// Index of a value in [`Pickle::nodes`].
pub type Id = usize;

/// A value. Containers hold indices, so that shared and cyclic values are no trouble.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Shared, because one byte of a pickle can name a text again.
    Text(Rc<str>),
    /// Bytes, sets and integers beyond 64 bits: nothing that we read.
    Opaque,
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// The name of a class or function: module, name.
    Global(Rc<str>, Rc<str>),
    /// What a class or function would give for arguments (a tuple), with the
    /// items that were put into it afterwards.
    Call {
        function: Id,
        arguments: Id,
        items: Vec<(Id, Id)>,
    },
    /// Something that lies outside the pickle.
    Persistent(Id),
}

/// A read pickle.
#[derive(Debug)]
pub struct Pickle {
    nodes: Vec<Node>,
    root: Id,
    /// Bytes that the pickle took.
    pub length: usize,
}

impl Pickle {
    /// Reads the pickle at the start of `bytes`.
    ///
    /// # Errors
    /// Says what is wrong, for a person.
    pub fn read(bytes: &[u8]) -> Result<Pickle, String> {
        let mut machine = Machine {
            bytes,
            at: 0,
            nodes: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: BTreeMap::new(),
            held: 0,
        };
        let root = machine
            .run()
            .map_err(|reason| format!("its pickle at byte {}: {reason}", machine.at))?;
        Ok(Pickle {
            root,
            length: machine.at,
            nodes: machine.nodes,
        })
    }

    /// The value of the whole.
    pub fn root(&self) -> &Node {
        self.get(self.root)
    }

    /// A value.
    pub fn get(&self, id: Id) -> &Node {
        &self.nodes[id]
    }

    /// The items of a dict, plain or ordered, whose keys are texts; other keys are passed over.
    pub fn items(&self, node: &Node) -> Option<Vec<(&str, &Node)>> {
        let items = match node {
            Node::Dict(items) => items,
            Node::Call {
                function, items, ..
            } if self.is_global(*function, "collections", "OrderedDict") => items,
            _ => return None,
        };
        let texts = items.iter().filter_map(|&(key, value)| {
            let Node::Text(key) = self.get(key) else {
                return None;
            };
            Some((&**key, self.get(value)))
        });
        Some(texts.collect())
    }

    /// What stands for the things outside the pickle, in the order of the file.
    pub fn persistent(&self) -> impl Iterator<Item = Id> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Persistent(id) => Some(*id),
            _ => None,
        })
    }

    /// Whether a value is the name of this class or function.
    pub fn is_global(&self, id: Id, module: &str, name: &str) -> bool {
        matches!(self.get(id), Node::Global(m, n) if **m == *module && **n == *name)
    }

    /// The integers of a tuple or list of up to `most` integers. (One list may stand for many tensors: a long one is
    /// refused before it is copied for each.)
    pub fn integers(&self, id: Id, most: usize) -> Option<Vec<i64>> {
        let (Node::Tuple(ids) | Node::List(ids)) = self.get(id) else {
            return None;
        };
        let short = (ids.len() <= most).then_some(ids)?;
        short.iter().map(|&id| self.integer(id)).collect()
    }

    /// An integer.
    pub fn integer(&self, id: Id) -> Option<i64> {
        match self.get(id) {
            Node::Int(value) => Some(*value),
            _ => None,
        }
    }
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    stack: Vec<Id>,
    /// Heights of the stack at the open marks.
    marks: Vec<usize>,
    memo: BTreeMap<u64, Id>,
    /// Marks, stored values and places on the stack that there have been.
    held: usize,
}

type Step<T> = Result<T, String>;

impl Machine<'_> {
    fn run(&mut self) -> Step<Id> {
        loop {
            let opcode = self.byte()?;
            if opcode == b'.' {
                return self.pop();
            }
            self.step(opcode)?;
        }
    }

    fn step(&mut self, opcode: u8) -> Step<()> {
        match opcode {
            0x80 => self.skip(1),
            0x95 => self.skip(8),
            b'(' => {
                self.hold()?;
                self.marks.push(self.stack.len());
                Ok(())
            }
            b'0' => self.pop().map(drop),
            b'1' => self.since_mark().map(drop),
            b'2' => {
                let top = self.top()?;
                self.put(top)
            }
            b'q' | b'r' | 0x94 | b'h' | b'j' => self.remember(opcode),
            b'c' | 0x93 => self.global(opcode),
            b'R' | 0x81 | 0x92 | b'b' => self.call(opcode),
            b's' | b'u' | b'a' | b'e' | 0x90 => self.fill(opcode),
            b'Q' => {
                let id = self.pop()?;
                self.push(Node::Persistent(id))
            }
            b't' | 0x85..=0x87 | b')' => self.tuple(opcode),
            _ => {
                let node = self.literal(opcode)?;
                self.push(node)
            }
        }
    }

    fn literal(&mut self, opcode: u8) -> Step<Node> {
        Ok(match opcode {
            b'N' => Node::None,
            0x88 => Node::Bool(true),
            0x89 => Node::Bool(false),
            b'}' => Node::Dict(Vec::new()),
            b']' => Node::List(Vec::new()),
            0x8f => Node::Opaque,
            b'K' => Node::Int(i64::from(self.byte()?)),
            b'M' => Node::Int(self.unsigned(2)? as i64),
            b'J' => Node::Int(i64::from(self.unsigned(4)? as u32 as i32)),
            b'G' => {
                let bytes: [u8; 8] = self.take(8)?.try_into().expect("eight were taken");
                Node::Float(f64::from_be_bytes(bytes))
            }
            0x8a => self.long(1)?,
            0x8b => self.long(4)?,
            b'U' | 0x8c => self.text(1)?,
            b'T' | b'X' => self.text(4)?,
            0x8d => self.text(8)?,
            b'C' => self.opaque(1)?,
            b'B' => self.opaque(4)?,
            0x8e | 0x96 => self.opaque(8)?,
            _ => return Err(format!("unknown opcode 0x{opcode:02x}")),
        })
    }

    fn long(&mut self, width: usize) -> Step<Node> {
        let length = self.length(width)?;
        let bytes = self.take(length)?;
        if bytes.len() > 8 {
            return Ok(Node::Opaque);
        }
        // Little-endian two's complement, as short as it can be.
        let fill = match bytes.last() {
            Some(&last) if last >= 0x80 => 0xff,
            _ => 0,
        };
        let mut whole = [fill; 8];
        whole[..bytes.len()].copy_from_slice(bytes);
        Ok(Node::Int(i64::from_le_bytes(whole)))
    }

    fn text(&mut self, width: usize) -> Step<Node> {
        let length = self.length(width)?;
        let bytes = self.take(length)?;
        Ok(Node::Text(String::from_utf8_lossy(bytes).into()))
    }

    fn opaque(&mut self, width: usize) -> Step<Node> {
        let length = self.length(width)?;
        self.take(length)?;
        Ok(Node::Opaque)
    }

    fn tuple(&mut self, opcode: u8) -> Step<()> {
        let ids = match opcode {
            b')' => Vec::new(),
            b't' => self.since_mark()?,
            _ => {
                let count = usize::from(opcode - 0x84);
                let start = self.stack.len().checked_sub(count);
                // What lies below an open mark belongs to another list.
                let start = start.filter(|&start| start >= self.floor());
                let start = start.ok_or(TOO_SHORT)?;
                self.stack.split_off(start)
            }
        };
        self.push(Node::Tuple(ids))
    }

    fn remember(&mut self, opcode: u8) -> Step<()> {
        let key = match opcode {
            b'q' | b'h' => u64::from(self.byte()?),
            b'r' | b'j' => self.unsigned(4)?,
            _ => self.memo.len() as u64,
        };
        if matches!(opcode, b'h' | b'j') {
            let id = *self.memo.get(&key).ok_or("a value that was never stored")?;
            return self.put(id);
        }
        self.hold()?;
        let top = self.top()?;
        self.memo.insert(key, top);
        Ok(())
    }

    fn global(&mut self, opcode: u8) -> Step<()> {
        let (module, name) = if opcode == b'c' {
            (self.line()?, self.line()?)
        } else {
            let (name, module) = (self.pop()?, self.pop()?);
            match (&self.nodes[module], &self.nodes[name]) {
                (Node::Text(module), Node::Text(name)) => (Rc::clone(module), Rc::clone(name)),
                _ => return Err("a class without a name".to_owned()),
            }
        };
        self.push(Node::Global(module, name))
    }

    fn call(&mut self, opcode: u8) -> Step<()> {
        if opcode == b'b' {
            // The state of an object: for tensors and dicts it says nothing that we read.
            self.pop()?;
            return self.top().map(drop);
        }
        if opcode == 0x92 {
            self.pop()?; // keyword arguments
        }
        let (arguments, function) = (self.pop()?, self.pop()?);
        self.push(Node::Call {
            function,
            arguments,
            items: Vec::new(),
        })
    }

    fn fill(&mut self, opcode: u8) -> Step<()> {
        let values = match opcode {
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                vec![key, value]
            }
            b'a' => vec![self.pop()?],
            _ => self.since_mark()?,
        };
        let container = self.top()?;
        match &mut self.nodes[container] {
            Node::Dict(items) | Node::Call { items, .. } if matches!(opcode, b's' | b'u') => {
                if values.len() % 2 != 0 {
                    return Err("a key without a value".to_owned());
                }
                items.extend(values.chunks_exact(2).map(|pair| (pair[0], pair[1])));
            }
            Node::List(list) if matches!(opcode, b'a' | b'e') => list.extend(values),
            // Lists and sets of classes that we do not know.
            Node::Call { .. } | Node::Opaque => {}
            _ => return Err("items for what holds none".to_owned()),
        }
        Ok(())
    }

    fn push(&mut self, node: Node) -> Step<()> {
        if self.nodes.len() == MOST_VALUES {
            return Err(format!("it makes more than {MOST_VALUES} values"));
        }
        self.nodes.push(node);
        self.put(self.nodes.len() - 1)
    }

    /// Puts a value on the stack, from where lists, tuples and dicts take theirs.
    fn put(&mut self, id: Id) -> Step<()> {
        self.hold()?;
        self.stack.push(id);
        Ok(())
    }

    /// Counts what takes memory beside the values: a byte of the file is enough for each.
    fn hold(&mut self) -> Step<()> {
        self.held += 1;
        match self.held > MOST_HELD {
            true => Err(format!("it names values more than {MOST_HELD} times")),
            false => Ok(()),
        }
    }

    /// The height of the stack at the last open mark.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn top(&self) -> Step<Id> {
        match self.stack.last() {
            Some(&id) if self.stack.len() > self.floor() => Ok(id),
            _ => Err(TOO_SHORT.to_owned()),
        }
    }

    fn pop(&mut self) -> Step<Id> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    fn since_mark(&mut self) -> Step<Vec<Id>> {
        let mark = self
            .marks
            .pop()
            .ok_or("the end of a list that never began")?;
        Ok(self.stack.split_off(mark))
    }

    fn byte(&mut self) -> Step<u8> {
        Ok(self.take(1)?[0])
    }

    fn skip(&mut self, count: usize) -> Step<()> {
        self.take(count).map(drop)
    }

    fn unsigned(&mut self, width: usize) -> Step<u64> {
        let bytes = self.take(width)?;
        let little = bytes.iter().rev();
        Ok(little.fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    fn length(&mut self, width: usize) -> Step<usize> {
        let length = self.unsigned(width)?;
        usize::try_from(length).map_err(|_| ENDS.to_owned())
    }

    fn take(&mut self, count: usize) -> Step<&'_ [u8]> {
        let end = self.at.checked_add(count).ok_or(ENDS)?;
        let taken = self.bytes.get(self.at..end).ok_or(ENDS)?;
        self.at = end;
        Ok(taken)
    }

    /// Text up to the end of the line.
    fn line(&mut self) -> Step<Rc<str>> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|&byte| byte == b'\n').ok_or(ENDS)?;
        let line = String::from_utf8_lossy(&rest[..length]).into();
        self.at += length + 1;
        Ok(line)
    }
}

/// A checkpoint of 10,000 tensors makes about a tenth of it. A value takes some 70 bytes, and can come of one byte of
/// the file.
const MOST_VALUES: usize = 1 << 20;
/// A value is named some two times: where it is made, and where it is used again. A name takes up to 24 bytes.
const MOST_HELD: usize = 4 * MOST_VALUES;

const TOO_SHORT: &str = "it takes more values than there are";
const ENDS: &str = "the file ends inside it";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_to_the_shell_is_read_as_words_and_never_made() {
        let hostile = b"cos\nsystem\n(X\x04\x00\x00\x00exittR.";
        let pickle = Pickle::read(hostile).unwrap();
        let Node::Call {
            function,
            arguments,
            ..
        } = pickle.root()
        else {
            panic!("{:?}", pickle.root())
        };
        assert!(pickle.is_global(*function, "os", "system"));
        assert_eq!(pickle.items(pickle.root()), None);
        let Node::Tuple(words) = pickle.get(*arguments) else {
            panic!("arguments are a tuple")
        };
        assert_eq!(pickle.get(words[0]), &Node::Text("exit".into()));
    }

    #[test]
    fn integers_of_every_width_have_their_values() {
        let cases: [(&[u8], i64); 6] = [
            (b"K\xff.", 255),
            (b"M\x00\x01.", 256),
            (b"J\xff\xff\xff\xff.", -1),
            (b"\x8a\x00.", 0),
            (b"\x8a\x01\x80.", -128),
            (b"\x8a\x02\xff\x00.", 255),
        ];
        for (bytes, expected) in cases {
            let pickle = Pickle::read(bytes).unwrap();
            assert_eq!(pickle.root(), &Node::Int(expected), "{bytes:?}");
        }
    }

    #[test]
    fn broken_programs_are_errors() {
        let broken: [&[u8]; 8] = [
            b"",
            b".",
            b"K",
            b"t.",
            b"h\x07.",
            b"}K\x01K\x02K\x03(u.",
            b"X\xff\xff\xff\xff.",
            b"\xfe.",
        ];
        for bytes in broken {
            assert!(Pickle::read(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_text_that_names_many_classes_is_held_once() {
        let text = [&b"X\x04\x00\x00\x00name\x940"[..], &b"h\x00h\x00\x93"[..]].concat();
        let pickle = [&text[..], &b"0h\x00h\x00\x93."[..]].concat();
        let pickle = Pickle::read(&pickle).unwrap();
        let names: Vec<&Rc<str>> = pickle
            .nodes
            .iter()
            .flat_map(|node| match node {
                Node::Text(text) => vec![text],
                Node::Global(module, name) => vec![module, name],
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(names.len(), 5);
        assert!(names.iter().all(|name| Rc::ptr_eq(name, names[0])));
    }

    #[test]
    fn what_a_byte_of_the_file_holds_is_counted() {
        // A value put again, a mark, a value stored.
        for opcode in [b'2', b'(', 0x94] {
            let pickle = |count| [&b"N"[..], &vec![opcode; count], b"N."].concat();
            assert!(Pickle::read(&pickle(1000)).is_ok());
            let error = Pickle::read(&pickle(MOST_HELD)).unwrap_err();
            assert!(error.contains("more than 4194304 times"), "{error}");
        }
    }

    #[test]
    fn values_that_lie_deep_inside_each_other_are_read() {
        const DEEP: usize = 200_000;
        let lists = [vec![b']'; DEEP], vec![b'a'; DEEP - 1]].concat();
        let tuples = [vec![b'N'], vec![0x85; DEEP]].concat();
        let marked = [vec![b'('; DEEP], vec![b't'; DEEP]].concat();
        for code in [lists, tuples, marked] {
            let pickle = Pickle::read(&[&code[..], b"."].concat()).unwrap();
            let (mut depth, mut at) = (0, pickle.root());
            while let Node::List(inner) | Node::Tuple(inner) = at {
                depth += 1;
                let Some(&next) = inner.first() else { break };
                at = pickle.get(next);
            }
            assert_eq!(depth, DEEP);
        }
    }
}
