//! One primitive operator with its tensors.

use creamc_lang::ir::Primitive;
use creamc_lang::space::{Activation, NormSettings, Padding};
use tch::{Kind, Tensor};

use super::layer_norm::LayerNorm;
use super::norm::Norm;
use super::source::Source;

/// A primitive, ready to run.
#[derive(Debug)]
pub enum Built {
    Conv(Conv),
    Norm(Norm),
    LayerNorm(LayerNorm),
    /// `[C]`
    Scale(Tensor),
    Act(Activation),
    GlobalAvgPool,
    AvgPool {
        kernel: i64,
        stride: i64,
    },
    Linear {
        weight: Tensor,
        bias: Tensor,
    },
    GlobalMaxPool,
    MaxPool {
        kernel: i64,
        stride: i64,
    },
    Add,
    Mul,
    Half {
        first: i64,
    },
    Slice {
        from: i64,
        channels: i64,
    },
    Shuffle {
        groups: i64,
    },
    Concat,
}

/// A convolution with its weights.
#[derive(Debug)]
pub struct Conv {
    pub weight: Tensor,
    pub bias: Option<Tensor>,
    pub stride: i64,
    pub groups: i64,
    pub padding: Padding,
}

impl Built {
    /// Builds a primitive; `name` is its full name, which its tensors are found or first drawn by.
    pub fn new(primitive: &Primitive, norm: NormSettings, name: &str, source: Source) -> Built {
        let constant = |part, width| source.constant(&format!("{name}.{part}"), width, 0.0);
        match *primitive {
            Primitive::Conv {
                in_channels,
                out_channels,
                kernel,
                stride,
                groups,
                padding,
                bias,
            } => {
                let [out, kernel, groups] = [out_channels, kernel, groups].map(i64::from);
                let shape = [out, i64::from(in_channels) / groups, kernel, kernel];
                Built::Conv(Conv {
                    weight: trainable(source.conv(&format!("{name}.weight"), shape, groups)),
                    bias: bias.then(|| trainable(constant("bias", out))),
                    stride: i64::from(stride),
                    groups,
                    padding,
                })
            }
            Primitive::Norm { channels } => {
                Built::Norm(Norm::new(i64::from(channels), norm, name, source))
            }
            Primitive::LayerNorm { channels } => {
                Built::LayerNorm(LayerNorm::new(i64::from(channels), norm, name, source))
            }
            Primitive::Scale { channels, start } => {
                let weight = format!("{name}.weight");
                let weight = source.constant(&weight, i64::from(channels), start.to_f64());
                Built::Scale(trainable(weight))
            }
            Primitive::Act(activation) => Built::Act(activation),
            Primitive::GlobalAvgPool => Built::GlobalAvgPool,
            Primitive::AvgPool { kernel, stride } => Built::AvgPool {
                kernel: i64::from(kernel),
                stride: i64::from(stride),
            },
            Primitive::Linear {
                in_features,
                out_features,
            } => {
                let shape = [i64::from(out_features), i64::from(in_features)];
                Built::Linear {
                    weight: trainable(source.linear(&format!("{name}.weight"), shape)),
                    bias: trainable(constant("bias", shape[0])),
                }
            }
            Primitive::Add => Built::Add,
            Primitive::Mul => Built::Mul,
            Primitive::GlobalMaxPool => Built::GlobalMaxPool,
            Primitive::MaxPool { kernel, stride } => Built::MaxPool {
                kernel: i64::from(kernel),
                stride: i64::from(stride),
            },
            Primitive::Half { first } => Built::Half {
                first: i64::from(first),
            },
            Primitive::Slice { from, channels } => Built::Slice {
                from: i64::from(from),
                channels: i64::from(channels),
            },
            Primitive::Shuffle { groups } => Built::Shuffle {
                groups: i64::from(groups),
            },
            Primitive::Concat { .. } => Built::Concat,
        }
    }

