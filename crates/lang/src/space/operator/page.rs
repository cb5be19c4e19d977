//! What is written about each operator.

use super::Operator;

impl Operator {
    /// The page `docs/operators/<word>.md`; for a block of rows the one about such blocks.
    pub fn page(self) -> &'static str {
        match self {
            Operator::Conv => include_str!("../../../../../docs/operators/conv.md"),
            Operator::Dw => include_str!("../../../../../docs/operators/dw.md"),
            Operator::Ds => include_str!("../../../../../docs/operators/ds.md"),
            Operator::Ir => include_str!("../../../../../docs/operators/ir.md"),
            Operator::Er => include_str!("../../../../../docs/operators/er.md"),
            Operator::AvgPool => include_str!("../../../../../docs/operators/avgpool.md"),
            Operator::MaxPool => include_str!("../../../../../docs/operators/maxpool.md"),
            Operator::Bottleneck => include_str!("../../../../../docs/operators/bottleneck.md"),
            Operator::Shuffle => include_str!("../../../../../docs/operators/shuffle.md"),
            Operator::Xception => include_str!("../../../../../docs/operators/xception.md"),
            Operator::Linear => include_str!("../../../../../docs/operators/linear.md"),
            Operator::Zero => include_str!("../../../../../docs/operators/zero.md"),
            Operator::Sum => include_str!("../../../../../docs/operators/sum.md"),
            Operator::Skip => include_str!("../../../../../docs/operators/skip.md"),
            Operator::Own(_) => include_str!("../../../../../docs/blocks.md"),
        }
    }
}
