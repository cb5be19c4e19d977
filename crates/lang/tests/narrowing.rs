//! Spaces derived from others against brute force: the paths of a derived space are those of its base that
//! meet every line, with the same costs, and they say so in the same words.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as FilePath;

use common::{holds, no_cost};
use creamc_lang::arch::{self, Arch};
use creamc_lang::compile::{Overrides, Unit, load};
use creamc_lang::cost::{self, Cost};
use creamc_lang::diagnostic::Code;
use creamc_lang::diff::{self, Effort, Side, SpaceDiff};
use creamc_lang::ir::{Candidate, Ir, Path, Row};
use creamc_lang::plan::{self, Plan, Request};
use creamc_lang::source::{FileId, Files, ReadError};
use creamc_lang::space::{Setting, Space};
use creamc_lang::syntax;
use creamc_lang::testing::small_space;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Files by name.
struct Named(BTreeMap<String, String>);

impl Files for Named {
    fn read(&self, path: &FilePath) -> Result<String, ReadError> {
        let text = path.to_str().and_then(|name| self.0.get(name));
        text.cloned()
            .ok_or_else(|| ReadError("no such file".to_owned()))
    }
}

/// The last of some whole files, which are called `0.cream`, `1.cream` and so on.
fn last_of(texts: &[String]) -> Unit {
    let names = (0..).map(|at| format!("{at}.cream"));
    let last = format!("{}.cream", texts.len() - 1);
    let files = Named(names.zip(texts.iter().cloned()).collect());
    load(&files, FilePath::new(&last), &Overrides::default()).expect("it is there")
}

/// A whole file, the last of some of which each uses the one before, with this text.
fn using(before: &[String], text: &str) -> Vec<String> {
    let used = before.len() - 1;
    let whole = format!("cream 1\nuse \"{used}.cream\"\n\n{text}\n");
    [before, &[whole]].concat()
}

/// What is said about the last of some files, each of which uses the one before.
fn said(files: &[&str]) -> (Unit, Vec<Code>) {
    let (first, more) = files.split_first().expect("there is a file");
    let texts = more
        .iter()
        .fold(vec![(*first).to_owned()], |texts, text| using(&texts, text));
    let unit = last_of(&texts);
    let codes = unit.diagnostics.iter().map(|found| found.code).collect();
    (unit, codes)
}

/// One line, and what it asks of a path of the base.
enum Line {
    Resolution(Vec<String>),
    Choice(usize, Vec<String>),
    Depth(usize, Vec<String>),
    Attribute(usize, String, Vec<String>),
    Blocks(usize, Vec<String>),
}

impl Line {
    fn is_met(&self, path: &Path, ir: &Ir) -> bool {
        let holds = |kept: &[String], value: String| kept.contains(&value);
        let blocks = |row: usize| -> Vec<&Candidate> {
            let slots = ir.rows[row].slots.iter().zip(&path.rows[row]);
            slots
                .map(|(slot, &at)| &slot.candidates[usize::from(at)])
                .collect()
        };
        match self {
            Line::Resolution(kept) => path
                .resolution
                .is_none_or(|side| holds(kept, side.to_string())),
            Line::Choice(choice, kept) => {
                let values = ir.shared_values(path).expect("blocks of a path agree");
                let value = values[*choice].map(|at| ir.choices[*choice].values[usize::from(at)]);
                value.is_none_or(|value| holds(kept, value.to_string()))
            }
            Line::Depth(row, kept) => holds(kept, path.rows[*row].len().to_string()),
            Line::Attribute(row, name, kept) => {
                let mut values = blocks(*row).into_iter().flat_map(|one| values(one, name));
                values.all(|value| holds(kept, value))
            }
            Line::Blocks(row, texts) => row_texts(&ir.rows[*row], &path.rows[*row]) == *texts,
        }
    }
}

/// What a candidate and its branches have for an attribute.
fn values(candidate: &Candidate, name: &str) -> Vec<String> {
    let own = candidate.values.iter();
    let own = own.filter(|(attribute, ..)| attribute.as_str() == name);
    let inside = candidate.branches.iter().flat_map(|one| values(one, name));
    own.map(|(_, value, _)| value.to_string())
        .chain(inside)
        .collect()
}

