//! Names inside of blocks of rows: parameters and rows, each block's own.

use super::names::{Declaration, Namespace, Occurrence, What};
use crate::source::Name;
use crate::space::{Verb, given_to_rows};
use crate::syntax::ast::{self, Detail, Expr, ExprKind, FileItem, Item};

/// The blocks that a file can see, for what calls of them mention.
#[derive(Debug, Clone, Default)]
pub(super) struct Blocks<'a> {
    recipes: Vec<&'a ast::Recipe>,
    aliases: Vec<&'a ast::Block>,
    rows: Vec<&'a ast::Row>,
}

impl<'a> Blocks<'a> {
    /// Those of files, each with whether one sees inside of its space.
    pub(super) fn of(files: impl IntoIterator<Item = (&'a ast::File, bool)>) -> Blocks<'a> {
        let mut blocks = Blocks::default();
        for (file, is_open) in files {
            for item in &file.items {
                match item {
                    FileItem::Recipe(recipe) => blocks.recipes.push(recipe),
                    FileItem::Block(block) => blocks.aliases.push(block),
                    FileItem::Space(space) if is_open => blocks.add_space(space),
                    _ => {}
                }
            }
        }
        blocks
    }

    fn add_space(&mut self, space: &'a ast::Space) {
        for item in &space.items {
            match item {
                Item::Recipe(recipe) => self.recipes.push(recipe),
                Item::Block(block) => self.aliases.push(block),
                Item::Row(row) => self.rows.push(row),
                _ => {}
            }
        }
    }

    /// The block whose parameter an attribute of a call sets.
    pub(super) fn param(&self, called: &str, attribute: &str) -> Option<&'a ast::Recipe> {
        self.param_of_any(vec![called], attribute)
    }

    /// The block in a row whose parameter a line of a derived space narrows.
    pub(super) fn param_of_row(&self, row: &str, attribute: &str) -> Option<&'a ast::Recipe> {
        let row = self.rows.iter().find(|one| one.name.value == row)?;
        let mut called = Vec::new();
        let ops = std::iter::once(&row.op).chain(&row.then);
        ops.for_each(|op| called_in(op, &mut called));
        self.param_of_any(called, attribute)
    }

    fn param_of_any<'n>(&self, mut open: Vec<&'n str>, attribute: &str) -> Option<&'a ast::Recipe>
    where
        'a: 'n,
    {
        let mut seen: Vec<&str> = Vec::new();
        while let Some(name) = open.pop() {
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            let mut recipes = self.recipes.iter().filter(|one| one.name.value == name);
            let found = recipes.find(|one| one.params.iter().any(|it| it.name.value == attribute));
            if let Some(&recipe) = found {
                return Some(recipe);
            }
            let aliases = self.aliases.iter().filter(|one| one.name.value == name);
            aliases.for_each(|one| called_in(&one.op, &mut open));
        }
        None
    }
}

/// The names that an op calls.
fn called_in<'a>(op: &'a ast::Op, names: &mut Vec<&'a str>) {
    for prim in &op.alternatives {
        match prim {
            ast::Prim::Group(op) => called_in(op, names),
            ast::Prim::Call { name, args, .. } => {
                names.push(&name.value);
                args.iter().for_each(|arg| match arg {
                    ast::Arg::Op(branch) => called_in(branch, names),
                    ast::Arg::Attribute(_) => {}
                });
            }
        }
    }
}

/// What a block declares inside: its parameters, and its rows with names.
pub(super) fn inside(recipe: &ast::Recipe) -> Vec<Declaration<'_>> {
    let params = recipe.params.iter().map(|param| Declaration {
        name: &param.name,
        what: What::Param(recipe, param),
    });
    let parts = recipe.parts.iter().filter_map(|part| {
        Some(Declaration {
            name: part.name.as_ref()?,
            what: What::Part(recipe, part),
        })
    });
    params.chain(parts).collect()
}

/// Every name of a block, where it is declared and where it is mentioned.
pub(super) fn occurrences<'a>(recipe: &'a ast::Recipe, blocks: &Blocks<'a>) -> Vec<Occurrence<'a>> {
    let mut walk = Walk {
        recipe,
        above: &[],
        found: Vec::new(),
    };
    walk.add(Namespace::Values, &recipe.name);
    for param in &recipe.params {
        walk.add(Namespace::Params(recipe.span), &param.name);
        if let Some(ast::Value::Name(name)) = &param.default {
            walk.add(Namespace::Values, name);
        }
    }
    for (at, part) in recipe.parts.iter().enumerate() {
        walk.above = &recipe.parts[..at];
        walk.part(part, blocks);
    }
    walk.found
}

struct Walk<'a> {
    recipe: &'a ast::Recipe,
    /// The rows above the one at hand.
    above: &'a [ast::Part],
    found: Vec<Occurrence<'a>>,
}

impl<'a> Walk<'a> {
    fn add(&mut self, namespace: Namespace, name: &'a Name) {
        self.found.push(Occurrence { namespace, name });
    }

    fn part(&mut self, part: &'a ast::Part, blocks: &Blocks<'a>) {
        if let Some(name) = &part.name {
            self.add(Namespace::Parts(self.recipe.span), name);
        }
        // What rows do has words of its own, which other things may be called.
        if Verb::from_word(&part.primitive.value).is_none() {
            self.add(Namespace::Values, &part.primitive);
        }
        for detail in &part.details {
            match detail {
                Detail::Word(name) => self.word(name),
                Detail::Measure(measure) => {
                    let name = &measure.name;
                    if let Some(called) = blocks.param(&part.primitive.value, &name.value) {
                        self.add(Namespace::Params(called.span), name);
                    }
                    self.expr(&measure.value);
                }
            }
        }
        let measures = part.measures.iter();
        measures.for_each(|measure| self.expr(&measure.value));
    }

    /// A row above, or a parameter that holds a word.
    fn word(&mut self, name: &'a Name) {
        let mut parts = self.above.iter();
        let is_part = parts.any(|part| {
            part.name
                .as_ref()
                .is_some_and(|one| one.value == name.value)
        });
        match is_part {
            true => self.add(Namespace::Parts(self.recipe.span), name),
            false => self.value(name),
        }
    }

    fn value(&mut self, name: &'a Name) {
        let mut params = self.recipe.params.iter();
        match params.any(|param| param.name.value == name.value) {
            true => self.add(Namespace::Params(self.recipe.span), name),
            false => self.add(Namespace::Values, name),
        }
    }

    fn expr(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Number(_) => {}
            ExprKind::Name(name) if given_to_rows(&name.value).is_some() => {}
            ExprKind::Name(name) => self.value(name),
            ExprKind::Group(inner) | ExprKind::Call { of: inner, .. } => self.expr(inner),
            ExprKind::Chain { first, rest } => {
                self.expr(first);
                rest.iter().for_each(|(_, side)| self.expr(side));
            }
        }
    }
}
