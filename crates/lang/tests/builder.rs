//! Spaces built by a program are those that are written: same text, same tree, same messages.

use std::path::Path;

use creamc_lang::builder::{
    Alternative, Block, Bound, Domain, Operand, Row, Setting, SpaceBuilder, Value, at_least,
    at_most, equal_to, fitted, layer, number, op, searched, stage,
};
use creamc_lang::checked::Checked;
use creamc_lang::source::{FileId, Files, ReadError};
use creamc_lang::syntax::{self, ast};
use creamc_lang::testing::small_space;
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const EDGE: &str = include_str!("fixtures/edge.cream");
const MOBILE: &str = include_str!("fixtures/mobile.cream");
const PHONE: &str = include_str!("../../../spaces/phone.cream");
/// What it is derived from.
const SHIPPED: &str = include_str!("../../../spaces/mobile.cream");

#[test]
fn a_message_shows_the_printed_text_and_names_the_line_of_rust() {
    let built = SpaceBuilder::new("small").image(1, 28).classes(10);
    let line = line!() + 1;
    let built = built.row(layer("stem", op("cnov").with("kernel", 3)).channels(8));
    let rejected = built.check().expect_err("`cnov` is no operator");
    let drawn = rejected.to_string();
    assert!(drawn.contains("error[unknown-operator]"), "{drawn}");
    assert!(drawn.contains("--> small (built):7:19"), "{drawn}");
    let note = format!("line 7 is built at {}:{line}:", file!());
    assert!(drawn.contains(&note), "{drawn}");
}

#[test]
fn a_bound_out_of_reach_names_its_line_too() {
    let built = SpaceBuilder::new("small")
        .image(1, 8)
        .classes(10)
        .row(layer("stem", op("conv").with("kernel", searched([3, 5]))).channels(8))
        .row(layer("pool", op("avgpool")))
        .row(layer("logits", op("linear")).channels("classes"));
    let line = line!() + 1;
    let built = built.require("flops", 1..=2);
    let checked = built.check().expect("the text is right");
    let drawn = checked
        .plan()
        .expect_err("no path is that cheap")
        .to_string();
    assert!(drawn.contains("error[bound-unreachable]"), "{drawn}");
    let note = format!("is built at {}:{line}:", file!());
    assert!(drawn.contains(&note), "{drawn}");
}

#[test]
fn what_is_no_name_and_no_number_cannot_be_read_as_something_else() {
    for wrong in ["s1 mb\n    layer x", "", "a.b", "1x", "}", "# ", "\"", "é"] {
        let built = SpaceBuilder::new("small")
            .image(1, 8)
            .classes(10)
            .row(layer(wrong, op("conv").with("kernel", 3)).channels(8))
            .row(layer("pool", op("avgpool")))
            .row(layer("logits", op("linear")).channels("classes"));
        let lines = built.print().lines().count();
        assert_eq!(lines, 10, "{wrong:?}\n{}", built.print());
        let rejected = built.check().expect_err("it is no name").to_string();
        assert!(rejected.contains("(built):7:"), "{wrong:?}\n{rejected}");
        assert!(rejected.contains(file!()), "{rejected}");
    }
    assert_eq!(number("22ms\nlet x = 1").to_string(), "\"22ms?let x = 1\"");
    assert_eq!(number("22ms").to_string(), "22ms");
}

#[test]
fn the_printed_text_is_the_formatted_one() {
    let built = rebuilt(MOBILE);
    let text = built.print();
    let (tree, faults) = syntax::parse(FileId(0), &text);
    assert_eq!(faults, []);
    assert_eq!(syntax::format(&text, &tree), text);
    let of = |text: &str| {
        let checked = Checked::from_text("mobile.cream", text).expect("it is right");
        checked.space.print()
    };
    assert_eq!(of(&text), of(MOBILE));
}

#[test]
fn a_derived_space_is_built_over_the_file_of_its_base() {
    reads_back_equal(PHONE);
    let built = rebuilt(PHONE).check_with(&Mobile).expect("it is right");
    let files = [("phone.cream", PHONE), ("mobile.cream", SHIPPED)];
    let written = Checked::from_texts(&files).expect("it is right");
    assert_eq!(built.space.print(), written.space.print());
    assert_eq!(built.ir.print(), written.ir.print());

    let line = line!() + 1;
    let wrong = SpaceBuilder::derived("watch", "mobile", "mobile.cream").narrow("s9.depth", 1);
    let rejected = wrong.check_with(&Mobile).expect_err("there is no `s9`");
    let drawn = rejected.to_string();
    let note = format!("line 5 is built at {}:{line}:", file!());
    assert!(
        drawn.contains("error[derived-unknown-target]") && drawn.contains(&note),
        "{drawn}"
    );
}

