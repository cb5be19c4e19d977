//! Spaces inside Rust: what a macro embeds is what the tool reads.

use creamc::lang::checked::Checked;
use creamc::lang::plan::Plan;

const MOBILE: &str = include_str!("../spaces/mobile.cream");
const TINY: &str = include_str!("../spaces/tiny.cream");

/// `spaces/tiny.cream`, written here.
fn tiny() -> &'static Checked {
    creamc::space! {
        // A space for a demo of a few minutes on one core: grey images of 28 x 28 pixels.
        space tiny {
            input  image(channels = 1, resolution = 28)
            output classes(10)

            default act = swish
            block mb = ir(kernel in {1, 5}, expand in {1, 6})

            layer stem    conv(kernel = 3)                 channels = 8     stride = 2
            layer entry   ds(kernel = 3)                   channels = 8
            stage s1      mb                               channels = 16    stride = 2    depth in 1..3
            stage s2      mb                               channels = 32    stride = 2    depth in 1..3
            layer last    conv(kernel = 1)                 channels = 64
            layer pool    avgpool
            layer head    conv(kernel = 1, norm = none)    channels = 64
            layer logits  linear                           channels = classes

            require macs in 260K..310K
        }
    }
}

#[test]
fn a_space_written_in_rust_is_the_one_of_its_file() {
    let file = Checked::from_text("tiny.cream", TINY).unwrap();
    assert_eq!(tiny().space.print(), file.space.print());
    assert_eq!(tiny().ir.print(), file.ir.print());
    assert_eq!(fingerprint(tiny()), fingerprint(&file));
}

#[test]
fn an_included_file_is_the_file() {
    let included = creamc::include_space!("../spaces/mobile.cream");
    let file = Checked::from_text("mobile.cream", MOBILE).unwrap();
    assert_eq!(included.space, file.space);
    assert_eq!(included.warnings, []);
    assert_eq!(fingerprint(included), fingerprint(&file));
}

#[test]
fn a_file_brings_those_it_uses() {
    let published = creamc::include_space!("../spaces/published/43.cream");
    assert!(!published.archs.is_empty());
    let here = creamc::space! {
        use "../spaces/mobile.cream"
        arch one of mobile {
            s1 = ir(kernel = 3, expand = 4)
            s2 = ir(kernel = 3, expand = 4)
            s3 = ir(kernel = 3, expand = 4)
            s4 = ir(kernel = 3, expand = 4)
            s5 = ir(kernel = 7, expand = 6)
        }
    };
    let mobile = creamc::include_space!("../spaces/mobile.cream");
    assert_eq!(here.ir.print(), mobile.ir.print());
    let one = here.arch("one").unwrap();
    assert!(one.depths().iter().all(|&depth| depth == 1));
}

#[test]
#[expect(
    deprecated,
    reason = "rustc lets macros warn through what is deprecated only"
)]
fn numbers_units_and_marks_mean_in_rust_what_they_mean_in_a_file() {
    let here = creamc::space! { cream 1
        space marks {
            input image(channels=3,resolution fit{16,32})output classes(10)
            default eps = 1e-5 /* between, over
                                  two lines */ default momentum=0.05
            let ratios = {0,0.25,}
            stage s ir(kernel in 3..7 step 2,expand=1.5,se in ratios) channels=8 depth in 1..3
            stage t ds(kernel = 3) channels = 8 depth in 1..3
            layer pool avgpool layer logits linear channels=classes
            require flops in 0.5M..9M require s.depth<=t.depth require params <= 1G
        }
    };
    let text = "cream 1 space marks {
            input image(channels=3,resolution fit{16,32})output classes(10)
            default eps = 1e-5 default momentum=0.05
            let ratios = {0,0.25,}
            stage s ir(kernel in 3..7 step 2,expand=1.5,se in ratios) channels=8 depth in 1..3
            stage t ds(kernel = 3) channels = 8 depth in 1..3
            layer pool avgpool layer logits linear channels=classes
            require flops in 0.5M..9M require s.depth<=t.depth require params <= 1G
        }";
    let file = Checked::from_text("marks.cream", text).unwrap();
    assert_eq!(here.space.print(), file.space.print());
}

/// The parts of a space come from three places of this file.
macro_rules! one_stage {
    ($name:ident, $kernels:tt, $high:literal) => {
        creamc::space! {
            space $name {
                input  image(channels = 1, resolution = 8)
                output classes(10)
                stage s1      conv(kernel in $kernels)    channels = 8    depth in 1..$high
                layer pool    avgpool
                layer logits  linear                      channels = classes
                require s1.depth >= 2
            }
        }
    };
}

#[test]
fn a_macro_can_put_a_space_together() {
    let first = one_stage!(first, {1, 3}, 2);
    let second = one_stage!(second, {3, 5, 7}, 3);
    assert_eq!(first.plan().unwrap().graph.count(), 6_u32.into());
    assert_eq!(second.plan().unwrap().graph.count(), 39_u32.into());
    assert_eq!(second.space.name.value, "second");
}

#[test]
fn a_later_message_names_the_line_of_the_rust_file() {
    let line = line!() + 4; // of the space's name
    let space = creamc::space! {
        // A bound may come from elsewhere.

        space here {
            input  image(channels = 1, resolution = 8)
            output classes(10)
            layer stem    conv(kernel in {3, 5})    channels = 8
            layer pool    avgpool
            layer logits  linear                    channels = classes
        }
    };
    let source = space.sources.get(space.space.span.file);
    let place = source.position(space.space.span.range().start);
    assert_eq!(source.name, "embed.rs");
    assert_eq!((place.line as u32, place.column), (line, 9));
}

#[test]
#[expect(
    deprecated,
    reason = "rustc lets macros warn through what is deprecated only"
)]
fn a_warning_is_one_of_the_compiler() {
    let space = creamc::space! {
        space warned {
            input  image(channels = 1, resolution = 8)
            output classes(10)
            let unused = 3
            layer stem    conv(kernel = 3)    channels = 8
            layer pool    avgpool
            layer logits  linear              channels = classes
        }
    };
    assert_eq!(space.warnings.len(), 1);
}

#[test]
fn a_space_is_checked_once_and_shared() {
    assert!(std::ptr::eq(tiny(), tiny()));
}

fn fingerprint(space: &Checked) -> String {
    let plan: Plan = space.plan().unwrap();
    plan.fingerprint
}
