//! Which architecture of a file is meant, and reading it.

use anyhow::{Context, bail};
use creamc_lang::arch::{self, Arch};
use creamc_lang::cost;
use creamc_lang::diagnostic::nearest;
use creamc_lang::source::Span;
use creamc_lang::space::Require;
use creamc_lang::syntax::ast;

use super::load::Loaded;
use super::say;

/// An architecture, and what is left to say about it.
#[derive(Debug)]
pub struct Picked {
    /// It.
    pub arch: Arch,
    /// Where it is named.
    place: Span,
    /// Bounds it was not compared with yet.
    open: Vec<Require>,
}

impl Picked {
    /// Adds a warning for each bound that the architecture breaks at this resolution.
    pub fn warn(&self, loaded: &mut Loaded, resolution: u32) {
        let Some(ir) = &loaded.unit.ir else {
            return;
        };
        let cost = cost::of_network(&ir.network(&self.arch.path, resolution));
        let found = arch::outside_bounds(&self.arch, self.place, cost, &self.open, ir);
        loaded.unit.diagnostics.extend(found);
    }
}

/// The architecture called `name`, or the only one; `None` when the messages say why not.
///
/// # Errors
/// When there is none of that name, or it is not clear which one is meant.
pub fn named(loaded: &mut Loaded, name: Option<&str>) -> anyhow::Result<Option<Picked>> {
    let archs = &loaded.unit.archs;
    let written = match name {
        Some(name) => find(archs, name)?,
        None => only(loaded)?,
    };
    let written = written.clone();
    Ok(read(loaded, &written))
}

fn find<'a>(archs: &'a [ast::Arch], name: &str) -> anyhow::Result<&'a ast::Arch> {
    if let Some(found) = archs.iter().find(|arch| arch.name.value == name) {
        return Ok(found);
    }
    match nearest(name, archs.iter().map(|arch| arch.name.value.as_str())) {
        Some(near) => bail!("the file has no arch `{name}`: did you mean `{near}`?"),
        None => bail!("the file has no arch `{name}`; {}", listed(archs)),
    }
}

fn only(loaded: &Loaded) -> anyhow::Result<&ast::Arch> {
    match (loaded.unit.archs.as_slice(), &loaded.unit.ir) {
        ([only], _) => Ok(only),
        ([], Some(ir)) if arch::has_index_form(ir) => {
            bail!("the file has no arch: give one with --choices '[[0],[3],…]'")
        }
        ([], Some(ir)) => bail!(
            "the file has no arch, and those of `{}` have no index form: give a file with one; \
             `creamc sample` draws some",
            ir.space
        ),
        ([], None) => bail!("the file has no arch and no space: give a file with an arch"),
        (archs, _) => bail!("which arch? Name it with --arch; {}", listed(archs)),
    }
}

fn listed(archs: &[ast::Arch]) -> String {
    let names: Vec<String> = archs
        .iter()
        .map(|arch| format!("`{}`", arch.name.value))
        .collect();
    match names.as_slice() {
        [] => "it has none".to_string(),
        names => format!("it has {}", names.join(", ")),
    }
}

fn read(loaded: &mut Loaded, written: &ast::Arch) -> Option<Picked> {
    let ir = loaded.unit.ir.as_ref()?;
    let (arch, found) = arch::read(written, ir);
    let picked = arch.map(|arch| Picked {
        // Where the resolution is known, reading has told of the file's own bounds.
        open: match arch.resolution {
            Some(_) => loaded.requires.clone(),
            None => loaded.all_requires(),
        },
        place: written.name.span,
        arch,
    });
    loaded.unit.diagnostics.extend(found);
    picked
}

/// The architecture of lists of indices, `[[0],[3,1],[0]]`.
///
/// # Errors
/// When the lists are none, or none of this space; the message names the place.
pub fn from_choices(loaded: &mut Loaded, text: &str) -> anyhow::Result<Picked> {
    let Some(ir) = &loaded.unit.ir else {
        bail!("`--choices` needs a space, and the file holds none");
    };
    let lists = arch::parse_choices(text).context("--choices")?;
    let read = arch::from_choices("choices", &lists, ir).context("--choices")?;
    if let Some(warning) = read.warning {
        say(&format!("warning: {warning}"));
    }
    Ok(Picked {
        arch: read.arch,
        place: loaded.argument("--choices", text),
        open: loaded.all_requires(),
    })
}

/// Every architecture of the file that could be read.
pub fn read_all(loaded: &mut Loaded) -> Vec<Picked> {
    let written = loaded.unit.archs.clone();
    written
        .iter()
        .filter_map(|arch| read(loaded, arch))
        .collect()
}
