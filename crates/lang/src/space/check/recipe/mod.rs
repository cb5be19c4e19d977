//! Blocks of one's own where they are declared: names, attributes and types of their rows. What
//! depends on widths is checked where they are used.

mod number;
mod params;
mod part;
mod reads;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Checker;
use crate::source::Span;
use crate::space::recipe::{Part, Recipe, What};
use crate::space::{limits, report};
use crate::syntax::ast;

use params::Params;
pub(crate) use params::{attribute_with, given_to_rows};

/// Everything known while the rows of a block are looked at.
struct Rows<'r, 'a> {
    item: &'a ast::Recipe,
    params: &'r Params<'a>,
    /// The rows with a name above the one at hand, with their indices.
    named: BTreeMap<&'a str, usize>,
    /// How many rows stand above.
    above: usize,
}

impl<'a> Checker<'a> {
    pub(in crate::space::check) fn check_recipe(&mut self, item: &'a ast::Recipe) {
        let recipe = self.recipe(item).map(Arc::new);
        self.recipes.insert(&item.name.value, recipe);
    }

    fn recipe(&mut self, item: &'a ast::Recipe) -> Option<Recipe> {
        if item.parts.is_empty() {
            return self.wrong(report::no_parts(item));
        }
        let params = self.params(item)?;
        let parts = self.parts(item, &params)?;
        self.check_read(item, &parts)?;
        let size = parts.iter().map(size).fold(0, u64::saturating_add);
        if size > limits::PRIMITIVES {
            return self.wrong(report::recipe_too_large(item, size));
        }
        let depth = 1 + parts.iter().map(depth).max().unwrap_or(0);
        if depth > limits::NESTED {
            return self.wrong(report::recipe_too_deep(item));
        }
        self.warn_unused_params(item, &params);
        let params = params.checked()?;
        let efforts = parts.iter().map(Part::effort);
        Some(Recipe {
            effort: efforts.fold(params.len() as u64, u64::saturating_add),
            name: item.name.clone(),
            params,
            letters: parts.iter().map(letters).fold(0, u64::saturating_add),
            parts,
            size,
            depth,
            is_prelude: self.is_prelude,
        })
    }

    /// Every row is looked at, also after an error in another.
    fn parts(&mut self, item: &'a ast::Recipe, params: &Params<'a>) -> Option<Vec<Part>> {
        let mut rows = Rows {
            item,
            params,
            named: BTreeMap::new(),
            above: 0,
        };
        let names = self.part_names(item);
        let mut parts = Vec::new();
        for (part, name) in item.parts.iter().zip(names?) {
            parts.push(self.part(part, name, &rows));
            if let Some(name) = &part.name {
                rows.named.insert(&name.value, rows.above);
            }
            rows.above += 1;
        }
        parts.into_iter().collect()
    }

    /// What the rows are called: as written, or after what they do, with a number.
    fn part_names(&mut self, item: &'a ast::Recipe) -> Option<Vec<String>> {
        let mut taken: BTreeMap<String, Span> = BTreeMap::new();
        let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
        let mut names = Vec::new();
        let mut is_whole = true;
        for part in &item.parts {
            let number = numbers.entry(&part.primitive.value).or_default();
            *number += 1;
            let (name, span) = match &part.name {
                Some(name) => (name.value.clone(), name.span),
                None => {
                    let name = format!("{}{number}", part.primitive.value);
                    (name, part.primitive.span)
                }
            };
            if let Some(&first) = taken.get(&name) {
                self.found.push(report::duplicate_part(&name, span, first));
                is_whole = false;
            }
            taken.entry(name.clone()).or_insert(span);
            names.push(name);
        }
        is_whole.then_some(names)
    }
}

fn size(part: &Part) -> u64 {
    match &part.what {
        What::Squeeze(_) => 6,
        What::Shortcut(_) => 2,
        What::Add => part.reads.len() as u64,
        What::Block { recipe, .. } => recipe.size,
        _ => 1,
    }
}

/// Letters of its primitives' names, without what those that are several end in.
fn letters(part: &Part) -> u64 {
    let inside = match &part.what {
        What::Block { recipe, .. } => recipe.letters,
        _ => 0,
    };
    let own = size(part).saturating_mul(part.name.len() as u64);
    inside.saturating_add(own)
}

fn depth(part: &Part) -> u32 {
    match &part.what {
        What::Block { recipe, .. } => recipe.depth,
        _ => 0,
    }
}
