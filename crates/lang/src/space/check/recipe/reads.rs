//! What rows read: the row before, or what they name.

use super::Rows;
use crate::source::Name;
use crate::space::check::Checker;
use crate::space::recipe::{Part, Read, Verb};
use crate::space::report;
use crate::syntax::ast::{self, Detail};

impl<'a> Checker<'a> {
    /// The values that a row reads, so many as it can, and the word beside them if there is one.
    pub(super) fn reads(
        &mut self,
        part: &'a ast::Part,
        verb: Option<Verb>,
        rows: &Rows<'_, 'a>,
    ) -> Option<(Vec<Read>, Option<&'a Name>)> {
        let (mut reads, mut word) = (Vec::new(), None);
        let mut is_whole = true;
        for detail in &part.details {
            let Detail::Word(name) = detail else { continue };
            match self.read(name, rows) {
                Some(read) => reads.push(read),
                None if verb.and_then(Verb::word).is_some() && word.is_none() => word = Some(name),
                None => {
                    self.found.push(not_read(name, rows));
                    is_whole = false;
                }
            }
        }
        let (least, most) = verb.map_or((1, 1), Verb::reads);
        if reads.is_empty() && least == 1 {
            reads.push(before(rows));
        }
        if is_whole && !(least..=most).contains(&reads.len()) {
            return self.wrong(report::wrong_reads(part, reads.len(), (least, most)));
        }
        is_whole.then_some((reads, word))
    }

    fn read(&self, name: &Name, rows: &Rows<'_, 'a>) -> Option<Read> {
        if name.value == "input" {
            return Some(Read::Input);
        }
        let at = rows.named.get(name.value.as_str());
        at.map(|&at| Read::Part(at))
    }

    /// Every row but the last is read by another.
    pub(super) fn check_read(&mut self, item: &'a ast::Recipe, parts: &[Part]) -> Option<()> {
        let mut is_read = vec![false; parts.len()];
        for read in parts.iter().flat_map(|part| &part.reads) {
            if let Read::Part(at) = read {
                is_read[*at] = true;
            }
        }
        is_read.pop();
        let unread = is_read.iter().position(|read| !read);
        match unread {
            Some(at) => self.wrong(report::unread_row(&item.parts[at], &item.parts[at + 1])),
            None => Some(()),
        }
    }
}

fn before(rows: &Rows<'_, '_>) -> Read {
    match rows.above {
        0 => Read::Input,
        above => Read::Part(above - 1),
    }
}

fn not_read(name: &Name, rows: &Rows<'_, '_>) -> crate::diagnostic::Diagnostic {
    let below = rows.item.parts[rows.above..]
        .iter()
        .filter_map(|part| part.name.as_ref())
        .find(|below| below.value == name.value);
    match below {
        Some(below) => report::read_before_made(name, below),
        None => {
            let mut known: Vec<&str> = rows.named.keys().copied().collect();
            known.push("input");
            report::unknown_in_row(name, "a row above", &known)
        }
    }
}
