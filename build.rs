//! Writes the place of libtorch into the binaries, so that they start with no
//! environment set by hand.

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LIBTORCH");
    if std::env::var_os("CARGO_FEATURE_TORCH").is_none() {
        return;
    }
    let Some(libtorch) = std::env::var_os("LIBTORCH").map(PathBuf::from) else {
        return;
    };
    let lib = libtorch.join("lib");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", lib.display());
    // `.libtorch` is a link into a cache: the binary still runs when the
    // repository is moved or removed.
    if let Ok(real) = lib.canonicalize()
        && real != lib
    {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{}", real.display());
    }
}
