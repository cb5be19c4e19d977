//! The operators, their attributes and the values those take.

use crate::quantity::Ratio;

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
    /// Average pool; over the whole map without `kernel`.
    AvgPool,
    /// Flattens; fully connected with bias.
    Linear,
    /// Identity.
    Skip,
}

/// What can be written in an operator's parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttributeName {
    /// Side of the square kernel in pixels; odd.
    Kernel,
    /// Expansion ratio; at least 1.
    Expand,
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
}

/// One value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttributeValue {
    /// `kernel`, `groups`. The kernel of a pool over the whole map is 0.
    Integer(u32),
    /// `expand`, `se`.
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
