//! What may be written in the rows of a block.

use std::collections::{BTreeMap, BTreeSet};

use super::complete::{Completion, CompletionKind, explained, with_text};
use super::context::{Detail, Head, Measure, Owner};
use super::names::What;
use super::{Project, hover, touches, words};
use crate::source::{FileId, Name};
use crate::space::{AttributeName, Operator, Verb, attribute_with, prelude};
use crate::syntax::ast::{self, Expr, ExprKind};

/// What rows use a parameter as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// A word of this attribute.
    Word(AttributeName),
    Number,
}

/// Blocks of rows by their names.
type Recipes<'a> = BTreeMap<&'a str, &'a ast::Recipe>;

/// `let`s of one value by their names.
type Lets<'a> = BTreeMap<&'a str, &'a ast::Value>;

impl Project<'_> {
    /// What a row of a block can be.
    pub(super) fn row_words(&self) -> Vec<Completion> {
        let verbs = Verb::ALL.iter().map(|verb| Completion {
            word: verb.as_str().to_owned(),
            kind: CompletionKind::Operator,
            text: words::verb(*verb).to_owned(),
        });
        let operators = Operator::ALL
            .iter()
            .filter(|one| prelude(**one).is_some() && Verb::from_word(one.as_str()).is_none());
        let operators = operators.map(|operator| Completion {
            word: operator.as_str().to_owned(),
            kind: CompletionKind::Operator,
            text: hover::page(*operator),
        });
        let mut all = self.named(|what| matches!(what, What::Recipe(_)));
        all.extend(verbs.chain(operators));
        all
    }

    /// What stands in the parentheses of a row: attributes, a word, and as many rows above as it reads.
    pub(super) fn details(&self, detail: &Detail<'_>) -> Vec<Completion> {
        let verb = Verb::from_word(detail.of);
        let is_row = |word: &&&str| **word == "input" || detail.rows.contains(*word);
        let reads = detail.alone.iter().filter(is_row).count();
        let mut all = self.attributes(Owner::Row(detail.of), &detail.written);
        let has_word = reads < detail.alone.len();
        if let Some(attribute) = verb.and_then(Verb::word).filter(|_| !has_word) {
            all.extend(self.words_for(attribute, &detail.head));
        }
        let (_, most) = verb.map_or((1, 1), Verb::reads);
        if reads < most {
            let rows = detail.rows.iter().copied().chain(["input"]);
            all.extend(rows.map(|word| with_text(word, CompletionKind::Row, "")));
        }
        all
    }

    /// What stands behind `=` in a row.
    pub(super) fn measure(&self, measure: &Measure<'_>) -> Vec<Completion> {
        match self.words_wanted(measure) {
            Some(attribute) if measure.is_first => self.words_for(attribute, &measure.head),
            Some(_) => Vec::new(),
            None => self.numbers(&measure.head),
        }
    }

    /// What can be set behind a row.
    pub(super) fn behind(&self, of: &str, written: &[&str]) -> Vec<Completion> {
        let is_block = || {
            let operator = Operator::from_word(of);
            operator.and_then(prelude).is_some() || self.recipes().contains_key(of)
        };
        let measures: &[&str] = match Verb::from_word(of) {
            Some(verb) => verb.measures(),
            None if is_block() => &["channels", "stride"],
            None => &[],
        };
        let open = measures.iter().filter(|word| !written.contains(*word));
        open.map(|word| with_text(word, CompletionKind::Keyword, word))
            .collect()
    }

    /// The attribute whose words can be set; `None` for numbers.
    fn words_wanted(&self, measure: &Measure<'_>) -> Option<AttributeName> {
        let of = measure.of?;
        let used = match Verb::from_word(of) {
            Some(verb) => return verb.words_of(measure.attribute),
            None if Operator::from_word(of).is_some() => use_in_operator(measure.attribute)?,
            None => {
                let recipes = self.recipes();
                use_of(recipes.get(of)?, measure.attribute, &recipes, None)?
            }
        };
        match used {
            Use::Word(attribute) => Some(attribute),
            Use::Number => None,
        }
    }

    /// Words of an attribute, and what may hold one.
    fn words_for(&self, attribute: AttributeName, head: &Head<'_>) -> Vec<Completion> {
        let mut all = explained(attribute.words(), CompletionKind::Value);
        all.extend(self.params(head, Use::Word(attribute)));
        all.extend(self.lets(Use::Word(attribute)));
        all
    }

    /// What a row can compute with.
    fn numbers(&self, head: &Head<'_>) -> Vec<Completion> {
        let shapes = words::SHAPES.iter();
        let shapes = shapes.map(|&(word, _)| with_text(word, CompletionKind::Value, word));
        let mut all = self.params(head, Use::Number);
        all.extend(shapes);
        all.extend(self.lets(Use::Number));
        all
    }

    /// The parameters that can be used so, beside what the other rows do with them.
    fn params(&self, head: &Head<'_>, wanted: Use) -> Vec<Completion> {
        let recipes = self.recipes();
        let declared = self.declarations().into_iter();
        let block = declared
            .filter_map(|one| match one.what {
                What::Recipe(recipe) => Some(recipe),
                _ => None,
            })
            .find(|recipe| recipe.span.file == FileId(0) && recipe.span.range().start == head.at);
        let used = |param: &str| use_of(block?, param, &recipes, Some(head.place));
        let params = head.params.iter();
        params
            .filter(|param| used(param).is_none_or(|used| used == wanted))
            .map(|param| with_text(param, CompletionKind::Attribute, ""))
            .collect()
    }

    /// The `let`s whose value can be used so.
    fn lets(&self, wanted: Use) -> Vec<Completion> {
        let mut lets = Lets::new();
        for one in self.declarations() {
            if let What::Let(item) = one.what
                && let ast::LetValue::Value(value) = &item.value
            {
                lets.entry(&item.name.value).or_insert(value);
            }
        }
        self.named(|what| match what {
            What::Let(ast::Let {
                value: ast::LetValue::Value(value),
                ..
            }) => is_value_for(value, wanted, &lets),
            _ => false,
        })
    }

    fn recipes(&self) -> Recipes<'_> {
        let mut recipes = Recipes::new();
        for one in self.declarations() {
            if let What::Recipe(recipe) = one.what {
                recipes.entry(&recipe.name.value).or_insert(recipe);
            }
        }
        recipes
    }
}

