//! What may stand in a block: alternatives, each an operator with all its attributes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::size::bulk;
use super::value::{Form, Kind};
use super::{Checker, shared};
use crate::source::{Name, Span};
use crate::space::operator::{AttributeSpec, OwnName};
use crate::space::recipe::Recipe;
use crate::space::resolve::Meaning;
use crate::space::{
    Alternative, Attribute, AttributeName, AttributeValue, Block, Operator, Setting, limits, report,
};
use crate::syntax::ast;

/// What is called: an operator of the language, or a block of rows.
#[derive(Clone)]
pub(super) struct Callee {
    operator: Operator,
    recipe: Option<Arc<Recipe>>,
}

impl Callee {
    pub(super) fn of(operator: Operator) -> Callee {
        Callee {
            operator,
            recipe: None,
        }
    }

    /// What an alternative calls.
    pub(super) fn of_alternative(alternative: &Alternative) -> Callee {
        Callee {
            operator: alternative.operator,
            recipe: alternative.recipe.clone(),
        }
    }

    fn block(recipe: Arc<Recipe>) -> Callee {
        Callee {
            operator: Operator::Own(OwnName::new(&recipe.name.value)),
            recipe: Some(recipe),
        }
    }

    /// What it takes, in order.
    fn specs(&self) -> Vec<AttributeSpec> {
        let Some(recipe) = &self.recipe else {
            return self.operator.attributes().to_vec();
        };
        let params = recipe.params.iter();
        params
            .map(|param| AttributeSpec {
                name: param.name,
                default: param.default.or(language_default(param.name, param.kind)),
            })
            .collect()
    }

    pub(super) fn kind(&self, name: AttributeName) -> Kind {
        let params = self.recipe.iter().flat_map(|recipe| &recipe.params);
        let param = params.into_iter().find(|param| param.name == name);
        param.map_or_else(|| Kind::of(name), |param| param.kind)
    }
}

/// A parameter that is called like an attribute, and is one, has the language's value.
fn language_default(name: AttributeName, kind: Kind) -> Option<AttributeValue> {
    match (name, kind.form) {
        (AttributeName::Act | AttributeName::Norm | AttributeName::Padding, Form::Word(word))
            if word == name =>
        {
            let of_conv = Operator::Conv.attribute(name)?;
            of_conv.default
        }
        _ => None,
    }
}

/// The attributes in one pair of parentheses; `None` where the value is wrong.
type Arguments = BTreeMap<AttributeName, Option<Attribute>>;

impl<'a> Checker<'a> {
    /// The alternatives of an op, nested `or`s and blocks flattened.
    pub(super) fn op(&mut self, op: &'a ast::Op) -> Option<Arc<[Alternative]>> {
        let mut reached: Vec<(Span, Arc<[Alternative]>)> = Vec::new();
        let mut candidates = 0;
        let mut is_whole = true;
        let mut prims = Vec::new();
        collect_prims(op, &mut prims);
        for prim in prims {
            let Some(alternatives) = self.call(prim) else {
                is_whole = false;
                continue;
            };
            candidates = count(&alternatives).saturating_add(candidates);
            self.check_size(candidates, op.span)?;
            self.count_bulk(&alternatives, op.span)?;
            reached.push((prim.span, alternatives));
        }
        self.check_shared(&reached);
        is_whole.then(|| joined(reached))
    }

    fn check_size(&mut self, candidates: u64, span: Span) -> Option<()> {
        match candidates > limits::CANDIDATES {
            true => self.wrong(report::too_many_candidates(candidates, span)),
            false => Some(()),
        }
    }

    /// Counts what may stand somewhere; `None` when it is too much, with all before it.
    fn count_bulk(&mut self, alternatives: &[Alternative], span: Span) -> Option<()> {
        let tell = |bulk| self.found.push(report::too_bulky(bulk, span));
        self.bulk.add(bulk(alternatives), tell)
    }

    /// No candidate may be reached on two ways: the paths through it would be counted twice.
    fn check_shared(&mut self, reached: &[(Span, Arc<[Alternative]>)]) {
        if let Some([(first, one), (second, other)]) = shared::find(reached) {
            let candidate = shared_text(one, other);
            let problem = report::shared_candidate(&candidate, first, second);
            self.found.push(problem);
        }
    }

