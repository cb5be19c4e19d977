//! All architectures of a file at once.

use creamc_lang::arch::{self, Arch};
use creamc_lang::ir::Ir;
use creamc_lang::plan::{Plan, Request};
use creamc_lang::source::Spanned;
use creamc_lang::space::Setting;
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
    /// When the text of one is wrong, or they are for images of different sizes where the space searches
    /// none, or of different depths where `fit` settles one.
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
        let is_searched = matches!(ir.resolution.value, Setting::Searched(_));
        let pinned = match is_searched {
            true => None,
            false => one_resolution(&archs)?,
        };
        let depths = one_depth(&archs, ir)?;
        let mut free = ir.clone();
        if is_searched || pinned.is_some() {
            free.requires.clear();
        }
        let request = Request {
            resolution: pinned,
            depths: Some(depths),
            ..Request::default()
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

/// The depths of the first, which all others share where `fit` settles them.
fn one_depth(archs: &[(&ast::Arch, Arch)], ir: &Ir) -> Result<Vec<u32>, Error> {
    let (_, first) = &archs[0];
    let depths = first.depths();
    for (_, other) in archs {
        let others = other.depths();
        let mut rows = ir.rows.iter().enumerate();
        let differs = rows.find(|(at, row)| row.fit.is_some() && others[*at] != depths[*at]);
        if let Some((at, row)) = differs {
            return Err(Error::Refused(format!(
                "`{}` has {} blocks in `{}`, `{}` has {}; its depth is settled by `fit`, so that the paths of \
                 one supernet have one depth there",
                first.name, depths[at], row.name, other.name, others[at]
            )));
        }
    }
    Ok(depths)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted() -> Source {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/cli/fitted.cream"
        );
        Source::load(file.as_ref(), None, |_| {}).expect("the file is right")
    }

    #[test]
    fn an_arch_is_planned_at_its_own_depths_where_fit_settles_them() {
        let (arch, plan) = fitted().plan_arch(Some("deep")).expect("it is right");
        let depths: Vec<u32> = plan.ir.rows.iter().map(|row| row.depths[0]).collect();
        assert_eq!(depths, [1, 4, 2, 1, 1]);
        assert_eq!(arch.depths(), depths);
    }

    #[test]
    fn archs_of_different_settled_depths_are_no_paths_of_one_supernet() {
        let refused = fitted().plan_archs().expect_err("they differ").to_string();
        assert!(refused.contains("`deep` has 4 blocks in `s1`"), "{refused}");
    }
}
