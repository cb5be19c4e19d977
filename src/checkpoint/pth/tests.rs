//! Both forms against the recorded weights, and hostile variants of them.

use super::*;

const LEGACY: &[u8] = include_bytes!("../../../tests/fixtures/tiny_childnet.legacy.pth.tar");
const WRAPPED: &[u8] = include_bytes!("../../../tests/fixtures/pth/wrapped.pth");
const FLOAT8: &[u8] = include_bytes!("../../../tests/fixtures/pth/float8.pth");
const ZIP: &[u8] = include_bytes!("../../../tests/fixtures/tiny_childnet.zip.pth.tar");

fn recorded() -> BTreeMap<String, Tensor> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    crate::checkpoint::load(&folder.join("tiny_childnet.safetensors"))
        .unwrap()
        .tensors
}

#[test]
fn both_forms_hold_the_recorded_weights_and_their_averages() {
    let expected = recorded();
    for bytes in [LEGACY, ZIP] {
        let found = parse(bytes).unwrap();
        assert_eq!(found.weights.len(), expected.len());
        for (name, tensor) in &expected {
            assert!(found.weights[name].equal(tensor), "{name}");
        }
        let averaged = found.averaged.unwrap();
        assert_eq!(averaged.len(), expected.len());
        assert!(averaged.keys().all(|name| name.starts_with("module.")));
    }
}

#[test]
fn a_cut_file_is_an_error_wherever_it_is_cut() {
    for bytes in [LEGACY, ZIP] {
        for part in 0..200 {
            assert!(parse(&bytes[..bytes.len() * part / 200]).is_err(), "{part}");
        }
        assert!(parse(&bytes[..bytes.len() - 1]).is_err());
    }
}

#[test]
fn flipped_bytes_in_the_description_never_panic() {
    // The old form has its description at the front, unprotected.
    let mut state = 1_u64;
    for _ in 0..300 {
        let mut bytes = LEGACY.to_vec();
        for _ in 0..4 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let at = (state >> 33) as usize % 52_000;
            bytes[at] = (state >> 20) as u8;
        }
        let _ = parse(&bytes);
    }
}

#[test]
fn other_files_are_named_for_what_they_are_not() {
    let message = |bytes: &[u8]| parse(bytes).unwrap_err();
    assert_eq!(message(b"hello"), "it is neither a zip file nor a pickle");
    assert_eq!(
        message(b"\x80\x02N."),
        "it is a pickle, but not one of PyTorch's"
    );
    assert!(!message(b"PK\x03\x04").is_empty());
}

fn text(text: &str) -> Vec<u8> {
    [&[b'X', text.len() as u8, 0, 0, 0], text.as_bytes()].concat()
}

/// The beginning of a file of the old form, up to this object.
fn described(object: &[u8]) -> Vec<u8> {
    let head = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.\x80\x02";
    [&head[..], object, b"."].concat()
}

/// A file of the old form that holds this object and one storage of 1,000 numbers.
fn legacy(object: &[u8]) -> Vec<u8> {
    let mut bytes = described(object);
    bytes.extend([b"\x80\x02]", &text("0")[..], b"a."].concat());
    bytes.extend(1000_u64.to_le_bytes());
    bytes.extend([0; 4000]);
    bytes
}

/// A file of the old form that holds this object and no storage.
fn legacy_alone(object: &[u8]) -> Vec<u8> {
    [&described(object)[..], b"\x80\x02]."].concat()
}

/// A dictionary of `names` tensors that are one view of the storage.
fn views(names: usize, size: &str, stride: &str) -> Vec<u8> {
    let storage = [
        &b"((X\x07\0\0\0storagectorch\nFloatStorage\n"[..],
        &text("0"),
        b"NM\xe8\x03NtQ",
    ];
    let shape = format!("K\0({size}t({stride}t");
    let mut bytes = b"}(".to_vec();
    for name in 0..names {
        bytes.extend(text(&name.to_string()));
        match name {
            0 => {
                bytes.extend(b"ctorch._utils\n_rebuild_tensor_v2\n");
                bytes.extend(storage.concat());
                bytes.extend(shape.as_bytes());
                bytes.extend(b"\x89NtRq\x01");
            }
            _ => bytes.extend(b"h\x01"),
        }
    }
    bytes.extend(b"u");
    bytes
}

