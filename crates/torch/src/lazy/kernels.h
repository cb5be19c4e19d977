// What the kernels of lazy values are given. They are compiled once for each set of instructions, and the best that
// the processor has is taken.

#pragma once

#include <cstdint>

namespace creamc {

enum class Act : int { None, Relu, Relu6, Swish, Hswish, Sigmoid, Hsigmoid };

// Values that lie channels last, and what is still to be done to them: act(x · scale + shift) · gate.
struct Source {
  const float *data; // [images · pixels, channels]
  int64_t channels;
  int64_t pixels; // of one image
  int64_t group;  // images that share a row of scale and shift
  const float *scale, *shift; // [groups, channels] each, or null
  const float *gate;          // [images, channels], or null
  Act act;

  bool done() const { return scale == nullptr && gate == nullptr && act == Act::None; }
};

// A square kernel on its way over an image.
struct Window {
  int64_t kernel, stride, top, left; // zeros above and left
  int64_t height, width;             // of the input
  int64_t out_height, out_width;
};

// Rows [first, last) of an output.
struct Strip {
  int64_t first, last;
};

// The largest side of a depthwise kernel: rows that are looked at together.
constexpr int64_t LARGEST_KERNEL = 16;

struct Kernels {
  // Floats of a vector.
  int64_t lanes;
  // Pixels [first, first + count) with everything done, plus those of `sum` unless that is null; rows of the output lie
  // `stride` apart. The output may be the data itself.
  void (*read)(const Source &source, int64_t first, int64_t count, const float *sum, float *output, int64_t stride);
  // Adds the rows of [rows, channels] and their squares up.
  void (*add_up)(const float *x, int64_t rows, int64_t channels, double *sums, double *squares);
  // Weights [n, k] as `multiply` reads them.
  int64_t (*packed_size)(int64_t k, int64_t n);
  void (*pack)(const float *weight, int64_t k, int64_t n, float *packed);
  // [rows, k] · weightᵀ + bias, which may be null; both matrices without gaps.
  void (*multiply)(const float *a, int64_t rows, int64_t k, const float *packed, int64_t n, const float *bias,
                   float *output);
  // Rows of one image's depthwise convolution. Weights [kernel², padded channels]; `lines` holds `kernel` rows of
  // (out_width − 1) · stride + kernel pixels of padded channels. Sums and squares of the output's channels are added to
  // `sums`, [2, channels], unless that is null.
  void (*depthwise)(const Source &source, const Window &window, int64_t image, Strip strip, const float *weight,
                    const float *bias, float *lines, float *output, double *sums);
};

// Channels rounded up to whole vectors.
inline int64_t padded(const Kernels &kernels, int64_t channels) {
  return (channels + kernels.lanes - 1) / kernels.lanes * kernels.lanes;
}

const Kernels &kernels();

} // namespace creamc
