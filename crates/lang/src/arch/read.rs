//! An `arch` item against a lowered space.

use std::borrow::Cow;

use super::select::{means, select};
use super::{Arch, outside_bounds, report};
use crate::cost;
use crate::diagnostic::Diagnostic;
use crate::ir::{Candidate, Choice, Ir, Path, Row, RowWidth, Slot};
use crate::source::{Span, Spanned};
use crate::space::Setting;
use crate::syntax::ast::{self, Fix, Pick, Prim, Value};

/// Reads an arch. The arch is there exactly when no diagnostic is an error.
///
/// Every row that decides something must be fixed, with one block for each unit of depth; others
/// may be. Each block is one candidate of its slot. All blocks that follow a choice stand for one value of it,
/// the one of its row where it has one. Searched widths and a searched resolution must be fixed. The resolution
/// is the one the arch pins, the space's own where that is fixed, else left to the plan. Where it is known, a warning tells of each
/// bound of the space that the arch does not meet; else the caller asks [`outside_bounds`] when it is.
pub fn read(arch: &ast::Arch, ir: &Ir) -> (Option<Arch>, Vec<Diagnostic>) {
    let mut reader = Reader::new(arch, ir);
    for fix in &arch.fixes {
        reader.fix(fix);
    }
    reader.missing_rows();
    reader.missing_decisions();
    let path = reader.path();
    let read = path.map(|path| Arch {
        name: arch.name.value.clone(),
        resolution: (path.resolution)
            .or(reader.resolution)
            .or(fixed(&ir.resolution)),
        path,
    });
    let mut diagnostics = reader.diagnostics;
    diagnostics.extend(read.iter().flat_map(|read| bounds(read, arch, ir)));
    (read, diagnostics)
}

fn bounds(read: &Arch, arch: &ast::Arch, ir: &Ir) -> Vec<Diagnostic> {
    let Some(resolution) = read.resolution else {
        return Vec::new();
    };
    let cost = cost::of_network(&ir.network(&read.path, resolution));
    outside_bounds(read, arch.name.span, cost, &ir.requires, ir)
}

fn fixed(resolution: &Spanned<Setting<u32>>) -> Option<u32> {
    match resolution.value {
        Setting::Fixed(resolution) => Some(resolution),
        Setting::Searched(_) | Setting::Fitted(_) => None,
    }
}

/// What the left side of a fix names.
enum Target {
    Resolution,
    Row(usize),
    Choice(usize),
    Channels(usize),
}

