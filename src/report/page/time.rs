//! Where the time went.

use crate::report::chart;
use crate::report::html::{Html, Tag};
use crate::report::number;
use crate::report::read::{Run, State};
use crate::report::statistics::median;

use super::part::{aside, facts, section};

/// The section.
pub fn write(run: &Run) -> Html {
    let section = section("time", "Time");
    let points = run.series("seconds");
    let Some(figure) = figure(&points) else {
        return section.add(aside("No epoch was timed yet.")).into();
    };
    section.add(facts(&about(run, &points))).add(figure).into()
}

fn about(run: &Run, points: &[(f64, f64)]) -> Vec<(&'static str, String)> {
    let total: f64 = points.iter().map(|point| point.1).sum();
    let seconds: Vec<f64> = points.iter().map(|point| point.1).collect();
    let middle = median(&seconds).unwrap_or(0.0);
    let mut pairs = vec![
        ("All epochs", number::duration(total)),
        ("Median epoch", number::duration(middle)),
    ];
    let slowest = points.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((epoch, seconds)) = slowest {
        pairs.push((
            "Slowest epoch",
            format!("{} (epoch {epoch})", number::duration(*seconds)),
        ));
    }
    let newest = seconds.last().copied().unwrap_or(0.0);
    let left = run.epochs_wanted().zip(run.epochs.last());
    if let (State::Running, Some((wanted, last))) = (run.state, left) {
        let epochs = wanted.saturating_sub(last.number) as f64;
        pairs.push((
            "Left, at the newest pace",
            number::duration(epochs * newest),
        ));
    }
    pairs
}

fn figure(points: &[(f64, f64)]) -> Option<Tag> {
    let longest = points.iter().map(|point| point.1).fold(0.0, f64::max);
    // Long epochs are read in minutes.
    let (unit, word) = if longest >= 600.0 {
        (60.0, "minutes")
    } else {
        (1.0, "seconds")
    };
    let scaled: Vec<(f64, f64)> = points
        .iter()
        .map(|point| (point.0, point.1 / unit))
        .collect();
    let drawing = chart::bars(&scaled, word, "time of every epoch")?;
    Some(chart::figure(
        "Time of every epoch",
        None,
        drawing,
        "Training and judging together, on the clock. An epoch that distils runs the teacher, too.",
    ))
}
