//! Architectures as text.

use super::Arch;
use crate::ir::{Ir, Row};
use crate::space::Setting;

/// The arch as an item, formatted: every row that decides something, every choice that a block
/// follows, every searched width, and the resolution where the space leaves it open and the arch pins it.
///
/// # Panics
/// When the arch is not one of this space.
pub fn write(arch: &Arch, ir: &Ir) -> String {
    let resolution = match ir.resolution.value {
        Setting::Fixed(_) => None,
        Setting::Searched(_) => arch.path.resolution,
        Setting::Fitted(_) => arch.resolution,
    };
    let rows = ir.rows.iter().zip(&arch.path.rows);
    let shared = ir.shared_values(&arch.path);
    let shared = shared.expect("the blocks of a path agree about shared decisions");
    let choices = ir.choices.iter().zip(shared);
    let choices = choices.filter_map(|(choice, value)| {
        let value = choice.values[usize::from(value?)];
        Some(format!("{} = {value}", choice.name))
    });
    let lines = resolution
        .map(|pixels| format!("resolution = {pixels}"))
        .into_iter()
        .chain(choices)
        .chain(
            rows.filter(|(row, _)| row.decides())
                .map(|(row, blocks)| write_row(row, blocks)),
        );
    let body: String = lines.map(|line| format!("    {line}\n")).collect();
    format!("arch {} of {} {{\n{body}}}\n", arch.name, ir.space)
}

fn write_row(row: &Row, blocks: &[u16]) -> String {
    let picks: Vec<String> = row
        .slots
        .iter()
        .zip(blocks)
        .map(|(slot, &candidate)| slot.text(usize::from(candidate)))
        .collect();
    format!("{} = {}", row.name, picks.join(", "))
}

/// A whole file that holds the arch: the version, the file of its space as `use` names it, the
/// comments (one line each, without `#`), the arch.
///
/// # Panics
/// When the arch is not one of this space.
pub fn write_file(arch: &Arch, ir: &Ir, space_file: &str, comments: &[String]) -> String {
    write_files(std::slice::from_ref(arch), ir, space_file, comments)
}

/// As [`write_file`], with any number of archs.
///
/// # Panics
/// When one is not of this space.
pub fn write_files(archs: &[Arch], ir: &Ir, space_file: &str, comments: &[String]) -> String {
    let comments: String = comments
        .iter()
        .flat_map(|comment| comment.lines())
        .map(|line| format!("# {line}\n"))
        .collect();
    let archs: Vec<String> = archs.iter().map(|arch| write(arch, ir)).collect();
    format!(
        "cream 1\nuse \"{space_file}\"\n\n{comments}{}",
        archs.join("\n")
    )
}