pub(super) struct Reader<'a> {
    widths: Widths,
    /// Widths fixed at rows that take theirs from a row before, with the choice that decides it.
    followed: Vec<(u16, &'a Fix)>,
    /// The value each choice was given in a row of its own.
    choices: Vec<Option<(u16, &'a Fix)>>,
    ir: &'a Ir,
    arch: &'a ast::Arch,
    resolution: Option<u32>,
    /// What each row was fixed to; an empty list where it was fixed wrongly.
    pub(super) rows: Vec<Option<Vec<u16>>>,
    /// Targets so far, to find doubles.
    seen: Vec<(String, Span)>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(arch: &'a ast::Arch, ir: &'a Ir) -> Reader<'a> {
        Reader {
            ir,
            arch,
            resolution: None,
            rows: vec![None; ir.rows.len()],
            choices: vec![None; ir.choices.len()],
            widths: Widths::of(arch, ir),
            followed: Vec::new(),
            seen: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    fn fix(&mut self, fix: &'a Fix) {
        let Some(target) = self.target(fix) else {
            let rows = self.ir.rows.iter().map(|row| row.name.as_str());
            let choices = self.ir.choices.iter().map(|choice| choice.name.as_str());
            let known = rows.chain(choices).map(|name| (name, self.is_fixed(name)));
            let problem = report::unknown_row(fix, &self.ir.space, known);
            return self.diagnostics.push(problem);
        };
        if let Some(first) = self.seen_before(fix) {
            return self.diagnostics.push(report::repeated(fix, first));
        }
        match target {
            Target::Resolution => self.fix_resolution(fix),
            Target::Channels(row) => self.fix_channels(fix, row),
            Target::Row(row) => self.fix_row(fix, row),
            Target::Choice(choice) => self.fix_choice(fix, choice),
        }
    }

    /// Whether some row of the arch fixes the thing of this name.
    fn is_fixed(&self, name: &str) -> bool {
        let mut fixes = self.arch.fixes.iter();
        fixes.any(|fix| fix.target.text() == name)
    }

    fn target(&self, fix: &Fix) -> Option<Target> {
        let names: Vec<&str> = fix
            .target
            .names
            .iter()
            .map(|name| name.value.as_str())
            .collect();
        let row = |name: &str| self.ir.rows.iter().position(|row| row.name == name);
        match names.as_slice() {
            ["resolution"] => Some(Target::Resolution),
            [name] => row(name).map(Target::Row).or_else(|| {
                let mut choices = self.ir.choices.iter();
                choices
                    .position(|choice| choice.name == *name)
                    .map(Target::Choice)
            }),
            [name, "channels"] => row(name).map(Target::Channels),
            _ => None,
        }
    }

    /// Where the same target was fixed already; remembers it otherwise.
    fn seen_before(&mut self, fix: &Fix) -> Option<Span> {
        let name = fix.target.text();
        let first = self.seen.iter().find(|(other, _)| *other == name);
        let first = first.map(|&(_, span)| span);
        if first.is_none() {
            self.seen.push((name, fix.target.span));
        }
        first
    }

    fn fix_resolution(&mut self, fix: &Fix) {
        let domain = self.ir.resolution.value.values();
        match number(fix) {
            None => self.diagnostics.push(report::wants_number(fix)),
            Some(Some(pixels)) if domain.contains(&pixels) => self.resolution = Some(pixels),
            Some(_) => {
                let problem = report::resolution_outside(fix, domain, self.ir.resolution.span);
                self.diagnostics.push(problem);
            }
        }
    }

    fn fix_channels(&mut self, fix: &'a Fix, row: usize) {
        let width = match self.ir.rows[row].width {
            RowWidth::Fixed(width) => width,
            RowWidth::Choice(choice) => {
                let index = usize::from(choice);
                return match self.ir.choices[index].width_of == Some(row) {
                    true => self.fix_choice(fix, index),
                    false => self.followed.push((choice, fix)),
                };
            }
        };
        match number(fix) {
            None => self.diagnostics.push(report::wants_number(fix)),
            Some(Some(channels)) if channels == width => {}
            Some(_) => self.diagnostics.push(report::channels_differ(fix, width)),
        }
    }

    fn fix_choice(&mut self, fix: &'a Fix, index: usize) {
        let choice = &self.ir.choices[index];
        let Some(value) = value(fix) else {
            return self.diagnostics.push(report::wants_value(fix, choice));
        };
        let mut values = choice.values.iter();
        match values.position(|&listed| means(listed, &value)) {
            Some(at) => {
                let at = u16::try_from(at).expect("a domain has at most 4,096 values");
                self.choices[index] = Some((at, fix));
            }
            None => self.diagnostics.push(report::choice_outside(fix, choice)),
        }
    }

    pub(super) fn fix_row(&mut self, fix: &Fix, index: usize) {
        let row = &self.ir.rows[index];
        let candidates = self.candidates(fix, row);
        if !is_depth(row, fix.picks.len()) {
            self.diagnostics.push(report::wrong_depth(fix, row));
        }
        self.rows[index] = Some(candidates.unwrap_or_default());
    }

    /// The candidate of every pick; blocks past the deepest slot are read against that one.
    fn candidates(&mut self, fix: &Fix, row: &Row) -> Option<Vec<u16>> {
        let mut all = Some(Vec::new());
        for (block, pick) in fix.picks.iter().enumerate() {
            let slot = &row.slots[block.min(row.slots.len() - 1)];
            let of_width = self.widths.candidates(slot);
            let read = match pick {
                Pick::Prim(prim) => select(prim, &of_width.slot, &row.name),
                Pick::Number(number) => Err(report::wants_block(number.span, row, &of_width.slot)),
            };
            let read = read.map(|candidate| of_width.index(candidate));
            match (read, &mut all) {
                (Ok(candidate), Some(candidates)) => candidates.push(candidate),
                (Ok(_), None) => {}
                (Err(problem), _) => {
                    self.diagnostics.push(problem);
                    all = None;
                }
            }
        }
        all
    }

    fn missing_rows(&mut self) {
        let missing = self.ir.rows.iter().zip(&self.rows);
        let problems = missing
            .filter(|(row, fixed)| row.decides() && fixed.is_none())
            .map(|(row, _)| report::missing_row(self.arch, row, &self.ir.space));
        self.diagnostics.extend(problems);
    }

    /// Searched widths and a searched resolution that have no row.
    fn missing_decisions(&mut self) {
        let is_missing = |name: &str| self.seen.iter().all(|(seen, _)| seen != name);
        let widths = self.ir.choices.iter();
        let widths = widths.filter(|choice| choice.width_of.is_some());
        let missing = widths.filter(|choice| is_missing(&choice.name));
        let mut problems: Vec<Diagnostic> = missing
            .map(|choice| {
                let value = choice.values[0].to_string();
                report::missing_decision(self.arch, &choice.name, &value, choice.span)
            })
            .collect();
        let resolution = &self.ir.resolution;
        if let Setting::Searched(domain) = &resolution.value
            && is_missing("resolution")
        {
            problems.push(report::missing_decision(
                self.arch,
                "resolution",
                &domain.values()[0].to_string(),
                resolution.span,
            ));
        }
        self.diagnostics.extend(problems);
    }

    /// The path, if nothing was wrong and all agree about shared decisions.
    fn path(&mut self) -> Option<Path> {
        let undecided = |row: &Row| {
            let slots = row.slots[..row.depths[0] as usize].iter();
            let first = slots.map(|slot| self.widths.candidates(slot).index(0));
            first.collect()
        };
        let rows = self.ir.rows.iter().zip(&self.rows);
        let path = rows.map(|(row, fixed)| fixed.clone().unwrap_or_else(|| undecided(row)));
        let path = Path {
            resolution: match &self.ir.resolution.value {
                Setting::Searched(domain) => self.resolution.or(Some(domain.values()[0])),
                Setting::Fixed(_) | Setting::Fitted(_) => None,
            },
            rows: path.collect(),
        };
        if self.diagnostics.is_empty() {
            self.check_shared(&path);
        }
        self.diagnostics.is_empty().then_some(path)
    }

    /// The blocks that follow a choice against each other, and against its row.
    fn check_shared(&mut self, path: &Path) {
        let values = match self.ir.shared_values(path) {
            Ok(values) => values,
            Err(two) => {
                let places = two.places.map(|place| self.place(place));
                let choice = &self.ir.choices[two.choice];
                let problem = report::shared_differs(self.arch, choice, two.values, places);
                return self.diagnostics.push(problem);
            }
        };
        for &(choice, fix) in &self.followed {
            let of = &self.ir.choices[usize::from(choice)];
            let width = values[usize::from(choice)].and_then(|value| of.width(value));
            let width = width.expect("every path follows the width of its rows");
            if number(fix) != Some(Some(width)) {
                let problem = report::width_follows(fix, width, of);
                self.diagnostics.push(problem);
            }
        }
        for (at, (choice, value)) in self.ir.choices.iter().zip(values).enumerate() {
            // A choice that no block follows says nothing.
            let (Some((given, fix)), Some(value)) = (self.choices[at], value) else {
                continue;
            };
            if given != value {
                self.diagnostics
                    .push(report::choice_differs(fix, choice, value));
            }
        }
    }

    /// Where a block is written; the arch's name where its row is left out.
    fn place(&self, (row, block): (usize, usize)) -> Span {
        let name = &self.ir.rows[row].name;
        let is_row = |fix: &&Fix| fix.target.text() == *name;
        let fix = self.arch.fixes.iter().find(is_row);
        match fix.and_then(|fix| fix.picks.get(block)) {
            Some(pick) => pick.span(),
            None => self.arch.name.span,
        }
    }
}

/// What an arch says of the searched widths.
struct Widths {
    /// The value of every choice that is a width: the first one where nothing is said, or what is wrong.
    values: Vec<Option<u16>>,
}

impl Widths {
    fn of(arch: &ast::Arch, ir: &Ir) -> Widths {
        let value = |choice: &Choice| {
            choice.width_of?;
            let fixed = arch
                .fixes
                .iter()
                .find(|fix| fix.target.text() == choice.name);
            let said = fixed.and_then(value);
            let mut values = choice.values.iter();
            let at = values.position(|&one| said.as_ref().is_some_and(|said| means(one, said)));
            Some(at.map_or(0, |at| u16::try_from(at).expect("at most 4,096 values")))
        };
        Widths {
            values: ir.choices.iter().map(value).collect(),
        }
    }

    /// The candidates of a slot that have these widths.
    fn candidates<'s>(&self, slot: &'s Slot) -> OfWidth<'s> {
        if self.values.iter().all(Option::is_none) {
            return OfWidth {
                slot: Cow::Borrowed(slot),
                indices: None,
            };
        }
        let agrees = |candidate: &Candidate| {
            let mut values = candidate.shared.values.iter();
            values.all(|&(choice, value)| {
                self.values[usize::from(choice)].is_none_or(|said| said == value)
            })
        };
        let all = (0..).zip(slot.candidates.iter());
        let agreeing = all.filter(|(_, candidate)| agrees(candidate));
        let (indices, candidates): (Vec<u16>, Vec<Candidate>) =
            agreeing.map(|(at, one)| (at, one.clone())).unzip();
        OfWidth {
            slot: Cow::Owned(Slot {
                candidates: candidates.into(),
                ..*slot
            }),
            indices: Some(indices),
        }
    }
}

/// What can stand in a slot whose widths are known.
struct OfWidth<'s> {
    slot: Cow<'s, Slot>,
    /// The place of each candidate in the slot itself; the same one where absent.
    indices: Option<Vec<u16>>,
}

impl OfWidth<'_> {
    fn index(&self, candidate: u16) -> u16 {
        let indices = self.indices.as_ref();
        indices.map_or(candidate, |indices| indices[usize::from(candidate)])
    }
}

fn is_depth(row: &Row, blocks: usize) -> bool {
    row.depths.iter().any(|&depth| depth as usize == blocks)
}

/// The only pick as a value: a number or a word.
fn value(fix: &Fix) -> Option<Value> {
    match fix.picks.as_slice() {
        [Pick::Number(number)] => Some(Value::Number(*number)),
        [Pick::Prim(Prim::Call { name, args, .. })] if args.is_empty() => {
            Some(Value::Name(name.clone()))
        }
        _ => None,
    }
}

/// The only pick as a number: `None` where it is no single number, `Some(None)` where it does not fit.
fn number(fix: &Fix) -> Option<Option<u32>> {
    match fix.picks.as_slice() {
        [Pick::Number(number)] => Some(number.value.to_u32()),
        _ => None,
    }
}
