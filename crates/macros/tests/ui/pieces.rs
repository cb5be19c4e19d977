//! A space put together by another macro: its text stands in one line, its messages at their words.

macro_rules! small {
    ($operator:ident, $kernel:expr, $low:literal..$high:literal) => {
        creamc_macros::space! {
            space small {
                input  image(channels = 1, resolution = 28)
                output classes(10)
                stage s1      $operator(kernel = $kernel)    channels = 8    depth in $low..$high
                layer pool    avgpool
                layer logits  linear                         channels = classes
            }
        }
    };
}

fn main() {
    let _ = small!(conv, 4, 1..3);
    let _ = small!(covn, 3, 1..3);
}
