//! Places among the rows of a block.

use super::{Before, Detail, Head, Measure, Slot};
use crate::syntax::Kind;

impl<'a> Before<'a> {
    /// Where the rows of a block begin that is still open.
    pub(super) fn rows_at(&self) -> Option<usize> {
        if self.word(self.item[0]) != "block" {
            return None;
        }
        let mut braces = self.item.iter();
        let at = braces.position(|token| token.kind == Kind::LeftBrace)?;
        let begins = at == 2 || self.item[at - 1].kind == Kind::RightParen;
        let ends = self.item[at..]
            .iter()
            .any(|token| token.kind == Kind::RightBrace);
        (begins && !ends).then_some(at)
    }

    pub(super) fn in_rows(&self, brace: usize) -> Vec<Slot<'a>> {
        let last = self.item[self.item.len() - 1];
        let Some(open) = self.open_at().filter(|at| *at > brace) else {
            return self.between_parentheses(brace);
        };
        match (self.row_of(open), last.kind) {
            (_, Kind::Equals) => self.measure(brace),
            (_, kind) if computes(kind) => self.measure(brace),
            (Some(of), Kind::LeftParen | Kind::Comma) => vec![self.detail(brace, open, of)],
            (None, Kind::LeftParen) if self.is_operand(open) => self.measure(brace),
            _ => Vec::new(),
        }
    }

    /// Outside of all parentheses.
    fn between_parentheses(&self, brace: usize) -> Vec<Slot<'a>> {
        match self.item[self.item.len() - 1].kind {
            Kind::Equals => self.measure(brace),
            kind if computes(kind) => self.measure(brace),
            Kind::LeftBrace | Kind::Colon => vec![Slot::Part],
            _ => {
                let begins = self.first_on_line.then_some(Slot::Part);
                begins.into_iter().chain(self.behind_row(brace)).collect()
            }
        }
    }

    /// The row whose parentheses open at a token; `None` where they are those of arithmetic, as in `round8(`.
    fn row_of(&self, open: usize) -> Option<&'a str> {
        let word = self.item[open - 1];
        if self.item[open].kind != Kind::LeftParen || word.kind != Kind::Word {
            return None;
        }
        let before = self.item[open - 2].kind;
        let is_inside = matches!(before, Kind::Equals | Kind::LeftParen | Kind::Comma);
        (!is_inside && !computes(before)).then(|| self.word(word))
    }

    /// Whether parentheses, or what is called with them, are an operand.
    fn is_operand(&self, open: usize) -> bool {
        let mut at = open;
        while self.item[at].kind == Kind::LeftParen {
            let is_called = self.item[at - 1].kind == Kind::Word;
            at -= 1 + usize::from(is_called);
        }
        self.item[at].kind == Kind::Equals || computes(self.item[at].kind)
    }

    /// What is set behind the last `=`, in its row's parentheses or behind them.
    fn measure(&self, brace: usize) -> Vec<Slot<'a>> {
        let mut tokens = self.item.iter();
        let equals = tokens.rposition(|token| token.kind == Kind::Equals);
        let Some(equals) = equals.filter(|at| *at > brace) else {
            return Vec::new();
        };
        let attribute = self.item[equals - 1];
        if attribute.kind != Kind::Word {
            return Vec::new();
        }
        let open = self.open_before(equals).filter(|at| *at > brace);
        vec![Slot::Measure(Measure {
            of: open.and_then(|open| self.row_of(open)),
            attribute: self.word(attribute),
            is_first: equals + 1 == self.item.len(),
            head: self.head(brace),
        })]
    }

    fn detail(&self, brace: usize, open: usize, of: &'a str) -> Slot<'a> {
        // A name of its own stands right before the row's word, and is none above.
        let named = self.item[brace..open - 2].windows(2);
        let named = named.filter(|pair| pair[0].kind == Kind::Word && pair[1].kind == Kind::Colon);
        let alone = self.item[open..].windows(3).filter(|three| {
            let begins = matches!(three[0].kind, Kind::LeftParen | Kind::Comma);
            begins && three[1].kind == Kind::Word && three[2].kind == Kind::Comma
        });
        Slot::Detail(Detail {
            of,
            written: self.bound_since(open),
            alone: alone.map(|three| self.word(three[1])).collect(),
            rows: named.map(|pair| self.word(pair[0])).collect(),
            head: self.head(brace),
        })
    }

    fn head(&self, brace: usize) -> Head<'a> {
        let pairs = self.item[..brace].windows(2);
        let named = pairs.filter(|pair| {
            let begins = matches!(pair[0].kind, Kind::LeftParen | Kind::Comma);
            begins && pair[1].kind == Kind::Word
        });
        Head {
            at: self.item[0].start as usize,
            params: named.map(|pair| self.word(pair[1])).collect(),
            place: self.place,
        }
    }

    /// What can be set behind the row that was written last.
    fn behind_row(&self, brace: usize) -> Option<Slot<'a>> {
        let at = self.last_row(brace)?;
        Some(Slot::Behind {
            of: self.word(self.item[at]),
            written: self.bound_since(at),
        })
    }

    /// Where the word of the last row stands: in no parentheses, no operand, no name and nothing that is set.
    fn last_row(&self, brace: usize) -> Option<usize> {
        let mut depth = 0_usize;
        let mut last = None;
        for at in brace + 1..self.item.len() {
            match self.item[at].kind {
                Kind::LeftParen => depth += 1,
                Kind::RightParen => depth = depth.saturating_sub(1),
                Kind::Word if depth == 0 => {
                    let before = self.item[at - 1].kind;
                    let behind = self.item.get(at + 1).map(|token| token.kind);
                    let is_operand = before == Kind::Equals || computes(before);
                    let is_row = !matches!(behind, Some(Kind::Equals | Kind::Colon));
                    last = if !is_operand && is_row {
                        Some(at)
                    } else {
                        last
                    };
                }
                _ => {}
            }
        }
        last
    }
}

/// Whether arithmetic goes on behind a mark.
fn computes(kind: Kind) -> bool {
    matches!(kind, Kind::Plus | Kind::Minus | Kind::Star | Kind::Slash)
}
