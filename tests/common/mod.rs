//! Recorded numbers, the two tiny spaces they belong to, and comparing tensors.

#![allow(dead_code, reason = "each test file takes what it needs")]

#[allow(
    clippy::disallowed_methods,
    reason = "a test lays out and reads its files"
)]
pub mod folder;
pub mod learners;
pub mod pixels;
pub mod port;
pub mod runs;
#[allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test says why it finds nothing out, also in a file"
)]
pub mod skip;

use std::collections::BTreeMap;
use std::path::{self, PathBuf};

use creamc::lang::compile::{self, Overrides};
use creamc::lang::ir::{Ir, Path};
use creamc::lang::plan::{self, Plan};
use creamc::lang::source::{Files, ReadError};
use tch::Tensor;

/// A file in `tests/fixtures/`.
pub fn fixture_path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// The tensors of a file in `tests/fixtures/`.
pub fn fixture(name: &str) -> BTreeMap<String, Tensor> {
    creamc::checkpoint::load(&fixture_path(name))
        .expect("the fixture is readable")
        .tensors
}

struct Disk;

impl Files for Disk {
    fn read(&self, path: &path::Path) -> Result<String, ReadError> {
        std::fs::read_to_string(path).map_err(|error| ReadError(error.to_string()))
    }
}

/// A space in `tests/fixtures/`, lowered.
pub fn space(name: &str) -> Ir {
    let unit = compile::load(&Disk, &fixture_path(name), &Overrides::default())
        .expect("the fixture is readable");
    unit.ir
        .unwrap_or_else(|| panic!("{name}: {:?}", unit.diagnostics))
}

/// The plan of a space of the repository, with more bounds as text.
pub fn plan(file: &str, requires: &[&str]) -> Plan {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
    let mut unit =
        compile::load(&Disk, &path, &Overrides::default()).expect("the space is readable");
    let space = unit.space.clone().expect("the file holds a space");
    let parse =
        |text: &&str| compile::parse_require(&mut unit.sources, text, &space).expect("a bound");
    let request = plan::Request {
        requires: requires.iter().map(parse).collect(),
        ..plan::Request::default()
    };
    plan::plan(unit.ir.as_ref().expect("the space is right"), &request)
        .expect("a path fits")
        .0
}

/// The path of `tiny_childnet*`.
pub fn tiny_childnet_path() -> Path {
    let blocks = [1, 1, 2, 3, 1, 1, 1, 1, 1];
    let mut path = Path::new(blocks.map(|depth| vec![0; depth]).into());
    path.rows[3] = vec![0, 0, 1];
    path
}

/// A path of `tiny_supernet*` from the original's form: one list a row between stem and pool.
pub fn tiny_path(index: &serde_json::Value) -> Path {
    let inner: Vec<Vec<u16>> = serde_json::from_value(index.clone()).expect("lists of candidates");
    Path::new([vec![vec![0]], inner, vec![vec![0]; 3]].concat())
}

/// Panics unless `found` is `expected` up to `tolerance` times the largest expected value.
///
/// What is zero by construction, as the gradient of a bias before a norm, is
/// rounding noise on both sides: below 1e-14 nothing is compared.
#[track_caller]
pub fn assert_close(name: &str, found: &Tensor, expected: &Tensor, tolerance: f64) {
    assert_eq!(found.size(), expected.size(), "{name}");
    let largest = expected.abs().max().double_value(&[]);
    let difference = (found - expected).abs().max().double_value(&[]);
    assert!(
        difference <= (tolerance * largest).max(1e-14),
        "{name}: {difference:e} apart, the largest value is {largest:e}"
    );
}
