//! A block at a place, with a value for every parameter, as primitives.

mod body;
mod numbers;
mod problem;
mod row;

pub(crate) use problem::Problem;
pub(in crate::space) use problem::{Map, Shown, Trouble};

use body::Body;
use problem::problem;
use row::Row;

use super::{Part, Read, Recipe};
use crate::space::{AttributeValue, Input, Op};

/// Where a block stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Width in.
    pub in_channels: u32,
    /// Width out.
    pub out_channels: u32,
    /// Stride.
    pub stride: u32,
}

impl Place {
    /// Whether input and output have equal shapes.
    pub fn keeps_shape(self) -> bool {
        self.stride == 1 && self.in_channels == self.out_channels
    }
}
/// A value on its way.
#[derive(Debug, Clone, Copy)]
struct Flow {
    value: Input,
    shape: Shown,
}

/// The primitives of `recipe` at `place`, with `values` in the order of its parameters.
///
/// # Errors
/// The first row that cannot stand there.
pub(crate) fn settle(
    recipe: &Recipe,
    values: &[AttributeValue],
    place: Place,
) -> Result<Vec<Op>, Problem> {
    let input = Flow {
        value: Input::Block,
        shape: Shown {
            width: place.in_channels,
            map: Map::Shrunk(1),
        },
    };
    let mut body = Body::default();
    let block = Block {
        recipe,
        values,
        place,
        input,
        prefix: "",
    };
    block.run(&mut body)?;
    Ok(body.finish())
}

/// One block on the way: the outermost, or one that a row of another names.
struct Block<'a> {
    recipe: &'a Recipe,
    values: &'a [AttributeValue],
    place: Place,
    input: Flow,
    /// Stands before the names of its rows.
    prefix: &'a str,
}

impl Block<'_> {
    fn run(&self, body: &mut Body) -> Result<Flow, Problem> {
        let mut flows = Vec::with_capacity(self.recipe.parts.len());
        for part in &self.recipe.parts {
            let row = Row {
                block: self,
                part,
                reads: part
                    .reads
                    .iter()
                    .map(|&read| self.read(read, &flows))
                    .collect(),
                name: format!("{}{}", self.prefix, part.name),
            };
            flows.push(row.run(body)?);
        }
        let (made, last) = flows
            .last()
            .zip(self.recipe.parts.last())
            .expect("a block has rows");
        self.check_output(made.shape, last)?;
        Ok(*made)
    }

    fn read(&self, read: Read, flows: &[Flow]) -> Flow {
        match read {
            Read::Input => self.input,
            Read::Part(at) => flows[at],
        }
    }

    /// The shape its place has behind it.
    fn wanted(&self) -> Shown {
        Shown {
            width: self.place.out_channels,
            map: self.input.shape.map.behind(self.place.stride),
        }
    }

    fn check_output(&self, made: Shown, last: &Part) -> Result<(), Problem> {
        let wanted = self.wanted();
        match made == wanted {
            true => Ok(()),
            false => Err(problem(last.span, Trouble::Output { made, wanted })),
        }
    }
}
