//! One row of a block at its place.

use super::super::{Exact, Given, Number, Part, Recipe, What};
use super::body::Body;
use super::problem::{Map, Problem, Shown, Trouble, problem};
use super::{Block, Flow, Place};
use crate::space::{Activation, AttributeValue, Norm, Padding, Primitive, limits};
use crate::syntax::ast::Sign;

/// One row with what it reads.
pub(super) struct Row<'a> {
    pub block: &'a Block<'a>,
    pub part: &'a Part,
    pub reads: Vec<Flow>,
    pub name: String,
}

/// A convolution before its input is known.
struct Filter {
    out_channels: u32,
    kernel: u32,
    stride: u32,
    groups: u32,
    padding: Padding,
    bias: bool,
}

impl Filter {
    /// A 1×1 convolution.
    fn pointwise(out_channels: u32, bias: bool) -> Filter {
        Filter {
            out_channels,
            kernel: 1,
            stride: 1,
            groups: 1,
            padding: Padding::Symmetric,
            bias,
        }
    }
}

impl Row<'_> {
    pub fn run(&self, body: &mut Body) -> Result<Flow, Problem> {
        match &self.part.what {
            What::Conv {
                kernel,
                groups,
                padding,
            } => self.conv(body, kernel, groups.as_ref(), padding),
            What::Norm(given) => Ok(self.norm(body, self.block.norm(given))),
            What::Act(given) => Ok(self.act(body, self.block.act(given))),
            What::Squeeze(ratio) => self.squeeze(body, ratio),
            What::Pool { kernel, is_largest } => self.pool(body, kernel.as_ref(), *is_largest),
            What::Linear => {
                let filter = Filter::pointwise(self.channels()?, true);
                Ok(self.filter(body, "", self.reads[0], filter))
            }
            What::Split { part, of } => self.split(body, part, of),
            What::Concat => self.concat(body),
            What::Shuffle(groups) => self.shuffle(body, groups),
            What::Scale(start) => self.scale(body, start),
            What::Gate => self.gate(body),
            What::Add => self.add(body),
            What::Residual => Ok(self.residual(body)),
            What::Shortcut(norm) => self.shortcut(body, norm),
            What::Block { recipe, values } => self.block(body, recipe, values),
        }
    }

    fn fail<T>(&self, trouble: Trouble) -> Result<T, Problem> {
        Err(problem(self.part.span, trouble))
    }

    /// The width written behind the row; without one it stays. Inside the language's own blocks it may be
    /// larger than any that is written: it costs too much, which is said elsewhere.
    fn channels(&self) -> Result<u32, Problem> {
        let most = match self.block.recipe.is_prelude {
            true => u32::MAX,
            false => limits::WIDTH,
        };
        match &self.part.channels {
            Some(number) => self.block.whole(number, "channels", (1, most)),
            None => Ok(self.reads[0].shape.width),
        }
    }

    fn stride(&self) -> Result<u32, Problem> {
        match &self.part.stride {
            Some(number) => self.block.whole(number, "stride", (1, limits::STRIDE)),
            None => Ok(1),
        }
    }

    /// A primitive of one input that makes a value of this shape.
    fn then(&self, body: &mut Body, primitive: Primitive, shape: Shown) -> Flow {
        let value = body.push(self.name.clone(), primitive, vec![self.reads[0].value]);
        Flow { value, shape }
    }

    fn filter(&self, body: &mut Body, ending: &str, input: Flow, filter: Filter) -> Flow {
        let primitive = Primitive::Conv {
            in_channels: input.shape.width,
            out_channels: filter.out_channels,
            kernel: filter.kernel,
            stride: filter.stride,
            groups: filter.groups,
            padding: filter.padding,
            bias: filter.bias,
        };
        let name = format!("{}{ending}", self.name);
        Flow {
            value: body.push(name, primitive, vec![input.value]),
            shape: Shown {
                width: filter.out_channels,
                map: input.shape.map.behind(filter.stride),
            },
        }
    }

    fn conv(
        &self,
        body: &mut Body,
        kernel: &Number,
        groups: Option<&Number>,
        padding: &Given,
    ) -> Result<Flow, Problem> {
        let (input, out_channels) = (self.reads[0], self.channels()?);
        let groups = match groups {
            Some(groups) => self.block.whole(groups, "groups", (1, limits::WIDTH))?,
            None => input.shape.width,
        };
        for width in [input.shape.width, out_channels] {
            self.check_divides("groups", groups, width)?;
        }
        let filter = Filter {
            out_channels,
            kernel: self.block.kernel(kernel)?,
            stride: self.stride()?,
            groups,
            padding: self.block.padding(padding),
            bias: false,
        };
        body.biased.push(body.ops.len());
        Ok(self.filter(body, "", input, filter))
    }

    fn check_divides(&self, what: &'static str, by: u32, width: u32) -> Result<(), Problem> {
        match width % by {
            0 => Ok(()),
            _ => self.fail(Trouble::Undivided { what, by, width }),
        }
    }

    fn norm(&self, body: &mut Body, norm: Norm) -> Flow {
        let input = self.reads[0];
        let channels = input.shape.width;
        let primitive = match norm {
            Norm::Batch => Primitive::Norm { channels },
            Norm::Layer => Primitive::LayerNorm { channels },
            Norm::None => return input,
        };
        self.then(body, primitive, input.shape)
    }

    fn act(&self, body: &mut Body, act: Activation) -> Flow {
        match act {
            Activation::None => self.reads[0],
            act => self.then(body, Primitive::Act(act), self.reads[0].shape),
        }
    }

    /// ReLU and hard sigmoid, whatever the block's activation is; nothing for a ratio of 0.
    fn squeeze(&self, body: &mut Body, ratio: &Number) -> Result<Flow, Problem> {
        let ratio_of = self.block.ratio(ratio, "ratio", (0, limits::NUMBER))?;
        let ratio_of = Exact::from(ratio_of);
        let input = self.reads[0];
        if ratio_of.is_zero() {
            return Ok(input);
        }
        let width = input.shape.width;
        let narrow = self.squeezed(ratio, ratio_of, width)?;
        let part = |ending: &str| format!("{}{ending}", self.name);
        let pooled = body.push(part(".pool"), Primitive::GlobalAvgPool, vec![input.value]);
        let pixel = |width| Shown {
            width,
            map: Map::Pixel,
        };
        let mean = Flow {
            value: pooled,
            shape: pixel(width),
        };
        let reduced = self.filter(body, ".conv_reduce", mean, Filter::pointwise(narrow, true));
        let relu = Primitive::Act(Activation::Relu);
        let value = body.push(part(".relu"), relu, vec![reduced.value]);
        let inner = Flow {
            value,
            shape: pixel(narrow),
        };
        let raised = self.filter(body, ".conv_expand", inner, Filter::pointwise(width, true));
        let gate = Primitive::Act(Activation::Hsigmoid);
        let gate = body.push(part(".gate"), gate, vec![raised.value]);
        let value = body.push(part(".scale"), Primitive::Mul, vec![input.value, gate]);
        Ok(Flow { value, ..input })
    }

    fn squeezed(&self, ratio: &Number, value: Exact, width: u32) -> Result<u32, Problem> {
        let too_large = |_| problem(ratio.span, Trouble::TooLarge);
        let inner = value.join(Sign::Times, Exact::whole(width));
        let inner = inner.and_then(Exact::round8).map_err(too_large)?;
        let inner = inner.to_whole().and_then(|width| u32::try_from(width).ok());
        // Far beyond any width whose cost passes the checks of the size.
        Ok(inner.unwrap_or(u32::MAX))
    }

    fn pool(
        &self,
        body: &mut Body,
        kernel: Option<&Number>,
        is_largest: bool,
    ) -> Result<Flow, Problem> {
        let shape = self.reads[0].shape;
        let Some(kernel) = kernel else {
            let primitive = match is_largest {
                true => Primitive::GlobalMaxPool,
                false => Primitive::GlobalAvgPool,
            };
            let map = Map::Pixel;
            return Ok(self.then(body, primitive, Shown { map, ..shape }));
        };
        let (kernel, stride) = (self.block.kernel(kernel)?, self.stride()?);
        let primitive = match is_largest {
            true => Primitive::MaxPool { kernel, stride },
            false => Primitive::AvgPool { kernel, stride },
        };
        let map = shape.map.behind(stride);
        Ok(self.then(body, primitive, Shown { map, ..shape }))
    }

    fn split(&self, body: &mut Body, part: &Number, of: &Number) -> Result<Flow, Problem> {
        let shape = self.reads[0].shape;
        let of = self.block.whole(of, "parts", (1, limits::WIDTH))?;
        let part = self.block.whole(part, "part", (1, limits::WIDTH))?;
        if part > of {
            return self.fail(Trouble::NoSuchShare { part, of });
        }
        self.check_divides("parts", of, shape.width)?;
        let channels = shape.width / of;
        let from = (part - 1) * channels;
        let width = channels;
        let slice = Primitive::Slice { from, channels };
        Ok(self.then(body, slice, Shown { width, ..shape }))
    }

    fn concat(&self, body: &mut Body) -> Result<Flow, Problem> {
        let first = self.reads[0].shape;
        if self.reads.iter().any(|one| one.shape.map != first.map) {
            return self.unlike("concat");
        }
        let out_channels = self.joined_width()?;
        let inputs = self.reads.iter().map(|one| one.value).collect();
        let concat = Primitive::Concat { out_channels };
        Ok(Flow {
            value: body.push(self.name.clone(), concat, inputs),
            shape: Shown {
                width: out_channels,
                ..first
            },
        })
    }

    fn joined_width(&self) -> Result<u32, Problem> {
        let widths = self.reads.iter().map(|one| u64::from(one.shape.width));
        let sum = widths.fold(0, u64::saturating_add);
        let inside = u32::try_from(sum).ok();
        match inside.filter(|sum| *sum <= limits::WIDTH) {
            Some(sum) => Ok(sum),
            None => self.fail(Trouble::OutOfRange {
                what: "channels",
                value: sum.into(),
                range: (1, limits::WIDTH),
            }),
        }
    }

    fn unlike<T>(&self, how: &'static str) -> Result<T, Problem> {
        let shapes = self.reads.iter().map(|one| one.shape).collect();
        self.fail(Trouble::Unlike { how, shapes })
    }

    fn shuffle(&self, body: &mut Body, groups: &Number) -> Result<Flow, Problem> {
        let shape = self.reads[0].shape;
        let groups = self.block.whole(groups, "groups", (1, limits::WIDTH))?;
        self.check_divides("groups", groups, shape.width)?;
        Ok(self.then(body, Primitive::Shuffle { groups }, shape))
    }

    fn scale(&self, body: &mut Body, start: &Number) -> Result<Flow, Problem> {
        let shape = self.reads[0].shape;
        let start = self.block.ratio(start, "start", (0, limits::NUMBER))?;
        let channels = shape.width;
        Ok(self.then(body, Primitive::Scale { channels, start }, shape))
    }

    /// The first value times the second, which has the same shape or one pixel.
    fn gate(&self, body: &mut Body) -> Result<Flow, Problem> {
        let [value, gate] = [self.reads[0], self.reads[1]];
        let is_gate = gate.shape.map == Map::Pixel || gate.shape.map == value.shape.map;
        if gate.shape.width != value.shape.width || !is_gate {
            return self.unlike("scale");
        }
        let inputs = vec![value.value, gate.value];
        Ok(Flow {
            value: body.push(self.name.clone(), Primitive::Mul, inputs),
            ..value
        })
    }

    /// Of three values and more, the later sums are called `NAME.2`, `NAME.3` and so on.
    fn add(&self, body: &mut Body) -> Result<Flow, Problem> {
        let first = self.reads[0];
        if self.reads.iter().any(|one| one.shape != first.shape) {
            return self.unlike("add");
        }
        let mut sum = first;
        for (at, next) in self.reads.iter().enumerate().skip(1) {
            let name = match at {
                1 => self.name.clone(),
                _ => format!("{}.{at}", self.name),
            };
            let inputs = vec![sum.value, next.value];
            sum.value = body.push(name, Primitive::Add, inputs);
        }
        Ok(sum)
    }

    fn residual(&self, body: &mut Body) -> Flow {
        let (value, input) = (self.reads[0], self.block.input);
        if value.shape != input.shape {
            return value;
        }
        let inputs = vec![value.value, input.value];
        Flow {
            value: body.push(self.name.clone(), Primitive::Add, inputs),
            ..value
        }
    }

    /// The block's input where shapes are equal, else projected: `NAME.0`, and its norm `NAME.1`.
    fn shortcut(&self, body: &mut Body, norm: &Given) -> Result<Flow, Problem> {
        let (place, input) = (self.block.place, self.block.input);
        if place.keeps_shape() {
            return Ok(input);
        }
        let filter = Filter {
            stride: place.stride,
            ..Filter::pointwise(place.out_channels, false)
        };
        body.biased.push(body.ops.len());
        let projected = self.filter(body, ".0", input, filter);
        let row = Row {
            block: self.block,
            part: self.part,
            reads: vec![projected],
            name: format!("{}.1", self.name),
        };
        Ok(row.norm(body, self.block.norm(norm)))
    }

    /// Another block in the place of this row; its rows are called `NAME.ROW`.
    fn block(&self, body: &mut Body, recipe: &Recipe, values: &[Given]) -> Result<Flow, Problem> {
        let input = self.reads[0];
        let given = recipe.params.iter().zip(values);
        let values: Vec<AttributeValue> = given
            .map(|(param, given)| self.block.argument(param, given))
            .collect::<Result<_, Problem>>()?;
        let prefix = format!("{}.", self.name);
        let inner = Block {
            recipe,
            values: &values,
            place: Place {
                in_channels: input.shape.width,
                out_channels: self.channels()?,
                stride: self.stride()?,
            },
            input,
            prefix: &prefix,
        };
        inner.run(body).map_err(|mut problem| {
            match recipe.is_prelude {
                // What the language's own rows say is not the user's text.
                true => problem.span = self.part.span,
                false => problem.through.push(self.part.span),
            }
            problem
        })
    }
}
