//! Messages as errors and warnings of rustc.

use std::fmt::Write;

use creamc_lang::diagnostic::{Diagnostic, Help, Severity};
use creamc_lang::source::Sources;
use proc_macro::{Span, TokenStream, TokenTree};

/// A part of the Rust file, from the first token to the last.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub first: Span,
    pub last: Span,
}

impl Place {
    /// One token.
    pub fn one(span: Span) -> Place {
        Place {
            first: span,
            last: span,
        }
    }
}

/// An item that makes rustc say `message` about `place`.
pub fn error(message: &str, place: Place) -> TokenStream {
    let item = format!("::core::compile_error! {{ {message:?} }}");
    spread(&item, place)
}

/// A message, drawn already, about a place.
pub fn report(diagnostic: &Diagnostic, message: &str, place: Place) -> TokenStream {
    match diagnostic.severity {
        Severity::Error => error(message, place),
        Severity::Warning => warning(&diagnostic.code.as_str().replace('-', "_"), message, place),
    }
}

/// Rustc lets macros warn through what is deprecated only.
fn warning(name: &str, message: &str, place: Place) -> TokenStream {
    let declared = format!(
        "#[deprecated(note = {message:?})] #[allow(non_upper_case_globals)] const {name}: () = ();"
    );
    let mut item = spread(&declared, Place::one(Span::call_site()));
    item.extend(spread("const _: () = ", Place::one(Span::call_site())));
    item.extend(spread(name, Place::one(place.first)));
    item.extend(spread(";", Place::one(Span::call_site())));
    let block = proc_macro::Group::new(proc_macro::Delimiter::Brace, item);
    let mut constant = spread("const _: () =", Place::one(Span::call_site()));
    constant.extend([TokenTree::Group(block)]);
    constant.extend(spread(";", Place::one(Span::call_site())));
    constant
}

/// The tokens of `text`, the last one at the place's last token and all others at its first.
fn spread(text: &str, place: Place) -> TokenStream {
    let parsed: TokenStream = text.parse().expect("it is written here");
    let mut trees: Vec<TokenTree> = parsed.into_iter().collect();
    let last = trees.len().saturating_sub(1);
    for (at, tree) in trees.iter_mut().enumerate() {
        tree.set_span(if at == last { place.last } else { place.first });
    }
    trees.into_iter().collect()
}

/// A message without its first place, which rustc shows.
pub fn in_words(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let mut text = format!("{} [{}]", diagnostic.message, diagnostic.code.as_str());
    let mut line = |what: &str| write!(text, "\n{what}").expect("a string takes every line");
    let (first, others) = diagnostic.labels.split_first().expect("there is one");
    if !first.message.is_empty() {
        line(&format!("here: {}", first.message));
    }
    for label in others {
        let source = sources.get(label.span.file);
        let place = source.position(label.span.range().start);
        let (name, what) = (&source.name, &label.message);
        line(&format!("{name}:{}:{}: {what}", place.line, place.column));
    }
    diagnostic
        .notes
        .iter()
        .for_each(|note| line(&format!("note: {note}")));
    if let Some(Help { message, .. }) = &diagnostic.help {
        line(&format!("help: {message}"));
    }
    text
}