fn row_texts(row: &Row, blocks: &[u16]) -> Vec<String> {
    let blocks = row.slots.iter().zip(blocks);
    blocks
        .map(|(slot, &at)| slot.text(usize::from(at)))
        .collect()
}

/// The most paths that are looked at one by one, dead ends counted.
const MOST: u128 = 60_000;

/// Every path of a space; `None` where they are many.
fn paths(ir: &Ir) -> Option<Vec<Path>> {
    let per_depth = |row: &Row| -> u128 {
        let ways = |depth: u32| {
            let slots = row.slots[..depth as usize].iter();
            slots
                .map(|slot| slot.candidates.len() as u128)
                .product::<u128>()
        };
        row.depths.iter().map(|&depth| ways(depth)).sum()
    };
    let ways: u128 = ir.rows.iter().map(per_depth).product();
    if ways > MOST {
        return None;
    }
    let mut all = vec![Vec::new()];
    for row in &ir.rows {
        all = all
            .into_iter()
            .flat_map(|rows: Vec<Vec<u16>>| {
                let filled = fillings(row).into_iter();
                filled.map(move |blocks| [rows.clone(), vec![blocks]].concat())
            })
            .collect();
    }
    let sides = match &ir.resolution.value {
        Setting::Searched(domain) => domain.values().iter().map(|&side| Some(side)).collect(),
        Setting::Fixed(_) | Setting::Fitted(_) => vec![None],
    };
    let paths = all.into_iter().flat_map(|rows| {
        let sides = sides.clone().into_iter();
        sides.map(move |resolution| Path {
            resolution,
            rows: rows.clone(),
        })
    });
    Some(
        paths
            .filter(|path| ir.shared_values(path).is_ok())
            .collect(),
    )
}

/// Every way to fill a row.
fn fillings(row: &Row) -> Vec<Vec<u16>> {
    let mut all = Vec::new();
    let mut of_depth: Vec<Vec<u16>> = vec![Vec::new()];
    for (slot, depth) in row.slots.iter().zip(1..) {
        let candidates = 0..u16::try_from(slot.candidates.len()).expect("few candidates");
        of_depth = of_depth
            .iter()
            .flat_map(|blocks| {
                candidates
                    .clone()
                    .map(move |one| [blocks.as_slice(), &[one]].concat())
            })
            .collect();
        if row.depths.contains(&depth) {
            all.extend(of_depth.clone());
        }
    }
    all
}

/// Some of the values, at least one, in order.
fn some(values: &[String], rng: &mut impl Rng) -> Vec<String> {
    let kept: Vec<String> = values
        .iter()
        .filter(|_| rng.random_bool(0.6))
        .cloned()
        .collect();
    match kept.is_empty() {
        true => vec![values.choose(rng).expect("a domain has values").clone()],
        false => kept,
    }
}

/// A line of text that keeps `kept` of what is bound by `word`.
fn written(target: &str, word: &str, kept: &[String]) -> String {
    match kept {
        [only] => format!("{target} = {only}"),
        several => format!("{target} {word} {{{}}}", several.join(", ")),
    }
}

fn word<T>(setting: &Setting<T>) -> Option<&'static str> {
    match setting {
        Setting::Fixed(_) => None,
        Setting::Searched(_) => Some("in"),
        Setting::Fitted(_) => Some("fit"),
    }
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(T::to_string).collect()
}

/// A few random lines about a space, as text and as what they ask.
fn lines(space: &Space, ir: &Ir, rng: &mut impl Rng) -> Vec<(String, Line)> {
    let mut all = Vec::new();
    if let Some(word) = word(&space.resolution.value).filter(|_| rng.random_bool(0.3)) {
        let kept = some(&texts(space.resolution.value.values()), rng);
        all.push((written("resolution", word, &kept), Line::Resolution(kept)));
    }
    for (at, choice) in ir.choices.iter().enumerate() {
        if rng.random_bool(0.4) {
            let kept = some(&texts(&choice.values), rng);
            all.push((written(&choice.name, "in", &kept), Line::Choice(at, kept)));
        }
    }
    let depths = space.rows.iter().map(|row| &row.depth.value);
    for (at, (row, depth)) in ir.rows.iter().zip(depths).enumerate() {
        if rng.random_bool(0.15) {
            let filled = fillings(row);
            let blocks = row_texts(row, filled.choose(rng).expect("a row can be filled"));
            all.push((
                format!("{} = {}", row.name, blocks.join(", ")),
                Line::Blocks(at, blocks),
            ));
            continue;
        }
        if let Some(word) = word(depth).filter(|_| rng.random_bool(0.4)) {
            let kept = some(&texts(depth.values()), rng);
            let target = format!("{}.depth", row.name);
            all.push((written(&target, word, &kept), Line::Depth(at, kept)));
        }
        for (name, values) in attributes(row) {
            if values.len() > 1 && rng.random_bool(0.4) {
                let kept = some(&values, rng);
                let target = format!("{}.{name}", row.name);
                all.push((
                    written(&target, "in", &kept),
                    Line::Attribute(at, name, kept),
                ));
            }
        }
    }
    all
}

