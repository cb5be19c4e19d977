//! Architectures: text and index form, there and back.

mod by_hand;

use std::sync::OnceLock;

use creamc_lang::arch::{self, Arch, ChoicesError};
use creamc_lang::compile::{self, Overrides};
use creamc_lang::cost;
use creamc_lang::count::{Graph, Measure, Sampler};
use creamc_lang::diagnostic::{Diagnostic, Severity};
use creamc_lang::ir::{Ir, Path};
use creamc_lang::source::{FileId, Span, Texts};
use creamc_lang::space::{Metric, Relation, Require, Setting};
use creamc_lang::syntax::ast::Comparison;
use creamc_lang::syntax::{ast, format, parse};
use creamc_lang::testing::small_space;
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn item(text: &str) -> ast::Arch {
    let (file, problems) = parse(FileId::default(), text);
    assert_eq!(problems, [], "{text}");
    match file.items.into_iter().next() {
        Some(ast::FileItem::Arch(arch)) => arch,
        other => panic!("no arch but {other:?}"),
    }
}

fn read(text: &str, ir: &Ir) -> (Option<Arch>, Vec<Diagnostic>) {
    arch::read(&item(text), ir)
}

/// The path that takes `depth` blocks of every stage and the candidates that `pick` says.
fn path(ir: &Ir, mut pick: impl FnMut(usize) -> usize) -> Path {
    let rows = ir.rows.iter().map(|row| {
        let depth = row.depths[pick(row.depths.len()) % row.depths.len()];
        let slots = row.slots[..depth as usize].iter();
        slots
            .map(|slot| (pick(slot.candidates.len()) % slot.candidates.len()) as u16)
            .collect()
    });
    Path::new(rows.collect())
}

fn arch_of(ir: &Ir, path: Path) -> Arch {
    Arch {
        name: "best".to_owned(),
        resolution: path.resolution.or(Some(ir.resolution.value.values()[0])),
        path,
    }
}

const EXAMPLE: &str = "\
cream 1
use \"mobile.cream\"

# Found with seed 42: top-1 61.3 on the held-out split.
arch best of mobile {
    s1 = ir(kernel = 3, expand = 4)
    s2 = ir(kernel = 5, expand = 6), ir(kernel = 3, expand = 6)
    s3 = ir(kernel = 5, expand = 6), ir(kernel = 3, expand = 6), ir(kernel = 5, expand = 6)
    s4 = ir(kernel = 5, expand = 6)
    s5 = ir(kernel = 5, expand = 6), ir(kernel = 7, expand = 4)
}
";

#[test]
fn the_example_of_the_language_reference_is_read_and_written_back_the_same() {
    let ir = by_hand::mobile();
    let (read, problems) = read(EXAMPLE, &ir);
    assert_eq!(problems, []);
    let read = read.expect("no problems");
    assert_eq!(read.resolution, Some(224));
    let comments = ["Found with seed 42: top-1 61.3 on the held-out split.".to_owned()];
    let written = arch::write_file(&read, &ir, "mobile.cream", &comments);
    assert_eq!(written, EXAMPLE);
    let lists = read.choices(&ir).expect("the space has an index form");
    assert_eq!(
        arch::choices_text(&lists),
        "[[0], [0], [3, 1], [3, 1, 3], [3], [3, 4], [0]]"
    );
}

#[test]
fn fixed_attributes_may_be_written_and_rows_without_decisions_too() {
    let ir = by_hand::tiny_childnet();
    let text = "cream 1\narch a of tiny {\n    resolution = 32\n    stem = conv(act = swish)\n    \
                s1.channels = 16\n    s1 = ir(se = 0.25, expand = 4.0, kernel = 3)\n    \
                s2 = (ir(kernel = 3, expand = 4))\n    s3 = ir(kernel = 3, expand = 4)\n}\n";
    let (read, problems) = read(text, &ir);
    assert_eq!(problems, []);
    let path = read.expect("no problems").path;
    assert_eq!(path.rows, vec![vec![0]; ir.rows.len()]);
}

#[test]
fn every_mistake_of_an_arch_is_reported_at_once() {
    let ir = by_hand::mobile();
    let text = "cream 1\narch a of mobile {\n    s1 = ir(kernel = 4, expand = 4), ir(kernel = 3)\n    \
                s2 = er(kernel = 3), 3\n    s7 = skip\n    s3 = ir(kernel = 3, expand = 6)\n    \
                s3 = ir(kernel = 3, expand = 6)\n}\n";
    let (read, problems) = read(text, &ir);
    assert_eq!(read, None);
    let codes: Vec<&str> = problems.iter().map(|one| one.code.as_str()).collect();
    let expected = [
        "arch-outside-domain",
        "arch-missing-attribute",
        "arch-unknown-block",
        "arch-wrong-kind",
        "arch-unknown-row",
        "arch-repeated",
        "arch-missing-row",
        "arch-missing-row",
    ];
    assert_eq!(codes, expected);
}

