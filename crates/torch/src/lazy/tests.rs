use tch::{Device, Kind, Tensor};

use super::*;

const EPS: f64 = 1e-3;

/// Numbers around zero that look like nothing, the same in both precisions.
fn numbers(shape: &[i64], seed: f64) -> Tensor {
    let count = shape.iter().product::<i64>();
    let numbers = Tensor::arange(count, (Kind::Double, Device::Cpu)) * 0.7 + seed;
    let numbers = (numbers.square() * 0.31).sin().view(shape);
    numbers.to_kind(Kind::Float).to_kind(Kind::Double)
}

fn short(x: &Tensor) -> Tensor {
    x.to_kind(Kind::Float)
}

fn lazy(x: &Tensor) -> Lazy {
    Lazy::new(&short(x)).unwrap()
}

fn apart(found: &Tensor, expected: &Tensor) -> f64 {
    assert_eq!(found.size(), expected.size());
    let largest = expected.abs().max().double_value(&[]);
    (found - expected).abs().max().double_value(&[]) / largest
}

fn assert_close(what: &str, found: Lazy, expected: &Tensor) {
    let apart = apart(&found.settled().unwrap(), expected);
    assert!(apart < 3e-6, "{what}: {apart:e}");
}

/// `[C]` of a norm that does something: weight, bias, mean, variance.
fn norm(channels: i64) -> [Tensor; 4] {
    let [weight, bias, mean, var] = [1.0, 2.0, 3.0, 4.0].map(|seed| numbers(&[channels], seed));
    [weight + 1.5, bias, mean, var.square() + 0.5]
}

/// The norm by libtorch, over these images' statistics.
fn normed(x: &Tensor, [weight, bias, ..]: &[Tensor; 4]) -> Tensor {
    let (weight, bias) = (Some(weight), Some(bias));
    let none = None::<&Tensor>;
    x.batch_norm(weight, bias, none, none, true, 0.0, EPS, false)
}

fn by(value: Lazy, norm: &[Tensor; 4], statistics: LazyStatistics) -> Lazy {
    let [weight, bias] = [&norm[0], &norm[1]].map(short);
    let (weight, bias, eps) = (&weight, &bias, EPS);
    value
        .norm(&LazyNorm { weight, bias, eps }, statistics)
        .unwrap()
}

#[derive(Clone, Copy, Debug)]
struct Shape {
    channels: i64,
    out: i64,
    kernel: i64,
    stride: i64,
    groups: i64,
    size: [i64; 2],
}

/// Widths around the lanes of vectors and the panels of the product; maps narrower and wider than a tile.
fn shapes() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for (channels, out) in [(3, 16), (5, 7), (24, 40), (48, 144), (65, 1)] {
        for (kernel, stride, size) in [(1, 1, [7, 5]), (1, 2, [8, 9]), (3, 2, [14, 11])] {
            let groups = 1;
            shapes.push(Shape {
                channels,
                out,
                kernel,
                stride,
                groups,
                size,
            });
        }
    }
    for channels in [2, 8, 24, 33, 144] {
        for (kernel, stride, size) in [
            (3, 1, [1, 1]),
            (7, 1, [2, 2]),
            (5, 2, [9, 7]),
            (3, 1, [6, 18]),
            (5, 1, [12, 8]),
            (3, 2, [13, 23]),
        ] {
            let (out, groups) = (channels, channels);
            shapes.push(Shape {
                channels,
                out,
                kernel,
                stride,
                groups,
                size,
            });
        }
    }
    shapes
}

/// A convolution of `x`, in double precision and lazy, with zeros on all sides. A norm over two images comes next.
fn convolved(shape: Shape, images: i64) -> (Tensor, Lazy) {
    let (y, value, packed, place) = parts(shape, images);
    let found = value.conv(&packed, place, Some(2)).unwrap();
    (y, found)
}

/// A convolution in double precision, and what it takes to do it lazy.
fn parts(shape: Shape, images: i64) -> (Tensor, Lazy, LazyConv, [i64; 4]) {
    let Shape {
        channels,
        out,
        kernel,
        stride,
        groups,
        size,
    } = shape;
    let x = numbers(&[images, channels, size[0], size[1]], 0.5);
    let weight = numbers(&[out, channels / groups, kernel, kernel], 1.5);
    let bias = numbers(&[out], 2.5);
    let half = kernel / 2;
    let y = x.conv2d(&weight, Some(&bias), stride, half, 1, groups);
    let packed = LazyConv::new(&short(&weight), Some(&short(&bias)), stride, groups).unwrap();
    let [.., height, width] = y.size()[..] else {
        unreachable!("images have four dimensions")
    };
    (y, lazy(&x), packed, [half, half, height, width])
}

