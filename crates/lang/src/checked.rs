//! A space without errors, or the messages that say why there is none: the front end for programs.
//!
//! In: texts. Out: a [`Checked`] space with its archs, ready to be planned, or
//! [`Rejected`], an error that draws its messages.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use crate::arch::{self, Arch};
use crate::compile::{self, Overrides, Unit};
use crate::diagnostic::{Code, Diagnostic, Label, Renderer, Severity};
use crate::ir::Ir;
use crate::plan::{self, Plan, Request};
use crate::source::{FileId, Sources, Span, Texts};
use crate::space::Space;

/// A space without errors, and the archs of its file.
#[derive(Clone)]
pub struct Checked {
    /// The texts it came from; every span lies in one of them.
    pub sources: Sources,
    /// It, resolved and typed.
    pub space: Space,
    /// It, lowered.
    pub ir: Ir,
    /// The archs of the file, in order.
    pub archs: Vec<Arch>,
    /// What is probably not what was wanted.
    pub warnings: Vec<Diagnostic>,
    origins: Origins,
}

/// The text, for failed tests: all else follows from it.
impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.sources.get(FileId(0));
        write!(f, "Checked {}:\n{}", source.name, source.text)
    }
}

/// Where the lines of the first file come from, if not from a file: places in Rust.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origins(pub BTreeMap<usize, String>);

impl Origins {
    /// Adds to a message where the lines it speaks of come from.
    fn note(&self, diagnostic: &mut Diagnostic, sources: &Sources) {
        let labels = diagnostic.labels.iter();
        let here = labels.filter(|label| label.span.file == FileId(0));
        let line = |label: &Label| {
            let source = sources.get(label.span.file);
            source.position(label.span.range().start).line
        };
        let lines: BTreeSet<usize> = here.map(line).collect();
        for line in lines {
            if let Some(place) = self.0.get(&line) {
                let note = format!("line {line} is built at {place}");
                diagnostic.notes.push(note);
            }
        }
    }
}

/// Texts that make no space. As text, it is every message, drawn for people.
#[derive(Debug, Clone)]
pub struct Rejected {
    /// The texts; every span lies in one of them.
    pub sources: Sources,
    /// Every message; at least one is an error.
    pub diagnostics: Vec<Diagnostic>,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut renderer = Renderer::new(&self.sources, false);
        let drawn = self.diagnostics.iter().map(|one| renderer.render(one));
        let drawn: Vec<String> = drawn.collect();
        f.write_str(drawn.join("\n").trim_end())
    }
}

impl std::error::Error for Rejected {}

impl Checked {
    /// Checks a whole file. `name` stands for it in messages.
    ///
    /// ```
    /// use creamc_lang::checked::Checked;
    ///
    /// let text = "cream 1
    /// space small {
    ///     input  image(channels = 1, resolution = 8)
    ///     output classes(10)
    ///     layer stem    conv(kernel in {3, 5})    channels = 8
    ///     layer pool    avgpool
    ///     layer logits  linear                    channels = classes
    /// }";
    /// let small = Checked::from_text("small.cream", text)?;
    /// assert_eq!(small.plan()?.graph.count(), 2_u32.into());
    ///
    /// let wrong = Checked::from_text("small.cream", &text.replace("conv", "cnov"));
    /// assert!(wrong.unwrap_err().to_string().contains("did you mean `conv`?"));
    /// # Ok::<(), creamc_lang::checked::Rejected>(())
    /// ```
    ///
    /// # Errors
    /// The messages, when one of them is an error or the file holds no space.
    pub fn from_text(name: &str, text: &str) -> Result<Checked, Rejected> {
        Checked::from_texts(&[(name, text)])
    }

    /// As [`Checked::from_text`], with the files that the first one uses, by their paths.
    ///
    /// # Errors
    /// The messages, when one of them is an error or the first file holds no space.
    ///
    /// # Panics
    /// Without a file.
    pub fn from_texts(files: &[(&str, &str)]) -> Result<Checked, Rejected> {
        let (root, _) = files.first().expect("one file at least is given");
        let unit = compile::load(&Texts(files), Path::new(root), &Overrides::default())
            .expect("the root is among the texts");
        Checked::of(unit)
    }

    /// A compiled file.
    ///
    /// # Errors
    /// The messages, when one of them is an error or the file holds no space.
    pub fn of(unit: Unit) -> Result<Checked, Rejected> {
        Checked::with_origins(unit, Origins::default())
    }

