//! How training went.

use crate::report::chart::{self, Lines, Look, Series};
use crate::report::html::{Html, Tag, tag};
use crate::report::read::{Command, Run};

use super::part::{aside, section};
use super::trend::{Trend, ends};

/// The section.
pub fn write(run: &Run) -> Html {
    let title = match run.manifest.command {
        Command::Search => "Training of the supernet",
        Command::Retrain => "Training",
    };
    let section = section("training", title);
    let figures = [loss(run), top1(run), rate(run)];
    let figures: Html = figures.into_iter().flatten().collect();
    if figures == Html::new() {
        return section.add(aside("No epoch was measured yet.")).into();
    }
    section.add(tag("div").class("figures").add(figures)).into()
}

/// The epoch where the board begins to teach, for a chart.
fn marks(run: &Run) -> Vec<(f64, String)> {
    let begins = run.distillation().filter(|&epoch| {
        let last = run.epochs.last().map_or(0, |last| last.number);
        epoch > 1 && epoch <= last
    });
    begins
        .map(|epoch| (epoch as f64, "distillation".to_owned()))
        .into_iter()
        .collect()
}

/// The measured numbers that end in `what`, with words for them: training first.
fn series(run: &Run, what: &str) -> Vec<Series> {
    let mut series = vec![("training", Look::First, run.series(what))];
    let others = [
        ("test", "test_"),
        ("average of weights", "ema_"),
        ("judge, the pick", "judge_"),
    ];
    for ((word, prefix), look) in others
        .into_iter()
        .zip([Look::Second, Look::Faint, Look::Second])
    {
        series.push((word, look, run.series(&format!("{prefix}{what}"))));
    }
    series
        .into_iter()
        .filter(|(_, _, points)| !points.is_empty())
        .map(|(word, look, points)| Series::named(word, look, points))
        .collect()
}

fn loss(run: &Run) -> Option<Tag> {
    let points = run.series("loss");
    let marks = marks(run);
    let mut caption = match ends(&points) {
        Some(ends) => format!("Training loss, {ends}"),
        None => "Training loss".to_owned(),
    };
    if let Some(trend) = Trend::of(&points).and_then(|trend| trend.words()) {
        caption += &format!("; it {trend}");
    }
    caption += ".";
    if let Some((epoch, _)) = marks.first() {
        caption += &format!(
            " From epoch {epoch} on it mixes labels with teachers, so it does not compare with the loss before."
        );
    }
    let chart = Lines {
        marks,
        ..Lines::new("loss", series(run, "loss"))
    };
    Some(chart::figure(
        "Loss",
        chart.legend(),
        chart.draw("loss over epochs")?,
        &caption,
    ))
}

fn top1(run: &Run) -> Option<Tag> {
    let chart = Lines {
        marks: marks(run),
        ..Lines::new("top-1, %", series(run, "top1"))
    };
    let ends = ends(&run.series("top1")).unwrap_or_default();
    let caption = match run.manifest.command {
        Command::Search => format!(
            "Training top-1 of the sampled paths, {ends}%. It is measured before each step, in training mode, \
             on augmented images."
        ),
        Command::Retrain => {
            format!("Training top-1, {ends}%, measured on augmented images in training mode.")
        }
    };
    let drawing = chart.draw("top-1 over epochs")?;
    Some(chart::figure("Top-1", chart.legend(), drawing, &caption))
}

fn rate(run: &Run) -> Option<Tag> {
    let points = run.series("lr");
    let chart = Lines {
        from_zero: true,
        marks: marks(run),
        ..Lines::new(
            "rate",
            vec![Series::named(
                "last step of the epoch",
                Look::First,
                points.clone(),
            )],
        )
    };
    let drawing = chart.draw("learning rate over epochs")?;
    let schedule = run.setting("SCHED");
    let caption = format!(
        "The learning rate of each epoch's last step, {}{}.",
        ends(&points).unwrap_or_default(),
        schedule.map_or(String::new(), |name| format!("; the schedule is {name}"))
    );
    Some(chart::figure(
        "Learning rate",
        chart.legend(),
        drawing,
        &caption,
    ))
}