#[test]
fn convolutions_of_all_shapes_are_libtorchs_and_so_are_norms_of_each_group_after_them() {
    for shape in shapes() {
        let (y, found) = convolved(shape, 6);
        assert_close(&format!("{shape:?}"), found.share(), &y);
        let norm = norm(shape.out);
        let groups: Vec<Tensor> = y
            .split(2, 0)
            .iter()
            .map(|group| normed(group, &norm))
            .collect();
        let found = by(found, &norm, LazyStatistics::Groups(2, None));
        // Where a channel hardly varies, its norm makes the last digits of the convolution large.
        let apart = apart(&found.settled().unwrap(), &Tensor::cat(&groups, 0));
        assert!(apart < 1e-4, "{shape:?}: {apart:e}");
    }
}

#[test]
fn a_convolution_does_the_norm_the_activation_and_the_gate_before_it() {
    for groups in [1, 24] {
        for (kernel, stride) in [(1, 1), (3, 2), (5, 1)] {
            let x = numbers(&[4, 24, 9, 10], 0.5);
            let (norm, gate) = (norm(24), numbers(&[4, 24, 1, 1], 7.0));
            let weight = numbers(&[24, 24 / groups, kernel, kernel], 1.5);
            let before = normed(&x, &norm).silu() * &gate;
            let y = before.conv2d(&weight, None::<&Tensor>, stride, kernel / 2, 1, groups);
            let value = by(lazy(&x), &norm, LazyStatistics::Groups(4, None));
            let value = value
                .act(LazyAct::Swish)
                .unwrap()
                .gated(lazy(&gate))
                .unwrap();
            let packed = LazyConv::new(&short(&weight), None, stride, groups).unwrap();
            let place = [kernel / 2, kernel / 2, y.size()[2], y.size()[3]];
            let found = value.conv(&packed, place, None).unwrap();
            assert_close(&format!("{groups} {kernel}"), found, &y);
        }
    }
}

#[test]
fn activations_are_libtorchs_from_end_to_end() {
    let x = Tensor::cat(
        &[
            Tensor::linspace(-12.0, 12.0, 480, (Kind::Double, Device::Cpu)),
            Tensor::from_slice(&[
                -1e4, -200.0, -90.0, -0.0, 0.0, 1e-20, 90.0, 200.0, 1e4, -30.0,
            ]),
        ],
        0,
    );
    let x = x
        .view([1, 49, 2, 5])
        .to_kind(Kind::Float)
        .to_kind(Kind::Double);
    let hard = |x: &Tensor| (x + 3.0).clamp(0.0, 6.0) / 6.0;
    for (act, expected) in [
        (LazyAct::None, x.shallow_clone()),
        (LazyAct::Relu, x.relu()),
        (LazyAct::Relu6, x.clamp(0.0, 6.0)),
        (LazyAct::Swish, x.silu()),
        (LazyAct::Hswish, &x * hard(&x)),
        (LazyAct::Sigmoid, x.sigmoid()),
        (LazyAct::Hsigmoid, hard(&x)),
    ] {
        let found = lazy(&x).act(act).unwrap().settled().unwrap();
        let error = (&found - &expected).abs() / (expected.abs() + 1e-6);
        let error = error.max().double_value(&[]);
        assert!(error < 1e-6, "{act:?}: {error:e}");
    }
}

#[test]
fn what_is_no_number_stays_none() {
    let x = Tensor::from_slice(&[f32::NAN, 1.0]).view([1, 2, 1, 1]);
    for act in [
        LazyAct::None,
        LazyAct::Relu,
        LazyAct::Swish,
        LazyAct::Hsigmoid,
    ] {
        let y = Lazy::new(&x).unwrap().act(act).unwrap().settled().unwrap();
        assert!(y.double_value(&[0, 0, 0, 0]).is_nan(), "{act:?}");
        assert!(y.double_value(&[0, 1, 0, 0]).is_finite(), "{act:?}");
    }
}

