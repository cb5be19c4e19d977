//! What the words of the language mean, in a line each.

use crate::space::{Activation, AttributeName, Metric, Norm, Padding, Verb};

/// The meaning of a word that is no operator; `None` where it has none of its own.
pub(super) fn meaning(word: &str) -> Option<&'static str> {
    keyword(word)
        .or_else(|| AttributeName::from_word(word).map(attribute))
        .or_else(|| other_attribute(word))
        .or_else(|| Metric::from_word(word).map(metric))
        .or_else(|| value(word))
}

/// What a row of a block can compute with.
pub(super) const SHAPES: [(&str, &str); 4] = [
    ("in_channels", "Width that comes into the block."),
    ("out_channels", "Width that goes out of the block."),
    ("stride", "Stride of the block's place."),
    (
        "round8",
        "The nearest multiple of 8: 8 at least, and 8 more where that would lose over a tenth.",
    ),
];

/// The meaning of a word in the rows of a block.
pub(super) fn in_rows(word: &str) -> Option<&'static str> {
    let mut shapes = SHAPES.iter();
    let found = shapes.find(|(name, _)| *name == word);
    found.map(|(_, meaning)| *meaning)
}

/// What a row of a block does.
pub(super) fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Conv => "A convolution, nothing else; a bias unless a batch norm follows.",
        Verb::DwConv => "A convolution of each channel by itself.",
        Verb::Norm => "Batch norm, layer norm or nothing: `norm(layer)`, or the block's parameter.",
        Verb::Act => "An activation: `act(gelu)`, or the block's parameter.",
        Verb::Squeeze => "Squeeze and excitation; nothing for a ratio of 0.",
        Verb::Pool => "Average over a window; without `kernel` over the whole map.",
        Verb::MaxPool => "Largest value of a window; without `kernel` of the whole map.",
        Verb::Linear => "Fully connected at every pixel: a 1×1 convolution that always has a bias.",
        Verb::Split => "Part number `part` of `parts` equal parts of the channels.",
        Verb::Concat => "The channels of the rows it names, one behind the other.",
        Verb::Shuffle => "The first channel of each group, then the second of each, and so on.",
        Verb::Scale => {
            "Each channel times a trained number; of two rows, the first times the second."
        }
        Verb::Add => "The sum of the rows it names.",
        Verb::Residual => "Adds the block's input where both shapes are equal.",
        Verb::Shortcut => "The block's input in the shape of its output.",
    }
}

fn keyword(word: &str) -> Option<&'static str> {
    Some(match word {
        "cream" => "The version of the language, at the start of every file.",
        "use" => "Makes the `let`s, blocks and the space of another file known.",
        "space" => "A search space: which networks there are.",
        "arch" => "An architecture: one network of a space.",
        "of" => "Names the space of an architecture, or the space that a derived one narrows.",
        "input" => "What goes in: the channels and the side of the square image.",
        "output" => "What comes out: the number of classes.",
        "default" => {
            "Gives an attribute a value wherever an operator has it and does not say otherwise."
        }
        "let" => "Names a value or a domain.",
        "choice" => "One decision with a name, shared by all that mention it.",
        "table" => "Measured latencies, a metric from then on.",
        "block" => "Names what may stand in one place.",
        "layer" => "A row of exactly one block.",
        "stage" => "A row of as many blocks as its depth.",
        "require" => "A bound that every path must meet.",
        "in" => {
            "Searches: every value of the domain is a candidate. Behind `require`: lies in a range."
        }
        "fit" => "Lets the compiler settle a value once, before the search.",
        "then" => "What stands behind it is every later block; what stands before, the first.",
        "or" => "Parts alternatives of a block.",
        "step" => "The distance of a range's values.",
        _ => return None,
    })
}

fn attribute(name: AttributeName) -> &'static str {
    match name {
        AttributeName::Kernel => "Side of the square kernel in pixels; odd.",
        AttributeName::Expand => "Width inside the block over its width in; at least 1.",
        AttributeName::Ratio => "Width inside a bottleneck over its width out; at most 1.",
        AttributeName::Se => {
            "Squeeze-and-excitation: the share of the width in its middle. 0 is none."
        }
        AttributeName::Groups => "Groups of a convolution; they divide both widths.",
        AttributeName::Act => "Activation.",
        AttributeName::Norm => "Normalisation after a convolution; without one it has a bias.",
        AttributeName::Own(_) => "A parameter of a block.",
        AttributeName::Padding => "How a convolution pads.",
    }
}

