//! Several mistakes, each at its own words; comments are those of Rust.

fn main() {
    let _ = creamc_macros::space! {
        /// Small.
        space small {
            input  image(channels = 1, resolution = 28)
            output classes(10)
            block mb = ir(kernel in {3, 5}, expnad in {2, 4}) // a slip of the hand
            layer stem    cnov(kernel = 3)    channels = 8     stride = 2
            stage s1      mb                  channels = 16    depth in 3..1
            layer pool    avgpool
            layer logits  linear              channels = classes
            require flops in 286..288M
        }
    };
}