    pub(crate) fn with_origins(mut unit: Unit, origins: Origins) -> Result<Checked, Rejected> {
        let archs = read_archs(&mut unit);
        if unit.space.is_none() && !unit.has_errors() {
            unit.diagnostics.push(no_space());
        }
        let mut found = std::mem::take(&mut unit.diagnostics);
        for diagnostic in &mut found {
            origins.note(diagnostic, &unit.sources);
        }
        match (unit.space, unit.ir) {
            (Some(space), Some(ir)) if !has_errors(&found) => Ok(Checked {
                sources: unit.sources,
                space,
                ir,
                archs,
                warnings: found,
                origins,
            }),
            _ => Err(Rejected {
                sources: unit.sources,
                diagnostics: found,
            }),
        }
    }

    /// What `space!` and `include_space!` become: texts that were checked when they were compiled.
    ///
    /// # Panics
    /// When they are wrong all the same.
    #[doc(hidden)]
    pub fn embedded(files: &[(&str, &str)]) -> Checked {
        let checked = Checked::from_texts(files);
        checked.unwrap_or_else(|wrong| panic!("this text was checked when compiled:\n{wrong}"))
    }

    /// The arch called `name`.
    pub fn arch(&self, name: &str) -> Option<&Arch> {
        self.archs.iter().find(|arch| arch.name == name)
    }

    /// Settles the space within its own bounds. Warnings about bounds are left out:
    /// [`plan::plan`] gives them.
    ///
    /// # Errors
    /// The messages, when no path meets every bound or none was found.
    pub fn plan(&self) -> Result<Plan, Rejected> {
        self.plan_with(&Request::default())
    }

    /// As [`Checked::plan`], with what the caller adds.
    ///
    /// # Errors
    /// The messages, when no path meets every bound, none was found, or the request does not fit.
    pub fn plan_with(&self, request: &Request) -> Result<Plan, Rejected> {
        match plan::plan(&self.ir, request) {
            Ok((plan, _)) => Ok(plan),
            Err(mut diagnostics) => {
                for diagnostic in &mut diagnostics {
                    self.origins.note(diagnostic, &self.sources);
                }
                Err(Rejected {
                    sources: self.sources.clone(),
                    diagnostics,
                })
            }
        }
    }
}

/// The archs that could be read; the unit's messages get what is wrong with them.
fn read_archs(unit: &mut Unit) -> Vec<Arch> {
    let Some(ir) = &unit.ir else {
        return Vec::new();
    };
    let (archs, found): (Vec<_>, Vec<_>) = unit
        .archs
        .iter()
        .map(|written| arch::read(written, ir))
        .unzip();
    unit.diagnostics.extend(found.into_iter().flatten());
    archs.into_iter().flatten().collect()
}

fn has_errors(found: &[Diagnostic]) -> bool {
    found.iter().any(|one| one.severity == Severity::Error)
}

/// A file of names only, or an empty one.
fn no_space() -> Diagnostic {
    let start = Span::new(FileId(0), 0, 0);
    Diagnostic::new(Code::UnknownSpace, "there is no space here", start, "")
        .help("write one: `space NAME { … }`")
}

#[cfg(test)]
mod tests {
    use super::Checked;

    const SPACE: &str = include_str!("../../../spaces/tiny.cream");

    #[test]
    fn a_file_of_archs_brings_the_space_it_uses() {
        let best = "cream 1\nuse \"../tiny.cream\"\narch best of tiny {\n    \
                    s1 = ir(kernel = 1, expand = 6)\n    s2 = ir(kernel = 5, expand = 1)\n}\n";
        let files = [("archs/best.cream", best), ("tiny.cream", SPACE)];
        let checked = Checked::from_texts(&files).expect("both are right");
        assert_eq!(checked.space.name.value, "tiny");
        let best = checked.arch("best").expect("it is there");
        assert_eq!(best.path.rows[2..4], [vec![1], vec![2]]);
        assert!(checked.arch("worst").is_none());
    }

    #[test]
    fn a_wrong_arch_rejects_its_file() {
        let text = format!("{SPACE}\narch best of tiny {{ s1 = ir(kernel = 3, expand = 6) }}\n");
        let rejected = Checked::from_text("tiny.cream", &text).expect_err("3 is no kernel");
        let drawn = rejected.to_string();
        assert!(drawn.contains("error[arch-outside-domain]"), "{drawn}");
        assert!(drawn.contains("--> tiny.cream:"), "{drawn}");
    }

    #[test]
    fn a_file_without_a_space_is_rejected_with_a_message() {
        for text in ["cream 1\n", "cream 1\nblock mb = conv(kernel = 3)\n"] {
            let rejected = Checked::from_text("names.cream", text).expect_err("no space");
            assert!(rejected.to_string().contains("there is no space here"));
        }
    }

    #[test]
    fn a_bound_out_of_reach_is_found_by_the_plan() {
        let text = SPACE.replace("260K..310K", "1..2");
        let checked = Checked::from_text("tiny.cream", &text).expect("the text is right");
        let rejected = checked.plan().expect_err("no path is that cheap");
        assert!(rejected.to_string().contains("error[bound-unreachable]"));
    }
}
