//! The space: how large it is, how much of it the bounds leave, what its paths cost.

use creamc_lang::plan::Plan;
use creamc_lang::quantity::grouped;
use creamc_lang::space::Metric;

use crate::report::html::{Html, Tag};
use crate::report::number;
use crate::report::read::{Command, Run};

use super::part::{Column, aside, facts, paragraph, section, table};

/// The section.
pub fn write(run: &Run) -> Html {
    let section = section("space", "The space");
    let space = match &run.space {
        Ok(space) => space,
        Err(why) => {
            return section
                .add(aside(format!("The space cannot be shown: {why}.")))
                .into();
        }
    };
    match &space.plan {
        Err(why) => section
            .add(aside(format!("No path can be counted: {why}.")))
            .into(),
        Ok(plan) => section
            .add(facts(&about(plan)))
            .add(paragraph(conclusion(plan, run)))
            .add(costs(plan, run))
            .into(),
    }
}

fn about(plan: &Plan) -> Vec<(&'static str, String)> {
    let (least, most) = inside(plan);
    let ir = &plan.ir;
    vec![
        ("Paths", number::big(&plan.graph.count().to_string())),
        ("Inside every bound", number::between(&least, &most)),
        (
            "Image",
            plan.sides()
                .map(|side| format!("{} × {side} × {side}", ir.input_channels))
                .collect::<Vec<_>>()
                .join(", "),
        ),
        ("Classes", grouped(&ir.classes.to_string())),
        ("Fingerprint", plan.fingerprint.clone()),
    ]
}

/// An interval that holds the number of paths inside every bound, in decimal digits.
fn inside(plan: &Plan) -> (String, String) {
    let (least, most) = plan.bounded_graph.count_interval(&plan.windows);
    (least.to_string(), most.to_string())
}

fn conclusion(plan: &Plan, run: &Run) -> String {
    let number = |digits: &str| digits.parse::<f64>().unwrap_or(f64::INFINITY);
    let (least, _) = inside(plan);
    let all = plan.graph.count().to_string();
    let share = 100.0 * number(&least) / number(&all);
    let share = match share.is_finite() {
        true if least == all => "Every path meets every bound.".to_owned(),
        true => format!(
            "At least {}% of all paths meet every bound.",
            number::short(share)
        ),
        false => "The space is too large for a share to be told.".to_owned(),
    };
    let distinct = run.epochs.last().and_then(|epoch| epoch.get("step"));
    match (run.manifest.command, distinct) {
        (Command::Search, Some(steps)) => format!(
            "{share} The run trained one path a step, {} steps.",
            number::exact(steps as u64)
        ),
        _ => share,
    }
}

/// One row a metric: its range over all paths, its bound, and the network.
fn costs(plan: &Plan, run: &Run) -> Tag {
    let chosen = run.space.as_ref().ok().and_then(|space| {
        let (arch, resolution) = space.chosen.as_ref().ok()?;
        let network = space.ir.network(&arch.path, *resolution);
        Some(creamc_lang::cost::of_network(&network))
    });
    let row = |metric: Metric| {
        let (least, most) = plan.graph.extremes(metric)?;
        let chosen = chosen.map(|cost| number::exact(cost.get(metric)));
        let cells = vec![
            metric.as_str().to_owned(),
            number::exact(least),
            number::exact(most),
            bound(plan, metric),
            chosen.unwrap_or_default(),
        ];
        Some(("", cells))
    };
    let rows: Vec<_> = Metric::ALL.iter().copied().filter_map(row).collect();
    let columns = [
        Column::Words("cost of a path"),
        Column::Number("least"),
        Column::Number("most"),
        Column::Number("bound"),
        Column::Number("the network"),
    ];
    table(&columns, &rows)
}

fn bound(plan: &Plan, metric: Metric) -> String {
    let window = plan.windows.iter().find(|window| window.metric == metric);
    match window.map(|window| (window.low, window.high)) {
        None => "none".to_owned(),
        Some((low, u64::MAX)) => format!("at least {}", number::count(low)),
        Some((low, high)) => format!("{} to {}", number::count(low), number::count(high)),
    }
}