fn sharing(names: usize, size: &str, stride: &str) -> Vec<u8> {
    legacy(&views(names, size, stride))
}

#[test]
fn numbers_of_the_other_byte_order_are_refused_in_both_forms() {
    let own = sharing(1, "K\u{2}", "K\u{1}");
    let system = |flag: &[u8]| [&b"\x80\x02}"[..], &text("little_endian"), flag, b"s."].concat();
    let written = |flag: &[u8]| parse(&swapped(&own, b"\x80\x02}.", &system(flag)));
    assert_eq!(written(b"\x88").unwrap().weights.len(), 1);
    assert!(written(b"\x89").unwrap_err().contains("big-endian"));

    let zip = |order: &[u8]| {
        let pickle = [b"\x80\x02", &views(1, "K\u{2}", "K\u{1}")[..], b"."].concat();
        let mut archive = archive::Writer::default();
        for (name, content) in [
            ("model/data.pkl", &pickle[..]),
            ("model/byteorder", order),
            ("model/data/0", &[0; 4000][..]),
        ] {
            archive.add(name, content).unwrap();
        }
        parse(&archive.finish().unwrap())
    };
    assert_eq!(zip(b"little").unwrap().weights.len(), 1);
    assert!(zip(b"big").unwrap_err().contains("big-endian"));
}

#[test]
fn many_names_for_one_storage_make_no_more_than_some_times_the_file() {
    // All of the storage; and two numbers of it that lie far apart, which would cost time instead.
    for (size, stride) in [("M\u{3}\u{3}", "K\u{1}"), ("K\u{2}", "M\u{3}\u{3}")] {
        let found = parse(&sharing(4, size, stride)).unwrap();
        assert_eq!(found.weights.len(), 4);
        let error = parse(&sharing(300, size, stride)).unwrap_err();
        assert!(error.contains("share storages too often"), "{error}");
    }
}

#[test]
fn a_tuple_does_not_reach_below_an_open_mark() {
    // Three values, a mark, a tuple of two that would take from below it, the end of the mark's list.
    let pickle = b"\x80\x02NNN(\x86t.";
    let error = pickle::Pickle::read(pickle).unwrap_err();
    assert!(error.starts_with("its pickle at byte 7"), "{error}");
}

#[test]
fn a_tensor_is_charged_for_even_where_it_has_one_number() {
    let (one, step) = ("K\u{1}", "K\u{1}");
    assert_eq!(parse(&sharing(20, one, step)).unwrap().weights.len(), 20);
    let error = parse(&sharing(100, one, step)).unwrap_err();
    assert!(error.contains("share storages too often"), "{error}");
}

#[test]
fn a_shape_of_many_axes_is_refused_before_it_is_copied() {
    let axes = "K\u{1}".repeat(8);
    assert_eq!(
        parse(&sharing(1, &axes, &axes)).unwrap().weights["0"].dim(),
        8
    );
    let axes = "K\u{1}".repeat(9);
    let error = parse(&sharing(1, &axes, &axes)).unwrap_err();
    assert!(error.contains("up to 8 whole numbers"), "{error}");
}

#[test]
fn a_program_that_makes_a_value_of_every_byte_is_stopped() {
    let pickle = [b"\x80\x02", &[b'N'; 1 << 20][..], b"."].concat();
    assert!(pickle::Pickle::read(&pickle).is_ok());
    let pickle = [b"\x80\x02", &[b'}'; (1 << 20) + 1][..], b"."].concat();
    let error = pickle::Pickle::read(&pickle).unwrap_err();
    assert!(error.contains("more than 1048576 values"), "{error}");
}

#[test]
fn averages_without_tensors_are_none() {
    let views = views(2, "K\u{2}", "K\u{1}");
    let both = |averaged: &[u8]| {
        let parts = [
            text("state_dict"),
            views.clone(),
            text("state_dict_ema"),
            averaged.to_vec(),
        ];
        parse(&legacy(&[b"}(", &parts.concat()[..], b"u"].concat())).unwrap()
    };
    assert!(both(b"}").averaged.is_none());
    assert!(both(b"N").averaged.is_none());
    assert_eq!(both(&views).averaged.unwrap().len(), 2);
}

