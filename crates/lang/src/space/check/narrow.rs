//! A space derived from another: what its lines leave of every domain.
//!
//! A domain keeps the word it is bound by, also where one value is left, and so does a fixed value by which the base tells
//! candidates apart: what the base decides, a path of the derived space says too, and so an arch of the one is an arch of
//! the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Checker;
use super::domain::is_same;
use super::literal::{Constant, LetMeaning, Literal};
use super::operator::Callee;
use super::require::Subjects;
use super::told::told;
use super::value::{CHANNELS, DEPTH, Kind, RESOLUTION};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Sources, Span, Spanned};
use crate::space::report::{self, At};
use crate::space::{
    Alternative, Attribute, AttributeName, AttributeValue, Block, Require, Setting, Space,
};
use crate::syntax::ast::{self, Pick, Prim};

/// `TARGET = …`, `TARGET in …` or `TARGET fit …`.
#[derive(Clone, Copy)]
pub(in crate::space) struct Line<'a> {
    pub(in crate::space) target: &'a ast::Dotted,
    pub(in crate::space) wants: Wants<'a>,
    /// The whole line.
    pub(in crate::space) span: Span,
}

/// What a line leaves.
#[derive(Clone, Copy)]
pub(in crate::space) enum Wants<'a> {
    Fixed(&'a ast::Fix),
    Domain(Spanned<ast::NarrowWord>, &'a ast::Domain),
}

/// What the left side of a line names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Resolution,
    Choice(usize),
    Channels(usize),
    Depth(usize),
    Attribute(usize, AttributeName),
    /// All blocks of a row.
    Row(usize),
}

impl Target {
    /// The row whose blocks or depth it is about.
    fn row(self) -> Option<usize> {
        match self {
            Target::Row(row) | Target::Depth(row) | Target::Attribute(row, _) => Some(row),
            Target::Resolution | Target::Choice(_) | Target::Channels(_) => None,
        }
    }
}

/// The lines so far: the first that speaks of a thing, and the first of any that speaks of a row's
/// blocks or depth.
#[derive(Default)]
struct Taken {
    targets: BTreeMap<Target, usize>,
    rows: BTreeMap<usize, usize>,
}

impl Taken {
    /// The first line that says something of the same thing: blocks that are fixed whole have a depth and attributes.
    fn overlapping(&self, target: Target) -> Option<usize> {
        let whole = target.row().and_then(|row| match target {
            Target::Row(_) => self.rows.get(&row),
            _ => self.targets.get(&Target::Row(row)),
        });
        let same = self.targets.get(&target);
        same.into_iter().chain(whole).min().copied()
    }

    fn insert(&mut self, target: Target, line: usize) {
        self.targets.entry(target).or_insert(line);
        if let Some(row) = target.row() {
            self.rows.entry(row).or_insert(line);
        }
    }
}

/// The rows and choices of a base by their names.
struct Names<'s> {
    base: &'s Space,
    rows: BTreeMap<&'s str, usize>,
    choices: BTreeMap<&'s str, usize>,
    /// Of every row the names of its attributes, each once.
    attributes: Vec<Vec<AttributeName>>,
    /// For every choice that some attribute follows, the rows of these, ascending.
    followers: BTreeMap<usize, Vec<usize>>,
}

