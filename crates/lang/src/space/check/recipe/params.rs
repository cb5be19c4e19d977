//! Parameters of a block: what each can be follows from the rows that use it.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostic;
use crate::source::Name;
use crate::space::check::Checker;
use crate::space::check::value::{Form, Kind, integer, ratio};
use crate::space::operator::OwnName;
use crate::space::recipe::{Param, Slot, Verb};
use crate::space::resolve::given_meaning;
use crate::space::{Activation, AttributeName, AttributeValue, Norm, Padding, limits, report};
use crate::syntax::ast::{self, Detail, Expr, ExprKind};

/// Words of rows that no parameter can be called.
pub(in crate::space) const SHAPE_WORDS: [&str; 3] = ["in_channels", "out_channels", "stride"];
pub(in crate::space) const ROUND8: &str = "round8";

/// The parameters of one block, in order.
pub(super) struct Params<'a>(Vec<Draft<'a>>);

struct Draft<'a> {
    item: &'a ast::Param,
    name: AttributeName,
    kind: Kind,
    is_used: bool,
    /// `None` where it is wrong, and reported; the inner one where none is written.
    default: Option<Option<AttributeValue>>,
}

impl<'a> Params<'a> {
    /// The parameter of a name: its place, and what it can be.
    pub(super) fn get(&self, name: &str) -> Option<(usize, Kind)> {
        let at = self.0.iter().position(|one| one.item.name.value == name)?;
        Some((at, self.0[at].kind))
    }

    pub(super) fn names(&self) -> Vec<&'a str> {
        let names = self.0.iter().map(|one| one.item.name.value.as_str());
        names.collect()
    }

    pub(super) fn checked(&self) -> Option<Vec<Param>> {
        let params = self.0.iter().map(|draft| {
            Some(Param {
                name: draft.name,
                default: draft.default?,
                kind: draft.kind,
            })
        });
        params.collect()
    }
}

