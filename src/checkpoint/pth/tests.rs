//! Both forms against the recorded weights, and hostile variants of them.

use super::*;

const LEGACY: &[u8] = include_bytes!("../../../tests/fixtures/tiny_childnet.legacy.pth.tar");
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