impl<'s> Names<'s> {
    fn of(base: &'s Space) -> Names<'s> {
        let rows = base.rows.iter().enumerate();
        let choices = base.choices.iter().enumerate();
        let mut names = Names {
            base,
            rows: rows
                .map(|(at, row)| (row.name.value.as_str(), at))
                .collect(),
            choices: choices
                .map(|(at, choice)| (choice.name.value.as_str(), at))
                .collect(),
            attributes: Vec::with_capacity(base.rows.len()),
            followers: BTreeMap::new(),
        };
        for (at, row) in base.rows.iter().enumerate() {
            names.add_row(at, &row.blocks);
        }
        names
    }

    fn add_row(&mut self, row: usize, blocks: &[Block]) {
        let mut all = Vec::new();
        blocks.iter().for_each(|block| attributes(block, &mut all));
        let mut known = BTreeSet::new();
        let names = all.iter().map(|(_, attribute)| attribute.name);
        let names = names.filter(|&name| known.insert(name)).collect();
        self.attributes.push(names);
        let choices = all
            .into_iter()
            .filter_map(|(_, attribute)| attribute.choice);
        for choice in choices.collect::<BTreeSet<usize>>() {
            self.followers.entry(choice).or_default().push(row);
        }
    }

    /// The first attribute in the rows that follows a choice; `None` where all that did are gone or never
    /// were in a row.
    fn follower(&self, choice: usize) -> Option<(&'s Alternative, &'s Attribute)> {
        let row = *self.followers.get(&choice)?.first()?;
        let mut all = Vec::new();
        let blocks = self.base.rows[row].blocks.iter();
        blocks.for_each(|block| attributes(block, &mut all));
        let mut all = all.into_iter();
        all.find(|(_, attribute)| attribute.choice == Some(choice))
    }

    /// What a left side names.
    fn target(&self, dotted: &ast::Dotted) -> Option<Target> {
        let names = dotted.names.iter().map(|name| name.value.as_str());
        let names: Vec<&str> = names.collect();
        let row = |name: &str| self.rows.get(name).copied();
        match names.as_slice() {
            ["resolution"] => Some(Target::Resolution),
            [name] => row(name).map(Target::Row).or_else(|| {
                let choice = *self.choices.get(name)?;
                let is_followed = self.followers.contains_key(&choice);
                is_followed.then_some(Target::Choice(choice))
            }),
            [name, "channels"] => row(name).map(Target::Channels),
            [name, "depth"] => row(name)
                .filter(|&row| self.base.rows[row].is_stage)
                .map(Target::Depth),
            [name, attribute] => {
                let row = row(name)?;
                let mut names = self.attributes[row].iter();
                let found = names.find(|name| name.as_str() == *attribute)?;
                Some(Target::Attribute(row, *found))
            }
            _ => None,
        }
    }

    /// Everything that can stand on the left side of a line.
    fn left_sides(&self) -> Vec<String> {
        let mut all = vec!["resolution".to_owned()];
        let choices = self.followers.keys();
        all.extend(choices.map(|&choice| self.base.choices[choice].name.value.clone()));
        for (row, attributes) in self.base.rows.iter().zip(&self.attributes) {
            let name = &row.name.value;
            all.push(name.clone());
            all.push(format!("{name}.channels"));
            all.extend(row.is_stage.then(|| format!("{name}.depth")));
            let attributes = attributes.iter();
            all.extend(attributes.map(|attribute| format!("{name}.{attribute}")));
        }
        all
    }
}

/// What the base leaves of one thing.
pub(in crate::space) struct Open {
    kind: Kind,
    pub(in crate::space) values: Vec<AttributeValue>,
    /// The word before the values: `None` for `=`.
    pub(in crate::space) word: Option<ast::NarrowWord>,
    /// Where the base says it.
    pub(in crate::space) span: Span,
}

impl Open {
    fn of(kind: Kind, setting: &Spanned<Setting<u32>>) -> Open {
        let values = setting.value.values().iter();
        Open {
            kind,
            values: values.map(|&one| AttributeValue::Integer(one)).collect(),
            word: word(&setting.value),
            span: setting.span,
        }
    }
}

fn word<T>(setting: &Setting<T>) -> Option<ast::NarrowWord> {
    match setting {
        Setting::Fixed(_) => None,
        Setting::Searched(_) => Some(ast::NarrowWord::In),
        Setting::Fitted(_) => Some(ast::NarrowWord::Fit),
    }
}

/// Checks a derived space against its base; `root` is the space of its own that all of them rest on.
pub(in crate::space) fn narrow(
    base: &Space,
    (item, root): (&ast::Space, &ast::Space),
    files: &[&ast::File],
    sources: &Sources,
) -> (Option<Space>, Vec<Diagnostic>) {
    let root = seen_by_blocks(root);
    let mut checker = Checker::new(Some(&root), files, sources);
    checker.check_names(item, &root);
    let names = Names::of(base);
    let mut lines = checker.lines(item, &names);
    // What blocks follow, and how many there are, is known before the blocks are looked at.
    lines.sort_by_key(|(_, target)| matches!(target, Target::Attribute(..)));
    let mut space = derived(base, item);
    for &(line, target) in &lines {
        checker.narrow_line(line, target, &names, &mut space);
    }
    let requires = checker.own_requires(item, &space);
    space.requires.extend(requires);
    space.members.extend(std::mem::take(&mut checker.members));
    let found = checker.finish(true);
    let is_wrong = found.iter().any(|found| found.severity == Severity::Error);
    ((!is_wrong).then_some(space), found)
}

/// The base under the name of the derived space, without blocks that no path takes.
fn derived(base: &Space, item: &ast::Space) -> Space {
    let mut space = Space {
        name: item.name.clone(),
        is_derived: true,
        span: item.span,
        ..base.clone()
    };
    for require in &mut space.requires {
        require.is_inherited = true;
    }
    for row in &mut space.rows {
        row.was_open = row.is_open();
        row.blocks.truncate(row.deepest() as usize);
        // What the first base tells apart is told in all that are derived from it.
        if !base.is_derived {
            let told = changed(&row.blocks, |block| Some(told(block)));
            row.blocks = told.expect("every block is left");
        }
    }
    space
}

/// A space with only those items that blocks of files may rest on: its rows and tables are no names of the files of
/// derived spaces.
fn seen_by_blocks(root: &ast::Space) -> ast::Space {
    let is_seen = |item: &&ast::Item| match item {
        ast::Item::Let(_)
        | ast::Item::Block(_)
        | ast::Item::Recipe(_)
        | ast::Item::Choice(_)
        | ast::Item::Default(_) => true,
        ast::Item::Input(_)
        | ast::Item::Output(_)
        | ast::Item::Table(_)
        | ast::Item::Row(_)
        | ast::Item::Fit(_)
        | ast::Item::Require(_)
        | ast::Item::Fix(_)
        | ast::Item::Narrow(_)
        | ast::Item::Error(_) => false,
    };
    ast::Space {
        items: root.items.iter().filter(is_seen).cloned().collect(),
        ..root.clone()
    }
}

fn as_require(item: &ast::Item) -> Option<&ast::Require> {
    match item {
        ast::Item::Require(require) => Some(require),
        _ => None,
    }
}

fn as_line(item: &ast::Item) -> Option<Line<'_>> {
    match item {
        ast::Item::Fix(fix) => Some(Line {
            target: &fix.target,
            wants: Wants::Fixed(fix),
            span: fix.span,
        }),
        ast::Item::Narrow(narrow) => Some(Line {
            target: &narrow.target,
            wants: Wants::Domain(narrow.word, &narrow.domain),
            span: narrow.span,
        }),
        _ => None,
    }
}

