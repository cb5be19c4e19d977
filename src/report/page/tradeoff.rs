//! What was judged: cost against accuracy.

use std::collections::BTreeMap;

use crate::report::chart::{self, Dot, Point, Scatter};
use crate::report::html::{Html, Tag};
use crate::report::number;
use crate::report::read::Run;
use crate::report::statistics::front;

use super::answer::picked;
use super::part::{aside, section};

/// The section.
pub fn write(run: &Run) -> Html {
    let section = section("tradeoff", "Cost against accuracy");
    match figure(run) {
        Some(figure) => section.add(figure).into(),
        None => section.add(aside("No path was judged yet.")).into(),
    }
}

/// The newest word about a path.
struct Known {
    epoch: u64,
    flops: u64,
    top1: f64,
}

/// Every judged path by its newest verdict; boards stand in where the run wrote no verdicts.
fn known(run: &Run) -> (BTreeMap<&str, Known>, &'static str) {
    let mut known = BTreeMap::new();
    for epoch in &run.epochs {
        for one in &epoch.judged {
            if let (Some(flops), Some(top1)) = (one.flops, one.verdict.top1) {
                let newest = Known {
                    epoch: epoch.number,
                    flops,
                    top1,
                };
                known.insert(one.path.as_str(), newest);
            }
        }
    }
    let last = run.epochs.last().map_or(0, |epoch| epoch.number);
    for one in run.generations.iter().flatten() {
        if let (Some(flops), Some(top1)) = (one.flops, one.verdict.top1) {
            let newest = Known {
                epoch: last,
                flops,
                top1,
            };
            known.insert(one.path.as_str(), newest);
        }
    }
    if !known.is_empty() {
        return (known, "judge top-1, %");
    }
    for board in &run.boards {
        for entry in &board.entries {
            let newest = Known {
                epoch: board.epoch,
                flops: entry.flops,
                top1: entry.score,
            };
            known.insert(entry.path.as_str(), newest);
        }
    }
    (known, "score")
}

fn figure(run: &Run) -> Option<Tag> {
    let (known, y_name) = known(run);
    let newest = known.values().map(|one| one.epoch).max()?;
    let picked = picked(run);
    let point = |(path, one): (&&str, &Known)| {
        let is_picked = Some(*path) == picked.as_deref();
        Point {
            cost: one.flops as f64,
            worth: one.top1,
            dot: match (is_picked, one.epoch == newest) {
                (true, _) => Dot::Picked,
                (false, true) => Dot::Full,
                (false, false) => Dot::Hollow,
            },
            word: if is_picked {
                "chosen".to_owned()
            } else {
                String::new()
            },
            details: format!(
                "{path}\n{} flops, {} at epoch {}",
                number::exact(one.flops),
                number::fixed(one.top1, 2),
                one.epoch
            ),
        }
    };
    let points: Vec<Point> = known.iter().map(point).collect();
    let caption = caption(&points, newest);
    let chart = Scatter {
        x_name: "flops",
        y_name,
        points,
        marks: Vec::new(),
    };
    let drawing = chart.draw("flops against accuracy of every judged path")?;
    let title = format!(
        "{} by their newest verdict",
        number::plural(known.len(), "path")
    );
    let legend = chart::legend(&[
        ("round picked", "the chosen path"),
        ("round full", "judged with the newest weights"),
        ("round hollow", "judged earlier"),
    ]);
    Some(chart::figure(&title, Some(legend), drawing, &caption))
}

fn caption(points: &[Point], newest: u64) -> String {
    let full: Vec<&Point> = points
        .iter()
        .filter(|point| point.dot != Dot::Hollow)
        .collect();
    let pairs: Vec<(f64, f64)> = full.iter().map(|one| (one.cost, one.worth)).collect();
    let on_front = front(&pairs)
        .into_iter()
        .any(|at| full[at].dot == Dot::Picked);
    let picked = points.iter().any(|point| point.dot == Dot::Picked);
    let verdict = match (picked, on_front) {
        (true, true) => " No other path is both cheaper and better than the chosen one.",
        (true, false) => {
            " Another path is cheaper and has a higher top-1 than the chosen one, which was picked by its loss."
        }
        (false, _) => "",
    };
    format!(
        "Full dots were judged after epoch {newest}, hollow ones earlier, with less trained weights: only full \
         ones compare, and the line is the best of them for each cost.{verdict}"
    )
}
