use proptest::prelude::*;

use super::*;
use crate::checked::Checked;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Row;
use crate::source::FileId;
use crate::space::{AttributeName, AttributeValue, Padding};

/// 16 channels come in.
fn read_text(text: &str) -> Result<Vec<Blocks>, Vec<Diagnostic>> {
    read(&[(FileId(0), text)], 16)
}

fn frame() -> Frame {
    Frame {
        name: "read".to_owned(),
        resolution: 224,
        classes: 10,
        stem: 16,
        act: Activation::Swish,
        padding: Padding::Same,
        features: Some(64),
        head: None,
    }
}

fn checked(blocks: &[Blocks]) -> Checked {
    let space = space(blocks, &frame());
    space.check().unwrap_or_else(|wrong| panic!("{wrong}"))
}

#[test]
fn a_string_says_its_operator_and_every_value() {
    let read = read_text("ir_r2_k3_s2_e4_c24_se0.25_nre").expect("it is right");
    let expected = Blocks {
        operator: Operator::Ir,
        repeat: 2,
        kernel: 3,
        stride: 2,
        expand: Ratio::whole(4),
        channels: 24,
        se: Ratio::new(1, 4).expect("4 is not 0"),
        act: Some(Activation::Relu),
    };
    assert_eq!(read, [expected]);
}

#[test]
fn strings_stand_in_lists_of_any_notation() {
    let all = read_text("ds_r1_k3_s1_c16 er_r1_k3_s2_e4_c24").expect("they are right");
    assert_eq!(all.len(), 2);
    for text in [
        "[['ds_r1_k3_s1_e1_c16'],\n ['er_r1_k3_s2_e4_c24']]",
        "[[\"ds_r1_k3_s1_c16\", \"er_r1_k3_s2_e4_c24\"]]",
        "- - ds_r1_k3_s1_c16 # stage 0, 112x112 in\n- - er_r1_k3_s2_e4_c24\n",
        "- 'ds_r1_k3_s1_c16_noskip_nre_a1'\n- er_r1_k3_s2_e4_c24_fc0\n",
    ] {
        let read = read_text(text);
        match text.contains("noskip") {
            // 16 channels come in and go out: a residual is added.
            true => assert_eq!(read.expect_err("it is not the same").len(), 1),
            false => assert_eq!(read.expect("they are right"), all, "{text}"),
        }
    }
}

#[test]
fn no_residual_is_accepted_where_none_could_be() {
    for text in [
        "ds_r1_k3_s1_c24_noskip",
        "ir_r1_k3_s2_e4_c16_noskip",
        "cn_r3_k3_s1_c16_noskip",
        "cn_r1_k3_s2_c16_skip",
        "er_r1_k3_s1_e4_c24_fc16",
    ] {
        read_text(text).unwrap_or_else(|found| panic!("{text}: {found:?}"));
    }
}

