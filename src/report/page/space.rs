//! The space: how large it is, how much of it the bounds leave, what its paths cost.

use creamc_lang::plan::{Bin, Plan, Spread, ValueShare};
use creamc_lang::quantity::grouped;
use creamc_lang::space::Metric;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::report::chart::{self, Stretch};
use crate::report::html::{Html, Tag, tag};
use crate::report::number;
use crate::report::read::{Command, Run};

use super::part::{Column, aside, details, facts, paragraph, section, table};

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
            .add(spreads(plan))
            .add(values(plan))
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
    let row = |(metric, name): (Metric, &str)| {
        let (least, most) = plan.graph.extremes(metric)?;
        let chosen = chosen.map(|cost| number::value(metric, cost.get(metric)));
        let cells = vec![
            name.to_owned(),
            number::value(metric, least),
            number::value(metric, most),
            bound(plan, metric),
            chosen.unwrap_or_default(),
        ];
        Some(("", cells))
    };
    let rows: Vec<_> = plan.ir.metrics().filter_map(row).collect();
    let columns = [
        Column::Words("cost of a path"),
        Column::Number("least"),
        Column::Number("most"),
        Column::Number("bound"),
        Column::Number("the network"),
    ];
    table(&columns, &rows)
}

/// Paths drawn for the histograms, and the bars of each.
const WANTED: usize = 2000;
const BINS: usize = 20;

/// One histogram a metric; why there is none where too few paths are found.
fn spreads(plan: &Plan) -> Tag {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    match plan.spreads(WANTED, BINS, &mut random) {
        Ok(spreads) => {
            let metrics = spreads.metrics.iter();
            let figures: Html = metrics
                .filter_map(|one| spread(plan, one, spreads.drawn))
                .collect();
            tag("div").class("figures").add(figures)
        }
        Err(why) => aside(format!("How costs are spread is not known: {why}.")),
    }
}

fn spread(plan: &Plan, spread: &Spread, drawn: usize) -> Option<Tag> {
    let (metric, name) = (spread.metric, plan.ir.metric_name(spread.metric));
    // Times are read in milliseconds.
    let (unit, x_name) = match metric.is_time() {
        true => (1e6, format!("{name}, ms")),
        false => (1.0, name.to_owned()),
    };
    let stretch = |bin: &Bin| Stretch {
        low: bin.low as f64 / unit,
        high: (bin.high as f64 + 1.0) / unit,
        percent: 100.0 * bin.count as f64 / drawn as f64,
        words: format!(
            "{} to {}",
            metric.for_reading(bin.low),
            metric.for_reading(bin.high)
        ),
    };
    let bins: Vec<Stretch> = spread.bins.iter().map(stretch).collect();
    let says = format!("how the {name} of paths inside every bound are spread");
    let drawing = chart::histogram(&bins, !metric.is_time(), &x_name, &says)?;
    let title = format!("{name} of paths inside every bound");
    let caption = format!("{} of them, drawn evenly.", number::exact(drawn as u64));
    Some(chart::figure(&title, None, drawing, &caption))
}

/// One row a value of a decision: its share inside every bound.
fn values(plan: &Plan) -> Option<Tag> {
    let values = plan.value_shares();
    let row = |one: &ValueShare| {
        let cells = vec![
            one.row.clone().unwrap_or_else(|| "path".to_owned()),
            one.of.clone(),
            one.value.clone(),
            number::share(one.share.least, one.share.most),
        ];
        (if one.share.most == 0.0 { "soft" } else { "" }, cells)
    };
    let rows: Vec<_> = values.iter().map(row).collect();
    let columns = [
        Column::Words("row"),
        Column::Words("decision"),
        Column::Words("value"),
        Column::Number("share inside every bound"),
    ];
    let summary = "What a path can and cannot be: the share of every value inside every bound";
    (!rows.is_empty()).then(|| details(summary, table(&columns, &rows)))
}

fn bound(plan: &Plan, metric: Metric) -> String {
    let window = plan.windows.iter().find(|window| window.metric == metric);
    match window.map(|window| (window.low, window.high)) {
        None => "none".to_owned(),
        Some((low, u64::MAX)) => format!("at least {}", metric.for_reading(low)),
        Some((low, high)) => {
            let [low, high] = [low, high].map(|end| metric.for_reading(end));
            format!("{low} to {high}")
        }
    }
}
