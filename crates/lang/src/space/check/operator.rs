//! What may stand in a block: alternatives, each an operator with all its attributes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Checker;
use super::value::{Form, Kind};
use crate::source::{Name, Span};
use crate::space::operator::{AttributeSpec, OwnName};
use crate::space::recipe::Recipe;
use crate::space::resolve::Meaning;
use crate::space::{
    Alternative, Attribute, AttributeName, AttributeValue, Block, Operator, Setting, limits, report,
};
use crate::syntax::ast;

/// One alternative with the place it is reached from in the op at hand.
struct Reached {
    alternative: Alternative,
    prim: usize,
    span: Span,
}

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

/// The attributes written in one pair of parentheses; `None` where the value is wrong.
type Written = BTreeMap<AttributeName, Option<Attribute>>;

impl<'a> Checker<'a> {
    /// The alternatives of an op, nested `or`s and blocks flattened.
    pub(super) fn op(&mut self, op: &'a ast::Op) -> Option<Vec<Alternative>> {
        let mut reached = Vec::new();
        let mut is_whole = true;
        let mut prims = Vec::new();
        collect_prims(op, &mut prims);
        for (index, prim) in prims.into_iter().enumerate() {
            let Some(alternatives) = self.call(prim) else {
                is_whole = false;
                continue;
            };
            reached.extend(alternatives.into_iter().map(|alternative| Reached {
                alternative,
                prim: index,
                span: prim.span,
            }));
            self.check_size(&reached, op.span)?;
        }
        self.check_shared(&reached);
        let alternatives = reached.into_iter().map(|reached| reached.alternative);
        is_whole.then(|| alternatives.collect())
    }

    fn check_size(&mut self, reached: &[Reached], span: Span) -> Option<()> {
        let candidates = reached
            .iter()
            .map(|reached| candidate_count(&reached.alternative))
            .fold(0_u64, u64::saturating_add);
        match candidates > limits::CANDIDATES {
            true => self.wrong(report::too_many_candidates(candidates, span)),
            false => Some(()),
        }
    }

    /// No candidate may be reached on two ways: the paths through it would be counted twice.
    fn check_shared(&mut self, reached: &[Reached]) {
        for (at, later) in reached.iter().enumerate() {
            let earlier = reached[..at].iter().find(|earlier| {
                earlier.prim != later.prim && shares(&earlier.alternative, &later.alternative)
            });
            if let Some(earlier) = earlier {
                let candidate = shared_text(&earlier.alternative, &later.alternative);
                let problem = report::shared_candidate(&candidate, earlier.span, later.span);
                self.found.push(problem);
                return;
            }
        }
    }

    fn call(&mut self, call: Call<'a>) -> Option<Vec<Alternative>> {
        if let Some(operator) = Operator::from_word(&call.name.value) {
            let alternative = match operator {
                Operator::Sum => self.sum(call)?,
                _ => self.operator(&Callee::of(operator), call)?,
            };
            return Some(vec![alternative]);
        }
        self.block_call(call)
    }

    fn block_call(&mut self, call: Call<'a>) -> Option<Vec<Alternative>> {
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
                Some(vec![self.operator(&Callee::block(recipe), call)?])
            }
            Meaning::Block(_) if !call.args.is_empty() => {
                self.wrong(report::block_with_arguments(name, call.span, entry.name))
            }
            Meaning::Block(_) => {
                let alternatives = self.blocks.get(name.value.as_str()).cloned()??;
                Some(named(alternatives, &name.value))
            }
            Meaning::Let(_) | Meaning::Choice(_) | Meaning::Row(_) | Meaning::Table(_) => {
                self.wrong(report::wrong_kind(name, "an operator or a block", entry))
            }
        }
    }

    fn operator(&mut self, callee: &Callee, call: Call<'a>) -> Option<Alternative> {
        let operator = callee.operator;
        let written = self.written(callee, call);
        // With an unknown attribute in the parentheses, a missing one is probably the same mistake.
        let written = written?;
        let specs = callee.specs();
        let missing: Vec<&str> = specs
            .iter()
            .filter(|spec| !written.contains_key(&spec.name))
            .filter(|spec| self.default_for(callee, spec).is_none())
            .map(|spec| spec.name.as_str())
            .collect();
        if !missing.is_empty() {
            return self.wrong(report::missing_attributes(operator, &missing, call.name));
        }
        let attributes = specs
            .iter()
            .map(|spec| match written.get(&spec.name) {
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
    fn written(&mut self, callee: &Callee, call: Call<'a>) -> Option<Written> {
        let mut written: Written = BTreeMap::new();
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
            written.insert(name, typed);
        }
        is_whole.then_some(written)
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
                None => Some((Setting::Fixed(self.fixed(kind, value)?), None)),
            },
            ast::Binding::In(domain) => {
                let values = self.domain(kind, domain)?;
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

/// The outermost block name stays.
fn named(mut alternatives: Vec<Alternative>, block: &str) -> Vec<Alternative> {
    for alternative in &mut alternatives {
        alternative.block = Some(block.to_owned());
    }
    alternatives
}

pub(super) fn candidate_count(alternative: &Alternative) -> u64 {
    let attributes = alternative.attributes.iter();
    let sizes = attributes.map(|attribute| attribute.setting.values().len() as u64);
    let branches = alternative.branches.iter().map(block_count);
    sizes.chain(branches).fold(1, u64::saturating_mul)
}

/// How many candidates a block has for one width in and one width out.
pub(in crate::space) fn block_count(block: &Block) -> u64 {
    let alternatives = block.alternatives.iter().map(candidate_count);
    alternatives.fold(0, u64::saturating_add)
}

/// Whether some candidate belongs to both.
fn shares(a: &Alternative, b: &Alternative) -> bool {
    let branches = a.branches.iter().zip(&b.branches);
    a.operator == b.operator
        && common_values(a, b).is_some()
        && a.branches.len() == b.branches.len()
        && branches.into_iter().all(|(a, b)| blocks_share(a, b))
}

fn blocks_share(a: &Block, b: &Block) -> bool {
    let shared = |one: &Alternative| b.alternatives.iter().any(|other| shares(one, other));
    a.alternatives.iter().any(shared)
}

/// For each attribute the first value both may take.
fn common_values(a: &Alternative, b: &Alternative) -> Option<Vec<AttributeValue>> {
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