    fn call(&mut self, call: Call<'a>) -> Option<Arc<[Alternative]>> {
        if let Some(operator) = Operator::from_word(&call.name.value) {
            let alternative = match operator {
                Operator::Sum => self.sum(call)?,
                _ => self.operator(&Callee::of(operator), call)?,
            };
            return Some([alternative].into());
        }
        self.block_call(call)
    }

    fn block_call(&mut self, call: Call<'a>) -> Option<Arc<[Alternative]>> {
        let name = call.name;
        let Some(entry) = self.scope.get(&name.value) else {
            let blocks = self
                .scope
                .names(|meaning| matches!(meaning, Meaning::Block(_) | Meaning::Recipe(_)));
            return self.wrong(report::unknown_operator(name, &blocks));
        };
        self.used.insert(&name.value);
        match entry.meaning {
            Meaning::Twice => None,
            Meaning::Recipe(_) => {
                let recipe = self.recipes.get(name.value.as_str()).cloned()??;
                Some([self.operator(&Callee::block(recipe), call)?].into())
            }
            Meaning::Block(_) if !call.args.is_empty() => {
                self.wrong(report::block_with_arguments(name, call.span, entry.name))
            }
            Meaning::Block(_) => self.blocks.get(name.value.as_str()).cloned()?,
            Meaning::Let(_) | Meaning::Choice(_) | Meaning::Row(_) | Meaning::Table(_) => {
                self.wrong(report::wrong_kind(name, "an operator or a block", entry))
            }
        }
    }

    fn operator(&mut self, callee: &Callee, call: Call<'a>) -> Option<Alternative> {
        let operator = callee.operator;
        // With an unknown attribute in the parentheses, a missing one is probably the same mistake.
        let arguments = self.arguments(callee, call)?;
        let specs = callee.specs();
        let missing: Vec<&str> = specs
            .iter()
            .filter(|spec| !arguments.contains_key(&spec.name))
            .filter(|spec| self.default_for(callee, spec).is_none())
            .map(|spec| spec.name.as_str())
            .collect();
        if !missing.is_empty() {
            return self.wrong(report::missing_attributes(operator, &missing, call.name));
        }
        let attributes = specs
            .iter()
            .map(|spec| match arguments.get(&spec.name) {
                Some(attribute) => attribute.clone(),
                None => Some(Attribute {
                    name: spec.name,
                    setting: Setting::Fixed(self.default_for(callee, spec)??),
                    choice: None,
                    span: call.name.span,
                }),
            })
            .collect::<Option<Vec<Attribute>>>()?;
        Some(Alternative {
            operator,
            attributes,
            branches: Vec::new(),
            recipe: callee.recipe.clone(),
            block: None,
            span: call.span,
        })
    }

    /// The file's default, then the language's; `Some(None)` for one that is wrong, and reported.
    fn default_for(&self, callee: &Callee, spec: &AttributeSpec) -> Option<Option<AttributeValue>> {
        // A pool without a window is over the whole map; `default kernel` must not change that.
        // A block's parameter may be of another type than the attribute of that name.
        let of_file = self
            .defaults
            .attributes
            .get(&spec.name)
            .filter(|_| !callee.operator.is_pool())
            .filter(|value| value.is_none_or(|value| callee.kind(spec.name).takes(value)));
        of_file.copied().or(spec.default.map(Some))
    }

    /// What stands in the parentheses; `None` if something in there is no attribute of the operator.
    fn arguments(&mut self, callee: &Callee, call: Call<'a>) -> Option<Arguments> {
        let mut arguments = Arguments::new();
        let mut spans: BTreeMap<AttributeName, Span> = BTreeMap::new();
        let mut is_whole = true;
        for arg in call.args {
            let Some((name, attribute)) = self.attribute_name(callee, arg) else {
                is_whole = false;
                continue;
            };
            if let Some(&first) = spans.get(&name) {
                self.found
                    .push(report::duplicate_attribute(&attribute.name, first));
                is_whole = false;
                continue;
            }
            spans.insert(name, attribute.span);
            let setting = self.setting(callee.kind(name), attribute);
            let typed = setting.map(|(setting, choice)| Attribute {
                name,
                setting,
                choice,
                span: attribute.span,
            });
            arguments.insert(name, typed);
        }
        is_whole.then_some(arguments)
    }

