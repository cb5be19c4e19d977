//! Compiles the C++ files of the shim against the headers in `LIBTORCH` and lets this
//! crate's own tests find the libraries.

use std::path::PathBuf;

const SOURCES: [&str; 8] = [
    "src/shim.cpp",
    "src/lazy/lazy.cpp",
    "src/lazy/choose.cpp",
    "src/steps.cpp",
    "src/autocast.cpp",
    "src/group/group.cpp",
    "src/group/gradients.cpp",
    "src/group/nccl.cpp",
];
const HEADERS: [&str; 10] = [
    "src/support.h",
    "src/lazy/kernels.cpp",
    "src/lazy/kernels.h",
    "src/lazy/vector.h",
    "src/lazy/elements.h",
    "src/lazy/multiply.h",
    "src/lazy/depthwise.h",
    "src/lazy/scratch.h",
    "src/group/group.h",
    "src/group/gloo",
];

/// Kernels are compiled for each of these sets of instructions, `plain` for what every machine of its kind has.
const PLAIN: (&str, &[&str]) = ("plain", &[]);
const X86: [(&str, &[&str]); 2] = [
    ("avx2", &["-mavx2", "-mfma"]),
    (
        "avx512",
        &[
            "-mavx512f",
            "-mavx512bw",
            "-mavx512dq",
            "-mavx512vl",
            "-mfma",
            "-mprefer-vector-width=512",
        ],
    ),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for source in SOURCES.iter().chain(&HEADERS) {
        println!("cargo::rerun-if-changed={source}");
    }
    println!("cargo::rerun-if-env-changed=LIBTORCH");
    let libtorch = PathBuf::from(
        std::env::var_os("LIBTORCH").expect(".cargo/config.toml or the user sets LIBTORCH"),
    );
    let header = libtorch.join("include/ATen/ATen.h");
    assert!(
        header.exists(),
        "no libtorch at {} (from LIBTORCH): run `cargo xtask setup`",
        libtorch.display()
    );
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .files(SOURCES)
        .include(libtorch.join("include"))
        .include(libtorch.join("include/torch/csrc/api/include"))
        // Stubs of Gloo's headers.
        .include("src/group")
        .define("_GLIBCXX_USE_CXX11_ABI", "1")
        // The headers are not ours to mend.
        .warnings(false)
        .compile("creamc_shim");
    compile_kernels(PLAIN);
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "x86_64") {
        X86.into_iter().for_each(compile_kernels);
    }
    println!(
        "cargo::rustc-link-arg=-Wl,-rpath,{}",
        libtorch.join("lib").display()
    );
}

/// Optimised in every profile: without that they are slower than what they replace. The standard that the rest is
/// compiled by would forbid products and sums in one instruction.
fn compile_kernels((instructions, flags): (&str, &[&str])) {
    let mut build = cc::Build::new();
    build
        .cpp(true)
        .std("c++17")
        .opt_level(3)
        .flag("-ffp-contract=fast")
        .define("CREAMC_INSTRUCTIONS", instructions)
        .file("src/lazy/kernels.cpp");
    for flag in flags {
        build.flag(flag);
    }
    build.compile(&format!("creamc_{instructions}"));
}
