//! The primitives of a block while they are made.

use crate::space::{Input, Op, Primitive};

/// The primitives made so far.
#[derive(Default)]
pub(super) struct Body {
    pub ops: Vec<Op>,
    /// Convolutions that have a bias unless a batch norm follows.
    pub biased: Vec<usize>,
}

impl Body {
    pub fn push(&mut self, name: String, primitive: Primitive, inputs: Vec<Input>) -> Input {
        self.ops.push(Op {
            name,
            primitive,
            inputs,
        });
        Input::Op(self.ops.len() - 1)
    }

    /// A batch norm takes the place of the bias.
    pub fn finish(mut self) -> Vec<Op> {
        let normed = self.normed();
        for at in self.biased {
            if let Primitive::Conv { bias, .. } = &mut self.ops[at].primitive {
                *bias = !normed[at];
            }
        }
        self.ops
    }

    /// For each primitive whether a batch norm reads it, and nothing else.
    fn normed(&self) -> Vec<bool> {
        let mut readers = vec![0_usize; self.ops.len()];
        let mut normed = vec![false; self.ops.len()];
        for op in &self.ops {
            let is_norm = matches!(op.primitive, Primitive::Norm { .. });
            for input in &op.inputs {
                if let &Input::Op(at) = input {
                    readers[at] += 1;
                    normed[at] = is_norm && readers[at] == 1;
                }
            }
        }
        normed
    }
}
