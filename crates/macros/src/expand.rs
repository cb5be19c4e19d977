//! What the macros become: errors and warnings, and the embedded texts.

use std::path::Path;

use creamc_lang::checked::Checked;
use creamc_lang::compile::{self, Overrides};
use creamc_lang::diagnostic::{Diagnostic, Severity, render};
use creamc_lang::plan::{self, Request};
use creamc_lang::source::{FileId, Files, ReadError, Sources};
use proc_macro::{Delimiter, Group, Span, TokenStream, TokenTree};

use crate::findings::{self, Place};
use crate::folder::Folder;
use crate::text::Text;
use crate::tokens::Tokens;

/// `space! { … }`.
pub fn space(input: TokenStream) -> TokenStream {
    let tokens = Tokens::of(input);
    if !tokens.foreign.is_empty() {
        let errors = tokens.foreign.iter();
        return errors
            .map(|(span, why)| findings::error(why, Place::one(*span)))
            .collect();
    }
    let text = Text::of(&tokens.pieces);
    let here = tokens.spans.first().copied();
    let here = here.unwrap_or_else(Span::call_site);
    let folder = Folder::of(here);
    let root = Root {
        name: name_of(&here.file()),
        text: &text.text,
        folder: &folder,
    };
    let found = check(&root, &root.name);
    let reports = found.diagnostics.iter().map(|diagnostic| {
        let (message, place) = in_place(diagnostic, &found.sources, &text, &tokens);
        findings::report(diagnostic, &message, place)
    });
    expression(reports.collect(), &found, |at, name| match at {
        0 => format!("{:?}", text.text),
        _ => included(&folder, name),
    })
}

/// A message and its place among the tokens; one about another file is drawn, at the first token.
fn in_place(
    diagnostic: &Diagnostic,
    sources: &Sources,
    text: &Text,
    tokens: &Tokens,
) -> (String, Place) {
    let span = diagnostic.labels[0].span;
    let is_here = span.file == FileId(0);
    match text.pieces(span.range()).filter(|_| is_here) {
        Some((first, last)) => {
            let place = Place {
                first: tokens.spans[first],
                last: tokens.spans[last],
            };
            (findings::in_words(diagnostic, sources), place)
        }
        None => (drawn(diagnostic, sources), Place::one(Span::call_site())),
    }
}

/// `include_space!("PATH")`.
pub fn include_space(input: TokenStream) -> TokenStream {
    let Some((path, span)) = path(input) else {
        let wanted = "`include_space!` takes the path of a `.cream` file in quotes, without `\\`";
        return findings::error(wanted, Place::one(Span::call_site()));
    };
    let place = Place::one(span);
    let folder = Folder::of(span);
    let root = Path::new(&path);
    if let Err(why) = folder.read(root) {
        let place_on_disk = folder.join(&path).unwrap_or_default();
        let message = format!("cannot read `{path}`: {why}\nlooked for at {place_on_disk}");
        return findings::error(&message, place);
    }
    let found = check(&folder, &path);
    let reports = found.diagnostics.iter().map(|diagnostic| {
        let message = drawn(diagnostic, &found.sources);
        findings::report(diagnostic, &message, place)
    });
    expression(reports.collect(), &found, |_, name| included(&folder, name))
}

fn path(input: TokenStream) -> Option<(String, Span)> {
    let mut trees = input.into_iter();
    let (Some(TokenTree::Literal(literal)), None) = (trees.next(), trees.next()) else {
        return None;
    };
    let text = literal.to_string();
    let path = text.strip_prefix('"')?.strip_suffix('"')?;
    (!path.contains('\\')).then(|| (path.to_owned(), literal.span()))
}

fn drawn(diagnostic: &Diagnostic, sources: &Sources) -> String {
    render(diagnostic, sources, false).trim_end().to_owned()
}

/// The text of a macro, under the name of its Rust file, and the files of that file's folder.
struct Root<'a> {
    name: String,
    text: &'a str,
    folder: &'a Folder,
}

impl Files for Root<'_> {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        match path == Path::new(&self.name) {
            true => Ok(self.text.to_owned()),
            false => self.folder.read(path),
        }
    }
}

/// A file's name alone, so that what the text uses is named from its folder.
fn name_of(file: &str) -> String {
    let name = Path::new(file).file_name();
    name.map_or("space!".to_owned(), |name| {
        name.to_string_lossy().into_owned()
    })
}

/// What the front end says of a file, and all files of it.
struct Found {
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
}

impl Found {
    fn has_errors(&self) -> bool {
        let mut severities = self.diagnostics.iter().map(|one| one.severity);
        severities.any(|severity| severity == Severity::Error)
    }
}

/// As `creamc check`: a space is planned too, so that a bound out of reach is an error.
fn check(files: &dyn Files, root: &str) -> Found {
    let unit = compile::load(files, Path::new(root), &Overrides::default())
        .expect("the root was read before");
    let checked = match Checked::of(unit) {
        Ok(checked) => checked,
        Err(rejected) => {
            return Found {
                sources: rejected.sources,
                diagnostics: rejected.diagnostics,
            };
        }
    };
    let mut diagnostics = checked.warnings;
    if checked.ir.is_proved_beside(!checked.archs.is_empty()) {
        let planned = plan::plan(&checked.ir, &Request::default());
        diagnostics.extend(planned.map_or_else(|errors| errors, |(_, warnings)| warnings));
    }
    Found {
        sources: checked.sources,
        diagnostics,
    }
}

fn included(folder: &Folder, name: &str) -> String {
    let path = folder.join(name).expect("the file was read from there");
    format!("::core::include_str!({path:?})")
}

/// The reports and, where none is an error, the value: checked once, where it is first used.
fn expression(
    reports: TokenStream,
    found: &Found,
    text: impl Fn(usize, &str) -> String,
) -> TokenStream {
    let mut inside = reports;
    if !found.has_errors() {
        let sources = found.sources.iter().enumerate();
        let files = sources.map(|(at, (_, source))| {
            let name = &source.name;
            format!("({name:?}, {})", text(at, name))
        });
        let files = files.collect::<Vec<_>>().join(", ");
        let checked = "::creamc::lang::checked::Checked";
        let value = format!(
            "static SPACE: ::std::sync::LazyLock<{checked}> = \
             ::std::sync::LazyLock::new(|| {checked}::embedded(&[{files}])); &*SPACE"
        );
        inside.extend(value.parse::<TokenStream>().expect("it is written here"));
    }
    TokenTree::Group(Group::new(Delimiter::Brace, inside)).into()
}