/// Whether a value, or what it names, is a number or a word as it is wanted. `let`s that name each other are
/// followed so far as nobody goes; a circle of them is none.
fn is_value_for(value: &ast::Value, wanted: Use, lets: &Lets<'_>) -> bool {
    let next = |value: &&ast::Value| match value {
        ast::Value::Name(name) => lets.get(name.value.as_str()).copied(),
        ast::Value::Number(_) => None,
    };
    let last = std::iter::successors(Some(value), next).take(64).last();
    match (last, wanted) {
        (Some(ast::Value::Number(_)), Use::Number) => true,
        (Some(ast::Value::Name(name)), Use::Word(attribute)) => {
            attribute.words().contains(&name.value.as_str())
        }
        _ => false,
    }
}

/// What the language's own operators use an attribute as.
fn use_in_operator(name: &str) -> Option<Use> {
    AttributeName::from_word(name).map(use_as)
}

fn use_as(attribute: AttributeName) -> Use {
    match attribute.words().is_empty() {
        true => Use::Number,
        false => Use::Word(attribute),
    }
}

/// What the rows of a block use a parameter as, also where they hand it on to other blocks; `None` where nothing
/// tells. A name at `place` is being written and counts for nothing.
fn use_of<'a>(
    recipe: &'a ast::Recipe,
    param: &'a str,
    recipes: &Recipes<'a>,
    place: Option<usize>,
) -> Option<Use> {
    let mut open = vec![(recipe, param)];
    let mut seen = BTreeSet::new();
    let mut is_handed = false;
    while let Some((recipe, param)) = open.pop() {
        // Blocks that name each other in a circle are wrong.
        if !seen.insert((&recipe.name.value, param)) {
            continue;
        }
        let uses = uses_in(recipe, param, place);
        if uses.is_empty() {
            // A block that is whole has numbers where nothing tells.
            let told = told_by_head(recipe, param);
            return told.or(is_handed.then_some(Use::Number));
        }
        is_handed = true;
        for found in uses {
            match found {
                Found::Use(used) => return Some(used),
                Found::Handed { to, name } => open.extend(recipes.get(to).map(|to| (*to, name))),
            }
        }
    }
    None
}