impl<'a> Checker<'a> {
    pub(super) fn params(&mut self, item: &'a ast::Recipe) -> Option<Params<'a>> {
        if let Some(param) = item.params.get(limits::PARAMETERS) {
            let count = item.params.len();
            return self.wrong(report::recipe_of_many_params(param, count));
        }
        self.check_param_names(item)?;
        let uses = self.uses(item)?;
        let drafts = item.params.iter().map(|param| {
            let found = uses.get(param.name.value.as_str());
            let kind = self.kind_of_param(param, found.copied());
            Draft {
                item: param,
                name: attribute_name(&param.name.value),
                kind,
                is_used: found.is_some(),
                default: match &param.default {
                    Some(value) => self.fixed(kind, value).map(Some),
                    None => Some(None),
                },
            }
        });
        let params = Params(drafts.collect());
        // A wrong default is reported; the rows are looked at all the same.
        Some(params)
    }

    fn check_param_names(&mut self, item: &'a ast::Recipe) -> Option<()> {
        let mut first: BTreeMap<&str, &Name> = BTreeMap::new();
        let mut is_whole = true;
        for param in &item.params {
            let name = &param.name;
            if let Some(given) = given_to_rows(&name.value) {
                self.found.push(report::reserved_name(name, given));
                is_whole = false;
            }
            if let Some(first) = first.insert(&name.value, name) {
                self.found.push(report::duplicate_name(name, first));
                is_whole = false;
            }
        }
        is_whole.then_some(())
    }

    /// Without a row that uses it, the default tells what a parameter is, and without a default its name.
    fn kind_of_param(&self, param: &ast::Param, used: Option<Slot>) -> Kind {
        let own = attribute_name(&param.name.value);
        let name = own.as_str();
        match used {
            Some(Slot::Kernel) => Kind::of(AttributeName::Kernel).called(name),
            Some(Slot::Count) => integer(name, 1, limits::WIDTH),
            Some(Slot::Number) => ratio(name, 0, limits::NUMBER, 9),
            Some(Slot::Word(attribute)) => word(name, attribute),
            None => {
                let told = match &param.default {
                    Some(ast::Value::Name(value)) => attribute_with(&value.value),
                    Some(ast::Value::Number(_)) => None,
                    None => Some(own).filter(|own| !own.words().is_empty()),
                };
                match told {
                    Some(attribute) => word(name, attribute),
                    None => ratio(name, 0, limits::NUMBER, 9),
                }
            }
        }
    }

    /// What every parameter that a row takes is used as.
    fn uses(&mut self, item: &'a ast::Recipe) -> Option<BTreeMap<&'a str, Slot>> {
        let mut uses = Uses {
            params: item
                .params
                .iter()
                .map(|param| param.name.value.as_str())
                .collect(),
            found: BTreeMap::new(),
            clash: None,
        };
        for (at, part) in item.parts.iter().enumerate() {
            self.written_uses(part, &item.parts[..at], &mut uses);
            for attribute in self.implied(part, &item.parts[..at]) {
                uses.implied(attribute, part);
            }
        }
        match uses.clash {
            Some(problem) => self.wrong(problem),
            None => Some(uses.found),
        }
    }

    /// The parameters that a row writes. What it does not know is reported with the row.
    fn written_uses(&self, part: &'a ast::Part, above: &[ast::Part], uses: &mut Uses<'a>) {
        for measure in inside(part) {
            if let Some(slot) = self.slot(part, &measure.name.value) {
                uses.expr(&measure.value, slot);
            }
        }
        let attribute = Verb::from_word(&part.primitive.value).and_then(Verb::word);
        if let Some((attribute, name)) = attribute.zip(word_of(part, above)) {
            uses.name(name, Slot::Word(attribute));
        }
        for measure in &part.measures {
            uses.expr(&measure.value, Slot::Count);
        }
    }

    /// The words that a row does not write, and takes from the parameters that are called like them.
    fn implied(&self, part: &ast::Part, above: &[ast::Part]) -> Vec<AttributeName> {
        let is_written = |attribute: AttributeName| {
            inside(part).any(|measure| measure.name.value == attribute.as_str())
        };
        let mut words = match Verb::from_word(&part.primitive.value) {
            Some(Verb::Conv | Verb::DwConv) => vec![AttributeName::Padding],
            Some(verb) => {
                let word = verb.word().filter(|_| word_of(part, above).is_none());
                word.into_iter().collect()
            }
            None => match self.row_block(&part.primitive.value) {
                Some(recipe) => recipe.params.iter().filter_map(Param::own_word).collect(),
                None => Vec::new(),
            },
        };
        words.retain(|word| !is_written(*word));
        words
    }

    /// What an attribute in a row's parentheses is.
    fn slot(&self, part: &ast::Part, name: &str) -> Option<Slot> {
        if let Some(verb) = Verb::from_word(&part.primitive.value) {
            let mut attributes = verb.attributes().iter();
            return attributes
                .find(|(attribute, ..)| *attribute == name)
                .map(|&(_, slot, _)| slot);
        }
        let recipe = self.row_block(&part.primitive.value)?;
        let param = recipe
            .params
            .iter()
            .find(|param| param.name.as_str() == name)?;
        Some(match param.kind.form {
            Form::Integer { is_odd: true, .. } => Slot::Kernel,
            Form::Integer { .. } | Form::Depth => Slot::Count,
            Form::Ratio { .. } => Slot::Number,
            Form::Word(attribute) => Slot::Word(attribute),
        })
    }

    pub(super) fn warn_unused_params(&mut self, item: &ast::Recipe, params: &Params<'a>) {
        for draft in params.0.iter().filter(|draft| !draft.is_used) {
            let problem = report::unused_parameter(&draft.item.name, &item.name);
            self.found.push(problem);
        }
    }
}

/// What stands with `=` in a row's parentheses.
fn inside(part: &ast::Part) -> impl Iterator<Item = &ast::Measure> {
    part.details.iter().filter_map(|detail| match detail {
        Detail::Measure(measure) => Some(measure),
        Detail::Word(_) => None,
    })
}

/// The word in a row's parentheses that is no row above: `gelu` in `act(gelu)`.
fn word_of<'a>(part: &'a ast::Part, above: &[ast::Part]) -> Option<&'a Name> {
    let is_read = |name: &Name| {
        let mut rows = above.iter().filter_map(|row| row.name.as_ref());
        name.value == "input" || rows.any(|row| row.value == name.value)
    };
    part.details.iter().find_map(|detail| match detail {
        Detail::Word(name) if !is_read(name) => Some(name),
        Detail::Word(_) | Detail::Measure(_) => None,
    })
}

