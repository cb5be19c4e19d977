//! What kind of word may stand at a place, from the tokens before it.
//!
//! Tokens and not the syntax tree: while somebody types, the text around the place is
//! seldom whole. Where it cannot be told what may stand, nothing is proposed.

mod rows;

use super::fixed::{self, Place};
use crate::source::FileId;
use crate::syntax::{self, FILE_ITEMS, ITEMS, Kind, Token};

/// A kind of word that may stand somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Slot<'a> {
    /// The version line.
    Version,
    /// A word that begins something at the level of a file.
    FileItem,
    /// A word that begins an item of a space.
    SpaceItem,
    /// What a row of an arch begins with.
    Fix,
    /// What a line of a derived space begins with.
    Line,
    /// What of a row a line narrows, by the row's name.
    RowPart(&'a str),
    /// An operator or a block.
    Operator,
    /// An attribute of `of`, not one of those that are there.
    Attribute {
        /// Whose.
        of: Owner<'a>,
        /// The words that are written already.
        written: Vec<&'a str>,
    },
    /// A row of a block.
    Part,
    /// What stands in the parentheses of a row of a block.
    Detail(Detail<'a>),
    /// What stands behind `=` in a row of a block.
    Measure(Measure<'a>),
    /// What is set behind a row of a block.
    Behind {
        /// The row's word.
        of: &'a str,
        /// What is set already.
        written: Vec<&'a str>,
    },
    /// A value of an attribute; of any where it is not known.
    Value {
        /// The attribute.
        of: Option<&'a str>,
        /// What may stand for a value.
        takes: Takes,
    },
    /// The width of a row.
    Width,
    /// What a line of a derived space fixes the row, the choice or the `resolution` of this name to.
    Pick(&'a str),
    /// Something of what an arch fixes.
    Fixed(Place<'a>),
    /// The name of a `let` that holds a domain.
    Domain,
    /// The name of a `let` that holds a value.
    Constant,
    /// A metric or a row.
    Bounded,
    /// A stage.
    Stage,
    /// What is compared with a bounded thing: of this property of a row, or of a metric.
    Compared(Option<&'a str>),
    /// What of a row is bounded.
    Property {
        /// The row.
        row: &'a str,
        /// The property it is compared with, if that is so.
        beside: Option<&'a str>,
    },
    /// A space.
    Space,
    /// One of these words.
    Words(&'static [&'static str]),
}

/// A place in the parentheses of a row of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Detail<'a> {
    /// The row's word.
    pub(super) of: &'a str,
    /// The attributes that are written already.
    pub(super) written: Vec<&'a str>,
    /// The words that stand there by themselves already.
    pub(super) alone: Vec<&'a str>,
    /// The rows above that have names.
    pub(super) rows: Vec<&'a str>,
    /// The block.
    pub(super) head: Head<'a>,
}

/// A place behind `=` in a row of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Measure<'a> {
    /// The row's word, where the place is in its parentheses.
    pub(super) of: Option<&'a str>,
    /// What is set.
    pub(super) attribute: &'a str,
    /// Whether it stands right behind the `=`, where a word may; arithmetic has numbers alone.
    pub(super) is_first: bool,
    /// The block.
    pub(super) head: Head<'a>,
}

/// The block of rows that a place is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head<'a> {
    /// Where it begins in the file.
    pub(super) at: usize,
    /// Its parameters.
    pub(super) params: Vec<&'a str>,
    /// The place: a name there is being written.
    pub(super) place: usize,
}

/// What may stand for a value; each takes what those before it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Takes {
    /// Words of the attribute.
    Words,
    /// Names of `let`s.
    Constants,
    /// Names of choices.
    Choices,
}

/// What has attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner<'a> {
    /// `input image(…)`
    Image,
    /// An operator of this name.
    Operator(&'a str),
    /// A row of a block, by its word.
    Row(&'a str),
    /// `layer …`
    Layer,
    /// `stage …`
    Stage,
    /// `default …`
    Default,
}

/// What surrounds an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    File,
    Space,
    /// Of a space that is derived from another.
    Derived,
    Arch,
}

