//! One namespace for a space: what each name stands for, and in which order to look at them.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use super::operator::{Activation, AttributeName, Norm, Operator, Padding};
use super::recipe::Verb;
use super::{Metric, report};
use crate::diagnostic::Diagnostic;
use crate::source::Name;
use crate::syntax::ast;

/// What a name stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning<'a> {
    Let(&'a ast::Let),
    Block(&'a ast::Block),
    Recipe(&'a ast::Recipe),
    Row(&'a ast::Row),
    Choice(&'a ast::Choice),
    Table(&'a ast::Table),
    /// Declared twice, and reported: what is meant cannot be known.
    Twice,
}

impl Meaning<'_> {
    /// With its article, for messages.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Meaning::Let(_) => "a `let`",
            Meaning::Block(_) | Meaning::Recipe(_) => "a block",
            Meaning::Row(row) if row.kind == ast::RowKind::Layer => "a layer",
            Meaning::Row(_) => "a stage",
            Meaning::Choice(_) => "a choice",
            Meaning::Table(_) => "a table",
            Meaning::Twice => "declared twice",
        }
    }
}

/// A declared name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a Name,
    pub(super) meaning: Meaning<'a>,
    /// Declared in the space itself, not at the level of a file.
    pub(super) is_local: bool,
}

/// Every name a space can see.
#[derive(Debug, Default)]
pub(super) struct Scope<'a> {
    entries: BTreeMap<&'a str, Entry<'a>>,
    /// In the order of declaration.
    declared: Vec<&'a str>,
    /// `let`s and blocks in a circle; reported.
    broken: BTreeSet<&'a str>,
    /// `let`s and blocks, what they rest on first; without the broken ones.
    ordered: Vec<Entry<'a>>,
    /// Names that were given for suggestions so far.
    suggested: Cell<usize>,
}

/// The most names that are given for suggestions: in a text full of unknown names nobody reads those,
/// and comparing all with all would take minutes.
const MOST_SUGGESTED: usize = 1_000_000;

impl<'a> Scope<'a> {
    pub(super) fn get(&self, name: &str) -> Option<Entry<'a>> {
        self.entries.get(name).copied()
    }

    /// `let`s and blocks, each after all it rests on.
    pub(super) fn ordered(&self) -> &[Entry<'a>] {
        &self.ordered
    }

    /// Every name, in the order of declaration.
    pub(super) fn declared(&self) -> Vec<Entry<'a>> {
        self.declared
            .iter()
            .map(|name| self.entries[name])
            .collect()
    }

    /// Whether so many more names are suggested: after many of them nobody reads them.
    pub(super) fn suggests(&self, names: usize) -> bool {
        let suggested = self.suggested.get().saturating_add(names);
        self.suggested.set(suggested);
        suggested <= MOST_SUGGESTED
    }

    /// The names for which `wanted` holds, for suggestions; none after many of them.
    pub(super) fn names(&self, wanted: impl Fn(Meaning) -> bool) -> Vec<&'a str> {
        if !self.suggests(self.declared.len()) {
            return Vec::new();
        }
        let names = self.declared.iter().copied();
        names
            .filter(|name| wanted(self.entries[name].meaning))
            .collect()
    }
}

/// Collects the names of a space (if any), which stands in one of the files, and of the files; what is used comes
/// behind what uses it.
pub(super) fn resolve<'a>(
    space: Option<&'a ast::Space>,
    files: &[&'a ast::File],
) -> (Scope<'a>, Vec<Diagnostic>) {
    let mut scope = Scope::default();
    let mut found = Vec::new();
    // What is used comes before what uses it, so that the latter is the double.
    for file in files.iter().rev() {
        for item in &file.items {
            declare(&mut scope, file_entry(item), &mut found);
        }
        let own = space.filter(|space| holds(file, space));
        for item in own.into_iter().flat_map(|space| &space.items) {
            declare(&mut scope, space_entry(item), &mut found);
        }
    }
    order(&mut scope, &mut found);
    (scope, found)
}

/// Whether a space, or what was taken from it, stands in a file.
fn holds(file: &ast::File, space: &ast::Space) -> bool {
    let is_it = |item: &ast::FileItem| matches!(item, ast::FileItem::Space(other) if other.span == space.span);
    file.items.iter().any(is_it)
}

fn file_entry(item: &ast::FileItem) -> Option<Entry<'_>> {
    let (name, meaning) = match item {
        ast::FileItem::Let(item) => (&item.name, Meaning::Let(item)),
        ast::FileItem::Block(item) => (&item.name, Meaning::Block(item)),
        ast::FileItem::Recipe(item) => (&item.name, Meaning::Recipe(item)),
        _ => return None,
    };
    Some(Entry {
        name,
        meaning,
        is_local: false,
    })
}

