//! Which architecture of a file is meant, and reading it.

use anyhow::{Context, bail};
use creamc_lang::arch::{self, Arch};
use creamc_lang::cost;
use creamc_lang::diagnostic::nearest;
use creamc_lang::syntax::ast;

use super::load::Loaded;
use super::say;

/// The architecture called `name`, or the only one; `None` when the messages say why not.
///
/// # Errors
/// When there is none of that name, or it is not clear which one is meant.
pub fn named(loaded: &mut Loaded, name: Option<&str>) -> anyhow::Result<Option<Arch>> {
    let written = match name {
        Some(name) => find(&loaded.unit.archs, name)?,
        None => only(&loaded.unit.archs)?,
    }
    .clone();
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

fn only(archs: &[ast::Arch]) -> anyhow::Result<&ast::Arch> {
    match archs {
        [only] => Ok(only),
        [] => bail!("the file has no arch: give one with --choices '[[0],[3],…]'"),
        _ => bail!("which arch? Name it with --arch; {}", listed(archs)),
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

fn read(loaded: &mut Loaded, written: &ast::Arch) -> Option<Arch> {
    let ir = loaded.unit.ir.as_ref()?;
    let (arch, found) = arch::read(written, ir);
    loaded.unit.diagnostics.extend(found);
    arch
}

/// Adds a warning for every bound of the file that the architecture does not meet at `resolution`.
pub fn warn_outside(loaded: &mut Loaded, arch: &Arch, resolution: u32) {
    let Some(ir) = &loaded.unit.ir else { return };
    let written = loaded.unit.archs.iter();
    let Some(place) = written
        .map(|one| &one.name)
        .find(|name| name.value == arch.name)
    else {
        return; // given on the command line: there is no text to point at
    };
    let cost = cost::of_network(&ir.network(&arch.path, resolution));
    let warnings = arch::outside_bounds(arch, place.span, cost, &ir.requires, ir);
    loaded.unit.diagnostics.extend(warnings);
}

/// The architecture of lists of indices, `[[0],[3,1],[0]]`.
///
/// # Errors
/// When the lists are none, or none of this space; the message names the place.
pub fn from_choices(loaded: &Loaded, text: &str) -> anyhow::Result<Option<Arch>> {
    let Some(ir) = &loaded.unit.ir else {
        bail!("`--choices` needs a space, and the file holds none");
    };
    let lists = arch::parse_choices(text).context("--choices")?;
    let read = arch::from_choices("choices", &lists, ir).context("--choices")?;
    if let Some(warning) = read.warning {
        say(&format!("warning: {warning}"));
    }
    Ok(Some(read.arch))
}

/// Every architecture of the file that could be read, with warnings for those outside a bound.
pub fn read_all(loaded: &mut Loaded) -> Vec<Arch> {
    let written = loaded.unit.archs.clone();
    let archs: Vec<Arch> = written
        .iter()
        .filter_map(|arch| read(loaded, arch))
        .collect();
    let settled = loaded.plan(None).map(|plan| plan.resolution);
    for arch in &archs {
        if let Some(resolution) = arch.resolution.or(settled) {
            warn_outside(loaded, arch, resolution);
        }
    }
    archs
}
