//! The board over time, and as it stands.

use std::collections::{BTreeMap, BTreeSet};

use crate::report::chart::{self, Lines, Look, Series, WIDE};
use crate::report::html::{Html, Tag};
use crate::report::number;
use crate::report::read::{Board, Epoch, Judged, Run};
use crate::report::statistics::{agreement, median, standard_error};

use super::answer::picked;
use super::part::{Column, aside, section, table};

/// The section.
pub fn write(run: &Run) -> Html {
    let section = section("board", "The board");
    let filled = run.boards.iter().filter(|board| !board.entries.is_empty());
    if filled.count() == 0 {
        let text = match run.distillation() {
            Some(epoch) => format!("The board is empty yet; it fills from epoch {epoch} on."),
            None => "The board is empty.".to_owned(),
        };
        return section.add(aside(text)).into();
    }
    section.add(over_time(run)).add(newest(run)).into()
}

/// One value of every path over epochs.
type Histories<'a> = BTreeMap<&'a str, Vec<(f64, f64)>>;

/// Judge losses where the run has them, else scores.
fn histories(run: &Run) -> (Histories<'_>, &'static str) {
    let mut losses = Histories::new();
    for epoch in &run.epochs {
        for one in &epoch.judged {
            let history = losses.entry(&one.path).or_default();
            history.push((epoch.number as f64, one.verdict.loss));
        }
    }
    if !losses.is_empty() {
        return (losses, "judge loss");
    }
    let mut scores = Histories::new();
    for board in &run.boards {
        for entry in &board.entries {
            let history = scores.entry(&entry.path).or_default();
            history.push((board.epoch as f64, entry.score));
        }
    }
    (scores, "score")
}

fn over_time(run: &Run) -> Option<Tag> {
    let (histories, what) = histories(run);
    let newest: BTreeSet<&str> = run
        .boards
        .last()
        .iter()
        .flat_map(|board| board.entries.iter().map(|entry| entry.path.as_str()))
        .collect();
    let picked = picked(run);
    let look = |path: &str| match path {
        path if Some(path) == picked.as_deref() => Look::Second,
        path if newest.contains(path) => Look::Faint,
        _ => Look::Ghost,
    };
    let all = histories.iter();
    let gap = stride(&histories);
    let mut series: Vec<Series> = all
        .map(|(path, points)| Series {
            gap,
            ..Series::quiet(look(path), points.clone())
        })
        .collect();
    // The pick on top of the others, those that left below.
    series.sort_by_key(|one| match one.look {
        Look::Ghost => 0,
        Look::Faint => 1,
        Look::First | Look::Second => 2,
    });
    let chart = Lines {
        size: WIDE,
        details: details(run),
        ..Lines::new(what, series)
    };
    let drawing = chart.draw(&format!("{what} of every path of the board over epochs"))?;
    let legend = chart::legend(&[
        ("second", "the chosen path"),
        ("faint", "on the newest board"),
        ("ghost", "left the board"),
    ]);
    let caption = caption(run, &histories, what);
    Some(chart::figure(
        "Every path that was on the board",
        Some(legend),
        drawing,
        &caption,
    ))
}

/// The best of each epoch's board, for the pointer.
fn details(run: &Run) -> Vec<(f64, String)> {
    let best = |board: &Board| {
        let entries = board.entries.iter().take(3);
        let lines: Vec<String> = entries
            .map(|entry| format!("{} {}", number::fixed(entry.score, 2), entry.path))
            .collect();
        (board.epoch as f64, lines.join("\n"))
    };
    run.boards.iter().map(best).collect()
}

/// The epochs from one value to the next: boards may be judged every few epochs only.
fn stride(histories: &Histories) -> f64 {
    let all = histories.values().flatten();
    let epochs: BTreeSet<u64> = all.map(|&(epoch, _)| epoch as u64).collect();
    let epochs: Vec<u64> = epochs.into_iter().collect();
    let steps = epochs.windows(2).map(|pair| pair[1] - pair[0]);
    steps.max().map_or(1.0, |step| step as f64)
}

