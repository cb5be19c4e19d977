// Forwards without gradient over values whose norm, activation and gate are done by whoever reads them next.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "../support.h"
#include "kernels.h"
#include "scratch.h"

using creamc::kernels;
using creamc::Scratch;
using creamc::Source;

extern "C" {

// A value as Rust holds it.
struct ShimLazy {
  const at::Tensor *data;   // [N, C, H, W], channels last
  const at::Tensor *affine; // [2, groups, C] or null
  const at::Tensor *gate;   // [N, C] or null
  int act;
  int64_t group;
};

// Weights as the kernels read them.
struct ShimLazyConv {
  const at::Tensor *packed, *bias; // bias may be null
  int64_t out_channels, kernel, stride;
  bool depthwise;
};

} // extern "C"

namespace {

// Rows of a matrix that are multiplied together: few enough for a cache, enough to use the weights well.
constexpr int64_t ROWS_AT_ONCE = 96;
// A depthwise convolution of few images is cut into strips of so many rows at least.
constexpr int64_t STRIP = 4;
// Floats that one thread reads at a time.
constexpr int64_t FLOATS_AT_ONCE = 1 << 14;

const float *floats(const at::Tensor *tensor) { return tensor == nullptr ? nullptr : tensor->const_data_ptr<float>(); }

Source source_of(const ShimLazy &lazy) {
  const auto &data = *lazy.data;
  TORCH_CHECK(data.dim() == 4 && data.scalar_type() == at::kFloat && data.is_cpu() &&
                  data.is_contiguous(at::MemoryFormat::ChannelsLast),
              "a lazy value is of 32-bit floats on a CPU, channels last");
  TORCH_CHECK(data.numel() > 0 && lazy.group >= 0, "a lazy value holds something, in groups of some images");
  const int64_t images = data.size(0), channels = data.size(1);
  Source source{floats(lazy.data), channels, data.size(2) * data.size(3), std::max<int64_t>(lazy.group, 1), nullptr,
                nullptr, nullptr, static_cast<creamc::Act>(lazy.act)};
  if (lazy.affine != nullptr) {
    const int64_t groups = (images + source.group - 1) / source.group;
    TORCH_CHECK(lazy.affine->numel() == 2 * groups * channels, "scale and shift are for other groups");
    source.scale = floats(lazy.affine);
    source.shift = source.scale + groups * channels;
  }
  if (lazy.gate != nullptr) {
    TORCH_CHECK(lazy.gate->numel() == images * channels && lazy.gate->is_contiguous(), "the gate is of another shape");
    source.gate = floats(lazy.gate);
  }
  return source;
}

// A vector of a number for each channel, which may be left out.
void check_channels(const at::Tensor *tensor, int64_t channels) {
  TORCH_CHECK(tensor == nullptr || (tensor->numel() == channels && tensor->scalar_type() == at::kFloat &&
                                    tensor->is_cpu() && tensor->is_contiguous()),
              "a number for each of ", channels, " channels is needed, as 32-bit floats on a CPU");
}

void check_groups(int64_t images, int64_t group) {
  TORCH_CHECK(group > 0 && images % group == 0, images, " images are no whole number of groups of ", group);
}

// The kernel never leaves the image and its zeros by more than itself.
void check_window(const creamc::Window &window, bool depthwise) {
  const auto fits = [&](int64_t before, int64_t size, int64_t out) {
    const int64_t last = (out - 1) * window.stride - before;
    return before >= 0 && before < window.kernel && out > 0 && last < size;
  };
  TORCH_CHECK(window.kernel > 0 && window.stride > 0 && (!depthwise || window.kernel <= creamc::LARGEST_KERNEL),
              "there is no kernel of ", window.kernel, " pixels and stride ", window.stride);
  TORCH_CHECK(fits(window.top, window.height, window.out_height) && fits(window.left, window.width, window.out_width),
              "the kernel leaves the image");
}

at::Tensor images_of(int64_t images, int64_t channels, int64_t height, int64_t width) {
  return at::empty({images, channels, height, width},
                   at::TensorOptions().dtype(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast));
}

// The tensor itself where the caller alone holds it and its memory, otherwise a new one like it.
at::Tensor own_or_new(const at::Tensor &tensor) {
  const bool own = tensor.use_count() == 1 && tensor.storage().use_count() == 1;
  return own ? tensor : at::empty_like(tensor, at::MemoryFormat::ChannelsLast);
}

// Rows of all images, cut into pieces of one group, or of several whole groups where these are short.
struct Pieces {
  int64_t rows, of_group; // of a group
  int64_t parts;          // of a group
  int64_t together;       // groups of a piece

