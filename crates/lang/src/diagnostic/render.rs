//! A message drawn with the text it speaks of. The only file that knows codespan.

use std::collections::BTreeMap;
use std::ops::Range;

use codespan_reporting::diagnostic as drawn;
use codespan_reporting::files::{Error, Files, line_starts};
use codespan_reporting::term::termcolor::{Ansi, NoColor, WriteColor};
use codespan_reporting::term::{Chars, Config, Styles, StylesWriter, emit_to_write_style};

use super::{Diagnostic, Severity};
use crate::source::{FileId, Sources};

/// Columns of a line that are drawn; what is longer is drawn in pieces.
const LONGEST_LINE: usize = 200;

/// The message for people: headline, labelled text, facts, help; one line each, a line end last.
/// With `color`, with the escape codes of terminals in it.
///
/// Every span lies in `sources`.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, color: bool) -> String {
    Renderer::new(sources, color).render(diagnostic)
}

/// Draws one message after the other, as [`render`] does; makes every file ready once, however many
/// messages speak of it.
pub struct Renderer<'a> {
    sources: &'a Sources,
    color: bool,
    views: Views<'a>,
}

impl<'a> Renderer<'a> {
    /// Draws messages about these files.
    pub fn new(sources: &'a Sources, color: bool) -> Renderer<'a> {
        Renderer {
            sources,
            color,
            views: Views::default(),
        }
    }

    /// The message for people. Every span lies in the sources.
    pub fn render(&mut self, diagnostic: &Diagnostic) -> String {
        self.views.open(diagnostic, self.sources);
        let message = convert(diagnostic);
        let bytes = match self.color {
            true => emit(Ansi::new(Vec::new()), &self.views, &message).into_inner(),
            false => emit(NoColor::new(Vec::new()), &self.views, &message).into_inner(),
        };
        let text = String::from_utf8(bytes).expect("what is drawn is UTF-8");
        without_blanks_at_line_ends(text.trim_end())
    }
}

fn emit<W: WriteColor>(mut writer: W, views: &Views<'_>, message: &drawn::Diagnostic<FileId>) -> W {
    let config = Config {
        chars: Chars::ascii(),
        ..Config::default()
    };
    let styles = Styles::default();
    emit_to_write_style(
        &mut StylesWriter::new(&mut writer, &styles),
        &config,
        views,
        message,
    )
    .expect("spans lie in the sources, and memory takes every byte");
    writer
}

fn without_blanks_at_line_ends(text: &str) -> String {
    text.lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

fn convert(diagnostic: &Diagnostic) -> drawn::Diagnostic<FileId> {
    let severity = match diagnostic.severity {
        Severity::Error => drawn::Severity::Error,
        Severity::Warning => drawn::Severity::Warning,
    };
    let labels = diagnostic.labels.iter().enumerate().map(|(at, label)| {
        let style = match at {
            0 => drawn::LabelStyle::Primary,
            _ => drawn::LabelStyle::Secondary,
        };
        drawn::Label::new(style, label.span.file, label.span.range())
            .with_message(printable(&label.message))
    });
    let help = diagnostic.help.iter().map(|help| {
        let lines = help.message.replace('\n', "\n      ");
        format!("help: {lines}")
    });
    let notes = diagnostic.notes.iter().cloned().chain(help);
    drawn::Diagnostic::new(severity)
        .with_code(diagnostic.code.as_str())
        .with_message(printable(&diagnostic.message))
        .with_labels(labels.collect())
        .with_notes(notes.map(|note| printable(&note)).collect())
}

/// The files that messages spoke of.
#[derive(Default)]
struct Views<'a>(BTreeMap<FileId, View<'a>>);

/// A file as it is drawn.
struct View<'a> {
    name: &'a str,
    text: String,
    /// Where lines begin.
    lines: Vec<usize>,
    /// Where lines, and further pieces of long lines, begin.
    pieces: Vec<usize>,
}

impl<'a> Views<'a> {
    fn open(&mut self, diagnostic: &Diagnostic, sources: &'a Sources) {
        for file in diagnostic.labels.iter().map(|label| label.span.file) {
            let view = self.0.entry(file);
            view.or_insert_with(|| View::of(file, sources));
        }
    }

    fn get(&self, id: FileId) -> Result<&View<'a>, Error> {
        self.0.get(&id).ok_or(Error::FileMissing)
    }
}

impl<'a> View<'a> {
    fn of(file: FileId, sources: &'a Sources) -> View<'a> {
        let source = sources.get(file);
        let text = printable(&source.text);
        let lines: Vec<usize> = line_starts(&text).collect();
        View {
            name: &source.name,
            pieces: pieces(&text, &lines),
            lines,
            text,
        }
    }

    fn line_of(&self, at: usize) -> usize {
        self.lines.partition_point(|&start| start <= at) - 1
    }
}

fn pieces(text: &str, lines: &[usize]) -> Vec<usize> {
    let ends = lines.iter().skip(1).copied().chain([text.len()]);
    let mut pieces = Vec::new();
    for (&start, end) in lines.iter().zip(ends) {
        let cuts = text[start..end].char_indices().step_by(LONGEST_LINE);
        pieces.push(start);
        pieces.extend(cuts.skip(1).map(|(at, _)| start + at));
    }
    pieces
}

impl<'v> Files<'v> for Views<'_> {
    type FileId = FileId;
    type Name = &'v str;
    type Source = &'v str;

