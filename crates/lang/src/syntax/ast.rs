//! Exactly what was written, a span on everything. The grammar is `grammar/cream.ebnf`.

use crate::quantity::Quantity;
use crate::source::{Name, Span, Spanned};

/// One `.cream` file.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// The number behind `cream`; absent when the line is missing or broken (already reported).
    pub version: Option<Spanned<u64>>,
    /// `use "…"` lines, in order.
    pub uses: Vec<Use>,
    /// All other things, in order.
    pub items: Vec<FileItem>,
    /// Every comment, in order, `#` included.
    pub comments: Vec<Spanned<String>>,
    /// The whole file.
    pub span: Span,
}

/// `use "PATH"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    /// The text between the quotes, with the span of the string, quotes included.
    pub path: Spanned<String>,
    /// The whole line.
    pub span: Span,
}

/// What a file may hold besides `use`.
#[derive(Debug, Clone, PartialEq)]
pub enum FileItem {
    /// `let …`
    Let(Let),
    /// `block NAME = …`
    Block(Block),
    /// `block NAME(…) { … }`
    Recipe(Recipe),
    /// `space NAME { … }`
    Space(Space),
    /// `arch NAME of SPACE { … }`
    Arch(Arch),
    /// Text the parser could not read and has reported.
    Error(Span),
}

/// `space NAME { ITEM … }` or `space NAME of BASE { LINE … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    /// Its name.
    pub name: Name,
    /// The space it is derived from, if it is.
    pub base: Option<Name>,
    /// Its items, in order; of a derived space what it narrows ([`Item::Fix`], [`Item::Narrow`]) and
    /// its own bounds, of another one everything else.
    pub items: Vec<Item>,
    /// From `space` to the closing brace.
    pub span: Span,
}

/// `arch NAME of SPACE { FIX … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Arch {
    /// Its name.
    pub name: Name,
    /// The space it belongs to.
    pub space: Name,
    /// Its rows, in order.
    pub fixes: Vec<Fix>,
    /// From `arch` to the closing brace.
    pub span: Span,
}

/// `TARGET = PICK, PICK, …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// A stage, layer, choice, `resolution` or `STAGE.channels`; in a derived space also `STAGE.depth` and
    /// `ROW.ATTRIBUTE`.
    pub target: Dotted,
    /// What is picked; at least one.
    pub picks: Vec<Pick>,
    /// The whole row.
    pub span: Span,
}

/// `TARGET in DOMAIN` or `TARGET fit DOMAIN`: what a derived space leaves of a domain.
#[derive(Debug, Clone, PartialEq)]
pub struct Narrow {
    /// As in [`Fix`].
    pub target: Dotted,
    /// The word between the two.
    pub word: Spanned<NarrowWord>,
    /// The values that stay.
    pub domain: Domain,
    /// The whole line.
    pub span: Span,
}

/// The words that keep more than one value open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NarrowWord {
    /// `in`
    In,
    /// `fit`
    Fit,
}

impl NarrowWord {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            NarrowWord::In => "in",
            NarrowWord::Fit => "fit",
        }
    }
}

/// One picked thing; the target decides what a bare name is.
#[derive(Debug, Clone, PartialEq)]
pub enum Pick {
    /// A number.
    Number(Spanned<Quantity>),
    /// An operator or block name, with or without attributes.
    Prim(Prim),
}

/// `a.b.c`, at least one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Dotted {
    /// The names between the dots.
    pub names: Vec<Name>,
    /// The whole of it.
    pub span: Span,
}

/// What a space may hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// `input image(…)`
    Input(Input),
    /// `output classes(N)`
    Output(Output),
    /// `default NAME = VALUE, …`
    Default(Default),
    /// `let NAME = …`
    Let(Let),
    /// `choice NAME in DOMAIN`
    Choice(Choice),
    /// `table NAME = latency("…")`
    Table(Table),
    /// `block NAME = OP`
    Block(Block),
    /// `block NAME(…) { … }`
    Recipe(Recipe),
    /// `layer …` or `stage …`
    Row(Row),
    /// `fit NAME, …`
    Fit(Fit),
    /// `require …`
    Require(Require),
    /// `TARGET = PICK, …` in a derived space.
    Fix(Fix),
    /// `TARGET in DOMAIN` in a derived space.
    Narrow(Narrow),
    /// Text the parser could not read and has reported.
    Error(Span),
}

/// `input image(ARGS)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// `channels`, `resolution`.
    pub attributes: Vec<Attribute>,
    /// The whole item.
    pub span: Span,
}

/// `output classes(N)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// The number of classes.
    pub classes: Spanned<Quantity>,
    /// The whole item.
    pub span: Span,
}

/// `default NAME = VALUE, …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Default {
    /// The attributes; each bound by `=`.
    pub attributes: Vec<Attribute>,
    /// The whole item.
    pub span: Span,
}