/// The attributes of a row's candidates with all their values, numbers ascending.
fn attributes(row: &Row) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let candidates = row.slots.iter().flat_map(|slot| slot.candidates.iter());
    let mut pending: Vec<&Candidate> = candidates.collect();
    while let Some(candidate) = pending.pop() {
        pending.extend(&candidate.branches);
        for (name, value, _) in &candidate.values {
            let values = all.entry(name.as_str().to_owned()).or_default();
            if !values.contains(&value.to_string()) {
                values.push(value.to_string());
            }
        }
    }
    let number = |text: &String| text.parse::<f64>().unwrap_or(0.0);
    for values in all.values_mut() {
        values.sort_by(|a, b| number(a).total_cmp(&number(b)));
    }
    all
}

/// Every path as the text of an arch, under one name of the space, with its cost.
fn costs(ir: &Ir, paths: &[Path], side: u32) -> BTreeMap<String, Cost> {
    let of = |path: &Path| {
        let arch = Arch {
            name: "one".to_owned(),
            resolution: path.resolution,
            path: path.clone(),
        };
        let text = arch::write(&arch, ir);
        let (_, body) = text
            .split_once('\n')
            .expect("the first line names the space");
        let side = path.resolution.unwrap_or(side);
        (body.to_owned(), cost::of_network(&ir.network(path, side)))
    };
    paths.iter().map(of).collect()
}

/// A space with its lowered form, when it has no errors.
fn parts(unit: Unit) -> Option<(Space, Ir)> {
    unit.space.zip(unit.ir)
}

/// A space derived from the last of `before` by a few random lines: the files, and what each line asks.
fn derived(
    before: &[String],
    (space, ir): &(Space, Ir),
    rng: &mut impl Rng,
) -> (Vec<String>, Vec<Line>) {
    let (texts, lines): (Vec<String>, Vec<Line>) = lines(space, ir, rng).into_iter().unzip();
    let base = &space.name.value;
    let mut lets = String::new();
    let mut body: Vec<String> = Vec::new();
    for (at, text) in texts.into_iter().enumerate() {
        let (declared, text) = written_otherwise(&text, &format!("kept_{base}_{at}"), rng);
        lets += &declared;
        body.push(text);
    }
    body.extend(bounds(space, rng));
    let body = body.join("\n    ");
    let text = format!("{lets}space less_{base} of {base} {{\n    {body}\n}}");
    (using(before, &text), lines)
}

/// A line with its set, if it has one, perhaps as a range or by the name of a `let`, and that `let`.
fn written_otherwise(line: &str, name: &str, rng: &mut impl Rng) -> (String, String) {
    let Some((target, set)) = line.split_once('{') else {
        return (String::new(), line.to_owned());
    };
    let set = format!("{{{set}");
    let domain = match rng.random_bool(0.5) {
        true => as_range(&set).unwrap_or(set),
        false => set,
    };
    match rng.random_bool(0.3) {
        true => (
            format!("let {name} = {domain}\n"),
            format!("{target}{name}"),
        ),
        false => (String::new(), format!("{target}{domain}")),
    }
}