    /// The operator on its inputs; a batch norm by its running statistics.
    ///
    /// # Panics
    /// When there are fewer inputs than it reads, or they are not of its size.
    pub fn run(&self, inputs: &[&Tensor]) -> Tensor {
        let x = inputs[0];
        match self {
            Built::Conv(conv) => conv.forward(x),
            Built::Norm(norm) => norm.by_given(x, &norm.mean, &norm.var),
            Built::LayerNorm(norm) => norm.forward(x),
            Built::Scale(weight) => scale(x, weight),
            Built::Act(activation) => activate(*activation, x),
            Built::GlobalAvgPool => global_average(x),
            Built::AvgPool { kernel, stride } => average(x, *kernel, *stride),
            Built::Linear { weight, bias } => x.flatten(1, -1).linear(weight, Some(bias)),
            Built::GlobalMaxPool => x.amax([2_i64, 3].as_slice(), true),
            Built::MaxPool { kernel, stride } => largest(x, *kernel, *stride),
            Built::Add => x + inputs[1],
            Built::Mul => x * inputs[1],
            Built::Half { first } => x.slice(1, *first, None, 2), // a view
            Built::Slice { from, channels } => x.narrow(1, *from, *channels), // a view
            Built::Shuffle { groups } => shuffle(x, *groups),
            Built::Concat => Tensor::cat(inputs, 1),
        }
    }

    /// A copy with the tensors as they are now, of which no gradient is asked.
    pub fn detached(&self) -> Built {
        let copy = |tensor: &Tensor| tensor.detach().copy();
        match self {
            Built::Conv(conv) => Built::Conv(Conv {
                weight: copy(&conv.weight),
                bias: conv.bias.as_ref().map(copy),
                ..*conv
            }),
            Built::Norm(norm) => Built::Norm(norm.detached()),
            Built::LayerNorm(norm) => Built::LayerNorm(norm.detached()),
            Built::Scale(weight) => Built::Scale(copy(weight)),
            Built::Linear { weight, bias } => Built::Linear {
                weight: copy(weight),
                bias: copy(bias),
            },
            Built::Act(activation) => Built::Act(*activation),
            Built::GlobalAvgPool => Built::GlobalAvgPool,
            &Built::AvgPool { kernel, stride } => Built::AvgPool { kernel, stride },
            Built::GlobalMaxPool => Built::GlobalMaxPool,
            &Built::MaxPool { kernel, stride } => Built::MaxPool { kernel, stride },
            Built::Add => Built::Add,
            Built::Mul => Built::Mul,
            &Built::Half { first } => Built::Half { first },
            &Built::Slice { from, channels } => Built::Slice { from, channels },
            &Built::Shuffle { groups } => Built::Shuffle { groups },
            Built::Concat => Built::Concat,
        }
    }

    /// The trainable tensors with the last parts of their names.
    pub fn parameters(&self) -> Vec<(&'static str, &Tensor)> {
        match self {
            Built::Conv(Conv { weight, bias, .. }) => {
                let bias = bias.iter().map(|bias| ("bias", bias));
                std::iter::once(("weight", weight)).chain(bias).collect()
            }
            Built::Norm(norm) => vec![("weight", &norm.weight), ("bias", &norm.bias)],
            Built::LayerNorm(norm) => vec![("weight", &norm.weight), ("bias", &norm.bias)],
            Built::Scale(weight) => vec![("weight", weight)],
            Built::Linear { weight, bias } => vec![("weight", weight), ("bias", bias)],
            _ => Vec::new(),
        }
    }

    /// The running statistics with the last parts of their names.
    pub fn buffers(&self) -> Vec<(&'static str, &Tensor)> {
        match self {
            Built::Norm(norm) => vec![("running_mean", &norm.mean), ("running_var", &norm.var)],
            _ => Vec::new(),
        }
    }
}

fn trainable(tensor: Tensor) -> Tensor {
    tensor.set_requires_grad(true)
}