/// What may stand at a place; nothing inside comments and strings.
pub(super) fn slots(text: &str, offset: usize) -> Vec<Slot<'_>> {
    let lexed = syntax::lex(FileId(0), text);
    let in_comment = lexed.comments.iter().any(|comment| {
        let line_end = text[comment.span.start as usize..]
            .find('\n')
            .map_or(text.len(), |at| comment.span.start as usize + at);
        (comment.span.start as usize) < offset && offset <= line_end
    });
    let in_token = lexed.tokens.iter().any(|token| {
        let inside = (token.start as usize) < offset && offset < token.end as usize;
        inside && token.kind != Kind::Word
            || token.kind == Kind::BadString && offset == token.end as usize
    });
    if in_comment || in_token {
        return Vec::new();
    }
    Before::new(text, &lexed.tokens, offset).slots()
}

/// The item before a place.
struct Before<'a> {
    text: &'a str,
    /// Where the place is: where a word that is being written begins.
    place: usize,
    body: Body,
    /// Where the arch around it begins, in one.
    arch_at: usize,
    /// Its tokens up to the place, without the word that is being written.
    item: Vec<Token>,
    /// Whether anything at all stands before it in the file.
    is_start: bool,
    /// Whether the place is the first on its line.
    first_on_line: bool,
}

impl<'a> Before<'a> {
    fn new(text: &'a str, tokens: &[Token], offset: usize) -> Before<'a> {
        let written: Vec<Token> = tokens
            .iter()
            .copied()
            .filter(|token| (token.end as usize) < offset || is_mark_before(token, offset))
            .collect();
        let word = tokens.iter().find(|token| {
            token.kind == Kind::Word
                && (token.start as usize) < offset
                && offset <= token.end as usize
        });
        let start = word.map_or(offset, |token| token.start as usize);
        let mut before = Before {
            text,
            place: start,
            body: Body::File,
            arch_at: 0,
            is_start: written.is_empty(),
            first_on_line: text[..start]
                .rsplit('\n')
                .next()
                .is_some_and(|line| line.trim().is_empty()),
            item: Vec::new(),
        };
        written.into_iter().for_each(|token| before.read(token));
        before
    }

    fn word(&self, token: Token) -> &'a str {
        &self.text[token.start as usize..token.end as usize]
    }

    /// Goes on over one token: a new item, or one more of this one.
    fn read(&mut self, token: Token) {
        let head = self.item.first().map(|&head| self.word(head));
        match token.kind {
            Kind::LeftBrace if head == Some("space") && self.names_base() => {
                self.enter(Body::Derived);
            }
            Kind::LeftBrace if head == Some("space") => self.enter(Body::Space),
            Kind::LeftBrace if head == Some("arch") => {
                self.arch_at = self.item[0].start as usize;
                self.enter(Body::Arch);
            }
            Kind::RightBrace if self.open().is_none_or(|open| open.kind != Kind::LeftBrace) => {
                self.enter(Body::File);
            }
            Kind::Word if self.begins_item(token) => self.item = vec![token],
            _ => self.item.push(token),
        }
    }

    /// Whether `of` stands behind the name of the space.
    fn names_base(&self) -> bool {
        self.item.get(2).is_some_and(|&of| self.is_word(of, "of"))
    }

    fn enter(&mut self, body: Body) {
        self.body = body;
        self.item.clear();
    }

    fn begins_item(&self, token: Token) -> bool {
        let stands_first = token.first_on_line || self.item.is_empty();
        let word = self.word(token);
        match self.body {
            Body::File => stands_first && FILE_ITEMS.contains(&word),
            Body::Space => stands_first && ITEMS.contains(&word),
            Body::Derived if word == "require" => stands_first,
            Body::Derived => stands_first && self.open().is_none() && !syntax::is_reserved(word),
            Body::Arch => self.begins_fix(token),
        }
    }

