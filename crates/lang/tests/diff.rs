//! Differences of generated small spaces against plain enumeration of both sets of paths.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as FilePath;

use common::{One, holds};
use creamc_lang::compile::{self, Overrides, Unit};
use creamc_lang::cost;
use creamc_lang::diff::{self, Count, Effort, Paths, Side, SpaceDiff, What};
use creamc_lang::ir::{Candidate, Path};
use creamc_lang::plan::{Plan, Request, plan};
use creamc_lang::space::{Metric, Require, Setting};
use creamc_lang::testing::{changed_space, small_space};
use num_bigint::BigUint;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A space with bounds, settled.
struct Settled {
    unit: Unit,
    plan: Plan,
    requires: Vec<Require>,
}

impl Settled {
    /// `None` where the text has errors or no path is inside the bounds.
    fn of(text: &str, bounds: &[String]) -> Option<Settled> {
        let mut unit = compile::load(
            &One(text.to_owned()),
            FilePath::new("x.cream"),
            &Overrides::default(),
        )
        .ok()?;
        let space = unit.space.clone()?;
        let more = bounds.iter().map(|bound| {
            compile::parse_require(&mut unit.sources, bound, &space)
                .unwrap_or_else(|found| panic!("{bound}: {found:?}"))
        });
        let request = Request {
            requires: more.collect(),
            ..Request::default()
        };
        let ir = unit.ir.as_ref()?;
        let (plan, _) = plan(ir, &request).ok()?;
        let requires = ir
            .requires
            .iter()
            .chain(&request.requires)
            .cloned()
            .collect();
        Some(Settled {
            unit,
            plan,
            requires,
        })
    }

    fn side(&self) -> Side<'_> {
        Side {
            space: self.unit.space.as_ref().expect("a plan has a space"),
            plan: &self.plan,
            requires: &self.requires,
        }
    }

    /// Every path, what it is made of, and whether it is inside every bound; with its resolution where
    /// that tells paths apart.
    fn paths(&self, blocks: &mut Blocks, is_sided: bool) -> Vec<(Identity, bool)> {
        let mut known = BTreeMap::new();
        let paths = enumerate(&self.plan).into_iter();
        let described = paths.map(|path| {
            let network = self.plan.ir.network(&path, self.plan.resolution);
            let cost = cost::of_network(&network);
            let mut bounds = self.requires.iter();
            let is_inside = bounds.all(|one| {
                let depth = |row: usize| path.rows[row].len() as u32;
                let width = |row: usize| self.plan.ir.width_of(&path, row);
                holds(&one.relation, depth, width, |metric| cost.get(metric))
            });
            let mut rows: Identity = path.rows.iter().map(|_| Vec::new()).collect();
            for (layer, place) in network.layers.iter().zip(path.blocks()) {
                let (row, block, candidate) = place;
                let number = *known.entry(place).or_insert_with(|| {
                    let candidate = &self.plan.ir.rows[row].slots[block].candidates[candidate];
                    let text = format!("{} {:?}", written_out(candidate), layer.ops);
                    let next = blocks.len();
                    *blocks.entry(text).or_insert(next)
                });
                rows[row].push(number);
            }
            if is_sided {
                rows.push(vec![self.plan.side(&path) as usize]);
            }
            (rows, is_inside)
        });
        described.collect()
    }
}

/// Every block written out, with a number of its own.
type Blocks = BTreeMap<String, usize>;

/// The blocks of every row.
type Identity = Vec<Vec<usize>>;

/// All values of a candidate, searched or not.
fn written_out(candidate: &Candidate) -> String {
    let values = candidate
        .values
        .iter()
        .map(|(name, value, _)| format!("{name} {value}"));
    let inside: Vec<String> = values
        .chain(candidate.branches.iter().map(written_out))
        .collect();
    format!("{}({})", candidate.operator, inside.join(" "))
}

