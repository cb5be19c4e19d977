//! Compiles the parser that `tree-sitter generate` wrote.

fn main() {
    let parser = "src/parser.c";
    println!("cargo::rerun-if-changed={parser}");
    cc::Build::new()
        .std("c11")
        .include("src")
        .file(parser)
        // Generated: its warnings are nobody's to mend here.
        .warnings(false)
        .compile("tree-sitter-cream");
}
