//! Text that cannot be read as a space.

fn main() {
    let _ = creamc_macros::space! {
        space small {
            layer stem conv(kernel = 3) channels 8
            stage = 'a [3] 0x10 5_000 r"raw" é
        }
    };
    let _ = creamc_macros::space! {};
    let _ = creamc_macros::space! { cream 7 space small {} };
    let _ = creamc_macros::space! { # a comment of the language
        space small {} };
    let _ = creamc_macros::space! { space r#small {} };
    let _ = creamc_macros::space! { use "no_such.cream" };
}