#[test]
fn a_norm_far_from_zero_loses_no_digit_and_moves_running_statistics_as_libtorch() {
    let x = numbers(&[3, 20, 5, 6], 0.5) * 1e-2 + 30.0;
    let x = x.to_kind(Kind::Float).to_kind(Kind::Double);
    let norm = norm(20);
    let [weight, bias, mean, var] = norm.each_ref().map(Tensor::copy);
    let training = true;
    let (weight, bias) = (Some(&weight), Some(&bias));
    let y = x.batch_norm(
        weight,
        bias,
        Some(&mean),
        Some(&var),
        training,
        0.1,
        EPS,
        false,
    );
    let moved = [&norm[2], &norm[3]].map(short);
    let groups = LazyStatistics::Groups(3, Some((&moved[0], &moved[1], 0.1)));
    let found = by(lazy(&x), &norm, groups).settled().unwrap();
    // The shift is about 1e4 here, of which a float's last digit is 1e-3 units of the output at most.
    assert!(apart(&found, &y) < 2e-3, "{:e}", apart(&found, &y));
    assert!(apart(&moved[0], &mean) < 1e-6 && apart(&moved[1], &var) < 1e-6);
}

#[test]
fn given_statistics_sums_and_averages_are_libtorchs() {
    let (x, other) = (numbers(&[3, 20, 5, 6], 0.5), numbers(&[3, 20, 5, 6], 0.9));
    let norm = norm(20);
    let [weight, bias, mean, var] = norm.each_ref();
    let (weight, bias) = (Some(weight), Some(bias));
    let y = x.batch_norm(weight, bias, Some(mean), Some(var), false, 0.0, EPS, false);
    let [mean, var] = [mean, var].map(short);
    let given = || by(lazy(&x), &norm, LazyStatistics::Given(&mean, &var));
    assert_close("given", given(), &y);
    assert_close("sum", given().plus(lazy(&other)).unwrap(), &(&y + &other));
    assert_close("sum", lazy(&other).plus(given()).unwrap(), &(&y + &other));
    let mut value = given().act(LazyAct::Relu).unwrap();
    let average = y.relu().mean_dim([2_i64, 3].as_slice(), true, None::<Kind>);
    assert_close("average", value.average().unwrap(), &average);
    assert_close("what was averaged", value, &y.relu());
}

#[test]
fn what_comes_in_another_order_is_done_first() {
    let x = numbers(&[2, 20, 3, 3], 0.5);
    let gate = numbers(&[2, 20, 1, 1], 0.9);
    let value = lazy(&x)
        .gated(lazy(&gate))
        .unwrap()
        .act(LazyAct::Relu)
        .unwrap();
    let value = value.act(LazyAct::Sigmoid).unwrap();
    let gated = by(value, &norm(20), LazyStatistics::Groups(1, None));
    let y = (&x * &gate).relu().sigmoid();
    let y: Vec<Tensor> = y
        .split(1, 0)
        .iter()
        .map(|one| normed(one, &norm(20)))
        .collect();
    let apart = apart(&gated.settled().unwrap(), &Tensor::cat(&y, 0));
    assert!(apart < 1e-4, "{apart:e}");
}

#[test]
fn values_that_somebody_else_holds_are_left_alone_and_others_written_over() {
    let x = channels_last(&short(&numbers(&[2, 20, 3, 3], 0.5))).unwrap();
    let before = x.copy();
    let value = Lazy::new(&x).unwrap().act(LazyAct::Relu).unwrap();
    let done = value.settled().unwrap();
    assert!(x.equal(&before) && done.data_ptr() != x.data_ptr());
    let own = Lazy::new(&done).unwrap().act(LazyAct::Sigmoid).unwrap();
    let at = done.data_ptr();
    drop(done);
    let twice = own.share();
    assert_ne!(twice.settled().unwrap().data_ptr(), at);
    assert_eq!(own.settled().unwrap().data_ptr(), at);
    // A part of a larger tensor is not its own either.
    let part = x.narrow(0, 0, 1);
    let value = Lazy::new(&part).unwrap().act(LazyAct::Relu).unwrap();
    drop(part);
    assert!(value.settled().is_ok() && x.equal(&before));
}

#[test]
fn values_are_lazy_only_where_nothing_is_missed() {
    let x = Tensor::zeros([1, 2, 3, 3], (Kind::Float, Device::Cpu));
    assert!(!Lazy::serves(&x), "a gradient may be asked for");
    tch::no_grad(|| {
        assert!(Lazy::serves(&x));
        assert!(!Lazy::serves(&x.to_kind(Kind::Double)));
        assert!(!Lazy::serves(&x.view([2, 9])));
        let cast = crate::autocast(crate::Short::Bf16, false, || Lazy::serves(&x));
        assert!(!cast.unwrap());
    });
}

