use std::fs;

use object::elf::FileHeader64;
use object::read::elf::{ElfFile64, FileHeader};

#[test]
fn the_front_binary_loads_no_libtorch() {
    let libraries = needed(env!("CARGO_BIN_EXE_creamc"));
    assert!(
        libraries.iter().any(|name| name.starts_with("libc.")),
        "{libraries:?}"
    );
    let torch = ["torch", "c10", "cuda", "cudart", "gomp", "stdc++"];
    let heavy = |name: &&String| torch.iter().any(|part| name.contains(part));
    let found: Vec<_> = libraries.iter().filter(heavy).collect();
    assert!(found.is_empty(), "{found:?}");
}

/// The shared libraries that the system loads with a binary.
fn needed(binary: &str) -> Vec<String> {
    let bytes = fs::read(binary).expect("the binary is readable");
    let file: ElfFile64 = ElfFile64::parse(&*bytes).expect("the binary is ELF");
    let endian = file.endian();
    let sections =
        FileHeader64::sections(file.elf_header(), endian, &*bytes).expect("it has sections");
    let (entries, strings) = sections
        .dynamic(endian, &*bytes)
        .unwrap()
        .expect("it is dynamic");
    let strings = sections
        .strings(endian, &*bytes, strings)
        .expect("it has names");
    let is_needed = |entry: &&object::elf::Dyn64<_>| {
        object::read::elf::Dyn::tag32(*entry, endian) == Some(object::elf::DT_NEEDED)
    };
    entries
        .iter()
        .filter(is_needed)
        .map(|entry| object::read::elf::Dyn::string(entry, endian, strings).expect("a name"))
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect()
}
