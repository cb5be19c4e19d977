//! Whether the supernet has converged: the question behind every ranking of paths.

use crate::report::chart::{self, Cell, Lines, Look, Series, Strip};
use crate::report::html::{Html, Tag, tag};
use crate::report::number;
use crate::report::read::{Epoch, Run, Space, VisitsRow};
use crate::report::statistics::{agreement, median};

use super::part::{aside, section};
use super::trend::Trend;

/// The section.
pub fn write(run: &Run) -> Html {
    let section = section("convergence", "Is the supernet converged?");
    let figures = [probes(run), distilled(run), meta(run)];
    let figures: Html = figures.into_iter().flatten().collect();
    let visits = visits(run);
    if figures == Html::new() && visits.is_none() {
        let text =
            "The run has written down neither probe paths nor visits, so this cannot be told.";
        return section.add(aside(text)).into();
    }
    section
        .add(tag("div").class("figures").add(figures))
        .add(visits)
        .into()
}

/// Epochs in which probes were judged.
fn probed(run: &Run) -> Vec<&Epoch> {
    run.epochs
        .iter()
        .filter(|epoch| !epoch.probes.is_empty())
        .collect()
}

fn losses(epoch: &Epoch) -> Vec<f64> {
    epoch.probes.iter().map(|probe| probe.loss).collect()
}

fn probes(run: &Run) -> Option<Tag> {
    let epochs = probed(run);
    let most = epochs.iter().map(|epoch| epoch.probes.len()).max()?;
    let one = |at: usize| {
        let loss = |epoch: &&Epoch| Some((epoch.number as f64, epoch.probes.get(at)?.loss));
        Series::quiet(Look::Ghost, epochs.iter().filter_map(loss).collect())
    };
    let mut series: Vec<Series> = (0..most).map(one).collect();
    let middle = |epoch: &&Epoch| Some((epoch.number as f64, median(&losses(epoch))?));
    let middle: Vec<(f64, f64)> = epochs.iter().filter_map(middle).collect();
    series.push(Series::named("median", Look::First, middle.clone()));
    let chart = Lines::new("judge loss", series);
    let drawing = chart.draw("judge loss of the probe paths over epochs")?;
    let legend = chart::legend(&[("first", "median"), ("ghost", "one probe path")]);
    let title = format!("{most} fixed probe paths");
    Some(chart::figure(
        &title,
        Some(legend),
        drawing,
        &probes_caption(&middle, &epochs),
    ))
}

fn probes_caption(middle: &[(f64, f64)], epochs: &[&Epoch]) -> String {
    let Some(trend) = Trend::of(middle) else {
        return "Judge loss of paths drawn before training; too few epochs to tell a trend."
            .to_owned();
    };
    let mut caption = "The median".to_owned();
    if let (Some(words), Some(verdict)) = (trend.words(), trend.verdict()) {
        caption += &format!(" {words}: {verdict}.");
    }
    let at = |number: f64| epochs.iter().find(|epoch| epoch.number as f64 == number);
    let order = at(trend.from.0)
        .zip(at(trend.to.0))
        .and_then(|(before, after)| agreement(&losses(before), &losses(after)));
    if let Some(order) = order {
        let word = match order {
            order if order >= 0.7 => "the ranking is settled",
            order if order >= 0.4 => "the ranking still moves",
            _ => "the ranking is not to be trusted yet",
        };
        caption += &format!(
            " The order of the probes at both epochs agrees to τ = {} (Kendall): {word}.",
            number::fixed(order, 2)
        );
    }
    caption
}

/// What a number that counts up over the run grew by in each epoch.
fn growth(run: &Run, name: &str) -> Vec<(f64, f64)> {
    let mut before = 0.0;
    let grown = run.series(name).into_iter();
    grown
        .map(|(epoch, sum)| (epoch, sum - std::mem::replace(&mut before, sum)))
        .collect()
}

fn distilled(run: &Run) -> Option<Tag> {
    let (taught, steps) = (growth(run, "distilled_steps"), growth(run, "step"));
    let (newest, of) = (taught.last()?.1, steps.last()?.1);
    let share = 100.0 * newest / of.max(1.0);
    let chart = Lines {
        from_zero: true,
        ..Lines::new(
            "steps an epoch",
            vec![
                Series::named("with a teacher", Look::First, taught),
                Series::named("all", Look::Faint, steps),
            ],
        )
    };
    let caption = format!(
        "In the newest epoch {share:.0}% of the steps had a teacher from the board. A step has none while the \
         board is empty, before distillation begins, or when the path would teach itself."
    );
    let drawing = chart.draw("distilled steps over epochs")?;
    let legend = chart.legend();
    Some(chart::figure(
        "Steps with a teacher",
        legend,
        drawing,
        &caption,
    ))
}