fn other_attribute(word: &str) -> Option<&'static str> {
    Some(match word {
        "channels" => {
            "Width of the output, one for all blocks of the row; without it the width stays."
        }
        "stride" => "Stride of the row's first block; 1 without it.",
        "depth" => "Number of blocks of a stage; 1 without it.",
        "resolution" => "Side of the square image in pixels.",
        "eps" => "What batch norm adds to the variance; 0.00001 without it.",
        "momentum" => "Weight of the newest batch in batch norm's statistics; 0.1 without it.",
        _ => return None,
    })
}

fn metric(metric: Metric) -> &'static str {
    match metric {
        Metric::Flops => {
            "What the paper and its code call FLOPs: multiply-accumulates, biases, norms, pools and ReLUs."
        }
        Metric::Macs => "Multiply-accumulates of convolutions and linear layers.",
        Metric::Params => "Trainable numbers.",
        Metric::Activations => "Output elements of convolutions.",
        Metric::Table(_) => "Measured time, the sum over all blocks.",
    }
}

fn value(word: &str) -> Option<&'static str> {
    let special = match word {
        "classes" => Some("The number of classes."),
        "image" => Some("A square image."),
        "latency" => Some("A file of measured latencies."),
        "none" => Some("No activation, or no norm."),
        _ => None,
    };
    let norm = Norm::from_word(word).map(|norm| match norm {
        Norm::Layer => "Layer norm over the channels of each pixel; the convolution has a bias.",
        _ => "Batch norm; the convolution has no bias.",
    });
    special
        .or_else(|| Activation::from_word(word).map(activation))
        .or(norm)
        .or_else(|| Padding::from_word(word).map(padding))
}

fn activation(act: Activation) -> &'static str {
    match act {
        Activation::Relu => "max(x, 0)",
        Activation::Relu6 => "min(max(x, 0), 6)",
        Activation::Swish => "x · sigmoid(x)",
        Activation::Hswish => "x · relu6(x + 3) / 6",
        Activation::Gelu => "x · Φ(x)",
        Activation::Sigmoid => "1 / (1 + e^-x)",
        Activation::Hsigmoid => "relu6(x + 3) / 6",
        Activation::None => "x",
    }
}

fn padding(rule: Padding) -> &'static str {
    match rule {
        Padding::Symmetric => "Half of the kernel on every side.",
        Padding::Same => "TensorFlow's rule: the odd pixel goes right and bottom.",
    }
}

#[cfg(test)]
mod tests {
    use super::meaning;
    use crate::space::{Operator, given_meaning};
    use crate::syntax::is_reserved;

    #[test]
    fn every_word_with_a_meaning_is_explained() {
        let words = [
            "input",
            "output",
            "default",
            "let",
            "choice",
            "table",
            "block",
            "layer",
            "stage",
            "fit",
            "require",
            "use",
            "space",
            "arch",
            "of",
            "in",
            "then",
            "or",
            "step",
            "kernel",
            "expand",
            "ratio",
            "se",
            "groups",
            "act",
            "norm",
            "padding",
            "channels",
            "stride",
            "depth",
            "resolution",
            "eps",
            "momentum",
            "flops",
            "macs",
            "params",
            "activations",
            "classes",
            "image",
            "latency",
            "relu",
            "relu6",
            "swish",
            "hswish",
            "gelu",
            "sigmoid",
            "hsigmoid",
            "none",
            "batch",
            "symmetric",
            "same",
        ];
        for word in words {
            assert!(is_reserved(word) || given_meaning(word).is_some(), "{word}");
            assert!(meaning(word).is_some(), "{word}");
        }
        assert!(
            Operator::ALL
                .iter()
                .all(|one| meaning(one.as_str()).is_none())
        );
        assert_eq!(meaning("banana"), None);
    }
}