    /// Whether a row of an arch begins: on a line of its own, unless a comma says that the one before goes on, and
    /// behind one that is whole.
    fn begins_fix(&self, token: Token) -> bool {
        let Some(last) = self.item.last() else {
            return true;
        };
        let goes_on = self.open().is_some() || last.kind == Kind::Comma;
        !goes_on && (token.first_on_line || self.ends_fix())
    }

    /// Whether a row of an arch may end before the place.
    fn ends_fix(&self) -> bool {
        let has_picks = self.item.iter().any(|token| token.kind == Kind::Equals);
        let last = self.item.last().map(|last| last.kind);
        let may_end = matches!(last, Some(Kind::Word | Kind::Number | Kind::RightParen));
        has_picks && may_end && self.open().is_none()
    }

    /// The item, each token with its text.
    fn words(&self) -> Vec<(Kind, &'a str)> {
        let tokens = self.item.iter();
        tokens
            .map(|&token| (token.kind, self.word(token)))
            .collect()
    }

    /// The innermost bracket of the item that is still open.
    fn open(&self) -> Option<Token> {
        self.open_at().map(|at| self.item[at])
    }

    fn open_at(&self) -> Option<usize> {
        self.open_before(self.item.len())
    }

    /// Where the innermost bracket stands that is open in front of a token of the item.
    fn open_before(&self, end: usize) -> Option<usize> {
        let mut open = Vec::new();
        for (at, token) in self.item[..end].iter().enumerate() {
            match token.kind {
                Kind::LeftBrace | Kind::LeftParen => open.push(at),
                Kind::RightBrace | Kind::RightParen => drop(open.pop()),
                _ => {}
            }
        }
        open.pop()
    }

