//! Tests that a machine lacks something for.

use std::fs::OpenOptions;
use std::io::Write;

/// The variable of `cargo xtask test`: the file whose lines it shows at its end.
const LIST: &str = "CREAMC_SKIPPED";

/// Says why a test finds nothing out on this machine. It passes: the machine may truly lack what it needs.
pub fn skip(why: &str) {
    eprintln!("skipped: {why}");
    let Some(list) = std::env::var_os(LIST) else {
        return;
    };
    let list = OpenOptions::new().create(true).append(true).open(list);
    writeln!(list.unwrap(), "{why}").unwrap();
}
