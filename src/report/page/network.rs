//! The chosen network block by block.

use creamc_lang::cost::{self, Cost};
use creamc_lang::ir::{Candidate, Layer, Network};
use creamc_lang::space::{AttributeName, AttributeValue};

use crate::report::chart::{self, Block, Tint};
use crate::report::html::{Html, Tag, tag};
use crate::report::number;
use crate::report::read::Run;

use super::part::{Column, section, table};

/// The section; nothing where no network is known, which the answer has said.
pub fn write(run: &Run) -> Html {
    let Ok(space) = &run.space else {
        return Html::new();
    };
    let Ok((arch, resolution)) = &space.chosen else {
        return Html::new();
    };
    let network = space.ir.network(&arch.path, *resolution);
    let candidates = arch.path.blocks();
    let candidates =
        candidates.map(|(row, block, at)| &space.ir.rows[row].slots[block].candidates[at]);
    let rows: Vec<Built> = network
        .layers
        .iter()
        .zip(candidates)
        .map(|(layer, candidate)| Built {
            layer,
            candidate,
            cost: cost::of_layer(layer),
        })
        .collect();
    section("network", "Block by block")
        .add(strip(&rows))
        .add(layers(&network, &rows))
        .into()
}

/// A block of the network and where it came from.
struct Built<'a> {
    layer: &'a Layer,
    candidate: &'a Candidate,
    cost: Cost,
}

impl Built<'_> {
    fn tint(&self) -> Tint {
        match self.candidate.value(AttributeName::Kernel) {
            Some(AttributeValue::Integer(kernel)) if kernel > 0 => Tint::Kernel(kernel),
            _ => Tint::None,
        }
    }

    /// The expansion where there is one.
    fn word(&self) -> String {
        match self.candidate.value(AttributeName::Expand) {
            Some(AttributeValue::Ratio(expand)) => format!("×{expand}"),
            _ => String::new(),
        }
    }

    fn name(&self) -> String {
        format!("{}.{}", self.layer.row, self.layer.block)
    }

    fn shape(&self) -> String {
        let out = self.layer.output;
        format!("{} × {} × {}", out.channels, out.height, out.width)
    }

    fn block(&self) -> Block {
        Block {
            row: self.layer.row.clone(),
            tint: self.tint(),
            word: self.word(),
            cost: self.cost.flops,
            details: format!(
                "{}\n{}\n{} flops, out {}",
                self.name(),
                self.layer.text,
                number::exact(self.cost.flops),
                self.shape()
            ),
        }
    }
}

fn strip(rows: &[Built]) -> Option<Tag> {
    let blocks: Vec<Block> = rows.iter().map(Built::block).collect();
    let says = format!(
        "{} blocks from input to output, as wide as their flops",
        blocks.len()
    );
    let drawing = chart::blocks(&blocks, &says)?;
    Some(chart::figure(
        "From input to output, as wide as the flops",
        Some(kernels(rows)),
        drawing,
        &caption(rows),
    ))
}

/// The dearest row, in words.
fn caption(rows: &[Built]) -> String {
    let total: u64 = rows.iter().map(|row| row.cost.flops).sum();
    let mut sums: Vec<(&str, u64)> = Vec::new();
    for row in rows {
        match sums.last_mut() {
            Some((name, sum)) if *name == row.layer.row => *sum += row.cost.flops,
            _ => sums.push((&row.layer.row, row.cost.flops)),
        }
    }
    let dearest = sums.iter().max_by_key(|(_, sum)| *sum);
    let most = dearest.map_or(String::new(), |(name, sum)| {
        let share = 100.0 * *sum as f64 / total.max(1) as f64;
        format!(
            " {name} takes the most: {share:.0}% of {} flops.",
            number::count(total)
        )
    });
    format!("×N is the expansion of a block; blocks too narrow for a word have none.{most}")
}

/// The kernels that occur, with their colours.
fn kernels(rows: &[Built]) -> Tag {
    let mut tints: Vec<Tint> = Vec::new();
    for row in rows {
        if !tints.contains(&row.tint()) {
            tints.push(row.tint());
        }
    }
    tints.sort_by_key(|tint| match tint {
        Tint::Kernel(side) => *side,
        Tint::None => u32::MAX,
    });
    let entry = |tint: &Tint| {
        let word = match tint {
            Tint::Kernel(side) => format!("kernel {side} × {side}"),
            Tint::None => "no kernel".to_owned(),
        };
        let swatch = tag("i").class(&format!("square {}", tint.class()));
        tag("span").add(swatch).text(word)
    };
    tag("p")
        .class("legend")
        .add(tints.iter().map(entry).collect::<Html>())
}

fn layers(network: &Network, rows: &[Built]) -> Tag {
    let total: Cost = rows.iter().map(|row| row.cost).sum();
    let numbers = |cost: Cost| {
        let share = 100.0 * cost.flops as f64 / total.flops.max(1) as f64;
        [
            number::exact(cost.flops),
            format!("{share:.1}%"),
            number::exact(cost.macs),
            number::exact(cost.params),
        ]
    };
    let row = |name: String, text: String, shape: String, cost: Cost| {
        let words = [name, text, shape].into_iter();
        words.chain(numbers(cost)).collect::<Vec<String>>()
    };
    let input = network.input;
    let mut all = vec![(
        "",
        vec![
            "image".to_owned(),
            String::new(),
            format!("{} × {} × {}", input.channels, input.height, input.width),
        ],
    )];
    all[0].1.resize(7, String::new());
    all.extend(rows.iter().map(|one| {
        (
            "",
            row(one.name(), one.layer.text.clone(), one.shape(), one.cost),
        )
    }));
    all.push((
        "total",
        row("total".to_owned(), String::new(), String::new(), total),
    ));
    let columns = [
        Column::Words("block"),
        Column::Code("operator"),
        Column::Number("output"),
        Column::Number("flops"),
        Column::Number("share"),
        Column::Number("macs"),
        Column::Number("params"),
    ];
    table(&columns, &all)
}