#[test]
fn a_message_names_the_line_of_rust_behind_rows_that_the_formatter_moves() {
    let around = |rows: &[&str]| {
        let image = SpaceBuilder::new("small").image(3, 32).classes(10);
        image.block_of_rows("g", &[], rows)
    };
    // Two rows in one string, and one that is none: the lines are others after formatting.
    for rows in [
        &["conv(kernel = 1) channels = out_channels norm", "act"][..],
        &["", "conv(kernel = 1) channels = out_channels"],
        &[
            "conv(kernel = 1) channels = out_channels # wide",
            "",
            "",
            "act",
        ],
    ] {
        let head = around(rows);
        let line = line!() + 1;
        let wrong = head.row(layer("s1", op("g")).channels(8));
        let rejected = wrong.check().expect_err("the rows have no end");
        let drawn = rejected.to_string();
        let text = wrong.print();
        let last = text.lines().position(|line| line.contains("layer s1"));
        let last = last.expect("it is printed") + 1;
        let note = format!("line {last} is built at {}:{line}:", file!());
        assert!(drawn.contains(&note), "{note}\n{drawn}");
    }
}

#[test]
fn rows_that_end_their_block_are_printed_as_they_are() {
    let rows = ["conv(kernel = 1) channels = out_channels }", "let a = {3"];
    let wrong = SpaceBuilder::new("small").block_of_rows("g", &[], &rows);
    assert!(
        wrong
            .print()
            .contains("    conv(kernel = 1) channels = out_channels }\n")
    );
    assert!(wrong.check().is_err());
}

/// The file of `mobile`.
struct Mobile;

impl Files for Mobile {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        match path.to_str() {
            Some("mobile.cream") => Ok(SHIPPED.to_owned()),
            _ => Err(ReadError("no such file".to_owned())),
        }
    }
}

#[test]
fn every_item_of_the_language_can_be_built() {
    // Choices, tables, `sum`, searched widths: read, if not all compiled yet.
    reads_back_equal(EDGE);
    reads_back_equal(MOBILE);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_built_space_prints_to_the_tree_it_was_built_from(seed in any::<u64>()) {
        let text = small_space(&mut ChaCha8Rng::seed_from_u64(seed));
        reads_back_equal(&text);
        let written = Checked::from_text("small.cream", &text).expect("it is right");
        let built = rebuilt(&text).check().expect("it is right");
        prop_assert_eq!(built.space.print(), written.space.print());
        prop_assert_eq!(built.ir.print(), written.ir.print());
    }
}

fn reads_back_equal(text: &str) {
    let printed = rebuilt(text).print();
    let (again, faults) = syntax::parse(FileId(0), &printed);
    assert_eq!(faults, [], "{printed}");
    let (tree, _) = syntax::parse(FileId(0), text);
    assert_eq!(in_order(&again), in_order(&tree), "{text}\n{printed}");
}

/// The items of the tree as text without places and comments, as a builder makes them: all in the space, one default in
/// each, and without parentheses around alternatives.
fn in_order(file: &ast::File) -> String {
    let (space, mut items) = items(file);
    items.iter_mut().for_each(flatten);
    let text = format!("{} {items:?}", space.name.value);
    let mut parts = text.split("Span { file: FileId(0), start: ");
    let mut plain = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let (_, rest) = part.split_once(" }").expect("a span is closed");
        plain.push_str(rest);
    }
    plain
}

/// The space of a tree, and its items behind those beside it.
fn items(file: &ast::File) -> (&ast::Space, Vec<ast::Item>) {
    let beside = file.items.iter().filter_map(|item| match item {
        ast::FileItem::Let(item) => Some(ast::Item::Let(item.clone())),
        ast::FileItem::Block(item) => Some(ast::Item::Block(item.clone())),
        ast::FileItem::Recipe(item) => Some(ast::Item::Recipe(item.clone())),
        _ => None,
    });
    let mut spaces = file.items.iter().filter_map(|item| match item {
        ast::FileItem::Space(space) => Some(space),
        _ => None,
    });
    let space = spaces.next().expect("there is a space");
    let own = space.items.iter().cloned();
    let all = beside.chain(own).flat_map(|item| match item {
        ast::Item::Default(item) => one_by_one(item),
        item => vec![item],
    });
    (space, all.collect())
}

