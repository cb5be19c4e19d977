//! The six networks that the paper's authors published for their space.

use creamc_lang::ir::Ir;

use crate::report::chart::{self, Dot, Point, Scatter};
use crate::report::html::{Html, Tag};
use crate::report::number;
use crate::report::read::Run;

use super::part::{Column, aside, section, table};

/// A published network. Flops as this compiler counts them, top-1 on ImageNet as its authors give it.
struct Published {
    name: &'static str,
    resolution: u32,
    flops: f64,
    top1: f64,
}

const PUBLISHED: [Published; 6] = [
    Published {
        name: "14M",
        resolution: 64,
        flops: 13.8e6,
        top1: 53.8,
    },
    Published {
        name: "43M",
        resolution: 96,
        flops: 42.4e6,
        top1: 66.3,
    },
    Published {
        name: "114M",
        resolution: 160,
        flops: 114.5e6,
        top1: 72.8,
    },
    Published {
        name: "287M",
        resolution: 224,
        flops: 287.2e6,
        top1: 77.6,
    },
    Published {
        name: "481M",
        resolution: 224,
        flops: 481.6e6,
        top1: 79.2,
    },
    Published {
        name: "604M",
        resolution: 224,
        flops: 604.3e6,
        top1: 80.0,
    },
];

/// The section, for runs in that space only.
pub fn write(run: &Run) -> Html {
    let Some(space) = run.space.as_ref().ok().filter(|space| is_theirs(&space.ir)) else {
        return Html::new();
    };
    let section = section("published", "Beside the published networks");
    let chosen = space.chosen.as_ref().ok();
    let flops = chosen.map(|(arch, resolution)| {
        let network = space.ir.network(&arch.path, *resolution);
        creamc_lang::cost::of_network(&network).flops
    });
    let flops = run.outcome.as_ref().and_then(|one| one.flops).or(flops);
    section.add(figure(run, flops)).add(numbers()).into()
}

/// The paper's space: its name, its classes, colour images of one of its sizes.
fn is_theirs(ir: &Ir) -> bool {
    let sides = ir.resolution.value.values();
    let is_known = |side: &u32| PUBLISHED.iter().any(|one| one.resolution == *side);
    ir.space == "mobile"
        && ir.classes == 1000
        && ir.input_channels == 3
        && sides.iter().any(is_known)
}

fn figure(run: &Run, flops: Option<u64>) -> Option<Tag> {
    let test = run.outcome.as_ref().and_then(|one| one.test?.top1);
    let mut points: Vec<Point> = PUBLISHED.iter().map(Published::point).collect();
    if let (Some(flops), Some(top1)) = (flops, test) {
        points.push(Point {
            cost: flops as f64,
            worth: top1,
            dot: Dot::Picked,
            word: "this run".to_owned(),
            details: format!(
                "{} flops, test top-1 {}%",
                number::exact(flops),
                number::fixed(top1, 2)
            ),
        });
    }
    let marks = match (flops, test) {
        (Some(flops), None) => vec![(flops as f64, "this network".to_owned())],
        _ => Vec::new(),
    };
    let chart = Scatter {
        x_name: "flops",
        y_name: "top-1 on ImageNet, %, trained alone",
        points,
        marks,
    };
    let drawing = chart.draw("flops against published top-1 of six networks")?;
    Some(chart::figure(
        "The authors' networks, trained alone on ImageNet",
        Some(chart::legend(&[
            ("round published", "published, trained alone on ImageNet"),
            ("round picked", "this run's test"),
        ])),
        drawing,
        "Grey: what the authors report for networks that were trained alone on ImageNet for hundreds of epochs. \
         A judge's top-1 with shared weights does not compare with these; the test top-1 of a retraining does, \
         on the same data.",
    ))
}

impl Published {
    fn point(&self) -> Point {
        Point {
            cost: self.flops,
            worth: self.top1,
            dot: Dot::Published,
            word: self.name.to_owned(),
            details: format!(
                "{}, {} × {}\n{} flops, top-1 {}%, trained alone on ImageNet",
                self.name,
                self.resolution,
                self.resolution,
                number::count(self.flops as u64),
                number::fixed(self.top1, 1)
            ),
        }
    }
}

fn numbers() -> Html {
    let columns = [
        Column::Words("network"),
        Column::Number("image"),
        Column::Number("flops"),
        Column::Number("top-1, %"),
    ];
    let row = |one: &Published| {
        let side = one.resolution;
        let cells = vec![
            one.name.to_owned(),
            format!("{side} × {side}"),
            number::count(one.flops as u64),
            number::fixed(one.top1, 1),
        ];
        ("", cells)
    };
    let rows: Vec<_> = PUBLISHED.iter().map(row).collect();
    Html::from(table(&columns, &rows)).and(aside(
        "Top-1 as the authors give it, trained alone on ImageNet; flops as creamc counts them.",
    ))
}
