//! The operators, their attributes and the values those take.

mod own;
mod page;
mod table;

pub use own::OwnName;
pub use table::AttributeSpec;

use std::fmt;

use crate::quantity::Ratio;

/// Gives an enum of words the list of its members, the word of each, and the way back.
macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal,)+ } $($own:ident)?) => {
        impl $type {
            /// Every one of the language, in the order of its reference.
            pub const ALL: &[$type] = &[$($type::$variant,)+];

            /// The word in the language.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($type::$variant => $word,)+
                    $($type::$own(name) => name.as_str(),)?
                }
            }

            /// The one that is written so.
            pub fn from_word(word: &str) -> Option<$type> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(super) use words;

/// What a block can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// Convolution, norm, act.
    Conv,
    /// The same, depthwise; the width stays.
    Dw,
    /// Depthwise separable block.
    Ds,
    /// Inverted residual (MBConv).
    Ir,
    /// Fused inverted residual (edge residual).
    Er,
    /// Residual bottleneck (ResNet v1.5).
    Bottleneck,
    /// ShuffleNetV2 unit.
    Shuffle,
    /// The same with three depthwise convolutions in a row.
    Xception,
    /// Average pool; over the whole map without `kernel`.
    AvgPool,
    /// Max pool; over the whole map without `kernel`.
    MaxPool,
    /// Flattens; fully connected with bias.
    Linear,
    /// Identity.
    Skip,
    /// Nothing; a branch of `sum`.
    Zero,
    /// Sum of branches.
    Sum,
    /// A block of rows, by its name; never in [`Operator::ALL`].
    Own(OwnName),
}

/// What can be written in an operator's parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttributeName {
    /// Side of the square kernel in pixels; odd.
    Kernel,
    /// Expansion ratio; at least 1.
    Expand,
    /// Width inside a bottleneck over its width out; at most 1.
    Ratio,
    /// Squeeze-and-excitation ratio; 0 is none, at most 1.
    Se,
    /// Groups of a convolution; divides both widths.
    Groups,
    /// Activation.
    Act,
    /// Normalisation.
    Norm,
    /// Padding rule.
    Padding,
    /// A parameter of a block of rows that is called like none of the others; never in
    /// [`AttributeName::ALL`].
    Own(OwnName),
}

/// One value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttributeValue {
    /// `kernel`, `groups`. The kernel of a pool over the whole map is 0.
    Integer(u32),
    /// `expand`, `ratio`, `se`, and what blocks of rows compute with.
    Ratio(Ratio),
    /// `act`
    Act(Activation),
    /// `norm`
    Norm(Norm),
    /// `padding`
    Padding(Padding),
}

/// Activation functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Activation {
    /// max(x, 0)
    Relu,
    /// min(max(x, 0), 6)
    Relu6,
    /// x · sigmoid(x)
    Swish,
    /// x · relu6(x + 3) / 6
    Hswish,
    /// x · Φ(x)
    Gelu,
    /// 1 / (1 + e^-x)
    Sigmoid,
    /// relu6(x + 3) / 6
    Hsigmoid,
    /// x
    None,
}

/// Normalisation after a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Norm {
    /// Batch norm; the convolution has no bias.
    Batch,
    /// Layer norm over the channels of each pixel; the convolution has a bias.
    Layer,
    /// None; the convolution has a bias.
    None,
}

/// How a convolution pads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Padding {
    /// kernel / 2 on every side.
    Symmetric,
    /// TensorFlow's rule: output = ceil(input / stride), the odd pixel right and bottom.
    Same,
}

words!(Operator {
    Conv = "conv",
    Dw = "dw",
    Ds = "ds",
    Ir = "ir",
    Er = "er",
    Bottleneck = "bottleneck",
    Shuffle = "shuffle",
    Xception = "xception",
    AvgPool = "avgpool",
    MaxPool = "maxpool",
    Linear = "linear",
    Skip = "skip",
    Zero = "zero",
    Sum = "sum",
} Own);

words!(AttributeName {
    Kernel = "kernel",
    Expand = "expand",
    Ratio = "ratio",
    Se = "se",
    Groups = "groups",
    Act = "act",
    Norm = "norm",
    Padding = "padding",
} Own);

words!(Activation {
    Relu = "relu",
    Relu6 = "relu6",
    Swish = "swish",
    Hswish = "hswish",
    Gelu = "gelu",
    Sigmoid = "sigmoid",
    Hsigmoid = "hsigmoid",
    None = "none",
});

words!(Norm {
    Batch = "batch",
    Layer = "layer",
    None = "none",
});

words!(Padding {
    Symmetric = "symmetric",
    Same = "same",
});

impl fmt::Display for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AttributeValue::Integer(number) => write!(f, "{number}"),
            AttributeValue::Ratio(ratio) => write!(f, "{ratio}"),
            AttributeValue::Act(act) => write!(f, "{act}"),
            AttributeValue::Norm(norm) => write!(f, "{norm}"),
            AttributeValue::Padding(padding) => write!(f, "{padding}"),
        }
    }
}