fn one_by_one(item: ast::Default) -> Vec<ast::Item> {
    let attributes = item.attributes.into_iter();
    let one = |attribute: ast::Attribute| {
        ast::Item::Default(ast::Default {
            span: attribute.span,
            attributes: vec![attribute],
        })
    };
    attributes.map(one).collect()
}

/// Takes the parentheses away.
fn flatten(item: &mut ast::Item) {
    match item {
        ast::Item::Block(block) => flatten_op(&mut block.op),
        ast::Item::Row(row) => {
            flatten_op(&mut row.op);
            row.then.iter_mut().for_each(flatten_op);
        }
        _ => {}
    }
}

fn flatten_op(op: &mut ast::Op) {
    let prims = std::mem::take(&mut op.alternatives).into_iter();
    let flat = prims.flat_map(|prim| match prim {
        ast::Prim::Group(mut inner) => {
            flatten_op(&mut inner);
            inner.alternatives
        }
        ast::Prim::Call {
            name,
            mut args,
            span,
        } => {
            for arg in &mut args {
                if let ast::Arg::Op(branch) = arg {
                    flatten_op(branch);
                }
            }
            vec![ast::Prim::Call { name, args, span }]
        }
    });
    op.alternatives = flat.collect();
}

/// The space of a text, built item by item; what stands beside it is built into it.
fn rebuilt(text: &str) -> SpaceBuilder {
    let (tree, faults) = syntax::parse(FileId(0), text);
    assert_eq!(faults, []);
    let (space, items) = items(&tree);
    let builder = match &space.base {
        None => SpaceBuilder::new(&space.name.value),
        Some(base) => {
            SpaceBuilder::derived(&space.name.value, &base.value, &tree.uses[0].path.value)
        }
    };
    let items = items.iter();
    items.fold(builder, |builder, item| Tree(text).item(builder, item))
}

/// A syntax tree as calls of the builder; numbers as they are written.
struct Tree<'a>(&'a str);