fn space_entry(item: &ast::Item) -> Option<Entry<'_>> {
    let (name, meaning) = match item {
        ast::Item::Let(item) => (&item.name, Meaning::Let(item)),
        ast::Item::Block(item) => (&item.name, Meaning::Block(item)),
        ast::Item::Recipe(item) => (&item.name, Meaning::Recipe(item)),
        ast::Item::Row(item) => (&item.name, Meaning::Row(item)),
        ast::Item::Choice(item) => (&item.name, Meaning::Choice(item)),
        ast::Item::Table(item) => (&item.name, Meaning::Table(item)),
        _ => return None,
    };
    Some(Entry {
        name,
        meaning,
        is_local: true,
    })
}

fn declare<'a>(scope: &mut Scope<'a>, entry: Option<Entry<'a>>, found: &mut Vec<Diagnostic>) {
    let Some(entry) = entry else { return };
    let name = entry.name.value.as_str();
    let is_verb = matches!(entry.meaning, Meaning::Recipe(_)) && Verb::from_word(name).is_some();
    let given = given_meaning(name).or(is_verb.then_some("a row of blocks"));
    if let Some(given) = given {
        found.push(report::reserved_name(entry.name, given));
    }
    if let Some(first) = scope.entries.get_mut(name) {
        found.push(report::duplicate_name(entry.name, first.name));
        first.meaning = Meaning::Twice;
        return;
    }
    scope.entries.insert(name, entry);
    scope.declared.push(name);
}

/// What the language itself means by a name, with its article.
pub(crate) fn given_meaning(name: &str) -> Option<&'static str> {
    let is_operator = Operator::from_word(name).is_some();
    let is_attribute = AttributeName::from_word(name).is_some()
        || [
            "channels",
            "resolution",
            "stride",
            "depth",
            "eps",
            "momentum",
        ]
        .contains(&name);
    let is_metric = Metric::from_word(name).is_some();
    let is_word = ["none", "classes", "image", "latency"].contains(&name)
        || Norm::ALL.iter().any(|norm| norm.as_str() == name)
        || Padding::ALL.iter().any(|rule| rule.as_str() == name);
    let is_act = Activation::ALL.iter().any(|act| act.as_str() == name);
    [
        (is_operator, "an operator"),
        (is_attribute, "an attribute"),
        (is_metric, "a metric"),
        (is_word, "a word of the language"),
        (is_act, "an activation"),
    ]
    .into_iter()
    .find_map(|(holds, kind)| holds.then_some(kind))
}

/// Walks `let`s and blocks along the names they mention; without recursion, so that a long chain
/// cannot exhaust the stack.
fn order<'a>(scope: &mut Scope<'a>, found: &mut Vec<Diagnostic>) {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in scope.declared() {
        walk(scope, start, &mut done, found);
    }
}

/// One name on the way down, with the names it mentions that are still to be visited.
struct Step<'a> {
    entry: Entry<'a>,
    pending: Vec<&'a str>,
}

fn walk<'a>(
    scope: &mut Scope<'a>,
    start: Entry<'a>,
    done: &mut BTreeSet<&'a str>,
    found: &mut Vec<Diagnostic>,
) {
    let mut trail: Vec<Step<'a>> = Vec::new();
    let mut on_trail: BTreeSet<&str> = BTreeSet::new();
    let mut next = Some(start);
    loop {
        if let Some(entry) = next.take()
            && !done.contains(entry.name.value.as_str())
        {
            on_trail.insert(&entry.name.value);
            let pending = mentioned(entry.meaning);
            trail.push(Step { entry, pending });
        }
        let Some(step) = trail.last_mut() else { return };
        match step.pending.pop() {
            Some(name) if on_trail.contains(name) => close_circle(scope, &trail, name, found),
            Some(name) => next = scope.get(name),
            None => {
                let step = trail.pop().expect("the trail was not empty");
                finish(scope, step.entry, done);
                on_trail.remove(step.entry.name.value.as_str());
            }
        }
    }
}

fn finish<'a>(scope: &mut Scope<'a>, entry: Entry<'a>, done: &mut BTreeSet<&'a str>) {
    let name = entry.name.value.as_str();
    done.insert(name);
    let is_named = matches!(
        entry.meaning,
        Meaning::Let(_) | Meaning::Block(_) | Meaning::Recipe(_)
    );
    if is_named && !scope.broken.contains(name) {
        scope.ordered.push(entry);
    }
}