/// Every depth with every candidate in every block; of those the ones that the graph of all paths holds,
/// as other tests say it should.
fn enumerate(plan: &Plan) -> Vec<Path> {
    let mut paths = vec![Vec::new()];
    for row in &plan.ir.rows {
        let mut rows = Vec::new();
        for &depth in &row.depths {
            let mut blocks = vec![Vec::new()];
            for slot in &row.slots[..depth as usize] {
                let with = |blocks: &Vec<u16>| {
                    let blocks = blocks.clone();
                    (0..slot.candidates.len() as u16)
                        .map(move |next| [&blocks[..], &[next]].concat())
                };
                blocks = blocks.iter().flat_map(with).collect();
            }
            rows.extend(blocks);
        }
        let with = |path: &Vec<Vec<u16>>| {
            let path = path.clone();
            rows.iter()
                .map(move |row| [&path[..], std::slice::from_ref(row)].concat())
        };
        // At once, as most rows of a space with shared decisions do not go together.
        let agree = |rows: &Vec<Vec<u16>>| plan.ir.shared_values(&Path::new(rows.clone())).is_ok();
        paths = paths.iter().flat_map(with).filter(agree).collect();
    }
    let is_searched = searches_resolution(plan);
    let all = plan.sides().flat_map(|side| {
        let paths = paths.iter().cloned();
        paths.map(move |rows| Path {
            resolution: is_searched.then_some(side),
            rows,
        })
    });
    all.filter(|path| plan.graph.cost(path).is_some()).collect()
}

fn searches_resolution(plan: &Plan) -> bool {
    matches!(plan.ir.resolution.value, Setting::Searched(_))
}

/// Small enough to be listed.
const MOST: u32 = 2_000;

/// Up to two bounds that some path of the space just meets.
fn bounds(space: &Settled, random: &mut ChaCha8Rng) -> Vec<String> {
    let paths = enumerate(&space.plan);
    let one = |random: &mut ChaCha8Rng| {
        let path = paths.choose(random).expect("a plan has a path");
        let cost = cost::of_network(&space.plan.ir.network(path, space.plan.resolution));
        let metric = *Metric::COUNTED.choose(random).expect("there are metrics");
        let sign = ["<=", ">="].choose(random).expect("there are signs");
        let name = metric.word().expect("a counted one has a word");
        format!("{name} {sign} {}", cost.get(metric))
    };
    (0..random.random_range(0..=2))
        .map(|_| one(random))
        .collect()
}

/// Two spaces, the second a changed first, both with bounds.
fn two_spaces(seed: u64) -> Option<[Settled; 2]> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let text = small_space(&mut random);
    let other = changed_space(&text, &mut random);
    let plain = [&text, &other].map(|text| Settled::of(text, &[]));
    let [Some(one), Some(two)] = plain else {
        return None;
    };
    if [&one, &two]
        .iter()
        .any(|space| space.plan.graph.count() > MOST.into())
    {
        return None;
    }
    let first = bounds(&one, &mut random);
    let second = match random.random_bool(0.3) {
        true => first.clone(),
        false => bounds(&two, &mut random),
    };
    Some([Settled::of(&text, &first)?, Settled::of(&other, &second)?])
}

fn compare(one: &Settled, other: &Settled, effort: Effort) -> SpaceDiff {
    diff::spaces(&one.side(), &other.side(), effort).expect("small spaces can be counted")
}

/// Whether every row is one of the other's too.
fn rows_pair(difference: &SpaceDiff) -> bool {
    let of_rows = |text: &Option<String>| matches!(text.as_deref(), Some("stage" | "layer"));
    !difference.changes.iter().any(|change| match change.what {
        What::Added => of_rows(&change.after) && !change.place.contains(' '),
        What::Removed => of_rows(&change.before) && !change.place.contains(' '),
        What::Moved => true,
        _ => false,
    })
}

fn numbers(paths: &Paths) -> [usize; 5] {
    let exact = |count: &Count| {
        let number = count.exact().expect("it is exact");
        usize::try_from(number).expect("small spaces have few paths")
    };
    [
        &paths.before,
        &paths.after,
        &paths.shared,
        &paths.lost,
        &paths.gained,
    ]
    .map(exact)
}

fn expected(one: &BTreeSet<&Identity>, other: &BTreeSet<&Identity>, pair: bool) -> [usize; 5] {
    let shared = if pair {
        one.intersection(other).count()
    } else {
        0
    };
    [
        one.len(),
        other.len(),
        shared,
        one.len() - shared,
        other.len() - shared,
    ]
}