/// The parameters that rows take.
struct Uses<'a> {
    params: BTreeSet<&'a str>,
    found: BTreeMap<&'a str, Slot>,
    /// The first one that is of one type here and of another there.
    clash: Option<Diagnostic>,
}

impl<'a> Uses<'a> {
    fn name(&mut self, name: &'a Name, slot: Slot) {
        if !self.agrees(&name.value, slot) {
            self.clash.get_or_insert_with(|| report::two_kinds(name));
        }
    }

    /// A row without a word takes the parameter that is called like it.
    fn implied(&mut self, attribute: AttributeName, part: &'a ast::Part) {
        if !self.agrees(attribute.as_str(), Slot::Word(attribute)) {
            let row = &part.primitive;
            self.clash
                .get_or_insert_with(|| report::implied_of_another_kind(attribute, row));
        }
    }

    /// Notes one more use; whether it goes together with those above.
    fn agrees(&mut self, name: &str, slot: Slot) -> bool {
        let Some(&param) = self.params.get(name) else {
            return true;
        };
        let known = *self.found.entry(param).or_insert(slot);
        match (known, slot) {
            (Slot::Word(a), Slot::Word(b)) => return a == b,
            (Slot::Word(_), _) | (_, Slot::Word(_)) => return false,
            // The narrowest use says what it can be.
            (Slot::Kernel, _) | (_, Slot::Number) => {}
            (Slot::Count | Slot::Number, Slot::Kernel | Slot::Count) => {
                self.found.insert(param, slot);
            }
        }
        true
    }

    /// A name by itself is what its place wants; in arithmetic it is a number.
    fn expr(&mut self, expr: &'a Expr, slot: Slot) {
        match &expr.kind {
            ExprKind::Number(_) => {}
            ExprKind::Name(name) => self.name(name, slot),
            ExprKind::Group(inner) => self.expr(inner, slot),
            ExprKind::Call { of, .. } => self.expr(of, Slot::Number),
            ExprKind::Chain { first, rest } => {
                self.expr(first, Slot::Number);
                for (_, side) in rest {
                    self.expr(side, Slot::Number);
                }
            }
        }
    }
}

/// The language's attribute of that name, or one of the block's own.
fn attribute_name(name: &str) -> AttributeName {
    AttributeName::from_word(name).unwrap_or_else(|| AttributeName::Own(OwnName::new(name)))
}

fn word(name: &'static str, attribute: AttributeName) -> Kind {
    Kind {
        name,
        form: Form::Word(attribute),
    }
}

/// The attribute that has a value of this word.
pub(crate) fn attribute_with(word: &str) -> Option<AttributeName> {
    if Activation::from_word(word).is_some() {
        return Some(AttributeName::Act);
    }
    let norm = Norm::from_word(word).map(|_| AttributeName::Norm);
    norm.or_else(|| Padding::from_word(word).map(|_| AttributeName::Padding))
}

/// What the language means by a word that no parameter can be called, with its article.
pub(crate) fn given_to_rows(name: &str) -> Option<&'static str> {
    if SHAPE_WORDS.contains(&name) || name == ROUND8 {
        return Some("a word of a block's rows");
    }
    given_meaning(name).filter(|_| AttributeName::from_word(name).is_none())
}
