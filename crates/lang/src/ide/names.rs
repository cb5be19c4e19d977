//! Every name a file declares or mentions, and which declaration is meant.

use super::recipes::{self, Blocks};
use super::{Project, touches};
use crate::source::{FileId, Name, Span};
use crate::syntax::ast::{self, FileItem, Item};

/// Names of one namespace differ from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Namespace {
    /// `let`s, blocks, rows, choices and tables.
    Values,
    /// Spaces.
    Spaces,
    /// Architectures.
    Archs,
    /// Parameters of the block of rows that stands here.
    Params(Span),
    /// Rows of the block that stands here.
    Parts(Span),
}

/// Something with a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Declaration<'a> {
    pub(super) name: &'a Name,
    pub(super) what: What<'a>,
}

/// What it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum What<'a> {
    Let(&'a ast::Let),
    Block(&'a ast::Block),
    Recipe(&'a ast::Recipe),
    Param(&'a ast::Recipe, &'a ast::Param),
    Part(&'a ast::Recipe, &'a ast::Part),
    Row(&'a ast::Row),
    Choice(&'a ast::Choice),
    Table(&'a ast::Table),
    Space(&'a ast::Space),
    Arch(&'a ast::Arch),
}

impl What<'_> {
    pub(super) fn namespace(self) -> Namespace {
        match self {
            What::Space(_) => Namespace::Spaces,
            What::Arch(_) => Namespace::Archs,
            What::Param(recipe, _) => Namespace::Params(recipe.span),
            What::Part(recipe, _) => Namespace::Parts(recipe.span),
            _ => Namespace::Values,
        }
    }

    /// The whole item.
    pub(super) fn span(self) -> Span {
        match self {
            What::Let(item) => item.span,
            What::Block(item) => item.span,
            What::Recipe(item) => item.span,
            What::Param(_, item) => item.span,
            What::Part(_, item) => item.span,
            What::Row(item) => item.span,
            What::Choice(item) => item.span,
            What::Table(item) => item.span,
            What::Space(item) => item.span,
            What::Arch(item) => item.span,
        }
    }
}

/// A name where it is declared or mentioned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occurrence<'a> {
    pub(super) namespace: Namespace,
    pub(super) name: &'a Name,
}

impl Occurrence<'_> {
    /// Whether it means what the other one does.
    pub(super) fn is_of(&self, other: &Occurrence<'_>) -> bool {
        self.namespace == other.namespace && self.name.value == other.name.value
    }
}

impl Project<'_> {
    /// The name under a place of the file itself.
    pub(super) fn occurrence_at(&self, offset: usize) -> Option<Occurrence<'_>> {
        let mut all = self.occurrences().into_iter();
        all.find(|one| touches(one.name.span, offset))
    }

    /// Every name of the file itself, see [`occurrences`].
    pub(super) fn occurrences(&self) -> Vec<Occurrence<'_>> {
        self.occurrences_in(&self.unit.ast)
    }

    /// Every name of a file at hand.
    pub(super) fn occurrences_in<'s>(&'s self, file: &'s ast::File) -> Vec<Occurrence<'s>> {
        let files = std::iter::once(&self.unit.ast).chain(&self.used);
        let blocks = files.map(|file| (file, self.is_of_the_space(file)));
        occurrences(file, Blocks::of(blocks))
    }

    /// Whether rows of a file can be meant: it holds the space at hand or one that this is derived from. That is any
    /// where one of these is missing.
    fn is_of_the_space(&self, file: &ast::File) -> bool {
        let descent = &self.unit.descent;
        descent.is_empty() || descent.contains(&file.span.file)
    }

    /// The file itself and, where its space is derived from another, those of all its bases.
    pub(super) fn line_of_descent(&self) -> Vec<&ast::File> {
        let own = &self.unit.ast;
        let bases: &[FileId] = match self.unit.descent.split_first() {
            Some((first, bases)) if *first == own.span.file => bases,
            // A file of archs has no space of its own.
            _ => &[],
        };
        let used = self.used.iter();
        let bases = used.filter(|file| bases.contains(&file.span.file));
        std::iter::once(own).chain(bases).collect()
    }

    /// What a name stands for: something of the file itself before something it uses.
    pub(super) fn declaration(&self, occurrence: &Occurrence<'_>) -> Option<Declaration<'_>> {
        let mut all = self.declarations().into_iter();
        all.find(|one| {
            one.what.namespace() == occurrence.namespace && one.name.value == occurrence.name.value
        })
    }

    /// All that can be named in the file, its own first.
    pub(super) fn declarations(&self) -> Vec<Declaration<'_>> {
        let own = &self.unit.ast;
        let mut all = in_file(own);
        all.extend(in_spaces(own));
        all.extend(self.used.iter().flat_map(in_file));
        // Inside of a used space one sees only where the file itself has no rows of its own: in its
        // archs, and in a space that is derived from another.
        let has_rows = |item: &FileItem| match item {
            FileItem::Space(space) => space.base.is_none(),
            _ => false,
        };
        if !own.items.iter().any(has_rows) {
            let used = self.used.iter();
            let meant = used.filter(|file| self.is_of_the_space(file));
            all.extend(meant.flat_map(in_spaces));
        }
        let recipes: Vec<&ast::Recipe> = all
            .iter()
            .filter_map(|one| match one.what {
                What::Recipe(recipe) => Some(recipe),
                _ => None,
            })
            .collect();
        all.extend(recipes.into_iter().flat_map(recipes::inside));
        // Architectures belong to their file.
        all.retain(|one| {
            one.what.namespace() != Namespace::Archs || one.name.span.file == FileId(0)
        });
        all
    }
}

/// Declared at the level of a file.
fn in_file(file: &ast::File) -> Vec<Declaration<'_>> {
    let declared = file.items.iter().filter_map(|item| {
        let (name, what) = match item {
            FileItem::Let(item) => (&item.name, What::Let(item)),
            FileItem::Block(item) => (&item.name, What::Block(item)),
            FileItem::Recipe(item) => (&item.name, What::Recipe(item)),
            FileItem::Space(item) => (&item.name, What::Space(item)),
            FileItem::Arch(item) => (&item.name, What::Arch(item)),
            FileItem::Error(_) => return None,
        };
        Some(Declaration { name, what })
    });
    declared.collect()
}