#[test]
fn shapes_that_do_not_fit_are_errors() {
    let kernels = Tensor::zeros([4, 3, 1, 1], (Kind::Float, Device::Cpu));
    let packed = LazyConv::new(&kernels, None, 1, 1).unwrap();
    let x = numbers(&[1, 20, 2, 2], 0.5);
    let error = lazy(&x).conv(&packed, [0, 0, 2, 2], None).unwrap_err();
    assert!(error.to_string().contains("channels"), "{error}");
    let three = lazy(&numbers(&[3, 3, 2, 2], 0.5));
    for (place, group) in [
        ([0, 0, 2, 2], Some(2)), // three images in groups of two
        ([1, 0, 2, 2], None),    // more zeros than a kernel of one pixel meets
        ([0, 0, 3, 2], None),    // more rows than there are
    ] {
        assert!(
            three.conv(&packed, place, group).is_err(),
            "{place:?} {group:?}"
        );
    }
    let groups = LazyStatistics::Groups(2, None);
    let [weight, bias] = [&norm(3)[0], &norm(3)[1]].map(short);
    let (weight, bias, eps) = (&weight, &bias, EPS);
    let of_three = LazyNorm { weight, bias, eps };
    assert!(three.share().norm(&of_three, groups).is_err());
    let few = short(&norm(2)[0]);
    let given = LazyStatistics::Given(&few, &few);
    assert!(three.share().norm(&of_three, given).is_err());
    let bare = LazyConv::new(&kernels, Some(&few), 1, 1).unwrap();
    assert!(three.conv(&bare, [0, 0, 2, 2], None).is_err());
    let none = Lazy::new(&Tensor::zeros([0, 3, 2, 2], (Kind::Float, Device::Cpu))).unwrap();
    assert!(none.conv(&packed, [0, 0, 2, 2], None).is_err());
    let other = lazy(&numbers(&[1, 20, 2, 1], 0.5));
    assert!(lazy(&x).plus(other).is_err());
    let gate = lazy(&numbers(&[1, 10, 1, 1], 0.5));
    assert!(lazy(&x).gated(gate).and_then(Lazy::settled).is_err());
}

/// Every row and every strip is computed by itself, so that the number of threads changes no digit.
#[test]
fn one_image_gives_the_same_for_any_number_of_threads() {
    let usual = crate::threads();
    for shape in shapes() {
        let by_threads = [1, 2, 5].map(|threads| {
            crate::set_threads(threads).unwrap();
            let (y, value, packed, place) = parts(shape, 1);
            (y, value.conv(&packed, place, None).unwrap())
        });
        let [(y, one), (_, two), (_, five)] = by_threads;
        let one = one.settled().unwrap();
        assert!(apart(&one, &y) < 3e-6, "{shape:?}");
        assert!(one.equal(&two.settled().unwrap()), "{shape:?}");
        assert!(one.equal(&five.settled().unwrap()), "{shape:?}");
    }
    crate::set_threads(usual).unwrap();
}

#[test]
fn statistics_of_what_is_no_number_are_none() {
    let x = numbers(&[2, 20, 3, 3], 0.5);
    let _ = x.narrow(1, 7, 1).narrow(0, 0, 1).fill_(f64::INFINITY);
    let normed = by(lazy(&x), &norm(20), LazyStatistics::Groups(2, None));
    let lost = normed.settled().unwrap().isnan().any_dim(0, false);
    let lost: Vec<bool> = (0..20)
        .map(|channel| lost.get(channel).any().int64_value(&[]) == 1)
        .collect();
    let expected: Vec<bool> = (0..20).map(|channel| channel == 7).collect();
    assert_eq!(lost, expected);
}

/// Which kernels a test runs on is said to it from outside, by the number of their lanes.
const LANES: &str = "CREAMC_TEST_LANES";

#[test]
fn the_kernels_are_the_ones_that_were_asked_for() {
    if let Some(wanted) = std::env::var_os(LANES) {
        // SAFETY: reads which kernels were chosen.
        let lanes = unsafe { shim::shim_lazy_lanes() };
        assert_eq!(lanes.to_string(), wanted.to_str().unwrap());
    }
}

/// The same tests by the kernels for narrower instructions, which this machine does not choose by itself.
#[test]
fn narrower_instructions_give_the_same() {
    if std::env::var_os(LANES).is_some() {
        return;
    }
    // SAFETY: reads which kernels were chosen.
    let widest = unsafe { shim::shim_lazy_lanes() };
    let tests = std::env::current_exe().unwrap();
    for (instructions, lanes) in [("avx2", 8), ("default", 4)] {
        if lanes > widest {
            continue;
        }
        let output = std::process::Command::new(&tests)
            .arg("lazy::")
            .env("ATEN_CPU_CAPABILITY", instructions)
            .env(LANES, lanes.to_string())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{instructions}: {text}");
        assert!(
            text.contains("the_kernels_are_the_ones_that_were_asked_for ... ok"),
            "{text}"
        );
    }
}