/// `let NAME = VALUE | SET | RANGE`.
#[derive(Debug, Clone, PartialEq)]
pub struct Let {
    /// Its name.
    pub name: Name,
    /// Its meaning.
    pub value: LetValue,
    /// The whole item.
    pub span: Span,
}

/// The right side of a `let`.
#[derive(Debug, Clone, PartialEq)]
pub enum LetValue {
    /// A constant.
    Value(Value),
    /// A domain (never [`DomainKind::Name`]: a bare name is a value).
    Domain(Domain),
}

/// `choice NAME in DOMAIN`.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Its name.
    pub name: Name,
    /// What it ranges over.
    pub domain: Domain,
    /// The whole item.
    pub span: Span,
}

/// `table NAME = latency("PATH")`.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name, a metric from then on.
    pub name: Name,
    /// The file, with the span of the string.
    pub path: Spanned<String>,
    /// The whole item.
    pub span: Span,
}

/// `block NAME = OP`.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Its name.
    pub name: Name,
    /// What it stands for.
    pub op: Op,
    /// The whole item.
    pub span: Span,
}

/// `block NAME(PARAM, …) { PART … }`: a block of one's own, made of rows of primitives.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// Its name, an operator from then on.
    pub name: Name,
    /// What may be set where it is used, in order.
    pub params: Vec<Param>,
    /// Its rows, in order.
    pub parts: Vec<Part>,
    /// From `block` to the closing brace.
    pub span: Span,
}

/// `NAME` or `NAME = VALUE` in the parentheses of a block of one's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// Its value where a use says nothing.
    pub default: Option<Value>,
    /// The whole of it.
    pub span: Span,
}

/// `NAME: PRIMITIVE(DETAIL, …) MEASURE …`: a row of a block of one's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What later rows call it.
    pub name: Option<Name>,
    /// A primitive or a block.
    pub primitive: Name,
    /// What stands in the parentheses; empty without them.
    pub details: Vec<Detail>,
    /// `channels`, `stride`.
    pub measures: Vec<Measure>,
    /// The whole row.
    pub span: Span,
}

/// What stands in the parentheses of a part.
#[derive(Debug, Clone, PartialEq)]
pub enum Detail {
    /// A part that is read, `input`, or a word like `gelu`.
    Word(Name),
    /// `kernel = 3`
    Measure(Measure),
}

/// `NAME = EXPR`.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// What is set.
    pub name: Name,
    /// To what.
    pub value: Expr,
    /// The whole of it.
    pub span: Span,
}

/// Arithmetic.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// How it is made.
    pub kind: ExprKind,
    /// The whole of it.
    pub span: Span,
}

/// How an expression is made.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `3`
    Number(Quantity),
    /// A parameter, a `let`, or a word like `in_channels`.
    Name(Name),
    /// `round8(EXPR)`
    Call {
        /// The function.
        name: Name,
        /// What it is of.
        of: Box<Expr>,
    },
    /// `( EXPR )`
    Group(Box<Expr>),
    /// Terms joined by `+` and `-`, or factors by `*` and `/`, from left to right.
    Chain {
        /// The first one.
        first: Box<Expr>,
        /// The others with the sign before each; at least one.
        rest: Vec<(Sign, Expr)>,
    },
}

/// What joins two sides of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
    /// `/`
    Over,
}

impl Sign {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Sign::Plus => "+",
            Sign::Minus => "-",
            Sign::Times => "*",
            Sign::Over => "/",
        }
    }
}

/// Which keyword begins a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowKind {
    /// `layer`: exactly one block.
    Layer,
    /// `stage`: as many blocks as its depth.
    Stage,
}

/// `layer NAME OP ATTR…` or `stage NAME OP [then OP] ATTR…`.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Layer or stage.
    pub kind: RowKind,
    /// Its name.
    pub name: Name,
    /// The first block.
    pub op: Op,
    /// All later blocks, where `then` says so.
    pub then: Option<Op>,
    /// `channels`, `stride`, `depth`.
    pub attributes: Vec<Attribute>,
    /// The whole row.
    pub span: Span,
}

/// `fit NAME, …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Stages in the order they are deepened.
    pub names: Vec<Name>,
    /// The whole item.
    pub span: Span,
}

/// `require SUBJECT …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Require {
    /// A metric, `STAGE.depth` or `STAGE.channels`.
    pub subject: Dotted,
    /// What must hold.
    pub relation: Relation,
    /// The whole item.
    pub span: Span,
}

/// What a `require` says about its subject.
#[derive(Debug, Clone, PartialEq)]
pub enum Relation {
    /// `in LOW..HIGH`, both included. `span` covers the range.
    In {
        /// Smallest allowed value.
        low: Value,
        /// Largest allowed value.
        high: Value,
        /// `LOW..HIGH`.
        span: Span,
    },
    /// `<= X`, `>= X`, `== X`.
    Compare {
        /// Which.
        comparison: Spanned<Comparison>,
        /// The right side.
        right: Operand,
    },
}

