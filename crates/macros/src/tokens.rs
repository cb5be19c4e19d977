//! A token stream as pieces of text with their spans.

use proc_macro::{Delimiter, Group, Punct, Spacing, Span, TokenStream, TokenTree};

use crate::text::Piece;

/// Every token, opening and closing marks included.
#[derive(Default)]
pub struct Tokens {
    pub pieces: Vec<Piece>,
    pub spans: Vec<Span>,
    /// What Rust reads and the language cannot: where, and why.
    pub foreign: Vec<(Span, &'static str)>,
}

const HASH: &str = "comments begin with `//` here: Rust takes `#` for a mark";
const RAW: &str = "names and strings are written without `#` here";

impl Tokens {
    /// Cuts a stream into pieces.
    pub fn of(stream: TokenStream) -> Tokens {
        let mut tokens = Tokens::default();
        tokens.stream(stream);
        tokens
    }

    fn stream(&mut self, stream: TokenStream) {
        let mut trees = stream.into_iter().peekable();
        while let Some(tree) = trees.next() {
            match tree {
                TokenTree::Group(group) => self.group(group),
                TokenTree::Punct(mark) if mark.as_char() == '#' => {
                    // `/// …` and `//! …` come as `#[doc = …]` and `#![doc = …]`.
                    let is_mark = |next: &TokenTree| matches!(next, TokenTree::Punct(one) if one.as_char() == '!');
                    let _ = trees.next_if(is_mark);
                    if trees.next_if(is_doc).is_none() {
                        self.foreign.push((mark.span(), HASH));
                    }
                }
                TokenTree::Punct(mark) => self.mark(&mark),
                TokenTree::Ident(name) => self.word(name.to_string(), name.span()),
                TokenTree::Literal(literal) => self.word(literal.to_string(), literal.span()),
            }
        }
    }

    fn group(&mut self, group: Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::None => return self.stream(group.stream()),
        };
        self.push(open.to_owned(), group.span_open(), false);
        self.stream(group.stream());
        self.push(close.to_owned(), group.span_close(), false);
    }

    fn mark(&mut self, mark: &Punct) {
        let joint = mark.spacing() == Spacing::Joint;
        self.push(mark.to_string(), mark.span(), joint);
    }

    fn word(&mut self, text: String, span: Span) {
        // To the language a comment would begin there.
        if text.contains('#') && !text.starts_with('"') {
            self.foreign.push((span, RAW));
        }
        self.push(text, span, false);
    }

    fn push(&mut self, text: String, span: Span, joint: bool) {
        let start = span.start();
        self.pieces.push(Piece {
            text,
            place: (span.file(), start.line(), start.column()),
            joint,
        });
        self.spans.push(span);
    }
}

fn is_doc(tree: &TokenTree) -> bool {
    let TokenTree::Group(group) = tree else {
        return false;
    };
    let first = group.stream().into_iter().next();
    matches!(first, Some(TokenTree::Ident(name)) if name.to_string() == "doc")
}