    pub(super) fn attribute_name(
        &mut self,
        callee: &Callee,
        arg: &'a ast::Arg,
    ) -> Option<(AttributeName, &'a ast::Attribute)> {
        let operator = callee.operator;
        let attribute = match arg {
            ast::Arg::Op(op) => return self.wrong(report::not_an_attribute(operator, op)),
            ast::Arg::Attribute(attribute) => attribute,
        };
        let known = callee.specs();
        let mut names = known.iter().map(|spec| spec.name);
        match names.find(|name| name.as_str() == attribute.name.value) {
            Some(name) => Some((name, attribute)),
            None => {
                let text = self.sources.text(attribute.span);
                let known: Vec<&str> = known.iter().map(|spec| spec.name.as_str()).collect();
                self.wrong(report::unknown_attribute(operator, &known, attribute, text))
            }
        }
    }

    /// The value or domain, and the choice that is followed, if one is.
    fn setting(
        &mut self,
        kind: Kind,
        attribute: &'a ast::Attribute,
    ) -> Option<(Setting<AttributeValue>, Option<usize>)> {
        match &attribute.binding {
            ast::Binding::Is(value) => match self.choice_named(value) {
                Some((name, choice)) => {
                    let (index, values) = self.follow(kind, name, choice)?;
                    Some((Setting::Searched(values), Some(index)))
                }
                None => Some((Setting::Fixed(self.fixed_or_searched(kind, value)?), None)),
            },
            ast::Binding::In(domain) => {
                let values = self.domain_or_followed(kind, domain)?;
                self.warn_single(attribute, domain, values.values().len());
                Some((Setting::Searched(values), None))
            }
            ast::Binding::Fit(domain) => {
                let text = self.sources.text(domain.span);
                self.wrong(report::fit_not_allowed(attribute, text))
            }
        }
    }
}

/// `NAME` or `NAME(ARGS)`.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) name: &'a Name,
    pub(super) args: &'a [ast::Arg],
    pub(super) span: Span,
}

fn collect_prims<'a>(op: &'a ast::Op, calls: &mut Vec<Call<'a>>) {
    for prim in &op.alternatives {
        match prim {
            ast::Prim::Group(op) => collect_prims(op, calls),
            ast::Prim::Call { name, args, span } => calls.push(Call {
                name,
                args,
                span: *span,
            }),
        }
    }
}

/// What all calls of an op reach, in order.
fn joined(mut reached: Vec<(Span, Arc<[Alternative]>)>) -> Arc<[Alternative]> {
    match reached.len() {
        1 => reached.swap_remove(0).1,
        _ => {
            let all = reached
                .iter()
                .flat_map(|(_, alternatives)| alternatives.iter());
            all.cloned().collect()
        }
    }
}

/// The same, reached by the name of a block: the outermost name stays.
pub(super) fn named(alternatives: &[Alternative], block: &str) -> Arc<[Alternative]> {
    let named = alternatives.iter().map(|alternative| Alternative {
        block: Some(block.to_owned()),
        ..alternative.clone()
    });
    named.collect()
}

pub(super) fn candidate_count(alternative: &Alternative) -> u64 {
    let attributes = alternative.attributes.iter();
    let sizes = attributes.map(|attribute| attribute.setting.values().len() as u64);
    let branches = alternative.branches.iter().map(block_count);
    sizes.chain(branches).fold(1, u64::saturating_mul)
}

/// How many candidates a block has for one width in and one width out.
pub(in crate::space) fn block_count(block: &Block) -> u64 {
    count(&block.alternatives)
}

fn count(alternatives: &[Alternative]) -> u64 {
    let counts = alternatives.iter().map(candidate_count);
    counts.fold(0, u64::saturating_add)
}

/// For each attribute the first value both may take.
pub(super) fn common_values(a: &Alternative, b: &Alternative) -> Option<Vec<AttributeValue>> {
    let pairs = a.attributes.iter().zip(&b.attributes);
    pairs
        .map(|(a, b)| {
            let (a, b) = (a.setting.values(), b.setting.values());
            a.iter().copied().find(|value| b.contains(value))
        })
        .collect()
}

/// The first common candidate, with the attributes that one of the two searches.
fn shared_text(a: &Alternative, b: &Alternative) -> String {
    let values = common_values(a, b).expect("the two share a candidate");
    let searched: Vec<String> = (a.attributes.iter().zip(&b.attributes))
        .zip(values)
        .filter(|((a, b), _)| [a, b].iter().any(|one| one.setting.values().len() > 1))
        .map(|((a, _), value)| format!("{} = {value}", a.name))
        .collect();
    match searched.is_empty() {
        true => a.operator.to_string(),
        false => format!("{}({})", a.operator, searched.join(", ")),
    }
}