/// A set of whole numbers at equal distances as a range.
fn as_range(set: &str) -> Option<String> {
    let inside = set.trim_matches(['{', '}']).split(", ");
    let numbers: Vec<u32> = inside.map(|one| one.parse().ok()).collect::<Option<_>>()?;
    let step = numbers.get(1)? - numbers[0];
    let is_even = numbers.windows(2).all(|pair| pair[1] - pair[0] == step);
    let (low, high) = (numbers[0], numbers.last()?);
    is_even.then(|| format!("{low}..{high} step {step}"))
}

/// Up to two bounds on depths and widths.
fn bounds(space: &Space, rng: &mut impl Rng) -> Vec<String> {
    let mut bounds = Vec::new();
    let widths: Vec<&str> = space
        .rows
        .iter()
        .map(|row| row.name.value.as_str())
        .collect();
    let depths: Vec<&str> = (space.rows.iter().filter(|row| row.is_stage))
        .map(|row| row.name.value.as_str())
        .collect();
    for (rows, of, numbers) in [
        (depths, "depth", ["1", "2", "3"]),
        (widths, "channels", ["8", "12", "16"]),
    ] {
        let Some(row) = rows.choose(rng).filter(|_| rng.random_bool(0.3)) else {
            continue;
        };
        let sign = ["<=", ">=", "=="].choose(rng).expect("there are three");
        let right = match rng.random_bool(0.5) {
            true => (*numbers.choose(rng).expect("there are three")).to_owned(),
            false => format!("{}.{of}", rows.choose(rng).expect("there is one")),
        };
        bounds.push(format!("require {row}.{of} {sign} {right}"));
    }
    bounds
}

/// The bounds of a space and of all its bases leave as many paths as of a list; whether there are any.
fn is_bounded_as_listed(ir: &Ir, texts: &[String]) -> bool {
    let meets = |ir: &Ir, path: &Path| {
        let depth = |row: usize| u32::try_from(path.rows[row].len()).expect("few blocks");
        let width = |row: usize| ir.width_of(path, row);
        let mut requires = ir.requires.iter();
        requires.all(|one| holds(&one.relation, depth, width, no_cost))
    };
    let planned = plan::plan(ir, &Request::default()).ok();
    let Some((plan, _)) = planned else {
        let left = paths(ir).expect("they are few");
        let is_fitted = ir.rows.iter().any(|row| row.fit.is_some());
        assert!(
            is_fitted || left.iter().all(|path| !meets(ir, path)),
            "{texts:#?}"
        );
        return false;
    };
    let all = paths(&plan.ir).expect("they are few");
    let inside = all.iter().filter(|path| meets(&plan.ir, path)).count();
    assert_eq!(plan.bounded_graph.count(), inside.into(), "{texts:#?}");
    true
}

/// How many random spaces were looked at, by what was found.
#[derive(Debug, Default)]
struct Tally {
    compared: usize,
    narrowed: usize,
    widths: usize,
    /// With a bound of its own.
    bounded: usize,
    derived_twice: usize,
    refused: BTreeSet<Code>,
}

/// The space derived from the last of `before` by random lines, when it is right: its paths are those of the base that
/// meet every line.
fn compared_with_base(
    before: &[String],
    base: &(Space, Ir),
    rng: &mut impl Rng,
    tally: &mut Tally,
) -> Option<(Vec<String>, (Space, Ir))> {
    let all = paths(&base.1)?;
    let (texts, lines) = derived(before, base, rng);
    let unit = last_of(&texts);
    if unit.has_errors() {
        tally
            .refused
            .extend(unit.diagnostics.iter().map(|one| one.code));
        return None;
    }
    let less = parts(unit).expect("no errors");
    let left: Vec<Path> = all
        .iter()
        .filter(|path| lines.iter().all(|line| line.is_met(path, &base.1)))
        .cloned()
        .collect();
    let of_less = paths(&less.1).expect("there are not more");
    let side = less.0.resolution.value.values()[0];
    assert_eq!(
        costs(&less.1, &of_less, side),
        costs(&base.1, &left, side),
        "{texts:#?}"
    );
    assert_eq!(of_less.len(), left.len(), "{texts:#?}");
    let is_of_width = |line: &Line| match line {
        Line::Choice(at, _) => base.1.choices[*at].name.ends_with(".channels"),
        _ => false,
    };
    let is_bounded = less.0.requires.len() > base.0.requires.len();
    tally.bounded += usize::from(is_bounded_as_listed(&less.1, &texts) && is_bounded);
    tally.compared += 1;
    tally.narrowed += usize::from(left.len() < all.len());
    tally.widths += usize::from(lines.iter().any(is_of_width));
    means_the_same_once_formatted(&texts, &less.0);
    Some((texts, less))
}