  Pieces(int64_t rows, int64_t of_group, int64_t most)
      : rows(rows), of_group(of_group), parts((of_group + most - 1) / most),
        together(std::max<int64_t>(1, most / of_group)) {}

  int64_t groups() const { return rows / of_group; }
  int64_t count() const { return parts > 1 ? groups() * parts : (groups() + together - 1) / together; }

  std::pair<int64_t, int64_t> piece(int64_t at) const {
    if (parts == 1) {
      const int64_t first = at * together * of_group;
      return {first, std::min(rows, first + together * of_group)};
    }
    const int64_t each = (of_group + parts - 1) / parts, start = at / parts * of_group;
    return {start + std::min(of_group, at % parts * each), start + std::min(of_group, (at % parts + 1) * each)};
  }

  at::Tensor sums(int64_t channels) const {
    return at::zeros({groups(), parts, 2, channels}, at::TensorOptions().dtype(at::kDouble));
  }

  // Adds up what a piece holds, each group for itself.
  void add_up(int64_t at, const float *x, int64_t channels, double *sums) const {
    auto [first, last] = piece(at);
    int64_t slot = parts > 1 ? at : at * together;
    for (; first < last; ++slot) {
      const int64_t count = std::min(of_group, last - first);
      double *own = sums + slot * 2 * channels;
      kernels().add_up(x, count, channels, own, own + channels);
      x += count * channels;
      first += count;
    }
  }
};

// The pixels under the kernel for rows [first, last) of the output, [rows, kernel² · channels].
void unfold(const Source &source, const creamc::Window &window, int64_t first, int64_t last, float *output) {
  const int64_t channels = source.channels, run = window.kernel * channels, pixels = window.out_height * window.out_width;
  for (int64_t at = first; at < last; ++at) {
    const int64_t image = at / pixels, y = at % pixels / window.out_width * window.stride - window.top;
    const int64_t x = at % window.out_width * window.stride - window.left;
    const int64_t from = std::max<int64_t>(0, x), to = std::max(from, std::min(window.width, x + window.kernel));
    for (int64_t row = y; row < y + window.kernel; ++row, output += run) {
      if (row < 0 || row >= window.height || from == to) {
        std::fill(output, output + run, 0.0f);
        continue;
      }
      float *inside = output + (from - x) * channels, *end = output + (to - x) * channels;
      const int64_t pixel = (image * window.height + row) * window.width + from;
      std::fill(output, inside, 0.0f);
      if (source.done()) {
        std::copy_n(source.data + pixel * channels, end - inside, inside);
      } else {
        kernels().read(source, pixel, to - from, nullptr, inside, channels);
      }
      std::fill(end, output + run, 0.0f);
    }
  }
}

void dense(const Source &source, const creamc::Window &window, const ShimLazyConv &conv, const Pieces &pieces,
           float *output, double *sums) {
  const int64_t k = conv.kernel * conv.kernel * source.channels, n = conv.out_channels;
  const bool pointwise = conv.kernel == 1 && conv.stride == 1;
  at::parallel_for(0, pieces.count(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; ++at) {
      const auto [first, last] = pieces.piece(at);
      const float *rows = source.data + first * k;
      if (!pointwise || !source.done()) {
        float *copied = Scratch::mine().floats((last - first) * k);
        if (pointwise) {
          kernels().read(source, first, last - first, nullptr, copied, k);
        } else {
          unfold(source, window, first, last, copied);
        }
        rows = copied;
      }
      kernels().multiply(rows, last - first, k, floats(conv.packed), n, floats(conv.bias), output + first * n);
      if (sums != nullptr) {
        pieces.add_up(at, output + first * n, n, sums);
      }
    }
  });
}