impl<'a> Checker<'a> {
    /// All names that the files can see, with the defaults of the root: a block may rest on those of other files.
    /// Warnings about other files are theirs.
    fn check_names(&mut self, item: &ast::Space, root: &'a ast::Space) {
        self.check_lets();
        self.check_defaults(&root.items);
        self.check_blocks();
        let own = item.span.file;
        let is_own = |found: &Diagnostic| found.labels.iter().any(|label| label.span.file == own);
        self.found
            .retain(|found| found.severity == Severity::Error || is_own(found));
    }

    /// The bounds of the derived space itself.
    fn own_requires(&mut self, item: &'a ast::Space, space: &Space) -> Vec<Require> {
        let subjects = Subjects::of(space);
        let requires = item.items.iter().filter_map(as_require);
        requires
            .filter_map(|require| self.require(require, &subjects))
            .collect()
    }

    /// The lines whose left side the base has, each thing once.
    fn lines(&mut self, item: &'a ast::Space, names: &Names) -> Vec<(Line<'a>, Target)> {
        let mut lines: Vec<(Line, Target)> = Vec::new();
        let mut taken = Taken::default();
        let mut known = Suggestions::of(names);
        for line in item.items.iter().filter_map(as_line) {
            let Some(target) = names.target(line.target) else {
                let problem = report::unknown_target(line.target, names.base, known.next());
                self.found.push(problem);
                continue;
            };
            let earlier = taken.overlapping(target).map(|at| &lines[at]);
            match earlier {
                Some((earlier, other)) if *other == target => {
                    self.found.push(report::narrowed_twice(line, *earlier));
                }
                Some((earlier, _)) => self.found.push(report::fixed_whole(line, *earlier)),
                None => {
                    taken.insert(target, lines.len());
                    lines.push((line, target));
                }
            }
        }
        lines
    }