/// One use of a parameter in a row.
enum Found<'a> {
    Use(Use),
    /// A parameter of another block gets it.
    Handed {
        to: &'a str,
        name: &'a str,
    },
}

/// The places where the rows of a block write a parameter.
fn uses_in<'a>(recipe: &'a ast::Recipe, param: &str, place: Option<usize>) -> Vec<Found<'a>> {
    let is_written = |name: &Name| {
        let is_here = name.span.file == FileId(0);
        is_here && place.is_some_and(|place| touches(name.span, place))
    };
    let is_meant = |name: &Name| name.value == param && !is_written(name);
    let mut rows: BTreeSet<&str> = BTreeSet::new();
    let mut found = Vec::new();
    for part in &recipe.parts {
        let verb = Verb::from_word(&part.primitive.value);
        for detail in &part.details {
            match detail {
                ast::Detail::Measure(measure) => {
                    found.extend(use_in_measure(part, measure, &is_meant));
                }
                ast::Detail::Word(name) if is_meant(name) && !rows.contains(param) => {
                    let word = verb.and_then(Verb::word);
                    found.extend(word.map(|word| Found::Use(Use::Word(word))));
                }
                ast::Detail::Word(_) => {}
            }
        }
        let mut behind = part.measures.iter();
        if behind.any(|measure| stands(&measure.value, &is_meant).is_some()) {
            found.push(Found::Use(Use::Number));
        }
        rows.extend(part.name.as_ref().map(|name| name.value.as_str()));
    }
    found
}

/// What a parameter is in the parentheses of a row, if it stands behind this `=`.
fn use_in_measure<'a>(
    part: &'a ast::Part,
    measure: &'a ast::Measure,
    is_meant: &impl Fn(&Name) -> bool,
) -> Option<Found<'a>> {
    let (to, name) = (part.primitive.value.as_str(), measure.name.value.as_str());
    match stands(&measure.value, is_meant)? {
        Stands::InArithmetic => Some(Found::Use(Use::Number)),
        Stands::Alone => match Verb::from_word(to) {
            Some(verb) => Some(Found::Use(
                verb.words_of(name).map_or(Use::Number, Use::Word),
            )),
            None if Operator::from_word(to).is_some() => use_in_operator(name).map(Found::Use),
            None => Some(Found::Handed { to, name }),
        },
    }
}

/// How a name stands in an expression.
enum Stands {
    /// It is what its place wants.
    Alone,
    /// It is a number.
    InArithmetic,
}

fn stands(expr: &Expr, is_meant: &impl Fn(&Name) -> bool) -> Option<Stands> {
    match &expr.kind {
        ExprKind::Number(_) => None,
        ExprKind::Name(name) => is_meant(name).then_some(Stands::Alone),
        ExprKind::Group(inner) => stands(inner, is_meant),
        ExprKind::Call { of, .. } => stands(of, is_meant).map(|_| Stands::InArithmetic),
        ExprKind::Chain { first, rest } => {
            let mut sides = std::iter::once(&**first).chain(rest.iter().map(|(_, side)| side));
            let is_there = sides.any(|side| stands(side, is_meant).is_some());
            is_there.then_some(Stands::InArithmetic)
        }
    }
}

/// What a parameter is that no row writes: its default tells, and else its name.
fn told_by_head(recipe: &ast::Recipe, param: &str) -> Option<Use> {
    let mut params = recipe.params.iter();
    let declared = params.find(|one| one.name.value == param)?;
    match &declared.default {
        Some(ast::Value::Number(_)) => Some(Use::Number),
        Some(ast::Value::Name(word)) => attribute_with(&word.value).map(Use::Word),
        None => AttributeName::from_word(param).map(use_as),
    }
}
