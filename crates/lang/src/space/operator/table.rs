//! The one table of operators: which attributes each takes, and their defaults.

use crate::quantity::Ratio;

use super::{Activation, AttributeName, AttributeValue, Norm, Operator, Padding};

/// An attribute as one operator takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributeSpec {
    /// Which.
    pub name: AttributeName,
    /// Its value where neither the operator nor a `default` gives one; `None`: it must be written.
    pub default: Option<AttributeValue>,
}

const fn required(name: AttributeName) -> AttributeSpec {
    AttributeSpec {
        name,
        default: None,
    }
}

const fn optional(name: AttributeName, value: AttributeValue) -> AttributeSpec {
    AttributeSpec {
        name,
        default: Some(value),
    }
}

const fn fraction(numerator: u64, denominator: u64) -> AttributeValue {
    AttributeValue::Ratio(Ratio {
        numerator,
        denominator,
    })
}

const KERNEL: AttributeSpec = required(AttributeName::Kernel);
const EXPAND: AttributeSpec = required(AttributeName::Expand);
const SE: AttributeSpec = optional(AttributeName::Se, fraction(0, 1));
const RATIO: AttributeSpec = optional(AttributeName::Ratio, fraction(1, 4));
const KERNEL_OR_3: AttributeSpec = optional(AttributeName::Kernel, AttributeValue::Integer(3));
const GROUPS: AttributeSpec = optional(AttributeName::Groups, AttributeValue::Integer(1));
const ACT: AttributeSpec = optional(AttributeName::Act, AttributeValue::Act(Activation::Relu));
const NORM: AttributeSpec = optional(AttributeName::Norm, AttributeValue::Norm(Norm::Batch));
const PADDING: AttributeSpec = optional(
    AttributeName::Padding,
    AttributeValue::Padding(Padding::Symmetric),
);
const WINDOW: AttributeSpec = optional(AttributeName::Kernel, AttributeValue::Integer(0));

const CONV: &[AttributeSpec] = &[KERNEL, GROUPS, ACT, NORM, PADDING];
const DW: &[AttributeSpec] = &[KERNEL, ACT, NORM, PADDING];
const DS: &[AttributeSpec] = &[KERNEL, SE, ACT, NORM, PADDING];
const IR: &[AttributeSpec] = &[KERNEL, EXPAND, SE, ACT, NORM, PADDING];
const BOTTLENECK: &[AttributeSpec] = &[KERNEL_OR_3, RATIO, ACT, NORM];
const SHUFFLE: &[AttributeSpec] = &[KERNEL, ACT, NORM];
const XCEPTION: &[AttributeSpec] = &[KERNEL_OR_3, ACT, NORM];
const POOL: &[AttributeSpec] = &[WINDOW];

impl Operator {
    /// Its attributes, in the order in which candidates list them. Those of a block of rows are its
    /// parameters, which are not told here.
    pub fn attributes(self) -> &'static [AttributeSpec] {
        match self {
            Operator::Conv => CONV,
            Operator::Dw => DW,
            Operator::Ds => DS,
            Operator::Ir | Operator::Er => IR,
            Operator::Bottleneck => BOTTLENECK,
            Operator::Shuffle => SHUFFLE,
            Operator::Xception => XCEPTION,
            Operator::AvgPool | Operator::MaxPool => POOL,
            Operator::Linear
            | Operator::Skip
            | Operator::Zero
            | Operator::Sum
            | Operator::Own(_) => &[],
        }
    }

    /// Whether it pools: over a window, or over the whole map.
    pub fn is_pool(self) -> bool {
        matches!(self, Operator::AvgPool | Operator::MaxPool)
    }

    /// Its attribute of that name, if it has one.
    pub fn attribute(self, name: AttributeName) -> Option<AttributeSpec> {
        let mut attributes = self.attributes().iter().copied();
        attributes.find(|attribute| attribute.name == name)
    }
}

impl AttributeName {
    /// The words it takes; none where it takes numbers.
    pub fn words(self) -> Vec<&'static str> {
        match self {
            AttributeName::Act => Activation::ALL.iter().map(|act| act.as_str()).collect(),
            AttributeName::Norm => Norm::ALL.iter().map(|norm| norm.as_str()).collect(),
            AttributeName::Padding => Padding::ALL.iter().map(|rule| rule.as_str()).collect(),
            _ => Vec::new(),
        }
    }
}
