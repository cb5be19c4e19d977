//! The settings: those somebody chose first.

use crate::report::html::Html;
use crate::report::number;
use crate::report::read::{Run, Setting};

use super::part::{Column, Row, aside, details, section, table};

/// The section.
pub fn write(run: &Run) -> Html {
    let section = section("settings", "Settings");
    if run.settings.is_empty() {
        return section
            .add(aside("The run wrote no settings that can be read."))
            .into();
    }
    let (chosen, rest): (Vec<&Setting>, Vec<&Setting>) =
        run.settings.iter().partition(|one| one.differs());
    let section = match chosen.is_empty() {
        true => section.add(aside("Every setting has its default.")),
        false => section
            .add(aside("Settings that differ from their defaults:"))
            .add(with_defaults(&chosen)),
    };
    let summary = format!("{} as by default", number::plural(rest.len(), "setting"));
    section.add(details(&summary, as_by_default(&rest))).into()
}

fn with_defaults(settings: &[&Setting]) -> Html {
    let columns = [
        Column::Code("setting"),
        Column::Words("value"),
        Column::Words("default"),
        Column::Long("what it is"),
    ];
    let row = |one: &&Setting| -> Row {
        let default = one.default.clone().unwrap_or_default();
        (
            "",
            vec![
                one.key.clone(),
                one.value.clone(),
                default,
                one.says.to_owned(),
            ],
        )
    };
    let rows: Vec<Row> = settings.iter().map(row).collect();
    table(&columns, &rows).into()
}

fn as_by_default(settings: &[&Setting]) -> Html {
    let columns = [
        Column::Code("setting"),
        Column::Words("value"),
        Column::Long("what it is"),
    ];
    let row = |one: &&Setting| -> Row {
        (
            "",
            vec![one.key.clone(), one.value.clone(), one.says.to_owned()],
        )
    };
    let rows: Vec<Row> = settings.iter().map(row).collect();
    table(&columns, &rows).into()
}
