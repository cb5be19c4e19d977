//! Which run this is, and how far it is.

use crate::report::html::{Html, Tag, tag};
use crate::report::number;
use crate::report::read::{Command, Run, State};

use super::part::{commands, facts, paragraph};

/// What the page is called.
pub fn title(run: &Run) -> String {
    let space = run.space.as_ref().ok().map(|space| space.ir.space.as_str());
    match (run.manifest.command, space) {
        (Command::Search, Some(space)) => format!("Search of {space}"),
        (Command::Search, None) => "Search".to_owned(),
        (Command::Retrain, Some(space)) => format!("{} of {space}, retrained", arch(run)),
        (Command::Retrain, None) => format!("{}, retrained", arch(run)),
    }
}

fn arch(run: &Run) -> String {
    let chosen = run
        .space
        .as_ref()
        .ok()
        .and_then(|space| space.chosen.as_ref().ok());
    let named = run
        .outcome
        .as_ref()
        .and_then(|outcome| outcome.arch.clone());
    named
        .or_else(|| chosen.map(|(arch, _)| arch.name.clone()))
        .unwrap_or_else(|| "A network".to_owned())
}

/// The head of the page.
pub fn write(run: &Run) -> Html {
    let (class, word) = match run.state {
        State::Running => ("running", "running"),
        State::Finished => ("finished", "finished"),
        State::Stopped => ("stopped", "stopped early"),
        State::BrokenOff => ("stopped", "ended without a result"),
    };
    let heading = tag("h1")
        .text(title(run))
        .add(tag("span").class(&format!("state {class}")).text(word));
    let header = tag("header")
        .add(heading)
        .add(progress(run))
        .add(facts(&about(run)))
        .add(commands(&command_line(run)))
        .add(notes(run));
    header.into()
}

fn progress(run: &Run) -> Tag {
    let done = run.epochs.last().map_or(0, |epoch| epoch.number);
    let of = run
        .epochs_wanted()
        .map_or(String::new(), |all| format!(" of {all}"));
    let epochs = format!("Epoch {done}{of}");
    paragraph(match run.state {
        State::Running => format!("{epochs} is done; this page shows the run as it stood then."),
        State::BrokenOff => {
            let cure = match run.manifest.command {
                Command::Search => format!(
                    " `creamc search --resume {}` goes on with it.",
                    run.folder.display()
                ),
                Command::Retrain => String::new(),
            };
            format!(
                "{epochs} is the last that was written. No process works on the run, and it left no result.{cure}"
            )
        }
        State::Finished | State::Stopped => format!("{epochs} was the last."),
    })
    .class("soft")
}

fn about(run: &Run) -> Vec<(&'static str, String)> {
    let manifest = &run.manifest;
    let number = |count: Option<u64>| count.map(|count| count.to_string());
    let threads = || {
        manifest
            .threads
            .map(|count| number::plural(count as usize, "thread"))
    };
    let device = manifest.device.as_ref().map(|device| match threads() {
        Some(threads) => format!("{device}, {threads}"),
        None => device.clone(),
    });
    let clock = run.clock;
    let pairs = [
        ("Started", clock.map(|clock| moment(clock.started))),
        ("Last written", clock.map(|clock| moment(clock.last))),
        ("Time spent", spent(run)),
        ("Device", device),
        ("Seed", number(manifest.seed)),
        ("Weights", weights(run).map(str::to_owned)),
    ];
    pairs
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// How the candidates of a search shared their weights.
fn weights(run: &Run) -> Option<&'static str> {
    if run.manifest.command == Command::Retrain || run.settings.is_empty() {
        return None;
    }
    // Runs from before there was a choice had the default.
    match run.setting("SUPERNET.SHARING").unwrap_or("independent") {
        "independent" => Some("each candidate has its own"),
        "elastic" => Some("slices of one set for each structure (elastic)"),
        _ => None,
    }
}

/// Training and judging; a run that went on after a pause did not spend the pause.
fn spent(run: &Run) -> Option<String> {
    let seconds = run.series("seconds");
    let sum: f64 = seconds.iter().map(|point| point.1).sum();
    (!seconds.is_empty()).then(|| number::duration(sum))
}

fn moment(at: time::PrimitiveDateTime) -> String {
    let (hour, minute) = (at.hour(), at.minute());
    format!("{} {hour:02}:{minute:02} UTC", at.date())
}

/// The command line as it could be typed again.
fn command_line(run: &Run) -> String {
    let quoted = |word: &String| match word.contains(|letter: char| !is_plain(letter)) {
        true => format!("'{}'", word.replace('\'', "'\\''")),
        false => word.clone(),
    };
    let words: Vec<String> = run.manifest.arguments.iter().map(quoted).collect();
    format!("creamc {}", words.join(" "))
}

fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric() || "-_./=:,+@%".contains(letter)
}

fn notes(run: &Run) -> Option<Tag> {
    let items = run.notes.iter().map(|note| tag("li").text(note));
    let list = tag("ul").add(items.collect::<Html>());
    (!run.notes.is_empty()).then(|| {
        tag("div")
            .class("notes")
            .add(paragraph(
                "Some of the run could not be read; the page is made of the rest.",
            ))
            .add(list)
    })
}

/// The foot of the page.
pub fn footer(run: &Run) -> Tag {
    let manifest = &run.manifest;
    let ours = manifest.creamc.as_deref().unwrap_or("of unknown version");
    let theirs = manifest.libtorch.as_ref();
    let theirs = theirs.map_or(String::new(), |version| format!(" with libtorch {version}"));
    tag("footer").add(paragraph(format!(
        "Made by creamc report {} from {}. The run was made by creamc {ours}{theirs}.",
        env!("CARGO_PKG_VERSION"),
        run.folder.display()
    )))
}