fn caption(run: &Run, histories: &Histories, what: &str) -> String {
    let leaders: Vec<&str> = run
        .boards
        .iter()
        .filter_map(|board| Some(board.entries.first()?.path.as_str()))
        .collect();
    let changes = leaders.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let stays: Vec<f64> = histories
        .values()
        .map(|points| points.len() as f64)
        .collect();
    let stay = median(&stays).unwrap_or(0.0);
    let direction = if what == "score" {
        "A score is the top-1 of the judge part where the board was scored anew, else of one training batch; \
         higher is better."
    } else {
        "Lower is better."
    };
    format!(
        "{} came on the board, and half of them were seen there {} at most; the first place changed {} in {}. \
         {direction} Short stays and crossing lines mean that the paths are not told apart.",
        number::plural(histories.len(), "path"),
        times(stay as usize),
        times(changes),
        number::plural(leaders.len(), "epoch"),
    )
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

/// The newest board as a table.
fn newest(run: &Run) -> Option<Html> {
    let board = run.boards.last()?;
    let picked = picked(run);
    let judged = run
        .epochs
        .iter()
        .rev()
        .find(|epoch| epoch.number == board.epoch);
    let judged: BTreeMap<&str, &Judged> = judged
        .iter()
        .flat_map(|epoch| epoch.judged.iter().map(|one| (one.path.as_str(), one)))
        .collect();
    let rows = board.entries.iter().enumerate().map(|(at, entry)| {
        let is_picked = Some(&entry.path) == picked.as_ref();
        let since = since(&run.boards, &entry.path);
        let mut cells = vec![(at + 1).to_string()];
        match judged.get(entry.path.as_str()) {
            Some(one) => cells.extend(verdict(one)),
            None if judged.is_empty() => cells.push(number::fixed(entry.score, 2)),
            None => cells.extend([const { String::new() }; 4]),
        }
        cells.push(since.to_string());
        cells.push(number::exact(entry.flops));
        cells.push(entry.path.clone());
        (if is_picked { "picked" } else { "" }, cells)
    });
    let rows: Vec<_> = rows.collect();
    let columns = columns(judged.is_empty());
    let intro = format!(
        "The board after epoch {}, best first; the chosen path is bold. {}{}",
        board.epoch,
        certainty(run, board),
        luck(run),
    );
    Some(Html::from(aside(intro)).and(table(&columns, &rows)))
}

/// How far the board's ranking can be told from luck of the judge's images.
fn certainty(run: &Run, board: &Board) -> String {
    let images = run.setting("SUPERNET.JUDGE_IMAGES");
    let images: Option<f64> = images.and_then(|text| text.parse().ok());
    let best = board.entries.first().map(|entry| entry.score);
    let Some((images, best)) = images.filter(|&images| images > 0.0).zip(best) else {
        return String::new();
    };
    let error = standard_error(best, images);
    let near = board.entries.iter();
    let near = near
        .filter(|entry| entry.score >= best - 2.0 * error)
        .count();
    format!(
        "On {} judge images a top-1 is sure to about ±{} points (one standard error): {near} of {} entries \
         lie within two of the best. ",
        number::exact(images as u64),
        number::fixed(error, 1),
        board.entries.len()
    )
}

/// Entries of one board that are ranked against each other; every pair is looked at.
const RANKED: usize = 500;

/// Whether the scores that bring paths to the board foretell the judge, by the median epoch.
fn luck(run: &Run) -> String {
    let of_epoch = |epoch: &Epoch| {
        let judged = epoch.judged.iter().take(RANKED);
        let pairs = judged.filter_map(|one| Some((one.score?, one.verdict.top1?)));
        let (scores, judged): (Vec<f64>, Vec<f64>) = pairs.unzip();
        agreement(&scores, &judged)
    };
    let all: Vec<f64> = run.epochs.iter().filter_map(of_epoch).collect();
    match median(&all) {
        Some(tau) => format!(
            "The scores before judging agree with the judge's ranking to τ = {} in the median epoch (Kendall; 1 \
             is the same order, 0 is none).",
            number::fixed(tau, 2)
        ),
        None => String::new(),
    }
}

/// The table's columns; without verdicts, the board's own score stands for them.
fn columns(scores_only: bool) -> Vec<Column> {
    let verdicts: &[&'static str] = match scores_only {
        true => &["score"],
        false => &["judge top-1, %", "judge loss", "score before", "taught"],
    };
    let mut columns = vec![Column::Number("rank")];
    columns.extend(verdicts.iter().map(|name| Column::Number(name)));
    // Paths are long: last, where they push nothing out of sight.
    columns.extend([
        Column::Number("since epoch"),
        Column::Number("flops"),
        Column::Code("path"),
    ]);
    columns
}

fn verdict(judged: &Judged) -> [String; 4] {
    let number = |value: Option<f64>| value.map(|value| number::fixed(value, 2));
    [
        number(judged.verdict.top1).unwrap_or_default(),
        number::fixed(judged.verdict.loss, 4),
        number(judged.score).unwrap_or_default(),
        judged.lessons.map(number::exact).unwrap_or_default(),
    ]
}

/// The epoch since which a path has been on the board without a break.
fn since(boards: &[Board], path: &str) -> u64 {
    let holds = |board: &&Board| board.entries.iter().any(|entry| entry.path == path);
    let run = boards.iter().rev().take_while(holds);
    run.last().map_or(0, |board| board.epoch)
}