#[test]
fn the_paths_of_a_derived_space_are_those_of_its_base_that_meet_every_line() {
    let mut tally = Tally::default();
    for seed in 0..200 {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let text = vec![small_space(rng)];
        let base = parts(last_of(&text)).expect("it is right");
        let Some((texts, less)) = compared_with_base(&text, &base, rng, &mut tally) else {
            continue;
        };
        let again = compared_with_base(&texts, &less, rng, &mut tally);
        tally.derived_twice += usize::from(again.is_some());
    }
    let Tally {
        compared,
        narrowed,
        widths,
        bounded,
        derived_twice,
        ..
    } = tally;
    assert!(
        compared > 60 && narrowed > 40 && widths > 10 && bounded > 10 && derived_twice > 20,
        "{tally:?}"
    );
    // A row may be fixed to blocks whose choice another line has taken the value from.
    let known = [
        Code::DerivedSharedDecision,
        Code::DerivedEmpty,
        Code::NarrowsNothing,
        Code::ArchOutsideDomain,
    ];
    let refused = &tally.refused;
    assert!(
        refused.iter().all(|code| known.contains(code)),
        "{refused:?}"
    );
}

fn means_the_same_once_formatted(texts: &[String], space: &Space) {
    let (text, before) = texts.split_last().expect("there is a file");
    let (tree, found) = syntax::parse(FileId(0), text);
    assert_eq!(found, []);
    let formatted = syntax::format(text, &tree);
    let unit = last_of(&[before, std::slice::from_ref(&formatted)].concat());
    let again = unit.space.expect("it is as right as before");
    assert_eq!(again.print(), space.print());
    let (tree, _) = syntax::parse(FileId(0), &formatted);
    assert_eq!(syntax::format(&formatted, &tree), formatted);
}

#[test]
fn an_arch_of_a_derived_space_is_one_of_its_base() {
    for seed in 0..200 {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let text = vec![small_space(rng)];
        let base = parts(last_of(&text)).expect("it is right");
        let (texts, _) = derived(&text, &base, rng);
        let Some((_, less)) = parts(last_of(&texts)) else {
            continue;
        };
        let Some(found) = paths(&less) else { continue };
        let path = found
            .choose(rng)
            .expect("a space without errors has paths")
            .clone();
        let resolution = path.resolution.or(Some(less.resolution.value.values()[0]));
        let one = Arch {
            name: "one".to_owned(),
            resolution,
            path,
        };
        let of_less = arch::write(&one, &less);
        let of_base = of_less.replace(" of less_small {", " of small {");
        for (ir, text) in [(&less, of_less), (&base.1, of_base)] {
            let (tree, _) = syntax::parse(FileId(0), &format!("cream 1\n{text}"));
            let [syntax::ast::FileItem::Arch(written)] = tree.items.as_slice() else {
                panic!("it is one arch: {text}");
            };
            let (read, found) = arch::read(written, ir);
            let read = read.unwrap_or_else(|| panic!("seed {seed}: {text}\n{found:?}"));
            assert_eq!(arch::write(&read, ir), text, "seed {seed}");
        }
    }
}

const MOBILE: &str = include_str!("../../../spaces/mobile.cream");
const PHONE: &str = include_str!("../../../spaces/phone.cream");

/// One of the shipped spaces, or of `files`, with its plan.
fn planned(files: &[(&str, &str)], name: &str) -> (Space, Plan) {
    let shipped = [("mobile.cream", MOBILE), ("phone.cream", PHONE)];
    let all = shipped.iter().chain(files);
    let all = Named(
        all.map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect(),
    );
    let unit = load(&all, FilePath::new(name), &Overrides::default()).expect("it is there");
    assert_eq!(unit.diagnostics, [], "{name}");
    let ir = unit.ir.expect("no errors");
    let (plan, found) = plan::plan(&ir, &Request::default()).expect("paths meet the bounds");
    assert_eq!(found, [], "{name}");
    (unit.space.expect("no errors"), plan)
}