#[test]
fn a_cure_that_is_pasted_cures() {
    let ir = by_hand::tiny_childnet();
    let mut text = "cream 1\narch a of tiny {\n    s1 = ir(kernel = 9, expand = 4)\n    \
                    s2 = ir(kernal = 3, expand = 4), ir\n    resolution = 30\n}\n"
        .to_owned();
    let mut rounds = 0;
    loop {
        let problems = read(&text, &ir).1;
        let Some(problem) = problems.first() else {
            break;
        };
        let edits = &problem.help.as_ref().expect("a cure").edits;
        let edit = edits.first().expect("a cure to paste");
        text.replace_range(edit.span.range(), &edit.replacement);
        rounds += 1;
        assert!(rounds < 10, "{text}");
    }
    assert_eq!(rounds, 5, "{text}");
}

#[test]
fn a_fit_resolution_may_be_pinned_or_left_to_the_plan() {
    let ir = by_hand::mobile_with_resolutions(&[160, 224]);
    let rows: String = (1..=5)
        .map(|stage| format!("    s{stage} = ir(kernel = 3, expand = 4)\n"))
        .collect();
    let left = format!("cream 1\narch a of mobile {{\n{rows}}}\n");
    let pinned = format!("cream 1\narch a of mobile {{\n    resolution = 160\n{rows}}}\n");
    let resolution = |text: &str| read(text, &ir).0.expect("no problems").resolution;
    assert_eq!(resolution(&left), None);
    assert_eq!(resolution(&pinned), Some(160));
    let arch = read(&pinned, &ir).0.expect("no problems");
    assert_eq!(format!("cream 1\n{}", arch::write(&arch, &ir)), pinned);
}

#[test]
fn lists_that_do_not_fit_name_the_place() {
    let ir = by_hand::tiny_childnet();
    let message = |lists: &[Vec<u32>]| match arch::from_choices("a", lists, &ir) {
        Err(error) => error.to_string(),
        Ok(read) => panic!("read as {read:?}"),
    };
    let wrong_number = message(&[vec![0], vec![3]]);
    assert_eq!(
        wrong_number,
        "2 lists of choices where 5 are wanted, one each for entry, s1, s2, s3, last"
    );
    let wrong_depth = message(&[vec![0], vec![3], vec![3; 4], vec![3], vec![0]]);
    assert_eq!(wrong_depth, "list 3 (`s2`) has 4 blocks, `s2` takes 1 to 3");
    let wrong_index = message(&[vec![0], vec![3], vec![3, 6], vec![3], vec![0]]);
    assert!(
        wrong_index.starts_with(
            "list 3 (`s2`), block 2: there is no candidate 6; 0 is ir(kernel = 3, expand = 4), 1 is"
        ),
        "{wrong_index}"
    );
    let wrong_layer = message(&[vec![0, 0], vec![3], vec![3], vec![3], vec![0]]);
    assert_eq!(
        wrong_layer,
        "list 1 (`entry`) has 2 blocks, `entry` takes 1"
    );
}

#[test]
fn text_that_is_no_lists_is_refused_with_its_place() {
    let problem = arch::parse_choices("[[0], [x]]");
    let Err(ChoicesError::Syntax(problem)) = problem else {
        panic!("{problem:?}")
    };
    assert!(problem.contains("column 8"), "{problem}");
    assert_eq!(
        arch::parse_choices("[[0], [3, 1]]"),
        Ok(vec![vec![0], vec![3, 1]])
    );
}

#[test]
fn a_one_block_stage_warns_with_the_lists_the_original_would_have_built() {
    let ir = by_hand::mobile();
    for network in by_hand::published() {
        let read = arch::from_choices("a", &network.published, &ir).expect("lists that fit");
        // What is written is what is built.
        assert_eq!(read.arch.choices(&ir).as_ref(), Some(&network.published));
        match read.warning {
            None => assert_eq!(network.published, network.as_built),
            Some(warning) => {
                assert_ne!(network.published, network.as_built);
                let built = arch::choices_text(&network.as_built);
                assert!(warning.contains(&built), "{warning}");
            }
        }
    }
}

#[test]
fn spaces_the_original_could_not_hold_give_no_such_warning() {
    let ir = by_hand::tiny_childnet();
    let lists = [vec![0], vec![3], vec![3], vec![3], vec![0]];
    let read = arch::from_choices("a", &lists, &ir).expect("lists that fit");
    assert_eq!(read.warning, None);
}

