//! All architectures of a file at once.

use creamc_lang::arch::{self, Arch};
use creamc_lang::plan::{Plan, Request};
use creamc_lang::source::Spanned;
use creamc_lang::syntax::ast;

use super::{Source, has_errors};
use crate::train::Error;

impl Source {
    /// Whether the file holds an architecture.
    #[must_use]
    pub fn has_archs(&self) -> bool {
        !self.unit.archs.is_empty()
    }

    /// Every architecture of the file, in order, and the plan of them all. Bounds limit a
    /// search: architectures outside them are planned too, with a warning.
    ///
    /// # Errors
    /// When the text of one is wrong, or they are for images of different sizes.
    pub fn plan_archs(&self) -> Result<(Vec<Arch>, Plan), Error> {
        let ir = self.ir()?;
        let mut archs: Vec<(&ast::Arch, Arch)> = Vec::new();
        let mut found = Vec::new();
        for written in &self.unit.archs {
            let (arch, more) = arch::read(written, ir);
            found.extend(more);
            archs.extend(arch.map(|arch| (written, arch)));
        }
        if has_errors(&found) {
            return Err(self.refuse(found));
        }
        let pinned = one_resolution(&archs)?;
        let mut free = ir.clone();
        if pinned.is_some() {
            free.requires.clear();
        }
        let request = Request {
            requires: Vec::new(),
            resolution: pinned,
        };
        let (plan, _) = self.planned(&free, &request)?;
        for (written, arch) in &archs {
            // Where the resolution is known, `arch::read` has said it.
            if arch.resolution.is_none() {
                let cost = plan.cost(&arch.path);
                let place = written.name.span;
                found.extend(arch::outside_bounds(arch, place, cost, &ir.requires, ir));
            }
        }
        self.show(found);
        Ok((archs.into_iter().map(|(_, arch)| arch).collect(), plan))
    }
}

/// The resolution that all of them pin, or none of them.
fn one_resolution(archs: &[(&ast::Arch, Arch)]) -> Result<Option<Spanned<u32>>, Error> {
    let Some((written, first)) = archs.first() else {
        return Err(Error::Refused("the file holds no arch".to_owned()));
    };
    match archs
        .iter()
        .find(|(_, arch)| arch.resolution != first.resolution)
    {
        Some((_, other)) => Err(Error::Refused(format!(
            "`{}` and `{}` are for images of different sizes; paths are compared on images of one",
            first.name, other.name
        ))),
        None => Ok(first
            .resolution
            .map(|side| Spanned::new(side, written.span))),
    }
}
