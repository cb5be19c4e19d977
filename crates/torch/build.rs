//! Compiles the C++ files of the shim against the headers in `LIBTORCH` and lets this
//! crate's own tests find the libraries.

use std::path::PathBuf;

const SOURCES: [&str; 7] = [
    "src/shim.cpp",
    "src/packed.cpp",
    "src/steps.cpp",
    "src/autocast.cpp",
    "src/group/group.cpp",
    "src/group/gradients.cpp",
    "src/group/nccl.cpp",
];
const HEADERS: [&str; 3] = ["src/support.h", "src/group/group.h", "src/group/gloo"];

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
    println!(
        "cargo::rustc-link-arg=-Wl,-rpath,{}",
        libtorch.join("lib").display()
    );
}
