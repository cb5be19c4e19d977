//! `sum`: its branches one after the other, each reading the block's input, then their outputs added.

use super::{Input, Op, Primitive};
use crate::ir::Candidate;
use crate::space::Operator;

/// The parts of branch `N` are called `N.PART`; a `zero` adds nothing.
pub(in crate::ir) fn expand(branches: &[Candidate]) -> Vec<Op> {
    let mut ops = Vec::new();
    let mut sum = None;
    for (at, branch) in branches.iter().enumerate() {
        if branch.operator == Operator::Zero {
            continue;
        }
        let output = append(&mut ops, branch, at);
        sum = Some(match sum {
            None => output,
            Some(before) => add(&mut ops, at, before, output),
        });
    }
    ops
}

/// The branch's parts behind all others; its output.
fn append(ops: &mut Vec<Op>, branch: &Candidate, at: usize) -> Input {
    let first = ops.len();
    let moved = |input: &Input| match *input {
        Input::Block => Input::Block,
        Input::Op(op) => Input::Op(first + op),
    };
    ops.extend(branch.ops.iter().map(|op| Op {
        name: format!("{at}.{}", op.name),
        primitive: op.primitive.clone(),
        inputs: op.inputs.iter().map(moved).collect(),
    }));
    match branch.ops.is_empty() {
        true => Input::Block,
        false => Input::Op(ops.len() - 1),
    }
}

fn add(ops: &mut Vec<Op>, at: usize, before: Input, output: Input) -> Input {
    ops.push(Op {
        name: format!("add{at}"),
        primitive: Primitive::Add,
        inputs: vec![output, before],
    });
    Input::Op(ops.len() - 1)
}