#[test]
fn counts_are_those_of_listed_paths() {
    let (mut compared, mut overlapping, mut unpaired) = (0, 0, 0);
    for seed in 0..300 {
        let Some([one, other]) = two_spaces(seed) else {
            continue;
        };
        let difference = compare(&one, &other, Effort::Exact);
        let pair = rows_pair(&difference);
        let mut blocks = Blocks::new();
        let is_sided = [&one, &other]
            .iter()
            .any(|one| searches_resolution(&one.plan));
        let listed = [&one, &other].map(|side| side.paths(&mut blocks, is_sided));
        let all = listed
            .each_ref()
            .map(|paths| paths.iter().map(|(path, _)| path).collect());
        let inside = listed.each_ref().map(|paths| {
            let inside = paths.iter().filter(|(_, is_inside)| *is_inside);
            inside.map(|(path, _)| path).collect()
        });
        assert_eq!(
            numbers(&difference.paths),
            expected(&all[0], &all[1], pair),
            "seed {seed}"
        );
        let found = numbers(&difference.feasible);
        assert_eq!(found, expected(&inside[0], &inside[1], pair), "seed {seed}");
        compared += 1;
        unpaired += usize::from(!pair);
        overlapping += usize::from(found[2] > 0 && found[3] > 0 && found[4] > 0);
    }
    let tally = format!("{compared} compared, {overlapping} overlap, {unpaired} with other rows");
    assert!(compared > 60 && overlapping > 10, "{tally}");
}

#[test]
fn the_way_back_loses_what_the_way_there_gained() {
    let mut different = 0;
    for seed in 0..200 {
        let Some([one, other]) = two_spaces(seed) else {
            continue;
        };
        let (there, back) = (
            compare(&one, &other, Effort::Moderate),
            compare(&other, &one, Effort::Moderate),
        );
        for (there, back) in [
            (&there.paths, &back.paths),
            (&there.feasible, &back.feasible),
        ] {
            assert_eq!(
                (&there.lost, &there.gained),
                (&back.gained, &back.lost),
                "seed {seed}"
            );
            assert_eq!(there.shared, back.shared, "seed {seed}");
        }
        assert_eq!(there.is_same(), back.is_same(), "seed {seed}");
        assert_eq!(
            there.changes.len(),
            back.changes.len(),
            "seed {seed}: {:#?}",
            there.changes
        );
        if there.is_same() {
            assert_eq!(one.plan.fingerprint, other.plan.fingerprint, "seed {seed}");
            assert!(there.weights_fit());
        }
        different += usize::from(!there.is_same());
    }
    assert!(different > 10, "{different}");
}

#[test]
fn a_space_is_the_same_as_itself() {
    for seed in 0..100 {
        let text = small_space(&mut ChaCha8Rng::seed_from_u64(seed));
        let Some(one) = Settled::of(&text, &[]) else {
            continue;
        };
        let difference = compare(&one, &one, Effort::Moderate);
        assert!(difference.is_same(), "{text}\n{:#?}", difference.changes);
        assert_eq!(
            difference.feasible.shared, difference.feasible.before,
            "{text}"
        );
        assert_eq!(
            difference.feasible.lost.most, difference.feasible.gained.most,
            "{text}"
        );
        assert!(rows_pair(&difference));
    }
}

#[test]
fn a_tighter_bound_gains_nothing_though_counts_are_intervals() {
    let mobile = include_str!("fixtures/mobile.cream");
    let settle = |bounds: &[&str]| {
        let bounds: Vec<String> = bounds.iter().map(|&bound| bound.to_owned()).collect();
        Settled::of(mobile, &bounds).expect("the space has paths inside")
    };
    let loose = settle(&["flops in 200M..600M", "params in 3M..6M"]);
    let tight = settle(&["flops in 300M..500M", "params in 3M..6M"]);
    let paths = compare(&loose, &tight, Effort::Moderate).feasible;
    assert_eq!(
        paths.after.exact(),
        None,
        "nothing to see where counts are exact"
    );
    assert_eq!(
        paths.gained.exact().map(ToString::to_string).as_deref(),
        Some("0")
    );
    assert_eq!(paths.shared, paths.after);
    assert!(paths.lost.least <= paths.lost.most && paths.lost.most <= paths.before.most);
}

#[test]
fn what_spaces_with_shared_decisions_share_is_the_space_of_what_both_allow() {
    let [one, other] = ["{3, 5}", "{5, 7}"].map(|kernels| {
        let choice = format!("choice early in {kernels}\n    let squeeze");
        mobile_with("early", &[("let squeeze", choice.as_str())])
    });
    let paths = compare(&one, &other, Effort::Exact).feasible;
    // By another way: the space that has only what both have.
    let both = mobile_with("5", &[]);
    let expected = compare(&both, &both, Effort::Exact).feasible.before;
    assert!(
        expected.least > BigUint::ZERO,
        "there is something to share"
    );
    assert_eq!(paths.shared, expected);
    assert_eq!(paths.lost.least, &paths.before.least - &expected.least);
    assert_eq!(paths.gained.least, &paths.after.least - &expected.least);
}

