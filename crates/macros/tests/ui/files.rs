//! Files: missing, wrong, named in another way.

fn main() {
    let _ = creamc_macros::include_space!("no_such.cream");
    let _ = creamc_macros::include_space!("wrong.cream");
    let _ = creamc_macros::include_space!(wrong);
}
