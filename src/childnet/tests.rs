//! What training leaves out at random.

use creamc_lang::checked::Checked;
use tch::{Device, Kind};

use super::*;

const PLACE: Place = Place {
    kind: Kind::Double,
    device: Device::Cpu,
};

/// A network of one width whose body has these rows, and a hidden linear layer in front of its last one.
fn childnet() -> Childnet {
    let text = "cream 1

space small {
    input  image(channels = 3, resolution = 16)
    output classes(3)
    layer stem    conv(kernel = 3)               channels = 8    stride = 2
    stage s1      ir(kernel = 3, expand = 2)     channels = 8    depth = 4
    layer pool    avgpool
    layer hidden  linear                         channels = 6
    layer logits  linear                         channels = classes
}
";
    let checked = Checked::from_text("small.cream", text).expect("the space is right");
    let plan = checked.plan().expect("a path fits");
    let network = plan.ir.network(&plan.witness, plan.resolution);
    Childnet::new(&network, PLACE, 3)
}

fn images(count: i64) -> Tensor {
    Tensor::randn([count, 3, 16, 16], (PLACE.kind, PLACE.device))
}

/// What the first blocks make of images in training, nothing left out.
fn trained(childnet: &Childnet, images: &Tensor, blocks: usize) -> Tensor {
    let blocks = childnet.blocks()[..blocks].iter();
    blocks.fold(images.shallow_clone(), |x, block| {
        block.forward(&x, Mode::Train)
    })
}

/// Whether tensors are equal but for rounding.
fn is_close(one: &Tensor, other: &Tensor) -> bool {
    one.allclose(other, 1e-9, 1e-12, false)
}

#[test]
fn the_share_of_dropped_images_rises_in_a_line_from_the_first_block_of_the_body() {
    let childnet = childnet();
    let shares: Vec<f64> = (0..8).map(|at| childnet.share(at)).collect();
    assert_eq!(shares, [0.0, 0.0, 0.25, 0.5, 0.75, 0.0, 0.0, 0.0]);
}

#[test]
fn an_image_passes_a_block_by_or_gets_more_of_it_and_as_many_as_the_depth_says() {
    let childnet = childnet();
    let images = images(600);
    let share = |at: usize| 0.8 * childnet.share(at);
    tch::no_grad(|| {
        let mut before = trained(&childnet, &images, 1);
        for at in 1..5 {
            let block = &childnet.blocks()[at];
            let whole = block.forward(&before, Mode::Train);
            let dropped = block.forward_over(&before, Mode::Train, Over::Own, share(at));
            let dropped = dropped.unwrap();
            let more = &before + (&whole - &before) / (1.0 - share(at));
            let mut passed_by = 0;
            for image in 0..600 {
                let of = |tensor: &Tensor| tensor.select(0, image);
                match is_close(&of(&dropped), &of(&before)) {
                    true => passed_by += 1,
                    false => assert!(is_close(&of(&dropped), &of(&more)), "{at} {image}"),
                }
            }
            let found = f64::from(passed_by) / 600.0;
            // Five deviations.
            assert!((found - share(at)).abs() <= 0.1, "block {at}: {found}");
            assert_eq!(passed_by == 0, at == 1, "block {at}: {found}");
            before = whole;
        }
    });
}

#[test]
fn a_forward_in_training_drops_paths_in_the_later_blocks_and_features_before_the_last_layer_only() {
    let childnet = childnet();
    let images = images(64);
    tch::no_grad(|| {
        let features = trained(&childnet, &images, 7);
        // Logits are the first features themselves.
        let last = &childnet.blocks()[7].parameters();
        for one in last.iter() {
            let mut tensor = one.tensor.shallow_clone();
            match tensor.dim() {
                2 => {
                    let eye = Tensor::eye(6, (PLACE.kind, PLACE.device)).narrow(0, 0, 3);
                    tensor.copy_(&eye);
                }
                _ => _ = tensor.zero_(),
            }
        }
        let run = |drops| {
            childnet
                .forward_training(&images, drops, Over::Own)
                .unwrap()
        };
        let whole = run(Drops::default());
        assert!(is_close(&whole, &features.flatten(1, -1).narrow(1, 0, 3)));

        let half = Drops {
            dropout: 0.5,
            path: 0.0,
        };
        let dropped = run(half);
        let (mut gone, mut doubled) = (0, 0);
        for image in 0..64 {
            for class in 0..3 {
                let [whole, dropped] =
                    [&whole, &dropped].map(|logits| logits.double_value(&[image, class]));
                match dropped == 0.0 {
                    true => gone += 1,
                    false => {
                        doubled += 1;
                        assert!((dropped - 2.0 * whole).abs() < 1e-9, "{dropped} {whole}");
                    }
                }
            }
        }
        assert!(gone > 50 && doubled > 50, "{gone} {doubled} of 192");

        let paths = Drops {
            dropout: 0.0,
            path: 0.8,
        };
        assert!(!is_close(&run(paths), &whole));
    });
}

#[test]
fn evaluation_leaves_nothing_out() {
    let childnet = childnet();
    let images = images(8);
    let drops = Drops {
        dropout: 0.5,
        path: 0.8,
    };
    tch::no_grad(|| {
        let _logits = childnet
            .forward_training(&images, drops, Over::Own)
            .unwrap();
        let first = childnet.forward(&images, Mode::Eval);
        assert!(first.equal(&childnet.forward(&images, Mode::Eval)));
        let folded = Inference::of(&childnet).forward(&images);
        assert!(folded.allclose(&first, 1e-6, 1e-9, false));
    });
}
