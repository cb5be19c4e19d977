//! A small space with a few things changed.

use rand::Rng;
use rand::seq::SliceRandom;

/// Pieces of a small space with what may stand in their place.
pub(super) const EDITS: [[&str; 2]; 42] = [
    ["kernel in {1, 3}", "kernel in {1, 3, 5}"],
    ["kernel in {1, 3}", "kernel = 3"],
    ["kernel = 3", "kernel in {1, 3}"],
    ["kernels = {1, 3}", "kernels = {3, 5}"],
    ["expand in {1, 4}", "expand in {1, 2, 4}"],
    ["expand in {1, 4}", "expand = 4"],
    ["squeeze = 0.25", "squeeze = 0.5"],
    ["in 1..3", "in 1..2"],
    ["in 1..2", "in 1..3"],
    ["fit 1..3", "in 1..3"],
    ["channels = 12", "channels = 16"],
    ["channels in {8, 12}", "channels in {8, 12, 16}"],
    ["channels in {8, 16}", "channels = 16"],
    ["resolution in {8, 16}", "resolution = 16"],
    ["resolution in {8, 16}", "resolution in {8, 12, 16}"],
    ["s1", "t1"],
    ["s2", "before_s2"],
    ["act in {relu, none}", "act in {none, relu}"],
    ["act = swish", "act = relu"],
    ["fit {8, 12, 16}", "fit {8, 16}"],
    [" or ", " or conv(kernel = 5) or "],
    ["kernel = early", "kernel in {1, 3}"],
    ["kernel in {1, 3}", "kernel = early"],
    ["expand = wide", "expand in {1, 2}"],
    ["act = bend", "act in {relu, swish}"],
    [" channels in {8, 12}", ""],
    ["own(kernel, act, share = 2)", "own(act, kernel, share = 2)"],
    ["groups in {1, 2}", "groups = 2"],
    ["groups = few", "groups in {1, 2}"],
    ["norm in {batch, layer}", "norm = layer"],
    ["norm = normed", "norm in {batch, layer}"],
    ["norm = layer", "norm = batch"],
    ["padding = same", "padding = symmetric"],
    [
        "padding in {symmetric, same}",
        "padding in {same, symmetric}",
    ],
    ["eps = 1e-3", "eps = 0.001"],
    ["momentum = 0.2", "momentum = 0.01"],
    ["share in {2, 4}", "share = 4"],
    ["share in {2, 4}", "share = parts"],
    ["side in {0, 1}", "side = 1"],
    ["act(hswish)", "act(gelu)"],
    ["ratio = side / 2", "ratio = side"],
    [" then ", " or "],
];

/// A small space with up to three things changed: domains, depths, widths, names of rows, rows of blocks. It may
/// have errors then, or be the same.
pub fn changed_space(text: &str, rng: &mut impl Rng) -> String {
    let fitting = |[piece, _]: &&[&str; 2]| text.contains(piece);
    let mut edits: Vec<_> = EDITS.iter().filter(fitting).collect();
    edits.shuffle(rng);
    edits.truncate(rng.random_range(0..=3));
    edits
        .into_iter()
        .fold(text.to_owned(), |text, [piece, other]| {
            text.replace(piece, other)
        })
}
