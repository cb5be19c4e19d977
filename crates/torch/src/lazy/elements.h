// Values read with what is still to be done to them, and sums of channels.

#pragma once

#include <algorithm>

#include "kernels.h"
#include "vector.h"

namespace creamc {
namespace CREAMC_INSTRUCTIONS {

template <Act act> inline Floats activated(Floats x) {
  if constexpr (act == Act::Relu) {
    return x < Floats{} ? Floats{} : x;
  } else if constexpr (act == Act::Relu6) {
    return clamp(x, 0.0f, 6.0f);
  } else if constexpr (act == Act::Swish) {
    return x / (1.0f + exponential(-x));
  } else if constexpr (act == Act::Hswish) {
    return x * (clamp(x + 3.0f, 0.0f, 6.0f) / 6.0f);
  } else if constexpr (act == Act::Sigmoid) {
    return 1.0f / (1.0f + exponential(-x));
  } else if constexpr (act == Act::Hsigmoid) {
    return clamp(x + 3.0f, 0.0f, 6.0f) / 6.0f;
  } else {
    return x;
  }
}

template <Act act> void read_as(const Source &source, int64_t first, int64_t count, const float *sum, float *output,
                                int64_t stride) {
  const int64_t channels = source.channels, end = first + count;
  for (int64_t pixel = first; pixel < end;) {
    const int64_t image = pixel / source.pixels, until = std::min(end, (image + 1) * source.pixels);
    const int64_t row = image / source.group * channels;
    const float *scale = source.scale == nullptr ? nullptr : source.scale + row;
    const float *shift = source.scale == nullptr ? nullptr : source.shift + row;
    const float *gate = source.gate == nullptr ? nullptr : source.gate + image * channels;
    for (; pixel < until; ++pixel) {
      const float *from = source.data + pixel * channels;
      float *to = output + (pixel - first) * stride;
      for (int64_t c = 0; c < channels; c += LANES) {
        Floats x = load_at(from, c, channels);
        if (scale != nullptr) {
          x = x * load_at(scale, c, channels) + load_at(shift, c, channels);
        }
        x = activated<act>(x);
        if (gate != nullptr) {
          x = x * load_at(gate, c, channels);
        }
        if (sum != nullptr) {
          x = x + load_at(sum + pixel * channels, c, channels);
        }
        store_at(to, x, c, channels);
      }
    }
  }
}

inline void read(const Source &source, int64_t first, int64_t count, const float *sum, float *output, int64_t stride) {
  switch (source.act) {
  case Act::None:
    return read_as<Act::None>(source, first, count, sum, output, stride);
  case Act::Relu:
    return read_as<Act::Relu>(source, first, count, sum, output, stride);
  case Act::Relu6:
    return read_as<Act::Relu6>(source, first, count, sum, output, stride);
  case Act::Swish:
    return read_as<Act::Swish>(source, first, count, sum, output, stride);
  case Act::Hswish:
    return read_as<Act::Hswish>(source, first, count, sum, output, stride);
  case Act::Sigmoid:
    return read_as<Act::Sigmoid>(source, first, count, sum, output, stride);
  case Act::Hsigmoid:
    return read_as<Act::Hsigmoid>(source, first, count, sum, output, stride);
  }
}

typedef float Half __attribute__((vector_size(LANES * 2)));
typedef double Doubles __attribute__((vector_size(LANES * 4)));

constexpr int HALF = LANES / 2;

// Of so many half vectors of channels side by side: sums that do not wait for each other.
template <int HALVES>
inline void add_up_some(const float *x, int64_t rows, int64_t channels, double *sums, double *squares) {
  Doubles sum[HALVES] = {}, square[HALVES] = {};
  for (int64_t row = 0; row < rows; ++row) {
#pragma GCC unroll 8
    for (int i = 0; i < HALVES; ++i) {
      Half narrow;
      std::memcpy(&narrow, x + row * channels + i * HALF, sizeof narrow);
      const Doubles wide = __builtin_convertvector(narrow, Doubles);
      sum[i] += wide;
      square[i] += wide * wide;
    }
  }
  for (int i = 0; i < HALVES * HALF; ++i) {
    sums[i] += sum[i / HALF][i % HALF];
    squares[i] += square[i / HALF][i % HALF];
  }
}

// In double precision: a channel far from zero loses no digit of its variance.
inline void add_up(const float *x, int64_t rows, int64_t channels, double *sums, double *squares) {
  int64_t c = 0;
  for (; c + 4 * HALF <= channels; c += 4 * HALF) {
    add_up_some<4>(x + c, rows, channels, sums + c, squares + c);
  }
  for (; c + HALF <= channels; c += HALF) {
    add_up_some<1>(x + c, rows, channels, sums + c, squares + c);
  }
  for (; c < channels; ++c) {
    for (int64_t row = 0; row < rows; ++row) {
      const double one = x[row * channels + c];
      sums[c] += one;
      squares[c] += one * one;
    }
  }
}

} // namespace CREAMC_INSTRUCTIONS
} // namespace creamc