fn compared(before: &(Space, Plan), after: &(Space, Plan)) -> SpaceDiff {
    let [before, after] = [before, after].map(|(space, plan)| Side {
        space,
        plan,
        requires: &space.requires,
    });
    diff::spaces(&before, &after, Effort::Moderate).expect("it is not too much")
}

#[test]
fn a_derived_space_is_the_one_that_says_the_same_in_its_own_words() {
    let stage = |name: &str| {
        let row = MOBILE
            .lines()
            .find(|line| line.contains(&format!("stage {name} ")));
        row.expect("mobile has it")
    };
    let edits = [
        (
            "resolution fit {64, 96, 128, 160, 192, 224}",
            "resolution = 160",
        ),
        (
            stage("s1"),
            "stage s1 mb channels = 24 stride = 2 depth in 1..2",
        ),
        (
            stage("s2"),
            "stage s2 ir(kernel in {3, 5}, expand in {4, 6}, se = squeeze) channels = 40 stride = 2 depth in 1..6",
        ),
        (
            stage("s3"),
            "stage s3 ir(kernel in {3, 5, 7}, expand = 6, se = squeeze) channels = 80 stride = 2 depth in 2..4",
        ),
        (
            stage("s4"),
            "stage s4 ir(kernel = 5, expand = 6, se = squeeze) then ir(kernel = 3, expand = 6, se = squeeze) \
             channels = 96 depth = 2",
        ),
        ("0..600M", "0..200M"),
    ];
    let own = edits.iter().fold(MOBILE.to_owned(), |text, (from, to)| {
        text.replacen(from, to, 1)
    });
    let phone = planned(&[], "phone.cream");
    let own = planned(&[("own.cream", own.as_str())], "own.cream");
    assert_eq!(phone.1.weights, own.1.weights);
    assert_eq!(phone.1.fingerprint, own.1.fingerprint);
    let both = compared(&own, &phone);
    assert_eq!(both.feasible.lost.exact(), Some(&0_u32.into()));
    assert_eq!(both.feasible.gained.exact(), Some(&0_u32.into()));

    let mobile = planned(&[], "mobile.cream");
    let narrowed = compared(&mobile, &phone);
    assert_eq!(narrowed.paths.gained.exact(), Some(&0_u32.into()));
    assert_eq!(narrowed.paths.shared, narrowed.paths.after);
}

#[test]
fn a_derived_space_may_be_derived_again() {
    let watch = "cream 1\nuse \"phone.cream\"\nspace watch of phone { s2.depth = 1 s3.depth in 2..3 require flops in 0..150M }";
    let (space, plan) = planned(&[("watch.cream", watch)], "watch.cream");
    let depths: Vec<&[u32]> = plan
        .ir
        .rows
        .iter()
        .map(|row| row.depths.as_slice())
        .collect();
    assert_eq!(
        depths[2..7],
        [[1, 2].as_slice(), &[1], &[2, 3], &[2], &[1, 2, 3, 4, 5, 6]]
    );
    assert_eq!(space.requires.len(), 3, "the bounds of all three hold");
    let phone = planned(&[], "phone.cream");
    let diff = compared(&phone, &(space, plan));
    assert_eq!(diff.paths.gained.exact(), Some(&0_u32.into()));
    assert_eq!(diff.feasible.gained.exact(), Some(&0_u32.into()));
}

/// A base with a default, a block at the level of its file, a choice that no row follows, and one that two follow.
const FOLLOWED: &str = "cream 1
block mb = ir(expand in {3, 6})
block unused = ir(kernel = idle, expand = 3)
block outer = inner or zero
space base {
    input  image(channels = 3, resolution in {160, 192})
    output classes(10)
    default kernel = 3
    block inner = ir(kernel = 7, expand = 2)
    choice idle in {3, 5}
    choice k in {3, 5}
    layer stem   conv                                              channels = 16    stride = 2
    stage s1     mb                                                channels = 24    depth in 1..3
    layer s2     ir(kernel = 7, expand = 3) or ir(kernel = k, expand = 6)
    layer s3     skip or ir(kernel in {3, 5, 7}, expand = 3)
    layer pool   avgpool
    layer logits linear                                            channels = classes
}";

