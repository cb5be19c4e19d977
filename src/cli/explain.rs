//! `creamc explain CODE|OPERATOR`.

use std::io::Write;

use anyhow::{Context, bail};
use creamc_lang::diagnostic::{Code, nearest};
use creamc_lang::space::Operator;

use super::{CANNOT_WRITE, Verdict};

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
    match (code, Operator::from_word(topic)) {
        (Some(code), _) => Ok(code.page()),
        (None, Some(operator)) => Ok(operator.page()),
        (None, None) => bail!(unknown(topic)),
    }
}

fn unknown(topic: &str) -> String {
    let problem = format!("no code and no operator is called `{topic}`");
    match nearest(topic, topics()) {
        Some(name) => {
            format!("{problem}: did you mean `{name}`? (`creamc explain` lists all pages)")
        }
        None => format!("{problem} (`creamc explain` lists all pages)"),
    }
}

fn topics() -> impl Iterator<Item = &'static str> {
    operators().chain(codes())
}

fn operators() -> impl Iterator<Item = &'static str> {
    Operator::ALL.iter().map(|operator| operator.as_str())
}

fn codes() -> impl Iterator<Item = &'static str> {
    Code::ALL.iter().map(|code| code.as_str())
}

fn contents() -> String {
    let lines = |names: Vec<&str>| {
        names
            .iter()
            .map(|name| format!("  {name}\n"))
            .collect::<String>()
    };
    let operators = lines(operators().collect());
    let codes = lines(codes().collect());
    format!("Operators:\n{operators}\nCodes:\n{codes}")
}
