//! `creamc cost FILE`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail};
use creamc_lang::arch::Arch;
use creamc_lang::cost::{self, Cost};
use creamc_lang::ir::{Layer, Network, Shape};
use creamc_lang::space::Metric;
use serde_json::{Value, json};

use super::arch;
use super::findings::{self, Format};
use super::load::{Loaded, SpaceArgs};
use super::text::{self, Side};
use super::{CANNOT_WRITE, Verdict};

/// Prints what one architecture costs, block by block
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples: creamc cost best.cream --resolution 192
          creamc cost spaces/mobile.cream --choices '[[0],[0],[2,3],[1,3,1],[3],[3,4],[0]]'")]
pub struct Args {
    /// A file of architectures, or a space with --choices
    file: PathBuf,
    /// Which architecture, where the file holds several
    #[arg(long, value_name = "NAME", conflicts_with = "choices")]
    arch: Option<String>,
    /// The architecture in index form: one list a row, one number a block
    #[arg(long, value_name = "LISTS")]
    choices: Option<String>,
    /// Side of the image in pixels, instead of the architecture's
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=MOST_PIXELS))]
    resolution: Option<u32>,
    #[command(flatten)]
    space: SpaceArgs,
    /// How to print
    #[arg(long, default_value = "human")]
    format: Format,
}

/// Larger images are a slip of the hand, and their costs might pass 64 bits.
const MOST_PIXELS: i64 = 16_384;

/// Reads the architecture, walks its network and prints.
///
/// # Errors
/// When the file cannot be read, it is not clear which architecture is meant, or nothing can be
/// written.
pub fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let mut loaded = Loaded::read(&args.file, &args.space)?;
    let Some((arch, resolution)) = arch(args, &mut loaded)? else {
        return loaded.refuse(args.format, out);
    };
    loaded.show();
    let ir = loaded
        .unit
        .ir
        .as_ref()
        .expect("an architecture belongs to a space");
    let table = Table::new(ir.network(&arch.path, resolution));
    if table.total.flops == u64::MAX {
        bail!("at {resolution} pixels a side the cost passes 64 bits");
    }
    match args.format {
        Format::Json => findings::line(&table.json(&arch, resolution), out)?,
        Format::Human => write!(out, "{}", table.human(&arch, resolution)).context(CANNOT_WRITE)?,
    }
    Ok(Verdict::Clean)
}

/// The architecture and its resolution; `None` when the messages say why not.
fn arch(args: &Args, loaded: &mut Loaded) -> anyhow::Result<Option<(Arch, u32)>> {
    if loaded.has_errors() {
        return Ok(None);
    }
    let picked = match &args.choices {
        Some(choices) => Some(arch::from_choices(loaded, choices)?),
        None => arch::named(loaded, args.arch.as_deref())?,
    };
    Ok(picked.and_then(|mut picked| {
        let path = &mut picked.arch.path;
        path.resolution = path.resolution.and(args.resolution).or(path.resolution);
        let resolution = resolution(args, loaded, &picked.arch)?;
        picked.warn(loaded, resolution);
        Some((picked.arch, resolution))
    }))
}

/// The first of: the command line, the architecture, what the space settles on.
fn resolution(args: &Args, loaded: &mut Loaded, arch: &Arch) -> Option<u32> {
    let given = args.resolution.or(arch.resolution);
    given.or_else(|| loaded.plan().map(|plan| plan.resolution))
}

/// A network and what each of its blocks costs.
struct Table {
    network: Network,
    costs: Vec<Cost>,
    total: Cost,
}

impl Table {
    fn new(network: Network) -> Table {
        let costs: Vec<Cost> = network.layers.iter().map(cost::of_layer).collect();
        let total = costs.iter().copied().sum();
        Table {
            network,
            costs,
            total,
        }
    }

    fn blocks(&self) -> impl Iterator<Item = (&Layer, Cost)> {
        self.network.layers.iter().zip(self.costs.iter().copied())
    }

    fn json(&self, arch: &Arch, resolution: u32) -> Value {
        let layer = |(layer, cost): (&Layer, Cost)| {
            json!({
                "name": name(layer),
                "op": layer.text,
                "out": [layer.output.channels, layer.output.height, layer.output.width],
                "flops": cost.flops,
                "macs": cost.macs,
                "params": cost.params,
                "activations": cost.activations,
            })
        };
        json!({
            "arch": arch.name,
            "resolution": resolution,
            "flops": self.total.flops,
            "macs": self.total.macs,
            "params": self.total.params,
            "activations": self.total.activations,
            "layers": self.blocks().map(layer).collect::<Vec<_>>(),
        })
    }

    fn human(&self, arch: &Arch, resolution: u32) -> String {
        let total = self.total;
        let head = ["block", "op", "out"].into_iter();
        let metrics = Metric::ALL.iter().map(|metric| metric.as_str());
        let mut rows = vec![head.chain(metrics).map(String::from).collect()];
        rows.extend(
            self.blocks().map(|(layer, cost)| {
                row(name(layer), layer.text.clone(), shape(layer.output), cost)
            }),
        );
        rows.push(row(
            "total".to_string(),
            String::new(),
            String::new(),
            total,
        ));
        let exact = Metric::ALL
            .iter()
            .map(|&metric| format!("{} {}", metric.as_str(), total.get(metric)));
        format!(
            "{} at {resolution}×{resolution}\n\n{}\nexactly: {}\n",
            arch.name,
            text::table(&SIDES, &rows),
            exact.collect::<Vec<_>>().join(", ")
        )
    }
}

const SIDES: [Side; 7] = [
    Side::Left,
    Side::Left,
    Side::Right,
    Side::Right,
    Side::Right,
    Side::Right,
    Side::Right,
];

fn row(name: String, op: String, out: String, cost: Cost) -> Vec<String> {
    let numbers = Metric::ALL
        .iter()
        .map(|&metric| text::count(cost.get(metric)));
    [name, op, out].into_iter().chain(numbers).collect()
}

fn shape(shape: Shape) -> String {
    format!("{}×{}×{}", shape.channels, shape.height, shape.width)
}

/// The place of a block: its row and its number there, from 0.
fn name(layer: &Layer) -> String {
    format!("{}.{}", layer.row, layer.block)
}
