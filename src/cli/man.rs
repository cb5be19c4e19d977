//! `creamc man [COMMAND]`.

use std::io::{self, Write};

use anyhow::{Context, bail};
use clap::Command;
use clap_mangen::Man;
use creamc_lang::diagnostic::nearest;

use super::{CANNOT_WRITE, Verdict};

/// Prints the manual page of the tool or of a command
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: creamc man check > creamc-check.1")]
pub struct Args {
    /// The command; without it, the page that lists all of them
    command: Option<String>,
}

/// Prints a page about the command line `tool`, or about one of its commands.
///
/// # Errors
/// When there is no such command, or nothing can be written.
pub fn run(args: &Args, mut tool: Command, out: &mut impl Write) -> anyhow::Result<Verdict> {
    // Gives the commands their whole names: `creamc check`.
    tool.build();
    let subject = match &args.command {
        None => tool,
        Some(name) => command(&tool, name)?,
    };
    page(subject, out).context(CANNOT_WRITE)?;
    Ok(Verdict::Clean)
}

fn command(tool: &Command, name: &str) -> anyhow::Result<Command> {
    if let Some(found) = tool.find_subcommand(name) {
        return Ok(found.clone());
    }
    match nearest(name, tool.get_subcommands().map(Command::get_name)) {
        Some(near) => bail!("no command is called `{name}`: did you mean `{near}`?"),
        None => bail!("no command is called `{name}`"),
    }
}

fn page(subject: Command, out: &mut impl Write) -> io::Result<()> {
    let examples = subject.get_after_help().map(ToString::to_string);
    let subject = subject.after_help(None::<&str>);
    let title = subject
        .get_display_name()
        .unwrap_or(subject.get_name())
        .to_owned();
    let source = concat!("creamc ", env!("CARGO_PKG_VERSION"));
    Man::new(subject).title(title).source(source).render(out)?;
    write!(
        out,
        "{}",
        verbatim("EXAMPLES", &examples.unwrap_or_default())
    )
}

/// A section whose lines stay as they are.
fn verbatim(title: &str, text: &str) -> String {
    let lines = text.lines().map(|line| {
        // A `.` or `'` at the start of a line would be an order to the typesetter.
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        format!("\\&{line}\n")
    });
    format!(".SH {title}\n.nf\n{}.fi\n", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::verbatim;

    #[test]
    fn no_line_is_an_order_to_the_typesetter() {
        let expected = ".SH A\n.nf\n\\&.SH b\n\\&c\\-\\ed\n.fi\n";
        assert_eq!(verbatim("A", ".SH b\nc-\\d"), expected);
    }
}