    fn narrow_line(&mut self, line: Line<'a>, target: Target, names: &Names, space: &mut Space) {
        let base = names.base;
        match target {
            Target::Resolution => {
                let open = Open::of(RESOLUTION, &base.resolution);
                if let Some(kept) = self.kept(line, &open) {
                    space.resolution = numbers(&base.resolution, &kept, line.span);
                    space.listed_by_base = Some(base.resolution.value.values().to_vec());
                }
            }
            Target::Depth(row) => {
                let depth = &base.rows[row].depth;
                if let Some(kept) = self.kept(line, &Open::of(DEPTH, depth)) {
                    let row = &mut space.rows[row];
                    row.depth = numbers(depth, &kept, line.span);
                    row.blocks.truncate(row.deepest() as usize);
                }
            }
            Target::Channels(row) => self.narrow_width(line, row, base, space),
            Target::Choice(choice) => self.narrow_choice(line, choice, names, space),
            Target::Attribute(row, name) => {
                self.narrow_attribute(line, (row, name), base, space);
            }
            // With the candidates of its blocks: see `arch::pin`.
            Target::Row(row) => {
                if let Wants::Domain(word, _) = line.wants {
                    let problem = report::row_is_fixed_by_blocks(line, word, &base.rows[row]);
                    self.found.push(problem);
                }
            }
        }
    }

    /// The values that a line keeps of what is open.
    fn kept(&mut self, line: Line<'a>, open: &Open) -> Option<Vec<AttributeValue>> {
        let wanted = match line.wants {
            Wants::Fixed(fix) => {
                let literal = self.picked(line, &fix.picks, open)?;
                vec![self.typed(open.kind, &literal)?]
            }
            Wants::Domain(word, _) if open.word != Some(word.value) => {
                return self.wrong(report::other_word(line, word, open));
            }
            Wants::Domain(_, domain) => self.domain_or_fixed(open.kind, domain)?.values().to_vec(),
        };
        let holds = |all: &[AttributeValue], one: &AttributeValue| {
            all.iter().any(|other| is_same(*other, *one))
        };
        let (inside, outside): (Vec<AttributeValue>, Vec<AttributeValue>) =
            wanted.iter().partition(|one| holds(&open.values, one));
        if !outside.is_empty() {
            return self.wrong(report::outside_base(line, &inside, &outside, open));
        }
        if open.values.iter().all(|one| holds(&wanted, one)) {
            self.found.push(report::narrows_nothing(line, open));
        }
        Some(wanted)
    }

    /// The only value behind `=`.
    fn picked(&mut self, line: Line<'a>, picks: &'a [Pick], open: &Open) -> Option<Literal> {
        match picks {
            [Pick::Number(number)] => Some(Literal {
                constant: Constant::Number(number.value),
                at: At::new(number.span),
            }),
            [Pick::Prim(Prim::Call { name, args, .. })] if args.is_empty() => {
                let is_searched = open.word == Some(ast::NarrowWord::In);
                match self.let_named(name).filter(|_| is_searched) {
                    Some((name, declared, LetMeaning::Domain(_))) => {
                        self.wrong(report::domain_to_search(name, declared))
                    }
                    _ => self.named_literal(name),
                }
            }
            _ => self.wrong(report::wants_one_value(line, open.kind)),
        }
    }

    fn narrow_width(&mut self, line: Line<'a>, row: usize, base: &Space, space: &mut Space) {
        let width = &base.rows[row].out_channels;
        let decided_by = width.value.decided_by;
        if let Some(other) = decided_by.filter(|&other| other != row) {
            let problem = report::width_of_other_row(line, width.span, &base.rows[other]);
            return self.found.push(problem);
        }
        let values = width.value.values.iter();
        let open = Open {
            kind: CHANNELS,
            values: values.map(|&one| AttributeValue::Integer(one)).collect(),
            word: decided_by.map(|_| ast::NarrowWord::In),
            span: width.span,
        };
        let Some(kept) = self.kept(line, &open) else {
            return;
        };
        space.rows[row].out_channels.span = line.span;
        let rows = space.rows.iter_mut();
        let widths = rows.flat_map(|row| [&mut row.in_channels, &mut row.out_channels.value]);
        for width in widths.filter(|width| width.decided_by == Some(row)) {
            let is_kept = |one: &u32| kept.contains(&AttributeValue::Integer(*one));
            width.values.retain(is_kept);
        }
    }

