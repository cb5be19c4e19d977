//! `creamc stats FILE`.

mod histogram;
mod values;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use creamc_lang::count::{Limits, TooManySums};
use creamc_lang::plan::{Plan, Reason};
use creamc_lang::quantity::grouped;
use creamc_lang::space::{Metric, Setting};
use serde_json::{Map, Value, json};

use super::findings::{self, Format};
use super::load::{Loaded, SpaceArgs};
use super::text::{self, Side};
use super::{CANNOT_WRITE, Verdict};

/// Tells how large a space is, how much of it meets the bounds, and what its paths cost
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: creamc stats spaces/mobile.cream --exact --require 'flops in 200M..300M'"
)]
pub struct Args {
    /// The space
    file: PathBuf,
    /// Counts the paths inside every bound exactly, in up to ten seconds and a gigabyte; says so where that is not enough
    #[arg(long)]
    exact: bool,
    #[command(flatten)]
    space: SpaceArgs,
    /// How to print
    #[arg(long, default_value = "human")]
    format: Format,
}

/// Counts and prints.
///
/// # Errors
/// When the file cannot be read, an exact count is asked for and out of reach, or nothing can be
/// written.
pub fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let mut loaded = Loaded::read(&args.file, &args.space)?;
    let Some(plan) = loaded.plan() else {
        return loaded.refuse(args.format, out);
    };
    loaded.show();
    let feasible = Feasible::of(&plan, args.exact)?;
    match args.format {
        Format::Json => findings::line(&json(&plan, &feasible), out)?,
        Format::Human => write!(out, "{}", human(&plan, &feasible)).context(CANNOT_WRITE)?,
    }
    Ok(Verdict::Clean)
}

/// How many paths meet every bound; decimal digits, because counts pass every integer type.
pub enum Feasible {
    /// `--exact`
    Exactly(String),
    /// Guaranteed, both ends included.
    Between(String, String),
}

impl Feasible {
    fn of(plan: &Plan, exact: bool) -> anyhow::Result<Feasible> {
        let graph = &plan.bounded_graph;
        if exact {
            let count = graph.count_exact(&plan.windows, Limits::default());
            let count = count.map_err(|TooManySums| out_of_reach(plan))?;
            return Ok(Feasible::Exactly(count.to_string()));
        }
        Ok(Feasible::between(plan))
    }

    /// Guaranteed, and quick.
    fn between(plan: &Plan) -> Feasible {
        let (least, most) = plan.bounded_graph.count_interval(&plan.windows);
        Feasible::Between(least.to_string(), most.to_string())
    }

    /// For reading; `paths` is the number of all, in decimal digits.
    pub fn text(&self, paths: &str) -> String {
        match self {
            Feasible::Exactly(count) => with_share(&counted(count), text::share(count, paths)),
            Feasible::Between(least, most) if least == most => {
                with_share(&counted(least), text::share(least, paths))
            }
            Feasible::Between(least, most) => {
                with_share(&text::span(least, most), text::shares(least, most, paths))
            }
        }
    }
}

/// What stands in the way of an exact count, and what is sure without it.
fn out_of_reach(plan: &Plan) -> anyhow::Error {
    let windows = plan.windows.iter();
    let bounded: Vec<&str> = windows.map(|one| plan.ir.metric_name(one.metric)).collect();
    let sure = Feasible::between(plan).text(&plan.graph.count().to_string());
    anyhow!(
        "paths have too many different costs to be counted exactly by {}; \
         surely feasible, as without --exact: {sure}",
        bounded.join(" and "),
    )
}

/// `114, 95.0% of all`.
fn with_share(words: &str, share: Option<String>) -> String {
    match share {
        Some(share) => format!("{words}, {share} of all"),
        None => words.to_string(),
    }
}

/// Rounded, and exactly where that is different.
pub fn counted(digits: &str) -> String {
    let short = text::big(digits);
    match short == digits {
        true => short,
        false => format!("{short} ({})", grouped(digits)),
    }
}

fn extremes(plan: &Plan, metric: Metric) -> (u64, u64) {
    plan.graph.extremes(metric).expect("a plan has a path")
}

fn json(plan: &Plan, feasible: &Feasible) -> Value {
    let mut object = Map::new();
    object.insert("space".into(), json!(plan.ir.space));
    object.insert("fingerprint".into(), json!(plan.fingerprint));
    object.insert("paths".into(), json!(plan.graph.count().to_string()));
    match feasible {
        Feasible::Exactly(count) => {
            object.insert("feasible".into(), json!(count));
        }
        Feasible::Between(least, most) => {
            object.insert("feasible_min".into(), json!(least));
            object.insert("feasible_max".into(), json!(most));
        }
    }
    object.insert("resolution".into(), json!(plan.resolution));
    if is_searched(plan) {
        let sides: Vec<u32> = plan.sides().collect();
        object.insert("resolutions".into(), json!(sides));
    }
    let settled: Map<String, Value> = settled_depths(plan)
        .map(|(name, depth)| (name.to_owned(), json!(depth)))
        .collect();
    if !settled.is_empty() {
        object.insert("depths".into(), Value::Object(settled));
    }
    object.insert("values".into(), values::json(&plan.value_shares()));
    object.extend(text::metrics_json(plan.ir.metrics(), |metric| {
        let (min, max) = extremes(plan, metric);
        json!({ "min": min, "max": max })
    }));
    Value::Object(object)
}