#[test]
fn blocks_of_a_derived_file_rest_on_those_of_its_base_and_on_its_defaults() {
    let blocks = "block wide = mb or skip\nblock bare = ir(expand in {3, 6})\nblock late = unused or skip or outer";
    let phone = format!("{blocks}\nspace phone of base {{ resolution = 160 }}");
    let (unit, found) = said(&[FOLLOWED, &phone]);
    assert_eq!(found, [], "{:?}", unit.diagnostics);
    assert!(unit.space.is_some());
    let (_, found) = said(&[
        FOLLOWED,
        &phone,
        "block more = wide or bare\nspace watch of phone { s1.depth = 1 }",
    ]);
    assert_eq!(found, [Code::SharedCandidate], "`mb` and `bare` are one");
}

/// A base with candidates that only fixed values tell apart, one of them in branches.
const TWINS: &str = "cream 1
space base {
    input  image(channels = 3, resolution = 32)
    output classes(10)
    layer s1     conv(kernel = 3) or conv(kernel = 7) or conv(kernel = 5, act in {relu, none})    channels = 8
    layer s2     sum(conv(kernel = 3) or conv(kernel = 7), dw(kernel = 3) or zero)
    stage s3     conv(kernel = 3) or conv(kernel = 7)    depth = 2
    layer pool   avgpool
    layer logits linear    channels = classes
}";

#[test]
fn a_branch_that_is_searched_in_one_sum_and_told_apart_in_another_is_one() {
    let base = "cream 1
space base {
    input  image(channels = 3, resolution = 32)
    output classes(10)
    stage s1      sum(conv(kernel in {3, 5}), skip) or sum(conv(kernel = 3), dw(kernel = 3)) or sum(conv(kernel = 7), zero)
                                    channels = 3    depth in 1..2
    layer pool    avgpool
    layer logits  linear            channels = classes
}
";
    let derived = "space a of base { s1.depth = 1 }
arch one of a { s1 = sum(conv(kernel = 3), dw) }
arch other of a { s1 = sum(conv(kernel = 3), skip) }";
    let (unit, _) = said(&[base, derived]);
    let ir = unit.ir.unwrap_or_else(|| panic!("{:?}", unit.diagnostics));
    for item in &unit.archs {
        let (arch, problems) = arch::read(item, &ir);
        assert!(arch.is_some(), "{problems:?}");
    }
}

#[test]
fn an_arch_says_what_the_base_tells_candidates_apart_by_where_one_of_them_is_left() {
    let derived =
        "space a of base { s1.kernel = 3 s2.kernel = 3 s3 = conv(kernel = 7), conv(kernel = 3) }";
    let blocks = "{
    s1 = conv(kernel = 3, act = relu)
    s2 = sum(conv(kernel = 3), zero)
    s3 = conv(kernel = 7), conv(kernel = 3)
}
";
    for files in [
        &[TWINS, derived][..],
        &[
            TWINS,
            derived,
            "space b of a { s2 = sum(conv(kernel = 3), zero) }",
        ],
    ] {
        let (unit, _) = said(files);
        let ir = unit.ir.unwrap_or_else(|| panic!("{:?}", unit.diagnostics));
        let path = paths(&ir)
            .expect("they are few")
            .pop()
            .expect("there is one");
        let arch = Arch {
            name: "one".to_owned(),
            resolution: None,
            path,
        };
        let text = arch::write(&arch, &ir);
        assert_eq!(
            text.split_once('{').map(|(_, text)| text),
            blocks.split_once('{').map(|(_, text)| text)
        );
        let of_base = format!("arch one of base {blocks}");
        let (unit, found) = said(&[TWINS, &of_base]);
        assert_eq!(found, [], "{:?}", unit.diagnostics);
    }
    // What is searched is enough where no other candidate has it.
    let (unit, _) = said(&[TWINS, "space a of base { s1.act = none }"]);
    let ir = unit.ir.expect("it has no errors");
    assert_eq!(row_texts(&ir.rows[0], &[0]), ["conv(act = none)"]);
}