    fn narrow_choice(&mut self, line: Line<'a>, choice: usize, names: &Names, space: &mut Space) {
        let written = &names.base.choices[choice];
        let follower = names.follower(choice);
        let (alternative, attribute) = follower.expect("a target has a follower");
        let open = Open {
            kind: Callee::of_alternative(alternative).kind(attribute.name),
            values: written.values.clone(),
            word: Some(ast::NarrowWord::In),
            span: written.span,
        };
        let Some(kept) = self.kept(line, &open) else {
            return;
        };
        // Every follower has the values of the choice in its order, whatever their type.
        let is_kept = |value: &AttributeValue| kept.iter().any(|one| is_same(*one, *value));
        space.choices[choice].values.retain(is_kept);
        space.choices[choice].span = line.span;
        let narrowed = |block: &Block| {
            let mut block = block.clone();
            each_attribute(&mut block, &mut |attribute| {
                if attribute.choice == Some(choice) {
                    narrow_setting(attribute, &is_kept, line.span);
                }
            });
            Some(block)
        };
        for &row in &names.followers[&choice] {
            let row = &mut space.rows[row];
            row.blocks = changed(&row.blocks, narrowed).expect("every block is left");
        }
    }

    /// Candidates with another value drop out; those without the attribute stay.
    fn narrow_attribute(
        &mut self,
        line: Line<'a>,
        (row, name): (usize, AttributeName),
        base: &Space,
        space: &mut Space,
    ) {
        let open = open_attribute(&base.rows[row].blocks, name);
        let Some(kept) = self.kept(line, &open) else {
            return;
        };
        let is_kept = |value: &AttributeValue| kept.iter().any(|one| is_same(*one, *value));
        // Where no value of a choice is kept, what follows it drops out, and the choice stays whole.
        let cuts = |attribute: &Attribute| {
            let values = attribute.setting.values();
            values.iter().any(is_kept) && !values.iter().all(is_kept)
        };
        let of_row = of_name(&space.rows[row].blocks, name).into_iter();
        let mut cut = of_row.filter(|(_, attribute)| cuts(attribute));
        if let Some(choice) = cut.find_map(|(_, attribute)| attribute.choice) {
            let problem = report::follows_choice(line, &space.choices[choice], name);
            return self.found.push(problem);
        }
        let narrowed = |block: &Block| narrowed(block, name, &is_kept, line.span);
        match changed(&space.rows[row].blocks, narrowed) {
            Some(blocks) => space.rows[row].blocks = blocks,
            None => self
                .found
                .push(report::no_block_left(line, &base.rows[row], open.span)),
        }
    }
}

/// The left sides of a base, for the first few unknown ones: nobody reads more, and comparing all with all of
/// a large space would take minutes.
struct Suggestions<'s> {
    names: &'s Names<'s>,
    known: Vec<String>,
    left: usize,
}

impl<'s> Suggestions<'s> {
    fn of(names: &'s Names<'s>) -> Suggestions<'s> {
        Suggestions {
            names,
            known: Vec::new(),
            left: 20,
        }
    }

    fn next(&mut self) -> &[String] {
        if self.known.is_empty() {
            self.known = self.names.left_sides();
        }
        let is_given = self.left > 0;
        self.left = self.left.saturating_sub(1);
        match is_given {
            true => &self.known,
            false => &[],
        }
    }
}

/// Every attribute of a block, branches included, with the alternative that has it.
fn attributes<'s>(block: &'s Block, all: &mut Vec<(&'s Alternative, &'s Attribute)>) {
    for alternative in block.alternatives.iter() {
        let own = alternative.attributes.iter();
        all.extend(own.map(|attribute| (alternative, attribute)));
        let branches = alternative.branches.iter();
        branches.for_each(|branch| attributes(branch, all));
    }
}

