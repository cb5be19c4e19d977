//! Compiles the C++ files of the shim against the headers in `LIBTORCH` and lets this
//! crate's own tests find the libraries.

use std::path::PathBuf;

const SOURCES: [&str; 3] = ["src/shim.cpp", "src/steps.cpp", "src/autocast.cpp"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for source in SOURCES.iter().chain(&["src/support.h"]) {
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
        .define("_GLIBCXX_USE_CXX11_ABI", "1")
        // The headers are not ours to mend.
        .warnings(false)
        .compile("creamc_shim");
    println!(
        "cargo::rustc-link-arg=-Wl,-rpath,{}",
        libtorch.join("lib").display()
    );
}
