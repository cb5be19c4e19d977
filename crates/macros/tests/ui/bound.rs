//! A bound that no path meets, alone and beside an arch, and an arch outside of its space.

fn main() {
    let _ = creamc_macros::space! {
        cream 1
        space small {
            input  image(channels = 1, resolution = 28)
            output classes(10)
            layer stem    conv(kernel in {3, 5})    channels = 8
            layer pool    avgpool
            layer logits  linear                    channels = classes
            require flops in 1..2
        }
    };
    let _ = creamc_macros::space! {
        space small {
            input  image(channels = 1, resolution = 28)
            output classes(10)
            layer stem    conv(kernel in {3, 5})    channels = 8
            layer pool    avgpool
            layer logits  linear                    channels = classes
            require params in 1..2
        }
        arch best of small {
            stem = conv(kernel = 3)
        }
    };
    let _ = creamc_macros::space! {
        space small {
            input  image(channels = 1, resolution = 28)
            output classes(10)
            layer stem    conv(kernel in {3, 5})    channels = 8
            layer pool    avgpool
            layer logits  linear                    channels = classes
        }
        arch best of small {
            stem = conv(kernel = 4)
        }
    };
}
