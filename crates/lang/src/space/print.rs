//! A checked space as text for people: every default written out, every width a number.

use std::fmt::{Display, Write};

use super::{
    Alternative, Attribute, AttributeValue, Block, Choice, Relation, Row, Setting, Space, Width,
};
use crate::syntax::ast::Comparison;

impl Space {
    /// What the space says once all names, defaults and widths are filled in; one row or
    /// alternative a line.
    pub fn print(&self) -> String {
        let mut text = format!("space {}\n", self.name.value);
        let mut line = |what: String| writeln!(text, "{what}").expect("a string takes every line");
        let (channels, resolution) = (self.input_channels.value, &self.resolution.value);
        line(format!(
            "image: channels = {channels}, {}",
            setting("resolution", resolution)
        ));
        line(format!("classes: {}", self.classes.value));
        line(format!(
            "norm: eps = {}, momentum = {}",
            self.norm.eps, self.norm.momentum
        ));
        // A choice that nothing follows has no values of any type.
        for choice in self.choices.iter().filter(|one| !one.values.is_empty()) {
            line(choice_text(choice));
        }
        for table in &self.tables {
            let (name, path) = (&table.name.value, &table.path.value);
            line(format!("table {name} = latency(\"{path}\")"));
        }
        for row in &self.rows {
            row_lines(row, &self.choices)
                .into_iter()
                .for_each(&mut line);
        }
        for require in &self.requires {
            line(format!("require {}", relation(&require.relation, self)));
        }
        text
    }
}

fn choice_text(choice: &Choice) -> String {
    let values: Vec<String> = choice
        .values
        .iter()
        .map(AttributeValue::to_string)
        .collect();
    format!("choice {} in {{{}}}", choice.name.value, values.join(", "))
}

fn row_lines(row: &Row, choices: &[Choice]) -> Vec<String> {
    let kind = if row.is_stage { "stage" } else { "layer" };
    let name = &row.name.value;
    let (input, output) = (width(&row.in_channels), width(&row.out_channels.value));
    let depth = match row.is_stage {
        true => format!(", {}", setting("depth", &row.depth.value)),
        false => String::new(),
    };
    let stride = row.stride;
    let mut lines = vec![format!(
        "{kind} {name}: {input} -> {output}, stride = {stride}{depth}"
    )];
    lines.extend(block_lines("", row.block(0), choices));
    let later = row.blocks.iter().skip(1);
    lines.extend(later.flat_map(|block| block_lines("then ", block, choices)));
    lines
}

fn width(width: &Width) -> String {
    let values: Vec<String> = width.values.iter().map(u32::to_string).collect();
    match width.decided_by {
        None => values.concat(),
        Some(_) => format!("{{{}}}", values.join(", ")),
    }
}

fn block_lines(word: &str, block: &Block, choices: &[Choice]) -> Vec<String> {
    let words = std::iter::once(word).chain(std::iter::repeat("or "));
    let alternatives = block.alternatives.iter();
    let lines = words.zip(alternatives).map(|(word, alternative)| {
        let block = alternative.block.as_ref();
        let from = block.map_or(String::new(), |block| format!("    # block {block}"));
        format!("    {word}{}{from}", alternative_text(alternative, choices))
    });
    lines.collect()
}

fn alternative_text(alternative: &Alternative, choices: &[Choice]) -> String {
    let attributes = alternative
        .attributes
        .iter()
        .map(|attribute| attribute_text(attribute, choices));
    let branches = alternative
        .branches
        .iter()
        .map(|branch| branch_text(branch, choices));
    let inside: Vec<String> = attributes.chain(branches).collect();
    match inside.is_empty() {
        true => alternative.operator.to_string(),
        false => format!("{}({})", alternative.operator, inside.join(", ")),
    }
}

fn branch_text(branch: &Block, choices: &[Choice]) -> String {
    let alternatives: Vec<String> = branch
        .alternatives
        .iter()
        .map(|alternative| alternative_text(alternative, choices))
        .collect();
    alternatives.join(" or ")
}

fn attribute_text(attribute: &Attribute, choices: &[Choice]) -> String {
    match attribute.choice {
        Some(choice) => format!("{} = {}", attribute.name, choices[choice].name.value),
        None => setting(attribute.name.as_str(), &attribute.setting),
    }
}

fn setting<T: Display>(name: &str, setting: &Setting<T>) -> String {
    let values: Vec<String> = setting.values().iter().map(T::to_string).collect();
    match setting {
        Setting::Fixed(value) => format!("{name} = {value}"),
        Setting::Searched(_) => format!("{name} in {{{}}}", values.join(", ")),
        Setting::Fitted(_) => format!("{name} fit {{{}}}", values.join(", ")),
    }
}

fn relation(relation: &Relation, space: &Space) -> String {
    let of = |row: usize, what: &str| format!("{}.{what}", space.rows[row].name.value);
    let pair = |left, comparison: Comparison, right, what: &str| {
        let mark = comparison.as_str();
        format!("{} {mark} {}", of(left, what), of(right, what))
    };
    match *relation {
        Relation::Metric { metric, low, high } => {
            bounds(space.metric_name(metric), low, high, u64::MAX)
        }
        Relation::Depth { row, low, high } => {
            bounds(&of(row, "depth"), low.into(), high.into(), u32::MAX.into())
        }
        Relation::Width { row, low, high } => bounds(
            &of(row, "channels"),
            low.into(),
            high.into(),
            u32::MAX.into(),
        ),
        Relation::DepthPair {
            left,
            comparison,
            right,
        } => pair(left, comparison, right, "depth"),
        Relation::WidthPair {
            left,
            comparison,
            right,
        } => pair(left, comparison, right, "channels"),
    }
}

fn bounds(subject: &str, low: u64, high: u64, open: u64) -> String {
    match high == open {
        true => format!("{subject} >= {low}"),
        false => format!("{subject} in {low}..{high}"),
    }
}
