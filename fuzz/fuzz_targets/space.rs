//! Any text at all is a space or messages, and formatting keeps what it means: no panic, no hang.
#![no_main]

use std::path::Path;

use creamc::lang::arch;
use creamc::lang::compile::{self, Overrides, Unit};
use creamc::lang::diagnostic::{self, Diagnostic, Renderer};
use creamc::lang::plan::{self, Request};
use creamc::lang::source::{FileId, Files, ReadError};
use creamc::lang::syntax;
use creamc::lang::timm;
use libfuzzer_sys::fuzz_target;

/// Candidates of the largest space that is planned: larger ones end as well, but a target is to be quick.
const MOST: usize = 3_000;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let _ = timm::read(&[(FileId(0), text)], 32);
    let unit = compiled(text);
    show(&unit, &unit.diagnostics);
    formatted(text, &unit);
    planned(&unit);
});

/// One text, whatever file is asked for but those that are missing.
struct One<'t>(&'t str);

impl Files for One<'_> {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        match path.to_str() {
            Some("x.cream") => Ok(self.0.to_owned()),
            Some("base.cream") => Ok(include_str!("../seeds/base.cream").to_owned()),
            Some("t.yaml") => Ok(include_str!("../seeds/t.yaml").to_owned()),
            Some("y.cream") => Ok("cream 1\nuse \"x.cream\"\nlet far = 3\n".to_owned()),
            _ => Err(ReadError("there is no such file".to_owned())),
        }
    }
}

fn compiled(text: &str) -> Unit {
    let files = One(text);
    compile::load(&files, Path::new("x.cream"), &Overrides::default()).expect("it is in memory")
}

fn show(unit: &Unit, found: &[Diagnostic]) {
    let mut renderer = Renderer::new(&unit.sources, true);
    for one in found {
        let _ = renderer.render(one);
        let json = serde_json::to_string(&diagnostic::json(one, &unit.sources));
        assert!(json.is_ok());
    }
}

/// A text that can be read is written in one form, which is read back as the same space.
fn formatted(text: &str, unit: &Unit) {
    let (ast, found) = syntax::parse(FileId(0), text);
    if !found.is_empty() {
        return;
    }
    let once = syntax::format(text, &ast);
    let (again, found) = syntax::parse(FileId(0), &once);
    assert!(found.is_empty(), "{once}");
    assert_eq!(once, syntax::format(&once, &again));
    let space = |unit: &Unit| unit.space.as_ref().map(|space| space.print());
    assert_eq!(space(unit), space(&compiled(&once)), "{once}");
}

fn planned(unit: &Unit) {
    let Some(ir) = &unit.ir else {
        return;
    };
    for written in &unit.archs {
        let (_, found) = arch::read(written, ir);
        show(unit, &found);
    }
    let slots = ir.rows.iter().flat_map(|row| &row.slots);
    let candidates: usize = slots.map(|slot| slot.candidates.len()).sum();
    if unit.has_errors() || candidates > MOST {
        return;
    }
    match plan::plan(ir, &Request::default()) {
        Ok((plan, warnings)) => {
            show(unit, &warnings);
            let _ = plan.graph.count().to_string();
        }
        Err(found) => show(unit, &found),
    }
}