#[test]
fn a_decision_outside_the_listed_rows_leaves_no_index_form() {
    let ir = by_hand::tiny_with_searched_stem();
    let arch = arch_of(&ir, path(&ir, |_| 0));
    assert_eq!(arch.choices(&ir), None);
    let lists = [vec![0], vec![3], vec![3], vec![3], vec![0]];
    assert!(matches!(
        arch::from_choices("a", &lists, &ir),
        Err(ChoicesError::NoIndexForm { .. })
    ));
}

fn spaces() -> &'static [Ir; 3] {
    static SPACES: OnceLock<[Ir; 3]> = OnceLock::new();
    SPACES.get_or_init(|| {
        [
            by_hand::mobile(),
            by_hand::tiny_childnet(),
            by_hand::tiny_with_twins(),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_arch_survives_its_text_and_its_lists(seeds in prop::collection::vec(0usize..1000, 80)) {
        for ir in spaces() {
            let mut seeds = seeds.iter().copied();
            let arch = arch_of(ir, path(ir, |_| seeds.next().unwrap_or(0)));
            let text = format!("cream 1\n\n{}", arch::write(&arch, ir));
            let (again, problems) = read(&text, ir);
            prop_assert_eq!(problems, []);
            prop_assert_eq!(again.as_ref(), Some(&arch));
            let (file, _) = parse(FileId::default(), &text);
            prop_assert_eq!(format(&text, &file), text);
            let lists = arch.choices(ir).expect("the space has an index form");
            let again = arch::from_choices("best", &lists, ir).expect("they fit");
            prop_assert_eq!(again.arch, arch);
        }
    }
}

#[test]
fn an_arch_outside_a_bound_gets_a_warning_for_each() {
    let ir = by_hand::mobile();
    let (read, _) = read(EXAMPLE, &ir);
    let read = read.expect("no problems");
    let cost = cost::of_network(&ir.network(&read.path, 224));
    let require = |relation| Require {
        relation,
        span: Span::default(),
        value_span: Span::default(),
        comparison: None,
        is_inherited: false,
    };
    let metric = |metric, low, high| Relation::Metric { metric, low, high };
    let pair = |comparison| Relation::DepthPair {
        left: 5,
        comparison,
        right: 4,
    };
    let requires = [
        metric(Metric::Flops, 0, cost.flops),
        metric(Metric::Flops, 0, cost.flops - 1),
        metric(Metric::Params, cost.params + 1, u64::MAX),
        pair(Comparison::AtMost),
        pair(Comparison::AtLeast),
        pair(Comparison::Equal),
        Relation::Depth {
            row: 2,
            low: 2,
            high: 6,
        },
    ]
    .map(require);
    let warnings = arch::outside_bounds(&read, Span::default(), cost, &requires, &ir);
    let found: Vec<&str> = warnings
        .iter()
        .map(|one| one.labels[0].message.as_str())
        .collect();
    let pair = "`s4` has depth 1, `s3` has depth 3";
    assert_eq!(found.len(), 5);
    assert!(found[0].ends_with(" flops") && found[1].ends_with(" params"));
    assert_eq!(found[2..], [pair, pair, "`s1` has depth 1"]);
}

/// A space of [`small_space`] and one of its paths.
fn small(seed: u64) -> (Ir, Path) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let text = small_space(&mut random);
    let files = Texts(&[("x.cream", &text)]);
    let unit = compile::load(
        &files,
        std::path::Path::new("x.cream"),
        &Overrides::default(),
    );
    let ir = unit.expect("in memory").ir.expect("a space without errors");
    let resolution = ir.resolution.value.values()[0];
    let costs = (ir.resolution.value.values().iter()).map(|&side| (side, cost::table(&ir, side)));
    let graph = match ir.resolution.value {
        Setting::Searched(_) => Graph::build_over(&ir, &costs.collect::<Vec<_>>(), &[]),
        _ => Graph::build(&ir, &cost::table(&ir, resolution), &[]),
    };
    let graph = graph.expect("a small space");
    let sampler = Sampler::new(&graph, &[], Measure::Decisions).expect("a space has paths");
    let path = sampler.draw(&mut random);
    (ir, path)
}

proptest! {
    #[test]
    fn every_path_of_every_space_is_read_back_from_what_is_written(seed in any::<u64>()) {
        let (ir, path) = small(seed);
        let arch = arch_of(&ir, path);
        let written = format!("cream 1\n{}", arch::write(&arch, &ir));
        let (read, problems) = read(&written, &ir);
        let errors = problems.iter().filter(|one| one.severity == Severity::Error);
        prop_assert_eq!(errors.count(), 0, "{}\n{:?}", written, problems);
        prop_assert_eq!(read, Some(arch));
    }
}