/// Declared inside of the spaces of a file.
fn in_spaces(file: &ast::File) -> Vec<Declaration<'_>> {
    let items = file.items.iter().flat_map(|item| match item {
        FileItem::Space(space) => space.items.as_slice(),
        _ => &[],
    });
    let declared = items.filter_map(|item| {
        let (name, what) = match item {
            Item::Let(item) => (&item.name, What::Let(item)),
            Item::Block(item) => (&item.name, What::Block(item)),
            Item::Recipe(item) => (&item.name, What::Recipe(item)),
            Item::Row(item) => (&item.name, What::Row(item)),
            Item::Choice(item) => (&item.name, What::Choice(item)),
            Item::Table(item) => (&item.name, What::Table(item)),
            _ => return None,
        };
        Some(Declaration { name, what })
    });
    declared.collect()
}

/// Every name of a file, where it is declared and where it is mentioned; operators and words are
/// among them, but nothing declares those.
fn occurrences<'a>(file: &'a ast::File, blocks: Blocks<'a>) -> Vec<Occurrence<'a>> {
    let mut walk = Walk {
        found: Vec::new(),
        blocks,
    };
    for item in &file.items {
        match item {
            FileItem::Let(item) => walk.let_(item),
            FileItem::Block(item) => walk.block(item),
            FileItem::Recipe(item) => walk.recipe(item),
            FileItem::Space(space) => {
                walk.add(Namespace::Spaces, &space.name);
                let base = space.base.iter();
                base.for_each(|base| walk.add(Namespace::Spaces, base));
                space.items.iter().for_each(|item| walk.item(item));
            }
            FileItem::Arch(arch) => walk.arch(arch),
            FileItem::Error(_) => {}
        }
    }
    walk.found
}

struct Walk<'a> {
    found: Vec<Occurrence<'a>>,
    blocks: Blocks<'a>,
}

impl<'a> Walk<'a> {
    fn add(&mut self, namespace: Namespace, name: &'a Name) {
        self.found.push(Occurrence { namespace, name });
    }

    fn value_name(&mut self, name: &'a Name) {
        self.add(Namespace::Values, name);
    }

    fn item(&mut self, item: &'a Item) {
        match item {
            Item::Input(input) => self.attributes(&input.attributes),
            Item::Default(default) => self.attributes(&default.attributes),
            Item::Let(item) => self.let_(item),
            Item::Choice(choice) => {
                self.value_name(&choice.name);
                self.domain(&choice.domain);
            }
            Item::Table(table) => self.value_name(&table.name),
            Item::Block(block) => self.block(block),
            Item::Recipe(recipe) => self.recipe(recipe),
            Item::Row(row) => self.row(row),
            Item::Fit(fit) => fit.names.iter().for_each(|name| self.value_name(name)),
            Item::Require(require) => self.require(require),
            Item::Fix(fix) => self.fix(fix),
            Item::Narrow(narrow) => {
                self.dotted(&narrow.target);
                self.domain(&narrow.domain);
            }
            Item::Output(_) | Item::Error(_) => {}
        }
    }

