// A convolution of each channel with a kernel of its own.

#pragma once

#include <algorithm>

#include "elements.h"

namespace creamc {
namespace CREAMC_INSTRUCTIONS {

// The rows of the input that one row of the output reads, and the taps of the kernel that they meet.
struct Lines {
  const float *row[LARGEST_KERNEL];
  int64_t first, last;
};

// Output pixels [x, x + PIXELS) of one vector of channels.
template <int PIXELS>
inline void slide(const Lines &lines, const Window &window, const float *weight, int64_t pitch, int64_t x, Floats start,
                  float *output, int64_t c, int64_t channels) {
  Floats sum[PIXELS];
#pragma GCC unroll 8
  for (int i = 0; i < PIXELS; ++i) {
    sum[i] = start;
  }
  const int64_t step = window.stride * pitch;
  for (int64_t ky = lines.first; ky < lines.last; ++ky) {
    const float *from = lines.row[ky] + x * step + c;
    const float *taps = weight + ky * window.kernel * pitch + c;
    for (int64_t kx = 0; kx < window.kernel; ++kx) {
      const Floats w = load(taps + kx * pitch);
#pragma GCC unroll 8
      for (int i = 0; i < PIXELS; ++i) {
        sum[i] += w * load(from + kx * pitch + i * step);
      }
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < PIXELS; ++i) {
    store_at(output + (x + i) * channels, sum[i], c, channels);
  }
}

// All pixels of a row; the last tile lies over the one before it where the width is no multiple.
template <int PIXELS>
void slide_along(const Lines &lines, const Window &window, const float *weight, int64_t pitch, const float *bias,
                 float *output, int64_t channels) {
  for (int64_t c = 0; c < channels; c += LANES) {
    const Floats start = bias == nullptr ? Floats{} : load_at(bias, c, channels);
    for (int64_t x = 0; x < window.out_width; x += PIXELS) {
      const int64_t at = std::min(x, window.out_width - PIXELS);
      slide<PIXELS>(lines, window, weight, pitch, at, start, output, c, channels);
    }
  }
}

inline void slide_row(const Lines &lines, const Window &window, const float *weight, int64_t pitch, const float *bias,
                      float *output, int64_t channels) {
  const int64_t width = window.out_width;
  if (width >= 8) {
    slide_along<8>(lines, window, weight, pitch, bias, output, channels);
  } else if (width >= 4) {
    slide_along<4>(lines, window, weight, pitch, bias, output, channels);
  } else if (width >= 2) {
    slide_along<2>(lines, window, weight, pitch, bias, output, channels);
  } else {
    slide_along<1>(lines, window, weight, pitch, bias, output, channels);
  }
}

// One row of the input between its zeros, channels padded to whole vectors.
inline void line(const Source &source, const Window &window, int64_t image, int64_t y, int64_t pitch, int64_t pixels,
                 float *output) {
  const int64_t inside = std::min(window.width, pixels - window.left);
  std::fill(output, output + window.left * pitch, 0.0f);
  read(source, (image * window.height + y) * window.width, inside, nullptr, output + window.left * pitch, pitch);
  std::fill(output + (window.left + inside) * pitch, output + pixels * pitch, 0.0f);
}

// Floats of the output whose sums are taken together, while they are in the nearest cache.
constexpr int64_t COUNTED_AT_ONCE = 4096;

inline void depthwise(const Source &source, const Window &window, int64_t image, Strip strip, const float *weight,
                      const float *bias, float *lines, float *output, double *sums) {
  const int64_t channels = source.channels, kernel = window.kernel, row_size = window.out_width * channels;
  const int64_t pitch = (channels + LANES - 1) / LANES * LANES;
  const int64_t pixels = (window.out_width - 1) * window.stride + kernel;
  if (pitch != channels) {
    std::fill(lines, lines + kernel * pixels * pitch, 0.0f); // behind the channels, where nothing is written
  }
  int64_t next = 0, counted = strip.first;
  for (int64_t y = strip.first; y < strip.last; ++y) {
    const int64_t above = y * window.stride - window.top;
    const int64_t from = std::max<int64_t>(0, above), to = std::min(window.height, above + kernel);
    Lines seen;
    seen.first = from - above;
    seen.last = std::max(seen.first, to - above);
    for (int64_t row = from; row < to; ++row) {
      float *slot = lines + row % kernel * pixels * pitch;
      if (row >= next) {
        line(source, window, image, row, pitch, pixels, slot);
      }
      seen.row[row - above] = slot;
    }
    next = std::max(next, to);
    slide_row(seen, window, weight, pitch, bias, output + y * row_size, channels);
    const int64_t rows = y + 1 - counted;
    if (sums != nullptr && (rows * row_size >= COUNTED_AT_ONCE || y + 1 == strip.last)) {
      add_up(output + counted * row_size, rows * window.out_width, channels, sums, sums + channels);
      counted = y + 1;
    }
  }
}

} // namespace CREAMC_INSTRUCTIONS
} // namespace creamc