fn of_name(blocks: &[Block], name: AttributeName) -> Vec<(&Alternative, &Attribute)> {
    let mut all = Vec::new();
    blocks.iter().for_each(|block| attributes(block, &mut all));
    all.retain(|(_, attribute)| attribute.name == name);
    all
}

/// The blocks as `change` makes them; those that share their alternatives still do. `None` where it leaves nothing of one.
fn changed(blocks: &[Block], change: impl Fn(&Block) -> Option<Block>) -> Option<Vec<Block>> {
    let mut known: BTreeMap<*const Alternative, Arc<[Alternative]>> = BTreeMap::new();
    let changed = |block: &Block| {
        let before = block.alternatives.as_ptr();
        if let Some(alternatives) = known.get(&before) {
            return Some(Block {
                alternatives: Arc::clone(alternatives),
                span: block.span,
            });
        }
        let changed = change(block)?;
        known.insert(before, Arc::clone(&changed.alternatives));
        Some(changed)
    };
    blocks.iter().map(changed).collect()
}

fn each_attribute(block: &mut Block, change: &mut impl FnMut(&mut Attribute)) {
    for alternative in Arc::make_mut(&mut block.alternatives) {
        alternative.attributes.iter_mut().for_each(&mut *change);
        for branch in &mut alternative.branches {
            each_attribute(branch, change);
        }
    }
}

/// All values that the candidates of a row have for an attribute. It is searched where there are several,
/// be it that alternatives have one each.
fn open_attribute(blocks: &[Block], name: AttributeName) -> Open {
    let all = of_name(blocks, name);
    let mut values: Vec<AttributeValue> = Vec::new();
    for value in all
        .iter()
        .flat_map(|(_, attribute)| attribute.setting.values())
    {
        if !values.iter().any(|other| is_same(*other, *value)) {
            values.push(*value);
        }
    }
    let searched = |attribute: &&Attribute| word(&attribute.setting).is_some();
    let mut written = all.iter().map(|(_, attribute)| *attribute);
    let place = written.clone().find(searched).or(written.next());
    let place = place.expect("a target's attribute is one of its row");
    let is_searched = values.len() > 1 || searched(&place);
    let kinds = all
        .iter()
        .map(|(of, _)| Callee::of_alternative(of).kind(name));
    let kind = kinds.reduce(Kind::wider).expect("there is an attribute");
    Open {
        kind,
        values,
        word: is_searched.then_some(ast::NarrowWord::In),
        span: place.span,
    }
}

/// What is left of a block; `None` when nothing is.
fn narrowed(
    block: &Block,
    name: AttributeName,
    is_kept: &impl Fn(&AttributeValue) -> bool,
    span: Span,
) -> Option<Block> {
    let alternative = |of: &Alternative| {
        let mut left = of.clone();
        for attribute in left.attributes.iter_mut().filter(|one| one.name == name) {
            // Those that stay as they are keep their place.
            if !attribute.setting.values().iter().all(is_kept) {
                narrow_setting(attribute, is_kept, span).then_some(())?;
            }
        }
        let branches = of.branches.iter();
        let branches = branches.map(|branch| narrowed(branch, name, is_kept, span));
        left.branches = branches.collect::<Option<_>>()?;
        Some(left)
    };
    let alternatives: Arc<[Alternative]> =
        block.alternatives.iter().filter_map(alternative).collect();
    (!alternatives.is_empty()).then_some(Block {
        alternatives,
        span: block.span,
    })
}

/// Whether some value stays.
fn narrow_setting(
    attribute: &mut Attribute,
    is_kept: &impl Fn(&AttributeValue) -> bool,
    span: Span,
) -> bool {
    match attribute.setting.keeping(|one| is_kept(one)) {
        Some(setting) => {
            attribute.setting = setting;
            attribute.span = span;
            true
        }
        None => false,
    }
}

/// A setting of numbers with the values that are kept.
fn numbers(
    setting: &Spanned<Setting<u32>>,
    kept: &[AttributeValue],
    span: Span,
) -> Spanned<Setting<u32>> {
    let is_kept = |one: &&u32| kept.contains(&AttributeValue::Integer(**one));
    let narrowed = setting.value.keeping(is_kept);
    Spanned::new(
        narrowed.expect("what is kept are values of the setting"),
        span,
    )
}
