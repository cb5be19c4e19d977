//! Compiles the C++ shim against the headers in `LIBTORCH` and lets this
//! crate's own tests find the libraries.

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/shim.cpp");
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
        .file("src/shim.cpp")
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