// Strips of an image, so that every thread has one.
int64_t strips_of(int64_t rows, int64_t images) {
  const int64_t wanted = (at::get_num_threads() + images - 1) / images;
  return std::clamp<int64_t>(wanted, 1, std::max<int64_t>(1, rows / STRIP));
}

// Rows that are multiplied together, where nobody adds up what comes out: fewer than usual if threads had nothing to do.
int64_t rows_at_once(int64_t rows) {
  const int64_t share = (rows + at::get_num_threads() - 1) / at::get_num_threads();
  return std::clamp<int64_t>(share, 8, ROWS_AT_ONCE);
}

void depthwise(const Source &source, const creamc::Window &window, const ShimLazyConv &conv, int64_t images,
               float *output, double *sums) {
  const int64_t channels = source.channels, size = window.out_height * window.out_width * channels;
  const int64_t pixels = (window.out_width - 1) * window.stride + window.kernel;
  // Sums are of whole images, so that they are the same for any number of threads.
  const int64_t strips = sums == nullptr ? strips_of(window.out_height, images) : 1;
  at::parallel_for(0, images * strips, 1, [&](int64_t begin, int64_t end) {
    float *lines = Scratch::mine().floats(window.kernel * pixels * padded(kernels(), channels));
    for (int64_t at = begin; at < end; ++at) {
      const int64_t image = at / strips, strip = at % strips;
      const int64_t first = window.out_height * strip / strips, last = window.out_height * (strip + 1) / strips;
      kernels().depthwise(source, window, image, {first, last}, floats(conv.packed), floats(conv.bias), lines,
                          output + image * size, sums == nullptr ? nullptr : sums + image * 2 * channels);
    }
  });
}

// Mean and variance of a channel from its parts' sums.
std::pair<double, double> moments(const double *sums, int64_t parts, int64_t channels, double count) {
  double sum = 0, square = 0;
  for (int64_t part = 0; part < parts; ++part) {
    sum += sums[part * 2 * channels];
    square += sums[(part * 2 + 1) * channels];
  }
  const double mean = sum / count;
  return {mean, std::max(square / count - mean * mean, 0.0)}; // what is no number stays none
}

void move_towards(float &running, double value, double momentum) {
  running = static_cast<float>(momentum * value + (1 - momentum) * running);
}

// Norms: scale and shift of one channel.
void affine(double mean, double var, float weight, float bias, double eps, float &scale, float &shift) {
  const double factor = weight / std::sqrt(var + eps);
  scale = static_cast<float>(factor);
  shift = static_cast<float>(bias - mean * factor);
}

} // namespace

extern "C" {

// Floats of a vector of the kernels that were chosen.
int64_t shim_lazy_lanes() { return kernels().lanes; }

// No gradient is asked for and no forward is cast to short floats: what the kernels leave out is not missed.
bool shim_lazy_serves(const at::Tensor *input) {
  return !at::GradMode::is_enabled() && !at::autocast::is_autocast_enabled(at::kCPU) && input->is_cpu() &&
         input->scalar_type() == at::kFloat && input->dim() == 4 && input->numel() > 0;
}

// Weights [out, in / groups, k, k] as the kernels read them.
char *shim_lazy_pack(const at::Tensor *weight, bool depthwise, at::Tensor **output) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    const int64_t out = weight->size(0), taps = weight->size(2) * weight->size(3);
    if (depthwise) {
      const int64_t width = padded(kernels(), out);
      at::Tensor packed = at::zeros({taps, width}, weight->options());
      packed.narrow(1, 0, out).copy_(weight->reshape({out, taps}).t());
      *output = new at::Tensor(packed);
      return;
    }
    const int64_t k = taps * weight->size(1);
    const at::Tensor rows = weight->permute({0, 2, 3, 1}).contiguous();
    at::Tensor packed = at::empty({kernels().packed_size(k, out)}, weight->options().requires_grad(false));
    kernels().pack(floats(&rows), k, out, packed.data_ptr<float>());
    *output = new at::Tensor(packed);
  });
}