fn close_circle<'a>(
    scope: &mut Scope<'a>,
    trail: &[Step<'a>],
    name: &str,
    found: &mut Vec<Diagnostic>,
) {
    let from = trail
        .iter()
        .position(|step| step.entry.name.value == name)
        .expect("the name is on the trail");
    let circle: Vec<&Name> = trail[from..].iter().map(|step| step.entry.name).collect();
    let is_known = circle
        .iter()
        .all(|name| scope.broken.contains(name.value.as_str()));
    scope
        .broken
        .extend(circle.iter().map(|name| name.value.as_str()));
    if !is_known {
        found.push(report::circular_name(&circle));
    }
}

/// The names a declaration mentions, last first.
fn mentioned(meaning: Meaning<'_>) -> Vec<&str> {
    let mut names = Vec::new();
    match meaning {
        Meaning::Let(item) => match &item.value {
            ast::LetValue::Value(value) => value_names(value, &mut names),
            ast::LetValue::Domain(domain) => domain_names(domain, &mut names),
        },
        Meaning::Block(item) => op_names(&item.op, &mut names),
        Meaning::Recipe(item) => recipe_names(item, &mut names),
        _ => {}
    }
    names.reverse();
    names
}

/// What rows and defaults mention, the block's own names left out.
fn recipe_names<'a>(item: &'a ast::Recipe, names: &mut Vec<&'a str>) {
    for param in &item.params {
        param
            .default
            .iter()
            .for_each(|value| value_names(value, names));
    }
    let params = item.params.iter().map(|param| param.name.value.as_str());
    let parts = item.parts.iter().filter_map(|part| part.name.as_ref());
    let own: BTreeSet<&str> = params
        .chain(parts.map(|name| name.value.as_str()))
        .collect();
    let mut inside = Vec::new();
    for part in &item.parts {
        if Verb::from_word(&part.primitive.value).is_none() {
            names.push(&part.primitive.value);
        }
        part_names(part, &mut inside);
    }
    names.extend(inside.into_iter().filter(|name| !own.contains(name)));
}

fn part_names<'a>(part: &'a ast::Part, names: &mut Vec<&'a str>) {
    for detail in &part.details {
        match detail {
            ast::Detail::Word(word) => names.push(&word.value),
            ast::Detail::Measure(measure) => expr_names(&measure.value, names),
        }
    }
    let measures = part.measures.iter();
    measures.for_each(|measure| expr_names(&measure.value, names));
}

fn expr_names<'a>(expr: &'a ast::Expr, names: &mut Vec<&'a str>) {
    match &expr.kind {
        ast::ExprKind::Number(_) => {}
        ast::ExprKind::Name(name) => names.push(&name.value),
        ast::ExprKind::Call { of: inner, .. } | ast::ExprKind::Group(inner) => {
            expr_names(inner, names);
        }
        ast::ExprKind::Chain { first, rest } => {
            expr_names(first, names);
            rest.iter().for_each(|(_, side)| expr_names(side, names));
        }
    }
}

fn op_names<'a>(op: &'a ast::Op, names: &mut Vec<&'a str>) {
    for prim in &op.alternatives {
        match prim {
            ast::Prim::Group(op) => op_names(op, names),
            ast::Prim::Call { name, args, .. } => {
                names.push(&name.value);
                args.iter().for_each(|arg| arg_names(arg, names));
            }
        }
    }
}

fn arg_names<'a>(arg: &'a ast::Arg, names: &mut Vec<&'a str>) {
    match arg {
        ast::Arg::Op(op) => op_names(op, names),
        ast::Arg::Attribute(attribute) => match &attribute.binding {
            ast::Binding::Is(value) => value_names(value, names),
            ast::Binding::In(domain) | ast::Binding::Fit(domain) => domain_names(domain, names),
        },
    }
}

/// The names a domain mentions.
pub(super) fn domain_names<'a>(domain: &'a ast::Domain, names: &mut Vec<&'a str>) {
    match &domain.kind {
        ast::DomainKind::Name(name) => names.push(&name.value),
        ast::DomainKind::Set(values) => values.iter().for_each(|value| value_names(value, names)),
        ast::DomainKind::Range { low, high, step } => {
            let values = [Some(low), Some(high), step.as_ref()];
            values
                .into_iter()
                .flatten()
                .for_each(|value| value_names(value, names));
        }
    }
}

fn value_names<'a>(value: &'a ast::Value, names: &mut Vec<&'a str>) {
    if let ast::Value::Name(name) = value {
        names.push(&name.value);
    }
}