    fn let_(&mut self, item: &'a ast::Let) {
        self.value_name(&item.name);
        match &item.value {
            ast::LetValue::Value(value) => self.value(value),
            ast::LetValue::Domain(domain) => self.domain(domain),
        }
    }

    fn block(&mut self, item: &'a ast::Block) {
        self.value_name(&item.name);
        self.op(&item.op);
    }

    fn recipe(&mut self, item: &'a ast::Recipe) {
        self.found.extend(recipes::occurrences(item, &self.blocks));
    }

    fn row(&mut self, row: &'a ast::Row) {
        self.value_name(&row.name);
        self.op(&row.op);
        row.then.iter().for_each(|op| self.op(op));
        self.attributes(&row.attributes);
    }

    fn require(&mut self, require: &'a ast::Require) {
        self.dotted(&require.subject);
        match &require.relation {
            ast::Relation::In { low, high, .. } => {
                self.value(low);
                self.value(high);
            }
            ast::Relation::Compare { right, .. } => match right {
                ast::Operand::Dotted(right) => self.dotted(right),
                ast::Operand::Number(_) => {}
            },
        }
    }

    fn arch(&mut self, arch: &'a ast::Arch) {
        self.add(Namespace::Archs, &arch.name);
        self.add(Namespace::Spaces, &arch.space);
        arch.fixes.iter().for_each(|fix| self.fix(fix));
    }

    fn fix(&mut self, fix: &'a ast::Fix) {
        self.dotted(&fix.target);
        for pick in &fix.picks {
            if let ast::Pick::Prim(prim) = pick {
                self.prim(prim);
            }
        }
    }

    /// Of `a.b` only `a` is a name; `b` is a property, or a parameter of a block of rows in the row `a`.
    fn dotted(&mut self, dotted: &'a ast::Dotted) {
        let mut names = dotted.names.iter();
        if let Some(row) = names.next() {
            self.value_name(row);
            names.for_each(|part| self.param_of_row(row, part));
        }
    }

    fn param_of_row(&mut self, row: &Name, part: &'a Name) {
        if let Some(recipe) = self.blocks.param_of_row(&row.value, &part.value) {
            self.add(Namespace::Params(recipe.span), part);
        }
    }

    fn op(&mut self, op: &'a ast::Op) {
        op.alternatives.iter().for_each(|prim| self.prim(prim));
    }

    fn prim(&mut self, prim: &'a ast::Prim) {
        match prim {
            ast::Prim::Group(op) => self.op(op),
            ast::Prim::Call { name, args, .. } => {
                self.value_name(name);
                args.iter().for_each(|arg| match arg {
                    ast::Arg::Op(op) => self.op(op),
                    ast::Arg::Attribute(attribute) => {
                        self.param(name, &attribute.name);
                        self.attribute(attribute);
                    }
                });
            }
        }
    }

    /// The parameter of a block of rows that a call sets.
    fn param(&mut self, called: &Name, attribute: &'a Name) {
        if let Some(recipe) = self.blocks.param(&called.value, &attribute.value) {
            self.add(Namespace::Params(recipe.span), attribute);
        }
    }

    fn attributes(&mut self, attributes: &'a [ast::Attribute]) {
        attributes.iter().for_each(|one| self.attribute(one));
    }

    fn attribute(&mut self, attribute: &'a ast::Attribute) {
        match &attribute.binding {
            ast::Binding::Is(value) => self.value(value),
            ast::Binding::In(domain) | ast::Binding::Fit(domain) => self.domain(domain),
        }
    }

    fn domain(&mut self, domain: &'a ast::Domain) {
        match &domain.kind {
            ast::DomainKind::Name(name) => self.value_name(name),
            ast::DomainKind::Set(values) => values.iter().for_each(|value| self.value(value)),
            ast::DomainKind::Range { low, high, step } => {
                let values = [Some(low), Some(high), step.as_ref()];
                values
                    .into_iter()
                    .flatten()
                    .for_each(|value| self.value(value));
            }
        }
    }

    fn value(&mut self, value: &'a ast::Value) {
        if let ast::Value::Name(name) = value {
            self.value_name(name);
        }
    }
}