// `place` is the zeros above and left, and height and width of the output. With `group` images sums of each group's
// output are given as well, [groups, parts, 2, out].
char *shim_lazy_conv(const ShimLazy *input, const ShimLazyConv *conv, const int64_t *place, int64_t group,
                     at::Tensor **output, at::Tensor **sums) {
  return guarded([&] {
    const Source source = source_of(*input);
    const int64_t images = input->data->size(0), n = conv->out_channels;
    const creamc::Window window{conv->kernel, conv->stride, place[0], place[1], input->data->size(2),
                                input->data->size(3), place[2], place[3]};
    check_window(window, conv->depthwise);
    check_channels(conv->bias, n);
    if (group != 0) {
      check_groups(images, group);
    }
    const int64_t pixels = window.out_height * window.out_width;
    const int64_t width = conv->depthwise ? conv->kernel * conv->kernel * padded(kernels(), n)
                                          : kernels().packed_size(conv->kernel * conv->kernel * source.channels, n);
    TORCH_CHECK(conv->packed->numel() == width && (!conv->depthwise || n == source.channels),
                "the convolution is for another number of channels than ", source.channels);
    at::Tensor result = images_of(images, n, window.out_height, window.out_width), totals;
    float *to = result.data_ptr<float>();
    const Pieces pieces(images * pixels, (group > 0 ? group : images) * pixels,
                        group > 0 ? ROWS_AT_ONCE : rows_at_once(images * pixels));
    if (group > 0) {
      totals = conv->depthwise ? at::zeros({images / group, group, 2, n}, at::TensorOptions().dtype(at::kDouble))
                               : pieces.sums(n);
    }
    double *added = group > 0 ? totals.data_ptr<double>() : nullptr;
    if (conv->depthwise) {
      depthwise(source, window, *conv, images, to, added);
    } else {
      dense(source, window, *conv, pieces, to, added);
    }
    *output = new at::Tensor(result);
    *sums = group > 0 ? new at::Tensor(totals) : nullptr;
  });
}

// Sums of each group of images, [groups, parts, 2, C], of a value with nothing left to do.
char *shim_lazy_sums(const ShimLazy *input, int64_t group, at::Tensor **sums) {
  return guarded([&] {
    const Source source = source_of(*input);
    check_groups(input->data->size(0), group);
    const Pieces pieces(input->data->size(0) * source.pixels, group * source.pixels,
                        std::max<int64_t>(1, FLOATS_AT_ONCE / source.channels));
    at::Tensor totals = pieces.sums(source.channels);
    double *added = totals.data_ptr<double>();
    at::parallel_for(0, pieces.count(), 1, [&](int64_t begin, int64_t end) {
      for (int64_t at = begin; at < end; ++at) {
        pieces.add_up(at, source.data + pieces.piece(at).first * source.channels, source.channels, added);
      }
    });
    *sums = new at::Tensor(totals);
  });
}

// Scale and shift of each group, [2, groups, C], by its own statistics over `count` values a channel; running ones,
// which may be null, move towards those of the only group.
char *shim_lazy_norm(const at::Tensor *sums, int64_t count, const at::Tensor *weight, const at::Tensor *bias, double eps,
                     at::Tensor *mean, at::Tensor *var, double momentum, at::Tensor **output) {
  return guarded([&] {
    const int64_t groups = sums->size(0), parts = sums->size(1), channels = sums->size(3);
    TORCH_CHECK(weight->numel() == channels, "the norm is for ", weight->numel(), " channels, not ", channels);
    TORCH_CHECK(mean == nullptr || groups == 1, "running statistics are of one group");
    for (const at::Tensor *of_channels : std::initializer_list<const at::Tensor *>{weight, bias, mean, var}) {
      check_channels(of_channels, channels);
    }
    at::Tensor result = at::empty({2, groups, channels}, at::TensorOptions().dtype(at::kFloat));
    float *scale = result.data_ptr<float>(), *shift = scale + groups * channels;
    const float *w = floats(weight), *b = floats(bias);
    float *means = mean == nullptr ? nullptr : mean->data_ptr<float>();
    float *vars = mean == nullptr ? nullptr : var->data_ptr<float>();
    for (int64_t at = 0; at < groups * channels; ++at) {
      const int64_t group = at / channels, c = at % channels;
      const auto [average, variance] =
          moments(sums->const_data_ptr<double>() + group * parts * 2 * channels + c, parts, channels, count);
      affine(average, variance, w[c], b[c], eps, scale[at], shift[at]);
      if (means != nullptr) {
        move_towards(means[c], average, momentum);
        move_towards(vars[c], variance * count / (count - 1), momentum);
      }
    }
    *output = new at::Tensor(result);
  });
}

