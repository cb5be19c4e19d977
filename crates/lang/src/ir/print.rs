//! A lowered space as text for people: `dump --pass ir` and snapshots.

use std::fmt::{self, Write};

use super::{Candidate, Choice, Input, Ir, Op, Primitive, Row, Slot};
use crate::space::{Padding, Setting};

impl Ir {
    /// Every row, slot, candidate and op, one a line. Blocks with equal slots share their lines.
    pub fn print(&self) -> String {
        let mut text = String::new();
        print_space(self, &mut text).expect("writing to a string cannot fail");
        text
    }
}

fn print_space(ir: &Ir, out: &mut String) -> fmt::Result {
    writeln!(out, "space {}", ir.space)?;
    let resolution = match &ir.resolution.value {
        Setting::Fixed(resolution) => format!("= {resolution}"),
        Setting::Searched(domain) => format!("in {:?}", domain.values()),
        Setting::Fitted(domain) => format!("fit {:?}", domain.values()),
    };
    let (channels, classes) = (ir.input_channels, ir.classes);
    writeln!(
        out,
        "image of {channels} channels, resolution {resolution}; {classes} classes"
    )?;
    writeln!(
        out,
        "norm eps {}, momentum {}",
        ir.norm.eps, ir.norm.momentum
    )?;
    for choice in &ir.choices {
        writeln!(out, "choice {} in {{{}}}", choice.name, values(choice))?;
    }
    for table in &ir.tables {
        writeln!(out, "table {}: {} rows", table.name, table.times.len())?;
    }
    ir.rows.iter().try_for_each(|row| print_row(ir, row, out))
}

fn values(choice: &Choice) -> String {
    let values: Vec<String> = choice.values.iter().map(ToString::to_string).collect();
    values.join(", ")
}

fn print_row(ir: &Ir, row: &Row, out: &mut String) -> fmt::Result {
    let kind = if row.is_stage { "stage" } else { "layer" };
    let depths: Vec<String> = row.depths.iter().map(u32::to_string).collect();
    let fit = if row.fit.is_some() { "fit " } else { "" };
    match row.is_stage {
        true => writeln!(
            out,
            "\n{kind} {}, depth {fit}{}",
            row.name,
            depths.join(" ")
        )?,
        false => writeln!(out, "\n{kind} {}", row.name)?,
    }
    let mut first = 0;
    for equal in row.slots.chunk_by(|one, other| one == other) {
        let last = first + equal.len() - 1;
        match equal.len() {
            1 => write!(out, "  block {first}")?,
            _ => write!(out, "  blocks {first} to {last}")?,
        }
        print_slot(ir, &equal[0], out)?;
        first = last + 1;
    }
    Ok(())
}

fn print_slot(ir: &Ir, slot: &Slot, out: &mut String) -> fmt::Result {
    writeln!(
        out,
        ": {} -> {}, stride {}",
        slot.in_channels, slot.out_channels, slot.stride
    )?;
    for (at, candidate) in slot.candidates.iter().enumerate() {
        let (text, shared) = (slot.text(at), shared_text(ir, candidate));
        writeln!(out, "    {at} {text}{shared}")?;
        print_candidate(candidate, out)?;
    }
    Ok(())
}

/// `    # early = 3` where the candidate stands for a value of a choice.
fn shared_text(ir: &Ir, candidate: &Candidate) -> String {
    let shared = candidate.shared.values.iter();
    let values: Vec<String> = shared
        .map(|&(choice, value)| {
            let choice = &ir.choices[usize::from(choice)];
            format!("{} = {}", choice.name, choice.values[usize::from(value)])
        })
        .collect();
    match values.is_empty() {
        true => String::new(),
        false => format!("    # {}", values.join(", ")),
    }
}

fn print_candidate(candidate: &Candidate, out: &mut String) -> fmt::Result {
    candidate
        .ops
        .iter()
        .try_for_each(|op| writeln!(out, "        {:<14} {}", op.name, describe(candidate, op)))
}

/// The primitive and its numbers, then what it reads.
fn describe(candidate: &Candidate, op: &Op) -> String {
    let inputs: Vec<&str> = op
        .inputs
        .iter()
        .map(|input| match *input {
            Input::Block => "input",
            Input::Op(at) => candidate.ops[at].name.as_str(),
        })
        .collect();
    format!("{} of {}", op.primitive, inputs.join(", "))
}

impl fmt::Display for Primitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Primitive::Conv { .. } => fmt_conv(self, f),
            Primitive::Norm { channels } => write!(f, "norm {channels}"),
            Primitive::LayerNorm { channels } => write!(f, "layer norm {channels}"),
            Primitive::Scale { channels, start } => write!(f, "scale {channels} from {start}"),
            Primitive::Act(act) => write!(f, "{act}"),
            Primitive::GlobalAvgPool => f.write_str("global avgpool"),
            Primitive::AvgPool { kernel, stride } => {
                write!(f, "avgpool kernel {kernel} stride {stride}")
            }
            Primitive::GlobalMaxPool => f.write_str("global maxpool"),
            Primitive::MaxPool { kernel, stride } => {
                write!(f, "maxpool kernel {kernel} stride {stride}")
            }
            Primitive::Linear {
                in_features,
                out_features,
            } => write!(f, "linear {in_features} -> {out_features}"),
            Primitive::Add => f.write_str("add"),
            Primitive::Mul => f.write_str("mul"),
            Primitive::Half { first } => write!(f, "every second channel from {first}"),
            Primitive::Slice { from, channels } => write!(f, "{channels} channels from {from}"),
            Primitive::Shuffle { groups } => write!(f, "channels of {groups} groups in turn"),
            Primitive::Concat { out_channels } => write!(f, "concat -> {out_channels}"),
        }
    }
}

/// Only what differs from the plainest convolution is written.
fn fmt_conv(conv: &Primitive, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Primitive::Conv {
        in_channels,
        out_channels,
        kernel,
        stride,
        groups,
        padding,
        bias,
    } = *conv
    else {
        return Ok(());
    };
    write!(f, "conv {in_channels} -> {out_channels} kernel {kernel}")?;
    if stride != 1 {
        write!(f, " stride {stride}")?;
    }
    if groups != 1 {
        write!(f, " groups {groups}")?;
    }
    if padding != Padding::Symmetric {
        write!(f, " padding {padding}")?;
    }
    if bias {
        f.write_str(" bias")?;
    }
    Ok(())
}