fn human(plan: &Plan, feasible: &Feasible) -> String {
    let paths = plan.graph.count().to_string();
    let mut facts = vec![
        ["space".to_string(), plan.ir.space.clone()],
        ["paths".to_string(), counted(&paths)],
        ["feasible".to_string(), feasible.text(&paths)],
        ["resolution".to_string(), resolution(plan)],
    ];
    let settled: Vec<String> = settled_depths(plan)
        .map(|(name, depth)| format!("{name} {depth}"))
        .collect();
    if !settled.is_empty() {
        let depths = format!(
            "{}: as deep as every upper bound lets all paths be",
            settled.join(", ")
        );
        facts.push(["depths".to_string(), depths]);
    }
    facts.push(["fingerprint".to_string(), plan.fingerprint.clone()]);
    let facts: Vec<Vec<String>> = facts.into_iter().map(Vec::from).collect();
    let facts = text::table(&[Side::Left, Side::Left], &facts);
    let costs = text::table(
        &[Side::Left, Side::Right, Side::Right, Side::Left],
        &costs(plan),
    );
    let values = values::human(&plan.value_shares());
    format!("{facts}\n{costs}{values}{}", histogram::all(plan))
}

/// The stages whose depth `fit` has settled, with it.
fn settled_depths(plan: &Plan) -> impl Iterator<Item = (&str, u32)> {
    let fitted = plan.ir.rows.iter().filter(|row| row.fit.is_some());
    fitted.map(|row| (row.name.as_str(), row.depths[0]))
}

/// The side of the image, and why this one.
fn resolution(plan: &Plan) -> String {
    let side = plan.resolution;
    match &plan.ir.resolution.value {
        Setting::Fitted(domain) => {
            let listed = text::listed(domain.values());
            format!("{side}, of {listed}: {}", reason(plan))
        }
        Setting::Fixed(_) => format!("{side}, as written"),
        Setting::Searched(_) => {
            let sides: Vec<u32> = plan.sides().collect();
            format!("{}: a decision of every path", text::listed(&sides))
        }
    }
}

fn is_searched(plan: &Plan) -> bool {
    matches!(plan.ir.resolution.value, Setting::Searched(_))
}

/// The rule of `fit`, as far as it decided here.
fn reason(plan: &Plan) -> String {
    match &plan.reason {
        Reason::Only => "the only one".to_string(),
        Reason::Rich(enough) => format!(
            "the largest that surely leaves at least {} paths inside every bound",
            text::big(&enough.to_string())
        ),
        Reason::Most(paths) => format!(
            "none surely leaves enough paths inside every bound; so many are sure here, {}, and nowhere more",
            text::big(&paths.to_string())
        ),
    }
}

/// One line a metric: the ends of its range and its bound.
fn costs(plan: &Plan) -> Vec<Vec<String>> {
    let head = ["cost of a path", "least", "most", "bound"]
        .map(String::from)
        .to_vec();
    let rows = plan.ir.metrics().map(|(metric, name)| {
        let (least, most) = extremes(plan, metric);
        vec![
            name.to_string(),
            metric.for_reading(least),
            metric.for_reading(most),
            bound(plan, metric),
        ]
    });
    std::iter::once(head).chain(rows).collect()
}

fn bound(plan: &Plan, metric: Metric) -> String {
    let window = plan.windows.iter().find(|window| window.metric == metric);
    match window.map(|window| (window.low, window.high)) {
        None => "none".to_string(),
        Some((low, u64::MAX)) => format!("at least {}", metric.for_reading(low)),
        Some((low, high)) => {
            let low = match low {
                0 => "0".to_string(),
                low => metric.for_reading(low),
            };
            format!("{low}..{}", metric.for_reading(high))
        }
    }
}

#[cfg(test)]
mod tests {
    use creamc_lang::checked::Checked;

    use super::{out_of_reach, reason};

    #[test]
    fn a_size_on_which_no_more_paths_are_sure_than_on_others_is_not_said_to_have_more() {
        let text = "cream 1
space small {
    input  image(channels = 1, resolution fit {8, 16})
    output classes(10)
    layer stem    conv(kernel in 1..39 step 2)      channels = 8
    layer pool    avgpool
    layer logits  linear                            channels = classes
    require params <= 120
}";
        let small = Checked::from_text("small.cream", text).expect("the text is right");
        let plan = small.plan().expect("there are paths");
        // Of 20 kernels the bound leaves one, with 8 + 16 + 90 params, whatever the size.
        assert_eq!(plan.resolution, 16);
        assert_eq!(
            reason(&plan),
            "none surely leaves enough paths inside every bound; so many are sure here, 1, and nowhere more"
        );
    }

    #[test]
    fn where_paths_cannot_be_counted_the_bounds_in_the_way_and_a_sure_interval_are_told() {
        let text = "cream 1
space small {
    input  image(channels = 1, resolution = 8)
    output classes(10)
    layer stem    conv(kernel = 3)                  channels = 8
    stage body    conv(kernel in {1, 3})            channels = 8    depth in 1..3
    layer pool    avgpool
    layer logits  linear                            channels = classes
    require flops in 0..100K
    require params <= 1200
}";
        let small = Checked::from_text("small.cream", text).expect("the text is right");
        let plan = small.plan().expect("there are paths");
        let why = out_of_reach(&plan).to_string();
        let bounds = "counted exactly by flops and params; surely feasible";
        assert!(why.contains(bounds), "{why}");
        // Of 2 + 4 + 8 paths those with at most one 3x3 convolution, which has 592 params.
        assert!(why.ends_with(": 9, 64.3% of all"), "{why}");
    }
}