// Scale and shift by given statistics, [2, 1, C].
char *shim_lazy_given(const at::Tensor *mean, const at::Tensor *var, const at::Tensor *weight, const at::Tensor *bias,
                      double eps, at::Tensor **output) {
  return guarded([&] {
    const int64_t channels = weight->numel();
    for (const at::Tensor *of_channels : {mean, var, weight, bias}) {
      check_channels(of_channels, channels);
    }
    at::Tensor result = at::empty({2, 1, channels}, at::TensorOptions().dtype(at::kFloat));
    float *scale = result.data_ptr<float>();
    for (int64_t c = 0; c < channels; ++c) {
      affine(floats(mean)[c], floats(var)[c], floats(weight)[c], floats(bias)[c], eps, scale[c], scale[channels + c]);
    }
    *output = new at::Tensor(result);
  });
}

// The value with everything done, and `sum` added unless it is null; in the same memory where nobody else sees that.
char *shim_lazy_settle(const ShimLazy *input, const at::Tensor *sum, at::Tensor **output) {
  return guarded([&] {
    const Source source = source_of(*input);
    TORCH_CHECK(sum == nullptr || (sum->sizes() == input->data->sizes() &&
                                   sum->is_contiguous(at::MemoryFormat::ChannelsLast)),
                "what is added is of another shape");
    at::Tensor result = own_or_new(*input->data);
    float *to = result.data_ptr<float>();
    const int64_t each = std::max<int64_t>(1, FLOATS_AT_ONCE / source.channels);
    at::parallel_for(0, input->data->size(0) * source.pixels, each, [&](int64_t begin, int64_t end) {
      kernels().read(source, begin, end - begin, floats(sum), to + begin * source.channels, source.channels);
    });
    *output = new at::Tensor(result);
  });
}

// The value with everything done, as `shim_lazy_settle` gives it, and the means of each image's channels, [N, C, 1, 1].
char *shim_lazy_average(const ShimLazy *input, at::Tensor **settled, at::Tensor **average) {
  return guarded([&] {
    const Source source = source_of(*input);
    const int64_t images = input->data->size(0), channels = source.channels, size = source.pixels * channels;
    at::Tensor result = source.done() ? *input->data : own_or_new(*input->data);
    at::Tensor means = images_of(images, channels, 1, 1);
    float *done = result.data_ptr<float>(), *to = means.data_ptr<float>();
    const int64_t each = std::max<int64_t>(1, FLOATS_AT_ONCE / channels);
    at::parallel_for(0, images, 1, [&](int64_t begin, int64_t end) {
      double *sums = Scratch::mine().doubles(2 * channels);
      for (int64_t image = begin; image < end; ++image) {
        std::fill(sums, sums + 2 * channels, 0.0);
        for (int64_t at = 0; at < source.pixels; at += each) {
          const int64_t count = std::min(each, source.pixels - at);
          float *piece = done + image * size + at * channels;
          if (!source.done()) {
            kernels().read(source, image * source.pixels + at, count, nullptr, piece, channels);
          }
          kernels().add_up(piece, count, channels, sums, sums + channels);
        }
        for (int64_t c = 0; c < channels; ++c) {
          to[image * channels + c] = static_cast<float>(sums[c] / static_cast<double>(source.pixels));
        }
      }
    });
    *average = new at::Tensor(means);
    *settled = new at::Tensor(result);
  });
}

} // extern "C"
