//! `creamc cost FILE`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail};
use creamc_lang::arch::Arch;
use creamc_lang::cost::{self, Cost};
use creamc_lang::ir::{Ir, Layer, Network, Shape, UNKNOWN};
use creamc_lang::quantity::exact_time;
use creamc_lang::space::Metric;
use serde_json::{Map, Value, json};

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
    let table = Table::new(ir, ir.network(&arch.path, resolution));
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
struct Table<'a> {
    ir: &'a Ir,
    network: Network,
    costs: Vec<Cost>,
    total: Cost,
}

impl Table<'_> {
    fn new(ir: &Ir, network: Network) -> Table<'_> {
        let costs: Vec<Cost> = network.layers.iter().map(cost::of_layer).collect();
        let total = costs.iter().copied().sum();
        Table {
            ir,
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
            let mut object = Map::new();
            object.insert("name".into(), json!(name(layer)));
            object.insert("op".into(), json!(layer.text));
            let out = layer.output;
            object.insert("out".into(), json!([out.channels, out.height, out.width]));
            object.extend(text::cost_json(self.ir, cost));
            Value::Object(object)
        };
        let mut object = Map::new();
        object.insert("arch".into(), json!(arch.name));
        object.insert("resolution".into(), json!(resolution));
        object.extend(text::cost_json(self.ir, self.total));
        let layers: Vec<Value> = self.blocks().map(layer).collect();
        object.insert("layers".into(), Value::Array(layers));
        Value::Object(object)
    }

    fn human(&self, arch: &Arch, resolution: u32) -> String {
        let total = self.total;
        let mut sides = vec![Side::Left, Side::Left];
        sides.resize(3 + self.ir.metrics().count(), Side::Right);
        let head = ["block", "op", "out"].into_iter();
        let metrics = self.ir.metrics().map(|(_, name)| name);
        let mut rows = vec![head.chain(metrics).map(String::from).collect()];
        rows.extend(self.blocks().map(|(layer, cost)| {
            let words = [name(layer), layer.text.clone(), shape(layer.output)];
            self.row(words, cost)
        }));
        rows.push(self.row(["total".to_string(), String::new(), String::new()], total));
        let exact = self
            .ir
            .metrics()
            .map(|(metric, name)| match metric.is_time() {
                true if total.get(metric) == UNKNOWN => format!("{name} ?"),
                true => format!("{name} {}", exact_time(total.get(metric))),
                false => format!("{name} {}", total.get(metric)),
            });
        format!(
            "{} at {resolution}×{resolution}\n\n{}\nexactly: {}\n",
            arch.name,
            text::table(&sides, &rows),
            exact.collect::<Vec<_>>().join(", ")
        ) + &self.unknown(resolution)
    }

    fn row(&self, words: [String; 3], cost: Cost) -> Vec<String> {
        let metrics = self.ir.metrics();
        let numbers = metrics.map(|(metric, _)| text::value(metric, cost.get(metric)));
        words.into_iter().chain(numbers).collect()
    }

    /// Which tables lack rows for this network, if any do.
    fn unknown(&self, resolution: u32) -> String {
        let is_unknown = |(metric, _): &(Metric, &str)| self.total.get(*metric) == UNKNOWN;
        let unknown = self.ir.metrics().filter(is_unknown);
        let line =
            |name: &str| format!("`{name}` has no rows for images of {resolution} pixels a side\n");
        unknown.map(|(_, name)| line(name)).collect()
    }
}

fn shape(shape: Shape) -> String {
    format!("{}×{}×{}", shape.channels, shape.height, shape.width)
}

/// The place of a block: its row and its number there, from 0.
fn name(layer: &Layer) -> String {
    format!("{}.{}", layer.row, layer.block)
}