impl Tree<'_> {
    fn item(&self, builder: SpaceBuilder, item: &ast::Item) -> SpaceBuilder {
        match item {
            ast::Item::Input(input) => {
                let [channels, resolution] = &input.attributes[..] else {
                    panic!("an image has two attributes");
                };
                builder.image(self.setting(channels), self.setting(resolution))
            }
            ast::Item::Output(output) => builder.classes(self.number(output.classes.span)),
            ast::Item::Default(default) => {
                let [attribute] = &default.attributes[..] else {
                    panic!("one default a line");
                };
                let ast::Binding::Is(value) = &attribute.binding else {
                    panic!("a default has a value");
                };
                builder.default(&attribute.name.value, self.value(value))
            }
            ast::Item::Let(item) => match &item.value {
                ast::LetValue::Value(value) => {
                    builder.let_value(&item.name.value, self.value(value))
                }
                ast::LetValue::Domain(domain) => {
                    builder.let_domain(&item.name.value, self.domain(domain))
                }
            },
            ast::Item::Choice(choice) => {
                builder.choice(&choice.name.value, self.domain(&choice.domain))
            }
            ast::Item::Table(table) => builder.table(&table.name.value, &table.path.value),
            ast::Item::Block(block) => builder.block(&block.name.value, self.op(&block.op)),
            ast::Item::Recipe(recipe) => {
                let text = |span: creamc_lang::source::Span| &self.0[span.range()];
                let params: Vec<&str> = recipe.params.iter().map(|one| text(one.span)).collect();
                let rows: Vec<&str> = recipe.parts.iter().map(|one| text(one.span)).collect();
                builder.block_of_rows(&recipe.name.value, &params, &rows)
            }
            ast::Item::Row(row) => builder.row(self.row(row)),
            ast::Item::Fit(fit) => {
                let names = fit.names.iter().map(|name| name.value.as_str());
                builder.fit(&names.collect::<Vec<_>>())
            }
            ast::Item::Require(require) => {
                builder.require(&dotted(&require.subject), self.bound(&require.relation))
            }
            ast::Item::Fix(fix) => self.fix(builder, fix),
            ast::Item::Narrow(narrow) => {
                let domain = self.domain(&narrow.domain);
                let setting = match narrow.word.value {
                    ast::NarrowWord::In => searched(domain),
                    ast::NarrowWord::Fit => fitted(domain),
                };
                builder.narrow(&dotted(&narrow.target), setting)
            }
            ast::Item::Error(_) => panic!("the text can be read"),
        }
    }

    fn fix(&self, builder: SpaceBuilder, fix: &ast::Fix) -> SpaceBuilder {
        let target = dotted(&fix.target);
        match &fix.picks[..] {
            [ast::Pick::Number(written)] => builder.narrow(&target, self.number(written.span)),
            picks => builder.pin(&target, picks.iter().map(|pick| self.pick(pick))),
        }
    }

    fn pick(&self, pick: &ast::Pick) -> Alternative {
        match pick {
            ast::Pick::Prim(prim) => self.prim(prim),
            ast::Pick::Number(_) => panic!("a row is fixed to blocks"),
        }
    }

    fn row(&self, row: &ast::Row) -> Row {
        let first = self.op(&row.op);
        let new = match row.kind {
            ast::RowKind::Layer => layer(&row.name.value, first),
            ast::RowKind::Stage => stage(&row.name.value, first),
        };
        let new = match &row.then {
            Some(then) => new.then(self.op(then)),
            None => new,
        };
        row.attributes.iter().fold(new, |row, attribute| {
            let setting = self.setting(attribute);
            match attribute.name.value.as_str() {
                "channels" => row.channels(setting),
                "stride" => row.stride(setting),
                "depth" => row.depth(setting),
                name => row.with(name, setting),
            }
        })
    }

    fn op(&self, op: &ast::Op) -> Block {
        let mut alternatives = op.alternatives.iter().map(|prim| match prim {
            ast::Prim::Group(op) => self.op(op),
            ast::Prim::Call { .. } => self.prim(prim).into(),
        });
        let first = alternatives.next().expect("there is one");
        alternatives.fold(first, Block::or)
    }

    fn prim(&self, prim: &ast::Prim) -> Alternative {
        let ast::Prim::Call { name, args, .. } = prim else {
            panic!("an alternative has no groups");
        };
        args.iter().fold(op(&name.value), |call, arg| match arg {
            ast::Arg::Attribute(one) => call.with(&one.name.value, self.setting(one)),
            ast::Arg::Op(branch) => call.branch(self.op(branch)),
        })
    }

    fn setting(&self, attribute: &ast::Attribute) -> Setting {
        match &attribute.binding {
            ast::Binding::Is(value) => self.value(value).into(),
            ast::Binding::In(domain) => searched(self.domain(domain)),
            ast::Binding::Fit(domain) => fitted(self.domain(domain)),
        }
    }

    fn domain(&self, domain: &ast::Domain) -> Domain {
        match &domain.kind {
            ast::DomainKind::Set(values) => {
                let values = values.iter().map(|value| self.value(value));
                values.collect::<Vec<_>>().into()
            }
            ast::DomainKind::Range { low, high, step } => {
                let range = Domain::from(self.value(low)..=self.value(high));
                match step {
                    Some(step) => range.step(self.value(step)),
                    None => range,
                }
            }
            ast::DomainKind::Name(name) => name.value.as_str().into(),
        }
    }

    fn value(&self, value: &ast::Value) -> Value {
        match value {
            ast::Value::Number(written) => self.number(written.span),
            ast::Value::Name(name) => name.value.as_str().into(),
        }
    }

    fn number(&self, span: creamc_lang::source::Span) -> Value {
        number(&self.0[span.range()])
    }

    fn bound(&self, relation: &ast::Relation) -> Bound {
        match relation {
            ast::Relation::In { low, high, .. } => (self.value(low)..=self.value(high)).into(),
            ast::Relation::Compare { comparison, right } => {
                let right = match right {
                    ast::Operand::Number(written) => self.number(written.span).into(),
                    ast::Operand::Dotted(names) => Operand::from(dotted(names).as_str()),
                };
                match comparison.value {
                    ast::Comparison::AtMost => at_most(right),
                    ast::Comparison::AtLeast => at_least(right),
                    ast::Comparison::Equal => equal_to(right),
                }
            }
        }
    }
}

fn dotted(names: &ast::Dotted) -> String {
    let names = names.names.iter().map(|name| name.value.as_str());
    names.collect::<Vec<_>>().join(".")
}
