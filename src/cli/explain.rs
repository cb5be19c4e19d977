//! `creamc explain CODE|OPERATOR`.

use std::io::Write;

use anyhow::{Context, bail};
use creamc_lang::diagnostic::Code;
use creamc_lang::space::Operator;

use super::{CANNOT_WRITE, Verdict, values};

/// Explains a message (by the code in its brackets) or an operator of the language
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: creamc explain syntax")]
pub struct Args {
    /// A code, `syntax`, or an operator, `ir`; without it, all of both are listed
    #[arg(value_name = "CODE|OPERATOR")]
    topic: Option<String>,
}

/// Prints a page, or the list of pages.
///
/// # Errors
/// When there is no such page, or nothing can be written.
pub fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let text = match &args.topic {
        Some(topic) => page(topic)?.to_string(),
        None => contents(),
    };
    writeln!(out, "{}", text.trim_end()).context(CANNOT_WRITE)?;
    Ok(Verdict::Clean)
}

fn page(topic: &str) -> anyhow::Result<&'static str> {
    let code = Code::ALL.iter().find(|code| code.as_str() == topic);
    let operator = OPERATORS.iter().find(|(name, _)| *name == topic);
    match (code, operator) {
        (Some(code), _) => Ok(code.page()),
        (None, Some((_, operator))) => Ok(operator_page(*operator)),
        (None, None) => bail!(unknown(topic)),
    }
}

fn unknown(topic: &str) -> String {
    let names = topics();
    let list = "`creamc explain` lists all pages";
    match values::nearest(topic, names.iter().copied()) {
        Some(name) => {
            format!("no code and no operator is called `{topic}`: did you mean `{name}`? ({list})")
        }
        None => format!("no code and no operator is called `{topic}` ({list})"),
    }
}

fn topics() -> Vec<&'static str> {
    let operators = OPERATORS.iter().map(|(name, _)| *name);
    operators
        .chain(Code::ALL.iter().map(|code| code.as_str()))
        .collect()
}

fn contents() -> String {
    let operators = OPERATORS.iter().map(|(name, _)| format!("  {name}\n"));
    let codes = Code::ALL
        .iter()
        .map(|code| format!("  {}\n", code.as_str()));
    format!(
        "Operators:\n{}\nCodes:\n{}",
        operators.collect::<String>(),
        codes.collect::<String>()
    )
}

/// Every operator under its name in the language.
const OPERATORS: &[(&str, Operator)] = &[
    ("conv", Operator::Conv),
    ("dw", Operator::Dw),
    ("ds", Operator::Ds),
    ("ir", Operator::Ir),
    ("er", Operator::Er),
    ("avgpool", Operator::AvgPool),
    ("linear", Operator::Linear),
    ("skip", Operator::Skip),
];

fn operator_page(operator: Operator) -> &'static str {
    match operator {
        Operator::Conv => include_str!("../../docs/operators/conv.md"),
        Operator::Dw => include_str!("../../docs/operators/dw.md"),
        Operator::Ds => include_str!("../../docs/operators/ds.md"),
        Operator::Ir => include_str!("../../docs/operators/ir.md"),
        Operator::Er => include_str!("../../docs/operators/er.md"),
        Operator::AvgPool => include_str!("../../docs/operators/avgpool.md"),
        Operator::Linear => include_str!("../../docs/operators/linear.md"),
        Operator::Skip => include_str!("../../docs/operators/skip.md"),
    }
}