#[test]
fn averages_may_stand_alone() {
    let parts = [text("state_dict_ema"), views(2, "K\u{2}", "K\u{1}")].concat();
    let found = parse(&legacy(&[b"}(", &parts[..], b"u"].concat())).unwrap();
    assert!(found.weights.is_empty());
    assert_eq!(found.averaged.unwrap().len(), 2);
    let none = [text("state_dict_ema"), b"}".to_vec()].concat();
    let error = parse(&legacy_alone(&[b"}(", &none[..], b"u"].concat())).unwrap_err();
    assert!(
        error.starts_with("it holds no weights, only `state_dict_ema`: with PyTorch, save"),
        "{error}"
    );
    let nothing = parse(&legacy_alone(b"}")).unwrap_err();
    assert_eq!(nothing, "it holds no weights");
    let list = parse(&legacy_alone(b"]")).unwrap_err();
    assert!(list.contains("save `model.state_dict()`"), "{list}");
}

#[test]
fn the_old_form_may_be_of_any_protocol() {
    let expected = parse(LEGACY).unwrap().weights.len();
    let magic = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";
    let framed = [&b"\x80\x04\x95\x0d\0\0\0\0\0\0\0"[..], magic].concat();
    let bytes = swapped(LEGACY, &[b"\x80\x02", &magic[..]].concat(), &framed);
    assert_eq!(parse(&bytes).unwrap().weights.len(), expected);
}

#[test]
fn a_tensor_of_a_form_that_is_not_read_is_named() {
    let other = swapped(LEGACY, b"_rebuild_tensor_v2", b"_rebuild_tensor_v3");
    let error = parse(&other).unwrap_err();
    assert!(
        error.starts_with('`') && error.contains("made by `_rebuild_tensor_v3`"),
        "{error}"
    );
}

/// `bytes` with the first `from` in it made `to`.
fn swapped(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|part| part == from);
    let (before, behind) = bytes.split_at(at.expect("it is in the bytes"));
    [before, to, &behind[from.len()..]].concat()
}

#[test]
fn what_holds_itself_is_read_and_is_no_weight() {
    let objects: [&[&[u8]]; 3] = [
        // The dictionary is its own entry, and its own `state_dict`.
        &[b"}q\x00", &text("a"), b"h\x00s"],
        &[b"}q\x00", &text("state_dict"), b"h\x00s"],
        // A call is among its own items.
        &[b"ccollections\nOrderedDict\n)Rq\x00", &text("a"), b"h\x00s"],
    ];
    for object in objects {
        let error = parse(&legacy_alone(&object.concat())).unwrap_err();
        assert!(error.starts_with("it holds no weights"), "{error}");
    }
    // A shape that is a list with itself in it.
    let whole = views(1, "K\u{1}", "K\u{1}");
    let whole = swapped(&whole, b"(K\x01t(", b"]q\x02h\x02a(");
    let error = parse(&legacy(&whole)).unwrap_err();
    assert!(
        error.contains("not made of up to 8 whole numbers"),
        "{error}"
    );
}

#[test]
fn wrapped_tensors_are_read_as_pytorch_wrote_them() {
    let found = parse(WRAPPED).unwrap();
    assert!(found.averaged.is_none());
    let names = [
        "tensor",
        "parameter",
        "marked_parameter",
        "marked_tensor",
        "buffer",
        "negated",
    ];
    assert_eq!(found.weights.len(), names.len());
    for (first, name) in names.into_iter().enumerate() {
        let first = first as i64;
        let expected = Tensor::arange_start(first, first + 6, (tch::Kind::Float, tch::Device::Cpu));
        assert!(
            found.weights[name].equal(&expected.reshape([2, 3])),
            "{name}"
        );
    }
    let earlier = swapped(
        WRAPPED,
        b"\x8c\x15_rebuild_from_type_v2",
        b"\x8c\x12_rebuild_from_type",
    );
    assert_eq!(parse(&earlier).unwrap().weights.len(), names.len());
    let marked = swapped(WRAPPED, b"\x8c\x03neg", b"\x8c\x03odd");
    let error = parse(&marked).unwrap_err();
    assert!(
        error.starts_with("`negated`: marked `odd`, which is not read"),
        "{error}"
    );
    let error = parse(FLOAT8).unwrap_err();
    assert!(error.starts_with("`float8`: made by `_rebuild_"), "{error}");
}