    fn slots(&self) -> Vec<Slot<'a>> {
        let begins = match self.body {
            Body::File if self.is_start => Slot::Version,
            Body::File => Slot::FileItem,
            Body::Space => Slot::SpaceItem,
            Body::Derived => Slot::Line,
            Body::Arch => Slot::Fix,
        };
        if self.item.is_empty() {
            return vec![begins];
        }
        if self.body == Body::Arch {
            let place = fixed::place(&self.words(), self.arch_at).map(Slot::Fixed);
            return place
                .into_iter()
                .chain(self.ends_fix().then_some(begins))
                .collect();
        }
        if let Some(brace) = self.rows_at() {
            return self.in_rows(brace);
        }
        let mut slots = match self.open_at() {
            Some(at) if self.item[at].kind == Kind::LeftParen => self.in_parentheses(at),
            Some(at) => vec![Slot::Value {
                of: self.attribute_before(at),
                takes: Takes::Constants,
            }],
            None => self.in_item(),
        };
        if self.first_on_line && self.open_at().is_none() {
            slots.push(begins);
        }
        slots
    }

    /// The attribute whose set opens at a token: `kernel in {`.
    fn attribute_before(&self, at: usize) -> Option<&'a str> {
        let attribute = at.checked_sub(2).map(|at| self.item[at])?;
        (attribute.kind == Kind::Word).then(|| self.word(attribute))
    }

    fn in_parentheses(&self, at: usize) -> Vec<Slot<'a>> {
        let callee = at.checked_sub(1).map(|at| self.item[at]);
        // The word before the first parenthesis of a row is the row's name.
        let is_row = matches!(self.word(self.item[0]), "layer" | "stage");
        let callee = callee.filter(|token| token.kind == Kind::Word && !(is_row && at == 2));
        let callee = callee.map(|token| self.word(token)).unwrap_or_default();
        let owner = match callee {
            "image" => Owner::Image,
            "classes" | "latency" => return Vec::new(),
            // A group of alternatives, or branches.
            "" | "or" | "then" | "sum" => return self.in_group(at),
            operator => Owner::Operator(operator),
        };
        let takes = match owner {
            _ if self.picks() => Takes::Words,
            // A default in the head of a block: `block g(k = 3)`.
            Owner::Operator(_) if at == 2 && self.is_word(self.item[0], "block") => {
                Takes::Constants
            }
            Owner::Operator(_) => Takes::Choices,
            _ => Takes::Constants,
        };
        let value = |of| Slot::Value { of, takes };
        self.behind_binding(value).unwrap_or_else(|| {
            let last = self.item[self.item.len() - 1].kind;
            match last {
                Kind::LeftParen | Kind::Comma => vec![Slot::Attribute {
                    of: owner,
                    written: self.bound_since(at),
                }],
                Kind::Word => vec![self.binding_words()],
                _ => Vec::new(),
            }
        })
    }

    /// The words that may stand behind the attribute that was written last.
    fn binding_words(&self) -> Slot<'a> {
        let last = self.item[self.item.len() - 1];
        Slot::Words(match self.word(last) {
            _ if self.picks() => &[],
            "resolution" | "depth" => &["in", "fit"],
            "stride" => &[],
            _ => &["in"],
        })
    }

    fn in_group(&self, at: usize) -> Vec<Slot<'a>> {
        let last = self.item[self.item.len() - 1];
        let wants_operator =
            self.item.len() == at + 1 || last.kind == Kind::Comma || self.is_word(last, "or");
        vec![match wants_operator {
            true => Slot::Operator,
            false => Slot::Words(&["or"]),
        }]
    }

    fn is_word(&self, token: Token, word: &str) -> bool {
        token.kind == Kind::Word && self.word(token) == word
    }

    /// Whether the item is a line that fixes a row, where every attribute has one value.
    fn picks(&self) -> bool {
        self.body == Body::Derived && !self.is_word(self.item[0], "require")
    }

    /// What may stand behind `=`, `in` and `fit`, if one of them stands right before; a value of an attribute
    /// is `value`.
    fn behind_binding(&self, value: impl Fn(Option<&'a str>) -> Slot<'a>) -> Option<Vec<Slot<'a>>> {
        let last = *self.item.last()?;
        let before = self.item.len().checked_sub(2).map(|at| self.item[at]);
        match last.kind {
            Kind::Equals => {
                let attribute = before.filter(|token| token.kind == Kind::Word);
                Some(vec![value(attribute.map(|token| self.word(token)))])
            }
            Kind::Word if matches!(self.word(last), "in" | "fit") => Some(vec![Slot::Domain]),
            _ => None,
        }
    }

    /// The attributes that are bound behind a token.
    fn bound_since(&self, at: usize) -> Vec<&'a str> {
        let pairs = self.item[at..].windows(2);
        let bound = pairs.filter(|pair| {
            let binds = pair[1].kind == Kind::Equals
                || self.is_word(pair[1], "in")
                || self.is_word(pair[1], "fit");
            pair[0].kind == Kind::Word && binds
        });
        bound.map(|pair| self.word(pair[0])).collect()
    }

    /// In an item, outside of all brackets.
    fn in_item(&self) -> Vec<Slot<'a>> {
        if self.body == Body::Derived && !self.is_word(self.item[0], "require") {
            return self.in_line();
        }
        let last = self.item[self.item.len() - 1];
        let behind_comma = self.item.len() == 1 || last.kind == Kind::Comma;
        match (self.word(self.item[0]), self.item.len()) {
            ("input", 1) => vec![Slot::Words(&["image"])],
            ("output", 1) => vec![Slot::Words(&["classes"])],
            ("layer", _) => self.in_row(Owner::Layer, &["or"]),
            ("stage", _) => self.in_row(Owner::Stage, &["or", "then"]),
            ("block", _) => self.in_block(),
            ("let", _) if last.kind == Kind::Equals => vec![constant(None)],
            ("choice", 2) => vec![Slot::Words(&["in"])],
            ("choice", 3) => vec![Slot::Domain],
            ("default", _) if behind_comma => vec![Slot::Attribute {
                of: Owner::Default,
                written: self.bound_since(0),
            }],
            ("default", _) => self.behind_binding(constant).unwrap_or_default(),
            ("fit", _) if behind_comma => vec![Slot::Stage],
            ("require", _) => self.in_require(),
            ("arch" | "space", 2) => vec![Slot::Words(&["of"])],
            ("arch", 3) => vec![Slot::Space],
            ("space", 3) if self.names_base() => vec![Slot::Space],
            _ => Vec::new(),
        }
    }

    fn in_row(&self, owner: Owner<'a>, words: &'static [&'static str]) -> Vec<Slot<'a>> {
        let last = self.item[self.item.len() - 1];
        let wants_operator =
            self.item.len() == 2 || self.is_word(last, "or") || self.is_word(last, "then");
        if self.item.len() == 1 {
            return Vec::new();
        }
        if wants_operator {
            return vec![Slot::Operator];
        }
        if ["channels", "stride", "depth"].contains(&self.word(last)) {
            return vec![self.binding_words()];
        }
        let value = |of| match of {
            Some("channels") => Slot::Width,
            of => constant(of),
        };
        self.behind_binding(value).unwrap_or_else(|| {
            let written = self.bound_since(0);
            let mut slots = vec![Slot::Attribute { of: owner, written }];
            // Alternatives come before attributes.
            if self.bound_outside().is_empty() {
                slots.push(Slot::Words(words));
            }
            slots
        })
    }

    /// The attributes that are bound outside of all brackets.
    fn bound_outside(&self) -> Vec<&'a str> {
        let row = ["channels", "stride", "depth"];
        let mut bound = self.bound_since(0);
        bound.retain(|word| row.contains(word));
        bound
    }

    fn in_block(&self) -> Vec<Slot<'a>> {
        let last = self.item[self.item.len() - 1];
        let wants_operator = last.kind == Kind::Equals || self.is_word(last, "or");
        match (self.item.len(), wants_operator) {
            _ if last.kind == Kind::RightBrace => Vec::new(),
            (1 | 2, _) => Vec::new(),
            (_, true) => vec![Slot::Operator],
            (_, false) => vec![Slot::Words(&["or"])],
        }
    }

    fn in_require(&self) -> Vec<Slot<'a>> {
        let last = self.item[self.item.len() - 1];
        let part = self.part().filter(|_| self.item.len() > 3);
        match (self.item.len(), last.kind) {
            (1, _) => vec![Slot::Bounded],
            (at, Kind::Dot) => vec![Slot::Property {
                row: self.word(self.item[at - 2]),
                beside: part,
            }],
            (_, Kind::AtMost | Kind::AtLeast | Kind::EqualEqual) => vec![Slot::Compared(part)],
            (_, Kind::DotDot) => vec![Slot::Constant],
            (3 | 5, Kind::Word) if self.is_word(last, "in") => vec![Slot::Constant],
            (2 | 4, Kind::Word) => vec![Slot::Words(&["in"])],
            _ => Vec::new(),
        }
    }

    /// In a line of a derived space, outside of all brackets.
    fn in_line(&self) -> Vec<Slot<'a>> {
        let last = self.item[self.item.len() - 1];
        match (last.kind, self.part()) {
            (Kind::Dot, _) => vec![Slot::RowPart(self.word(self.item[0]))],
            (Kind::Equals, Some(part)) => vec![constant(Some(part))],
            (Kind::Equals | Kind::Comma, None) => vec![Slot::Pick(self.word(self.item[0]))],
            (Kind::Word, _) if ["in", "fit"].contains(&self.word(last)) => vec![Slot::Domain],
            (Kind::Word, _) => vec![Slot::Words(&["in", "fit"])],
            _ => Vec::new(),
        }
    }

    /// What of a row the left side is about: `depth` in `s1.depth`, also behind `require`.
    fn part(&self) -> Option<&'a str> {
        let is_require = self.is_word(self.item[0], "require");
        let dot = usize::from(is_require) + 1;
        let part = self.item.get(dot).filter(|dot| dot.kind == Kind::Dot);
        part.and(self.item.get(dot + 1))
            .map(|&part| self.word(part))
    }
}

/// A value where no choice can be followed.
fn constant(of: Option<&str>) -> Slot<'_> {
    Slot::Value {
        of,
        takes: Takes::Constants,
    }
}

/// A mark that ends right at the place; a word there is the one that is being written.
fn is_mark_before(token: &Token, offset: usize) -> bool {
    token.end as usize == offset && !matches!(token.kind, Kind::Word | Kind::End)
}