impl Conv {
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let (x, padding) = self.placed(x);
        let (stride, dilation) = ([self.stride; 2], [1, 1]);
        x.conv2d(
            &self.weight,
            self.bias.as_ref(),
            stride,
            padding,
            dilation,
            self.groups,
        )
    }

    /// Zeros above and left, height and width of the output, for an input `[N, C, H, W]`.
    pub fn place(&self, size: &[i64]) -> [i64; 4] {
        let kernel = self.weight.size()[2];
        let of = |size: i64| match self.padding {
            Padding::Symmetric => (
                kernel / 2,
                (size + kernel / 2 * 2 - kernel) / self.stride + 1,
            ),
            Padding::Same => {
                let [before, _] = same_padding(size, kernel, self.stride);
                (before, (size + self.stride - 1) / self.stride)
            }
        };
        let ((top, height), (left, width)) = (of(size[2]), of(size[3]));
        [top, left, height, width]
    }

    /// What the kernel is moved over, and how many zeros lie around that: above and below, left and right.
    pub fn placed(&self, x: &Tensor) -> (Tensor, [i64; 2]) {
        let kernel = self.weight.size()[2];
        let (height, width) = match self.padding {
            Padding::Symmetric => ([kernel / 2; 2], [kernel / 2; 2]),
            Padding::Same => {
                let size = x.size();
                let of = |size| same_padding(size, kernel, self.stride);
                (of(size[2]), of(size[3]))
            }
        };
        match (height, width) {
            ([top, bottom], [left, right]) if top == bottom && left == right => {
                (x.shallow_clone(), [top, left])
            }
            ([top, bottom], [left, right]) => {
                (x.constant_pad_nd([left, right, top, bottom]), [0, 0])
            }
        }
    }
}

/// Pixels before and after one axis so that the output has ⌈size / stride⌉; the
/// odd one goes after.
fn same_padding(size: i64, kernel: i64, stride: i64) -> [i64; 2] {
    let output = (size + stride - 1) / stride;
    let both = ((output - 1) * stride + kernel - size).max(0);
    [both / 2, both - both / 2]
}

pub fn activate(activation: Activation, x: &Tensor) -> Tensor {
    match activation {
        Activation::Relu => x.relu(),
        Activation::Relu6 => x.clamp(0.0, 6.0),
        Activation::Swish => x.silu(),
        Activation::Hswish => x * hard_sigmoid(x),
        Activation::Gelu => x.gelu("none"),
        Activation::Sigmoid => x.sigmoid(),
        Activation::Hsigmoid => hard_sigmoid(x),
        Activation::None => x.shallow_clone(),
    }
}

/// libtorch's own operator has no second derivative, which the meta update needs.
fn hard_sigmoid(x: &Tensor) -> Tensor {
    (x + 3.0).clamp(0.0, 6.0) / 6.0
}

fn global_average(x: &Tensor) -> Tensor {
    x.mean_dim([2_i64, 3].as_slice(), true, None::<Kind>)
}

fn average(x: &Tensor, kernel: i64, stride: i64) -> Tensor {
    let (ceil_mode, count_padding) = (false, false);
    x.avg_pool2d(
        [kernel; 2],
        [stride; 2],
        [kernel / 2; 2],
        ceil_mode,
        count_padding,
        None,
    )
}

/// The padding of libtorch's max pool is smaller than every number.
fn largest(x: &Tensor, kernel: i64, stride: i64) -> Tensor {
    let (dilation, ceil_mode) = ([1; 2], false);
    x.max_pool2d(
        [kernel; 2],
        [stride; 2],
        [kernel / 2; 2],
        dilation,
        ceil_mode,
    )
}

/// The first channel of each of some groups, then the second of each, and so on.
fn shuffle(x: &Tensor, groups: i64) -> Tensor {
    let [images, channels, height, width] = x.size()[..] else {
        unreachable!("images have four dimensions")
    };
    let apart = x.reshape([images, groups, channels / groups, height, width]);
    apart
        .transpose(1, 2)
        .reshape([images, channels, height, width])
}

/// Each channel times its own number, in the kind of `x`.
fn scale(x: &Tensor, weight: &Tensor) -> Tensor {
    (x * weight.view([1, -1, 1, 1])).to_kind(x.kind())
}

/// Sets a share of the images to zero and makes the others larger, so that the mean stays.
pub fn drop_images(x: &Tensor, share: f64) -> Tensor {
    let keep = 1.0 - share;
    let each = Tensor::rand([x.size()[0], 1, 1, 1], (Kind::Float, x.device()));
    x / keep * (each + keep).floor().to_kind(x.kind())
}
