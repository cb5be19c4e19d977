//! `sum(…)`: branches, each with alternatives of its own.

use super::Checker;
use super::operator::{Call, Callee};
use super::size::size;
use crate::space::{Alternative, Block, Operator, limits, report};
use crate::syntax::ast;

impl<'a> Checker<'a> {
    pub(super) fn sum(&mut self, call: Call<'a>) -> Option<Alternative> {
        let branches: Vec<Option<Block>> = call.args.iter().map(|arg| self.branch(arg)).collect();
        let branches: Vec<Block> = branches.into_iter().collect::<Option<_>>()?;
        if branches.len() < 2 {
            return self.wrong(report::too_few_branches(call.span, branches.len()));
        }
        if branches.iter().all(can_be_zero) {
            return self.wrong(report::sum_can_be_zero(call.span));
        }
        let sum = Alternative {
            operator: Operator::Sum,
            attributes: Vec::new(),
            branches,
            recipe: None,
            block: None,
            told: None,
            span: call.span,
        };
        // Sums of sums double at each step, and are walked to the bottom.
        match size(&sum) {
            size if size > limits::PRIMITIVES => self.wrong(report::sum_too_large(size, call.span)),
            _ => Some(sum),
        }
    }

    fn branch(&mut self, arg: &'a ast::Arg) -> Option<Block> {
        match arg {
            ast::Arg::Op(op) => self.block_of(op),
            ast::Arg::Attribute(_) => {
                self.attribute_name(&Callee::of(Operator::Sum), arg);
                None
            }
        }
    }
}

/// Whether some alternative is `zero`. A sum cannot be: one of its branches is not.
fn can_be_zero(branch: &Block) -> bool {
    let mut alternatives = branch.alternatives.iter();
    alternatives.any(|alternative| alternative.operator == Operator::Zero)
}
