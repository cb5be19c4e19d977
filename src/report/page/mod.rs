//! The page: one file a section, each from the run to its piece of HTML.

mod answer;
mod board;
mod convergence;
mod header;
mod network;
mod part;
mod published;
mod settings;
mod space;
mod time;
mod tradeoff;
mod training;
mod trend;

use super::html::{Html, tag};
use super::read::{Command, Run};

/// The whole page about a run.
pub fn write(run: &Run) -> String {
    let sections = match run.manifest.command {
        Command::Search => search(run),
        Command::Retrain => retrain(run),
    };
    let body = tag("body")
        .add(header::write(run))
        .add(tag("main").add(sections))
        .add(header::footer(run))
        .add(tag("script").add(Html::ours(include_str!("script.js"))));
    let page = tag("html").with("lang", "en").add(head(run)).add(body);
    format!("<!doctype html>\n{}\n", Html::from(page).into_string())
}

fn head(run: &Run) -> Html {
    const METAS: &str = "<meta charset=\"utf-8\">\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">";
    let inside = Html::ours(METAS)
        .and(tag("title").text(header::title(run)))
        .and(tag("style").add(Html::ours(include_str!("style.css"))));
    tag("head").add(inside).into()
}

fn search(run: &Run) -> Html {
    answer::write(run)
        .and(network::write(run))
        .and(training::write(run))
        .and(convergence::write(run))
        .and(board::write(run))
        .and(tradeoff::write(run))
        .and(published::write(run))
        .and(space::write(run))
        .and(time::write(run))
        .and(settings::write(run))
}

fn retrain(run: &Run) -> Html {
    answer::write(run)
        .and(network::write(run))
        .and(training::write(run))
        .and(published::write(run))
        .and(space::write(run))
        .and(time::write(run))
        .and(settings::write(run))
}