/// The paper's space with two kernels, and with this one in its first and its last stage: where it is
/// a choice, blocks far from each other share a decision, and all paths are counted in parts.
fn mobile_with(kernel: &str, more: &[(&str, &str)]) -> Settled {
    let mobile = include_str!("fixtures/mobile.cream");
    let [first, last] = ["s1", "s5"].map(|name| {
        format!("stage {name}      ir(kernel = {kernel}, expand in {{4, 6}}, se = squeeze)")
    });
    let edits = [
        ("kernel in {3, 5, 7}", "kernel in {3, 5}"),
        ("stage s1      mb", &first),
        ("stage s5      mb", &last),
        (
            "resolution fit {64, 96, 128, 160, 192, 224}",
            "resolution = 224",
        ),
    ];
    let edits = edits.iter().chain(more);
    let text = edits.fold(mobile.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "no `{from}`");
        text.replace(from, to)
    });
    Settled::of(&text, &["flops <= 350M".to_owned()]).expect("the space has paths inside")
}

/// A space of two layers that use a block of one's own.
fn with_block(block: &str, used: &str) -> Settled {
    let text = format!(
        "cream 1
block {block}
space s {{
    input image(channels = 3, resolution = 8)
    output classes(10)
    layer a {used} channels = 8
    layer b {used} channels = 8
    layer pool avgpool
    layer logits linear channels = classes
}}
"
    );
    Settled::of(&text, &[]).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn attributes_of_ones_own_blocks_are_compared_by_name_and_their_rows_once() {
    let rows = "{ conv(kernel = kernel) channels = out_channels act }";
    let before = with_block(
        &format!("g(kernel, act) {rows}"),
        "g(kernel = 3, act = relu)",
    );
    let grouped = "{ conv(kernel = kernel, groups = parts) channels = out_channels act }";
    let after = with_block(
        &format!("g(act, parts = 1, kernel) {grouped}"),
        "g(act = relu, kernel in {1, 3})",
    );
    let changes = |one: &Settled, other: &Settled| -> Vec<(String, &str)> {
        let difference = compare(one, other, Effort::Moderate);
        let changes = difference.changes.into_iter();
        changes.map(|one| (one.place, one.what.as_str())).collect()
    };
    let expected = |what: [&'static str; 2]| {
        let lines = [
            ("a g.kernel", what[0]),
            ("a g.parts", what[1]),
            ("rows of `g`", "changed"),
            ("b g.kernel", what[0]),
            ("b g.parts", what[1]),
        ];
        lines.map(|(place, what)| (place.to_owned(), what))
    };
    let there = expected(["widened", "added"]);
    assert_eq!(changes(&before, &after), there);
    let mut back = changes(&after, &before);
    back.sort();
    let mut wanted = expected(["narrowed", "removed"]);
    wanted.sort();
    assert_eq!(back, wanted);
    // Other places in the text are no other rows.
    let spaced = with_block(
        &format!("g(kernel, act)   {}", rows.replace(" act ", "   act ")),
        "g(kernel = 3, act = relu)",
    );
    assert!(changes(&before, &spaced).is_empty());
}

/// A space of these items and rows.
fn with_rows(rows: &str) -> Settled {
    let text = format!(
        "cream 1
space s {{
    input image(channels = 3, resolution = 8)
    output classes(10)
    {rows}
    layer pool avgpool
    layer logits linear channels = classes
}}
"
    );
    Settled::of(&text, &[]).unwrap_or_else(|| panic!("{text}"))
}

/// Every change as `place what: before -> after`, and whether the spaces are the same.
fn told(before: &str, after: &str) -> (Vec<String>, bool) {
    let [before, after] = [before, after].map(with_rows);
    let difference = compare(&before, &after, Effort::Moderate);
    let is_same = difference.is_same();
    let text = |change: diff::Change| {
        let [was, is] = [change.before, change.after].map(Option::unwrap_or_default);
        format!("{} {}: {was} -> {is}", change.place, change.what.as_str())
    };
    (difference.changes.into_iter().map(text).collect(), is_same)
}

fn nothing() -> (Vec<String>, bool) {
    (Vec::new(), true)
}

#[test]
fn bounds_on_a_row_are_the_same_however_they_are_parted() {
    let stage = "stage s1 conv(kernel = 3) channels in {8, 16} depth in 1..5\n";
    let with = |bounds: &str| format!("{stage}{bounds}");
    let parted = "require s1.depth >= 2\nrequire s1.channels >= 4\nrequire s1.depth <= 4\nrequire s1.depth >= 0";
    let whole = "require s1.channels in 4..999\nrequire s1.depth in 2..4\nrequire s1.channels >= 4";
    let twice = parted.replace(
        "s1.channels >= 4",
        "s1.channels <= 999\nrequire s1.channels in 4..2000",
    );
    let merged = "require s1.depth in 2..4\nrequire s1.channels in 4..999";
    assert_eq!(told(&with(&twice), &with(merged)), nothing());
    assert_eq!(told(&with(merged), &with(&twice)), nothing());
    assert_eq!(told(&with(merged), &with(whole)), nothing());
    let parted = with("require s1.depth >= 2\nrequire s1.depth <= 4\nrequire s1.depth >= 0");
    assert_eq!(told(&with("require s1.depth in 2..4"), &parted), nothing());
    assert_eq!(told(&parted, &with("require s1.depth in 2..4")), nothing());
    assert_eq!(told(stage, &with("require s1.depth >= 0")), nothing());
    assert_eq!(told(stage, &with("require s1.channels >= 0")), nothing());
    assert_eq!(told(stage, &with("require flops >= 0")), nothing());
    let (changes, _) = told(&with(whole), stage);
    assert_eq!(changes.len(), 2, "{changes:?}");
}

#[test]
fn a_bound_between_two_rows_is_the_same_from_either_side() {
    let row =
        |name: &str| format!("stage {name} conv(kernel = 3) channels in {{8, 16}} depth in 1..3\n");
    let rows = row("s2") + &row("s1");
    for of in ["depth", "channels"] {
        for (sign, turned) in [("==", "=="), ("<=", ">="), (">=", "<=")] {
            let one = format!("{rows}require s1.{of} {sign} s2.{of}");
            let other = format!("{rows}require s2.{of} {turned} s1.{of}");
            assert_eq!(told(&one, &other), nothing(), "{of} {sign}");
            let (changes, is_same) = told(&one, &rows);
            assert_eq!((changes.len(), is_same), (1, false), "{changes:?}");
        }
    }
    // Rows in another order are told as such, and not as another bound.
    let bound = "require s1.depth == s2.depth";
    let [one, other] = [rows, row("s1") + &row("s2")].map(|rows| rows + bound);
    let (changes, _) = told(&one, &other);
    assert!(
        changes.iter().all(|change| !change.contains("require")),
        "{changes:?}"
    );
}

#[test]
fn what_follows_a_choice_or_the_width_of_another_row_is_told() {
    let own = "choice k in {3, 5}\nlayer s1 conv(kernel = k) channels = 8\n\
               layer s2 conv(kernel in {3, 5}) channels = 8";
    let shared = own.replace("kernel in {3, 5}", "kernel = k");
    let (changes, is_same) = told(own, &shared);
    assert_eq!(
        changes,
        ["s2 conv.kernel changed: in {3, 5} -> k in {3, 5}"]
    );
    assert!(!is_same);
    let (changes, _) = told(
        &shared,
        &shared.replace("= k", "= j").replace("choice k", "choice j"),
    );
    assert_eq!(
        changes[0],
        "s1 conv.kernel changed: k in {3, 5} -> j in {3, 5}"
    );

    let own = "layer s1 conv(kernel = 3) channels in {16, 24}\n\
               layer s2 conv(kernel = 3) channels in {16, 24}";
    let taken = "layer s1 conv(kernel = 3) channels in {16, 24}\nlayer s2 conv(kernel = 3)";
    let (changes, is_same) = told(own, taken);
    assert_eq!(
        changes,
        ["s2.channels changed: in {16, 24} -> that of a row before, in {16, 24}"]
    );
    assert!(!is_same);
    assert_eq!(
        told(taken, &taken.replace("s1", "t1")).0,
        ["s1 renamed: s1 -> t1"]
    );

    let rows = "layer s1 conv(kernel = a) channels = 8\nlayer s2 conv(kernel = b) channels = 8\n";
    let [one, other] = [
        "choice a in {3, 5}\nchoice b in {3, 5}",
        "choice b in {3, 5}\nchoice a in {3, 5}",
    ];
    let (changes, is_same) = told(&format!("{rows}{one}"), &format!("{rows}{other}"));
    assert_eq!(changes, ["choices reordered: a, b -> b, a"]);
    assert!(!is_same);
}

#[test]
fn alternatives_of_one_operator_are_paired_with_those_that_are_nearest() {
    let base = "ir(kernel = 7, expand = 3) or ir(kernel = 5, expand = 6)";
    let rows = |block: &str| format!("layer s1 {block} channels = 8");
    let (changes, _) = told(&rows(base), &rows("ir(kernel = 5, expand = 6)"));
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert!(
        changes[0].starts_with("s1 removed: ir(kernel = 7, expand = 3"),
        "{changes:?}"
    );
    let base = "ir(kernel = 7, expand = 3) or ir(kernel in {5, 9}, expand in {4, 6})";
    let (changes, _) = told(&rows(base), &rows("ir(kernel in {5, 9}, expand = 6)"));
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert_eq!(changes[1], "s1 ir.expand narrowed: in {4, 6} -> 6");
    let [one, other] = [
        "ir(kernel = 3) or ir(kernel = 5)",
        "ir(kernel = 5) or ir(kernel = 3)",
    ];
    let [one, other] = [one, other].map(|text| rows(&text.replace("kernel", "expand = 4, kernel")));
    let (changes, _) = told(&one, &other);
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert!(changes[0].starts_with("s1 reordered: "), "{changes:?}");
}

/// A tree of sums of two alternatives each, whose leaves all differ.
fn tree(levels: u32, leaf: u32) -> String {
    match levels {
        0 => format!(
            "ir(kernel = {}, expand = {})",
            2 * (leaf % 32) + 1,
            leaf / 32 + 1
        ),
        _ => {
            let [one, other] = [0, 1].map(|bit| tree(levels - 1, 2 * leaf + bit));
            format!("sum({one} or {other}, skip)")
        }
    }
}

/// Where every pair were compared whole, each level would double the work, or multiply it by six.
#[test]
fn sums_inside_of_sums_are_compared_without_comparing_all_inside_of_each_pair() {
    let rows = |block: &str| format!("layer s0 conv(kernel = 3) channels = 8\nlayer s1 {block}");
    let chain = |kernel: u32| {
        let leaf = format!("conv(kernel = {kernel})");
        (0..30).fold(leaf, |inside, _| format!("sum({inside}, skip)"))
    };
    let (changes, _) = told(&rows(&chain(3)), &rows(&chain(5)));
    assert_eq!(changes.len(), 1, "{changes:?}");
    let end = "conv.kernel changed: 3 -> 5";
    assert!(changes[0].ends_with(end), "{changes:?}");
    // The leaves of the second tree are numbered on from those of the first.
    let (changes, _) = told(&rows(&tree(10, 0)), &rows(&tree(10, 1)));
    assert_eq!(changes.len(), 1_024, "{:?}", &changes[..3]);
}

#[test]
fn alternatives_of_sums_are_paired_with_those_that_are_nearest() {
    let sum =
        |kernel: u32, expand: u32| format!("sum(ir(kernel = {kernel}, expand = {expand}), skip)");
    let rows = |blocks: &[String]| {
        let blocks = blocks.join(" or ");
        format!("layer s0 conv(kernel = 3) channels = 8\nlayer s1 {blocks}")
    };
    let before = rows(&[sum(7, 3), sum(5, 6)]);
    let (changes, _) = told(&before, &rows(&[sum(5, 4)]));
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert!(
        changes.contains(&"s1 sum ir.expand changed: 6 -> 4".to_owned()),
        "{changes:?}"
    );
}

#[test]
fn spaces_are_the_same_exactly_when_no_change_is_told() {
    let (mut same, mut different) = (0, 0);
    for seed in 0..400 {
        let Some([one, other]) = two_spaces(seed) else {
            continue;
        };
        let difference = compare(&one, &other, Effort::Moderate);
        assert_eq!(
            difference.is_same(),
            difference.changes.is_empty(),
            "seed {seed}"
        );
        same += usize::from(difference.is_same());
        different += usize::from(!difference.is_same());
    }
    assert!(same > 10 && different > 10, "{same} and {different}");
}