#[test]
fn a_state_dict_of_none_is_as_none() {
    let views = views(2, "K\u{2}", "K\u{1}");
    let parts = [
        text("state_dict"),
        b"N".to_vec(),
        text("state_dict_ema"),
        views,
    ]
    .concat();
    let found = parse(&legacy(&[b"}(", &parts[..], b"u"].concat())).unwrap();
    assert!(found.weights.is_empty() && found.averaged.is_some());
}

#[test]
fn a_parameter_of_parameters_is_no_weight() {
    let parameter = b"ctorch._utils\n_rebuild_parameter\nq\x00(h\x00(N\x89NtR\x89NtR";
    let object = [b"}", &text("a")[..], parameter, b"s"].concat();
    let error = parse(&legacy_alone(&object)).unwrap_err();
    assert!(
        error.starts_with("it holds no weights, only `a`"),
        "{error}"
    );
}

/// A file of the old form whose one tensor lies in a storage that stands for these parts.
fn stored_as(parts: &[u8]) -> Result<Foreign, String> {
    let whole = views(1, "K\u{1}", "K\u{1}");
    let own = [
        &b"(X\x07\0\0\0storagectorch\nFloatStorage\n"[..],
        &text("0"),
        b"NM\xe8\x03Nt",
    ]
    .concat();
    parse(&legacy(&swapped(&whole, &own, parts)))
}

#[test]
fn a_storage_stands_for_five_or_six_parts_with_a_short_name() {
    let parts = |key: &str, more: &[u8]| {
        let class = b"(X\x07\0\0\0storagectorch\nFloatStorage\n";
        [&class[..], &text(key), b"NM\xe8\x03", more, b"t"].concat()
    };
    for more in [&b""[..], b"N"] {
        assert_eq!(stored_as(&parts("0", more)).unwrap().weights.len(), 1);
    }
    let many = [b'N'; 1000];
    for refused in [
        parts("0", b"}"),
        parts("0", &many),
        parts(&"0".repeat(101), b"N"),
    ] {
        let error = stored_as(&refused).unwrap_err();
        assert!(error.contains("nothing says what the numbers"), "{error}");
    }
}

#[test]
fn long_names_of_one_tensor_are_charged_for() {
    let long = [&[b'X', 0, 4, 0, 0][..], &[b'n'; 1024], b"q\x02"].concat();
    let object = |names: usize| {
        let mut bytes = views(1, "K\u{1}", "K\u{1}");
        assert_eq!(bytes.pop(), Some(b'u'));
        bytes.extend([&long[..], b"h\x01"].concat());
        bytes.extend(b"h\x02h\x01".repeat(names));
        bytes.push(b'u');
        legacy(&bytes)
    };
    assert_eq!(parse(&object(5)).unwrap().weights.len(), 2);
    let error = parse(&object(30)).unwrap_err();
    assert!(error.contains("share storages too often"), "{error}");
}

#[test]
fn names_of_a_hostile_file_move_no_cursor() {
    let shape = views(1, "M\u{3}\u{3}", "K\u{2}");
    let named = |name: &str| [&b"}("[..], &text(name), &shape[2 + text("0").len()..]].concat();
    assert!(
        parse(&legacy(&named("a")))
            .unwrap_err()
            .contains("do not lie in")
    );
    let error = parse(&legacy(&named("\u{1b}[2J"))).unwrap_err();
    assert!(error.starts_with("`\\u{1b}[2J`: shape"), "{error:?}");
}

#[test]
fn what_is_written_has_the_originals_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.pth.tar");
    let words = Words {
        arch: "43".to_owned(),
        epoch: 3,
        metric: 66.3,
    };
    let weights = [crate::nn::NamedTensor {
        name: "a".into(),
        tensor: Tensor::from_slice(&[0.5_f32, 2.0]),
    }];
    save(&path, &words, &weights, Some(&weights)).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let (pickle, _) = Storages::of_zip(&bytes).unwrap();
    let items = pickle.items(pickle.root()).unwrap();
    let keys: Vec<&str> = items.iter().map(|(key, _)| *key).collect();
    let all = "epoch arch state_dict optimizer args version state_dict_ema metric";
    assert_eq!(keys.join(" "), all);
    for (_, empty) in &items[3..5] {
        assert_eq!(**empty, Node::Dict(Vec::new()));
    }
    let found = parse(&bytes).unwrap();
    assert!(found.weights["a"].equal(&weights[0].tensor));
}
