//! What a tar file holds, found by reading its headers alone.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::header::{BLOCK, Header, Kind, text};

/// Bytes that a long name or words about a file may have; real ones have some hundred.
const LONGEST_WORDS: u64 = 1 << 16;

/// A part of a file that is a tar file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Region<'a> {
    pub file: &'a File,
    /// Its first byte, and the first one behind it.
    pub start: u64,
    pub end: u64,
}

/// A file in a tar file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub name: Box<str>,
    /// Where its contents begin, counted from the start of the outermost file.
    pub offset: u64,
    pub length: u64,
}

/// What a tar file got wrong, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Counted from the start of the outermost file.
    pub at: u64,
    pub what: String,
}

/// What was said about the next file, before it.
#[derive(Default)]
struct Said {
    name: Option<String>,
    length: Option<u64>,
    /// Whether its holes are left out, as POSIX's words say it.
    sparse: bool,
}

impl Region<'_> {
    /// The files in it, in their order; folders, links and the like are passed over.
    ///
    /// No more than a header, a name or some words are in memory beside the result, and every header takes
    /// the reader further on.
    ///
    /// # Errors
    /// Something else than a header is where one should be, contents go beyond the end, or the end is missing.
    pub fn members(self) -> Result<Vec<Member>, Fault> {
        let mut members = Vec::new();
        let mut said = Said::default();
        let mut at = self.start;
        while let Some(header) = self.header(at)? {
            let offset = at + BLOCK;
            let length = said.length_of(&header);
            let behind = self.behind(offset, length).ok_or_else(|| {
                let name = said.name.as_ref().unwrap_or(&header.name);
                let what = format!(
                    "`{name}` should have {length} bytes, more than are left: the file is cut off or damaged, copy it again"
                );
                Fault { at, what }
            })?;
            match header.kind {
                Kind::LongName | Kind::Words => {
                    said.hear(header.kind, &self.words(at, length)?, at)?
                }
                Kind::Skipped => {}
                Kind::Bare => said = Said::default(),
                Kind::Sparse => return Err(sparse(&header.name, at)),
                Kind::File => {
                    let Said {
                        name,
                        sparse: is_sparse,
                        ..
                    } = std::mem::take(&mut said);
                    let name = name.unwrap_or(header.name);
                    if is_sparse {
                        return Err(sparse(&name, at));
                    }
                    members.push(Member {
                        name: name.trim_start_matches("./").into(),
                        offset,
                        length,
                    });
                }
            }
            at = behind;
        }
        Ok(members)
    }

    /// The header at a place; `None`: the end is there.
    fn header(self, at: u64) -> Result<Option<Header>, Fault> {
        let left = self.end - at;
        let fault = |what: &str| Fault {
            at,
            what: what.to_owned(),
        };
        if left < BLOCK {
            let what = match at == self.start {
                true => "is no tar file",
                false => "the end of the tar file is missing: it is cut off, copy it again",
            };
            return Err(fault(what));
        }
        let mut block = [0; BLOCK as usize];
        self.read(&mut block, at)?;
        let is_first = at == self.start;
        Header::parse(&block).map_err(|what| match (is_first, &block) {
            (true, [0x1f, 0x8b, ..] | [b'B', b'Z', b'h', ..] | [0xfd, b'7', b'z', ..]) => {
                fault("is packed: unpack it to a plain tar file first")
            }
            (true, _) => fault(&format!("is no tar file: {what}")),
            (false, _) => fault(&format!("{what}: the tar file is damaged, copy it again")),
        })
    }

    /// Where the next header is behind contents; `None` where they go beyond the end.
    fn behind(self, offset: u64, length: u64) -> Option<u64> {
        let end = offset.checked_add(length)?;
        let next = self.start + (end - self.start).checked_next_multiple_of(BLOCK)?;
        // What fills up the last block may be missing.
        (end <= self.end).then_some(next.min(self.end))
    }

    /// What is behind the header at a place.
    fn words(self, at: u64, length: u64) -> Result<Vec<u8>, Fault> {
        if length > LONGEST_WORDS {
            let what = format!("a name or words of {length} bytes: the tar file is damaged");
            return Err(Fault { at, what });
        }
        let mut words = vec![0; length as usize];
        self.read(&mut words, at + BLOCK)?;
        Ok(words)
    }

    fn read(self, into: &mut [u8], at: u64) -> Result<(), Fault> {
        self.file.read_exact_at(into, at).map_err(|error| Fault {
            at,
            what: format!("cannot be read: {error}"),
        })
    }
}

fn sparse(name: &str, at: u64) -> Fault {
    let what =
        format!("`{name}` is stored without its holes: pack the tar file again without `--sparse`");
    Fault { at, what }
}

impl Said {
    /// Bytes behind a header.
    fn length_of(&self, header: &Header) -> u64 {
        match header.kind {
            Kind::LongName | Kind::Words | Kind::Skipped | Kind::Bare => header.length,
            Kind::File | Kind::Sparse => self.length.unwrap_or(header.length),
        }
    }

    fn hear(&mut self, kind: Kind, words: &[u8], at: u64) -> Result<(), Fault> {
        if kind == Kind::LongName {
            self.name = Some(text(words));
            return Ok(());
        }
        self.hear_lines(words).ok_or_else(|| {
            let what = "the words about the next file are damaged: copy the tar file again";
            let what = what.to_owned();
            Fault { at, what }
        })
    }

    /// Takes what is needed out of POSIX's words: lines of `LENGTH KEY=VALUE`, where the length is that of the line.
    /// `None`: they are not written so.
    fn hear_lines(&mut self, words: &[u8]) -> Option<()> {
        let mut rest = words;
        while !rest.is_empty() {
            let (line, behind) = line(rest)?;
            rest = behind;
            let line = String::from_utf8_lossy(line);
            match line.split_once('=')? {
                ("path", name) => self.name = Some(name.to_owned()),
                (key, _) if key.starts_with("GNU.sparse.") => self.sparse = true,
                ("size", length) => self.length = Some(length.parse().ok()?),
                _ => {}
            }
        }
        Some(())
    }
}

/// The first line without its length and its end, and what follows it.
fn line(words: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = words.iter().position(|&byte| byte == b' ')?;
    let length: usize = std::str::from_utf8(&words[..space]).ok()?.parse().ok()?;
    let (line, rest) = words.split_at_checked(length)?;
    let line = line.get(space + 1..)?.strip_suffix(b"\n")?;
    Some((line, rest))
}