#[test]
fn what_cannot_be_said_is_named_where_it_stands() {
    for (text, code, place, part) in [
        (
            "xx_r1_k3_s1_e1_c16",
            Code::UnknownOperator,
            "xx",
            "known are",
        ),
        ("dss_r1_k3_s1_c16", Code::UnknownOperator, "dss", "`ds`"),
        ("uir_r1_k3_s1_e4_c16", Code::UnknownOperator, "uir", "`ir`"),
        (
            "mha_r4_k3_h8_s1_d64_c24",
            Code::UnknownOperator,
            "mha",
            "can be said",
        ),
        ("ir", Code::MissingAttribute, "ir", "how many blocks"),
        (
            "ir_r1_k3_s1_c16",
            Code::MissingAttribute,
            "ir_r1_k3_s1_c16",
            "the expansion",
        ),
        (
            "cn_r1_s1_c16",
            Code::MissingAttribute,
            "cn_r1_s1_c16",
            "the kernel",
        ),
        ("ds_r1_k3_s1_c16_k5", Code::DuplicateAttribute, "k5", "`k3`"),
        (
            "ds_r1_k3_s1_c16_nre_nsw",
            Code::DuplicateAttribute,
            "nsw",
            "`nre`",
        ),
        (
            "ds_r1_k3_s1_c16_nmi",
            Code::UnknownName,
            "nmi",
            "`nhs` (hswish)",
        ),
        ("ds_r1_k3.5_s1_c16", Code::WrongType, "k3.5", "whole"),
        (
            "ds_r1_k3.5.7_s1_c16",
            Code::WrongType,
            "k3.5.7",
            "mixes several kernels",
        ),
        ("ds_r1_k4_s1_c16", Code::OutOfRange, "k4", "even"),
        ("ds_r1_k3_s1_c20", Code::OutOfRange, "c20", "multiples of 8"),
        ("ds_r0_k3_s1_c16", Code::OutOfRange, "0", "1 to 1000"),
        ("ds_r1_k3_s1_c16_se1.5", Code::OutOfRange, "1.5", "0 to 1"),
        ("ir_r1_k3_s1_e0.5_c16", Code::OutOfRange, "0.5", "1 to 255"),
        (
            "ds_r1_k3_s1_c99999999999999999999",
            Code::OutOfRange,
            "99999999999999999999",
            "1 to",
        ),
        (
            "ds_r1_kx_s1_c16",
            Code::MissingAttribute,
            "ds_r1_kx_s1_c16",
            "the kernel",
        ),
        ("ds_r1_k3_s1_c16M", Code::MalformedNumber, "c16M", "number"),
        (
            "ds_r1_k3_s1_e6_c16",
            Code::UnknownAttribute,
            "e6",
            "expands nothing",
        ),
        (
            "cn_r1_k3_s1_c16_se0.25",
            Code::UnknownAttribute,
            "se0.25",
            "no word",
        ),
        (
            "ir_r1_k3_a3_s1_e4_c16",
            Code::UnknownAttribute,
            "a3",
            "no word",
        ),
        (
            "ir_r1_k3_s1_e4_c16_cc4",
            Code::UnknownAttribute,
            "cc4",
            "no word",
        ),
        (
            "ir_r1_k3_s1_e4_c16_gs2",
            Code::UnknownAttribute,
            "gs2",
            "no word",
        ),
        (
            "er_r1_k3_s1_e4_c24_fc24",
            Code::UnknownAttribute,
            "fc24",
            "no word",
        ),
        (
            "er_r2_k3_s1_e4_c24_fc16",
            Code::UnknownAttribute,
            "fc16",
            "no word",
        ),
        (
            "ir_r2_k3_s2_e4_c24_noskip",
            Code::UnknownAttribute,
            "noskip",
            "adds its input",
        ),
        (
            "cn_r1_k3_s1_c16_skip",
            Code::UnknownAttribute,
            "skip",
            "never adds",
        ),
        ("ds_r1_k3_s1_c16_", Code::UnknownAttribute, "", "no word"),
        (
            "arch_def = [['x']]",
            Code::StrayCharacter,
            "=",
            "lists of YAML",
        ),
        ("ü", Code::StrayCharacter, "ü", "block string"),
    ] {
        let found = read_text(text).expect_err(text);
        let found = found.iter().find(|one| one.code == code);
        let found = found.unwrap_or_else(|| panic!("{text}: {:?}", read_text(text)));
        assert_eq!(&text[found.labels[0].span.range()], place, "{text}");
        let help = found.help.as_ref().map(|help| help.message.as_str());
        let said = [found.message.as_str(), help.unwrap_or("")]
            .into_iter()
            .chain(found.labels.iter().map(|label| label.message.as_str()))
            .chain(found.notes.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join("\n");
        let known = text == "ds_r1_k3_s1_c16_k5" || text == "ds_r1_k3_s1_c16_nre_nsw";
        assert!(
            known || said.contains(part),
            "{text}: no `{part}` in:\n{said}"
        );
    }
}

#[test]
fn one_wrong_string_gives_one_message_and_the_next_is_not_blamed_for_it() {
    let text = "ds_r1_k3_s1_c20 ds_r1_k3_s1_c24_noskip er_r1_k3_s1_e4_c32_fc7 ir_r1";
    let found = read_text(text).expect_err("three are wrong");
    let places: Vec<&str> = found
        .iter()
        .map(|one| &text[one.labels[0].span.range()])
        .collect();
    assert_eq!(places, ["c20", "fc7", "ir_r1"]);
}

/// The value of an attribute in every block of a row.
fn value(row: &Row, name: AttributeName) -> Option<AttributeValue> {
    let found = |slot: &crate::ir::Slot| {
        let values = slot.candidates[0].values.iter();
        values
            .filter(|(other, _, _)| *other == name)
            .map(|(_, value, _)| *value)
            .next()
    };
    let first = found(&row.slots[0]);
    assert!(row.slots.iter().all(|slot| found(slot) == first));
    first
}

/// What a stage of the lowered space says, as a string would.
fn said(row: &Row) -> Blocks {
    let ratio = |name, default| match value(row, name) {
        Some(AttributeValue::Ratio(ratio)) => ratio,
        _ => Ratio::whole(default),
    };
    let Some(AttributeValue::Integer(kernel)) = value(row, AttributeName::Kernel) else {
        panic!("{} has no kernel", row.name);
    };
    let Some(AttributeValue::Act(act)) = value(row, AttributeName::Act) else {
        panic!("{} has no act", row.name);
    };
    Blocks {
        operator: row.slots[0].candidates[0].operator,
        repeat: row.depths[0],
        kernel,
        stride: row.slots[0].stride,
        expand: ratio(AttributeName::Expand, 1),
        channels: row.slots[0].out_channels,
        se: ratio(AttributeName::Se, 0),
        act: Some(act),
    }
}

fn any_blocks() -> impl Strategy<Value = Blocks> {
    let acts = prop::option::of(prop::sample::select(ACTS.map(|(_, act)| act).to_vec()));
    let kind = prop::sample::select(TYPES.map(|(_, operator)| operator).to_vec());
    (
        kind,
        1..5_u32,
        0..4_u32,
        1..3_u32,
        10..70_u64,
        1..40_u32,
        0..5_u64,
        acts,
    )
        .prop_map(
            |(operator, repeat, kernel, stride, expand, channels, se, act)| Blocks {
                operator,
                repeat,
                kernel: 2 * kernel + 1,
                stride,
                expand: match operator {
                    Operator::Ir | Operator::Er => Ratio::new(expand, 10).expect("10 is not 0"),
                    _ => Ratio::whole(1),
                },
                channels: 8 * channels,
                se: match operator {
                    Operator::Conv => Ratio::whole(0),
                    _ => Ratio::new(se, 4).expect("4 is not 0"),
                },
                act,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn strings_become_rows_that_say_the_same_and_are_written_back(
        blocks in prop::collection::vec(any_blocks(), 1..6)
    ) {
        let text: Vec<String> = blocks.iter().map(Blocks::to_string).collect();
        let text = text.join("\n");
        let read = read_text(&text);
        prop_assert_eq!(read.as_ref().ok(), Some(&blocks), "{}", text);
        let checked = checked(&blocks);
        let stages = checked.ir.rows.iter().filter(|row| row.is_stage);
        let expected = blocks.iter().map(|one| Blocks {
            act: one.act.or(Some(Activation::Swish)),
            ..*one
        });
        prop_assert_eq!(stages.map(said).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }

    #[test]
    fn no_text_makes_it_panic(text in "([a-z0-9_.#\\[\\]\"'\n ü-]|ir_|k3|e1|c16|_s2|_r1|noskip|se0\\.)*") {
        let _ = read_text(&text);
    }
}