    fn name(&'v self, id: FileId) -> Result<&'v str, Error> {
        Ok(self.get(id)?.name)
    }

    fn source(&'v self, id: FileId) -> Result<&'v str, Error> {
        Ok(&self.get(id)?.text)
    }

    fn line_index(&'v self, id: FileId, byte_index: usize) -> Result<usize, Error> {
        let pieces = &self.get(id)?.pieces;
        Ok(pieces.partition_point(|&start| start <= byte_index) - 1)
    }

    fn line_number(&'v self, id: FileId, line_index: usize) -> Result<usize, Error> {
        let view = self.get(id)?;
        Ok(view.line_of(view.pieces[line_index]) + 1)
    }

    fn column_number(&'v self, id: FileId, _: usize, byte_index: usize) -> Result<usize, Error> {
        let view = self.get(id)?;
        let at = byte_index.min(view.text.len());
        let start = view.lines[view.line_of(at)];
        Ok(view.text[start..at].chars().count() + 1)
    }

    fn line_range(&'v self, id: FileId, line_index: usize) -> Result<Range<usize>, Error> {
        let view = self.get(id)?;
        let start = *view.pieces.get(line_index).ok_or(Error::LineTooLarge {
            given: line_index,
            max: view.pieces.len() - 1,
        })?;
        let end = view.pieces.get(line_index + 1).copied();
        Ok(start..end.unwrap_or(view.text.len()))
    }
}

/// The same text, as many bytes long, without what would command a terminal: control characters and
/// marks that turn the direction of writing.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match (c, c.len_utf8()) {
            ('\n' | '\t', _) => c,
            ('\r', _) => ' ',
            ('\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}', _) => {
                '\u{fffd}'
            }
            (_, 1) if c.is_control() => '?',
            (_, _) if c.is_control() => '·',
            _ => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::diagnostic::{Code, Diagnostic};
    use crate::source::{FileId, Sources, Span};

    fn sources(text: &str) -> Sources {
        let mut sources = Sources::default();
        sources.add("e.cream", text);
        sources
    }

    fn span(start: usize, end: usize) -> Span {
        Span::new(FileId(0), start, end)
    }

    #[test]
    fn a_message_shows_labels_facts_and_help() {
        let sources = sources("cream 1\nstage s1 mb\n");
        let diagnostic = Diagnostic::new(Code::Syntax, "a headline", span(8, 13), "the keyword")
            .label(span(14, 16), "the name")
            .note("a fact")
            .help("a cure,\nover two lines");
        let expected = "\
error[syntax]: a headline
  --> e.cream:2:1
  |
2 | stage s1 mb
  | ^^^^^ -- the name
  | |
  | the keyword
  |
  = a fact
  = help: a cure,
          over two lines
";
        assert_eq!(render(&diagnostic, &sources, false), expected);
    }

    #[test]
    fn colors_come_only_when_asked_for() {
        let sources = sources("cream 1\n");
        let diagnostic = Diagnostic::new(Code::Syntax, "a headline", span(0, 5), "");
        assert!(!render(&diagnostic, &sources, false).contains('\u{1b}'));
        assert!(render(&diagnostic, &sources, true).contains('\u{1b}'));
    }

    #[test]
    fn a_text_cannot_command_the_terminal() {
        let sources = sources("cream \u{1b}[31m \u{9b}1m \u{202e}\n");
        let diagnostic = Diagnostic::new(Code::Syntax, "\u{1b}[0m", span(6, 7), "\u{7}");
        let text = render(&diagnostic, &sources, false);
        assert!(
            text.chars().all(|c| c == '\n' || !c.is_control()),
            "{text:?}"
        );
    }

    #[test]
    fn of_a_long_line_only_a_piece_is_drawn() {
        let text = "é".repeat(100_000);
        let diagnostic = Diagnostic::new(Code::Syntax, "far out", span(100_000, 100_002), "here");
        let text = render(&diagnostic, &sources(&text), false);
        assert!(text.contains("e.cream:1:50001"), "{text}");
        assert!(text.len() < 2_000, "{}", text.len());
    }

    #[test]
    fn the_end_of_a_file_can_be_shown() {
        for text in ["", "cream 1", "cream 1\n"] {
            let end = span(text.len(), text.len());
            let diagnostic = Diagnostic::new(Code::Syntax, "cut short", end, "here");
            assert!(render(&diagnostic, &sources(text), false).contains("^ here"));
        }
    }
}