#[test]
fn a_choice_that_no_row_follows_is_no_target() {
    let unknown = [Code::DerivedUnknownTarget];
    assert_eq!(said(&[FOLLOWED, "space a of base { idle = 3 }"]).1, unknown);
    let dropped = "space a of base { s2.kernel = 7 }";
    let (unit, found) = said(&[FOLLOWED, dropped]);
    assert_eq!(found, [], "{:?}", unit.diagnostics);
    let space = unit.space.expect("it has no errors");
    let left = &space.rows[2].blocks[0].alternatives;
    assert_eq!(left.len(), 1, "what follows `k` drops out whole");
    let base = said(&[FOLLOWED]).0.ir.expect("it has no errors");
    let asked = Line::Attribute(2, "kernel".to_owned(), vec!["7".to_owned()]);
    let all = paths(&base).expect("they are few");
    let meeting = all.iter().filter(|path| asked.is_met(path, &base)).count();
    let derived = unit.ir.expect("it has no errors");
    assert_eq!(paths(&derived).expect("they are few").len(), meeting);
    assert!(0 < meeting && meeting < all.len());
    assert_eq!(
        said(&[FOLLOWED, dropped, "space b of a { k = 3 }"]).1,
        unknown
    );
}

#[test]
fn a_bound_of_a_derived_space_may_name_a_let() {
    let bounded = "let cap = 60M\nspace a of base { require flops in 0..cap  require s1.depth <= most }\nlet most = 2";
    let (unit, found) = said(&[FOLLOWED, bounded]);
    assert_eq!(found, [], "{:?}", unit.diagnostics);
    assert_eq!(unit.space.expect("it has no errors").requires.len(), 2);
}

#[test]
fn a_value_never_taken_is_shown_in_the_line_that_kept_it() {
    let line = "s1.expand in {3, 6}";
    let text = format!("space a of base {{ {line} s1.depth in 1..2 }}");
    let (unit, _) = said(&[FOLLOWED, &text]);
    let space = unit.space.expect("it has no errors");
    let whole = unit.sources.text(space.span);
    assert!(whole.contains(line));
    let place = space
        .members
        .find(space.span, "6")
        .expect("it stands in the line");
    assert_eq!(unit.sources.text(place), "6");
    assert_eq!(place.file, space.span.file);
}

#[test]
fn blocks_that_are_fixed_alike_are_one_also_where_they_are_narrowed_further() {
    let base = "cream 1
space base {
    input  image(channels = 3, resolution = 32)
    output classes(10)
    choice k in {3, 5}
    stage s1     conv(kernel in {3, 5}, act in {relu, swish})    channels = 8    depth in 1..6
    stage s2     conv(kernel = k)                                channels = 8    depth = 3
    layer pool   avgpool
    layer logits linear                                          channels = classes
}";
    let block = |kernel: u32| format!("conv(kernel = {kernel}, act = relu)");
    let blocks = [3, 5, 3, 5, 5, 3].map(block).join(", ");
    let fixed = format!("space fixed of base {{ s1 = {blocks} }}");
    let again = "space again of fixed { s1.act = relu k = 3 }";
    for files in [&[base, fixed.as_str()][..], &[base, &fixed, again]] {
        let (unit, _) = said(files);
        let ir = unit.ir.unwrap_or_else(|| panic!("{:?}", unit.diagnostics));
        let place = |row: usize, at: usize| ir.rows[row].slots[at].candidates.as_ptr();
        // The first block stands where the width changes.
        assert_eq!([place(0, 3), place(0, 4)], [place(0, 1); 2]);
        assert_eq!(place(0, 5), place(0, 2));
        assert_ne!(place(0, 1), place(0, 2));
        assert_eq!(place(1, 2), place(1, 1));
    }
}

#[test]
fn a_line_of_spaces_ends() {
    let line = |spaces: usize| {
        let derived = (1..spaces).map(|at| {
            let base = if at == 1 {
                "base".to_owned()
            } else {
                format!("a{}", at - 1)
            };
            format!("space a{at} of {base} {{ require flops in 0..900M }}")
        });
        let texts: Vec<String> = [FOLLOWED.to_owned()].into_iter().chain(derived).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let found = said(&texts).0.diagnostics.into_iter();
        found.map(|one| one.message).collect::<Vec<_>>()
    };
    assert_eq!(line(64), [""; 0]);
    let too_many = "at most 64 spaces are derived from one another";
    assert_eq!(line(65), [too_many]);
}