fn meta(run: &Run) -> Option<Tag> {
    let points = run.series("meta_moved");
    let last = points.last()?.1;
    let chart = Lines {
        from_zero: true,
        ..Lines::new(
            "relative distance",
            vec![Series::named(
                "distance from the start",
                Look::First,
                points,
            )],
        )
    };
    let caption = match last == 0.0 {
        true => "The meta layer has not moved. With few classes, or PICK_METHOD top1, the best entry teaches \
                 and the layer has no part."
            .to_owned(),
        false => format!(
            "How far the meta layer is from where it began, relative to its size: {}. A layer that hardly \
             moves still chooses as it was drawn.",
            number::short(last)
        ),
    };
    let drawing = chart.draw("movement of the meta layer over epochs")?;
    Some(chart::figure(
        "Movement of the meta layer",
        chart.legend(),
        drawing,
        &caption,
    ))
}

fn visits(run: &Run) -> Option<Tag> {
    let rows = run.visits.as_ref()?;
    let space = run.space.as_ref().ok();
    let decided = rows.iter().filter(|row| decides(row));
    let strips: Vec<Strip> = decided.map(|row| strip(row, space)).collect();
    let heads = [
        "depth",
        "blocks in order, a cell a candidate",
        "most / least",
    ];
    let drawing = chart::heat(&strips, heads, "visits of every decision")?;
    let caption = visits_caption(rows);
    let title = "Visits of every decision";
    Some(chart::figure(title, None, drawing, &caption))
}

fn visits_caption(rows: &[VisitsRow]) -> String {
    let blocks = || rows.iter().flat_map(|row| &row.blocks);
    let worst = blocks().filter_map(|one| ratio(one)).fold(1.0, f64::max);
    let never = blocks().flatten().filter(|count| **count == 0).count();
    let uneven = match worst.is_finite() {
        true => format!(
            "in the least even block one was trained {} times as often as another",
            number::short(worst)
        ),
        false => "in some blocks one was not trained at all".to_owned(),
    };
    let mut caption = format!(
        "How often each decision was on the trained path; the stronger the colour, the more often. Candidates of one block compare \
         fairly when they were trained alike: here {uneven}. Tight bounds alone make it uneven: few paths have \
         room for a dear candidate."
    );
    if never > 0 {
        caption += &format!(
            " {} (dashed), so nothing is known of paths through them.",
            match never {
                1 => "1 candidate was never trained".to_owned(),
                never => format!("{never} candidates were never trained"),
            }
        );
    }
    caption + " Depths need not be even: where every path is drawn equally often, most are deep."
}

fn decides(row: &VisitsRow) -> bool {
    row.depths.len() > 1 || row.blocks.iter().any(|block| block.len() > 1)
}

/// Most over least; `None` of a block that decides nothing or was never on a path.
fn ratio(block: &[u64]) -> Option<f64> {
    let (least, most) = (block.iter().min()?, block.iter().max()?);
    (block.len() > 1 && *most > 0).then(|| *most as f64 / *least as f64)
}

fn strip(row: &VisitsRow, space: Option<&Space>) -> Strip {
    let depth = |&(depth, count): &(u64, u64)| Cell {
        count,
        details: format!("{}, depth {depth}", row.name),
    };
    let block = |(at, counts): (usize, &Vec<u64>)| {
        let cells = counts.iter().enumerate();
        cells
            .map(|(candidate, &count)| Cell {
                count,
                details: format!("{}.{at}, {}", row.name, text(row, at, candidate, space)),
            })
            .collect()
    };
    let worst = row
        .blocks
        .iter()
        .filter_map(|one| ratio(one))
        .fold(1.0, f64::max);
    let mut groups = vec![row.depths.iter().map(depth).collect()];
    groups.extend(row.blocks.iter().enumerate().map(block));
    Strip {
        name: row.name.clone(),
        groups,
        word: if worst.is_finite() {
            format!("{} ×", number::fixed(worst, 2))
        } else {
            "∞".to_owned()
        },
    }
}

/// A candidate as it is written, where the space is known.
fn text(row: &VisitsRow, block: usize, candidate: usize, space: Option<&Space>) -> String {
    let found = || {
        let rows = &space?.ir.rows;
        let slots = &rows.iter().find(|one| one.name == row.name)?.slots;
        Some(slots.get(block)?.candidates.get(candidate)?.text())
    };
    found().unwrap_or_else(|| format!("candidate {candidate}"))
}