/// How two sides compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
}

impl Comparison {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Comparison::AtMost => "<=",
            Comparison::AtLeast => ">=",
            Comparison::Equal => "==",
        }
    }

    /// Whether two sides compare so.
    pub fn holds<T: PartialOrd>(self, left: T, right: T) -> bool {
        match self {
            Comparison::AtMost => left <= right,
            Comparison::AtLeast => left >= right,
            Comparison::Equal => left == right,
        }
    }
}

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A number.
    Number(Spanned<Quantity>),
    /// `STAGE.depth`, `STAGE.channels`.
    Dotted(Dotted),
}

/// Alternatives joined by `or`; at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct Op {
    /// The alternatives, in order.
    pub alternatives: Vec<Prim>,
    /// The whole of it.
    pub span: Span,
}

/// One operator, block name or parenthesised group.
#[derive(Debug, Clone, PartialEq)]
pub enum Prim {
    /// `NAME` or `NAME(ARGS)`.
    Call {
        /// The operator's or block's name.
        name: Name,
        /// What stands in the parentheses; empty without them.
        args: Vec<Arg>,
        /// The whole of it.
        span: Span,
    },
    /// `( OP )`.
    Group(Op),
}

/// One argument.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    /// `kernel in {3, 5}`
    Attribute(Attribute),
    /// A branch of `sum(…)`.
    Op(Op),
}

/// `NAME = VALUE`, `NAME in DOMAIN` or `NAME fit DOMAIN`.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The attribute.
    pub name: Name,
    /// How it is bound.
    pub binding: Binding,
    /// The whole of it.
    pub span: Span,
}

/// The three words that carry the meaning.
#[derive(Debug, Clone, PartialEq)]
pub enum Binding {
    /// `=`: fixed, or following a `let` or `choice`.
    Is(Value),
    /// `in`: searched.
    In(Domain),
    /// `fit`: settled once by the compiler.
    Fit(Domain),
}

/// A set, a range or the name of a `let` that holds one.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    /// Which.
    pub kind: DomainKind,
    /// The whole of it.
    pub span: Span,
}

/// How a domain is written.
#[derive(Debug, Clone, PartialEq)]
pub enum DomainKind {
    /// `{A, B, C}`; may be empty here.
    Set(Vec<Value>),
    /// `LOW..HIGH` or `LOW..HIGH step STEP`, both ends included.
    Range {
        /// First value.
        low: Value,
        /// Last value.
        high: Value,
        /// Distance; 1 when absent.
        step: Option<Value>,
    },
    /// A `let`.
    Name(Name),
}

/// A number or a name.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `3`, `0.25`, `600M`.
    Number(Spanned<Quantity>),
    /// `swish`, `none`, or a `let` or `choice`.
    Name(Name),
}

impl Item {
    /// Where it is written.
    pub fn span(&self) -> Span {
        match self {
            Item::Input(item) => item.span,
            Item::Output(item) => item.span,
            Item::Default(item) => item.span,
            Item::Let(item) => item.span,
            Item::Choice(item) => item.span,
            Item::Table(item) => item.span,
            Item::Block(item) => item.span,
            Item::Recipe(item) => item.span,
            Item::Row(item) => item.span,
            Item::Fit(item) => item.span,
            Item::Require(item) => item.span,
            Item::Fix(item) => item.span,
            Item::Narrow(item) => item.span,
            Item::Error(span) => *span,
        }
    }
}

impl Value {
    /// Where it is written.
    pub fn span(&self) -> Span {
        match self {
            Value::Number(number) => number.span,
            Value::Name(name) => name.span,
        }
    }
}

impl Prim {
    /// Where it is written.
    pub fn span(&self) -> Span {
        match self {
            Prim::Call { span, .. } => *span,
            Prim::Group(op) => op.span,
        }
    }
}

impl From<Value> for Pick {
    /// A name is a block without attributes until the left side says what it is.
    fn from(value: Value) -> Pick {
        match value {
            Value::Number(number) => Pick::Number(number),
            Value::Name(name) => Pick::Prim(Prim::Call {
                span: name.span,
                name,
                args: Vec::new(),
            }),
        }
    }
}

impl Pick {
    /// Where it is written.
    pub fn span(&self) -> Span {
        match self {
            Pick::Number(number) => number.span,
            Pick::Prim(prim) => prim.span(),
        }
    }
}

impl Fix {
    /// From the first pick to the last.
    pub fn picks_span(&self) -> Span {
        let ends = self.picks.first().zip(self.picks.last());
        ends.map_or(self.span, |(first, last)| first.span().to(last.span()))
    }
}

impl Dotted {
    /// With dots, blanks left out.
    pub fn text(&self) -> String {
        let names: Vec<&str> = self.names.iter().map(|name| name.value.as_str()).collect();
        names.join(".")
    }
}
