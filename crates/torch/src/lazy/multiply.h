// Matrices multiplied: weights lie in panels of a few vectors, output tiles in registers.

#pragma once

#include <algorithm>

#include "vector.h"

namespace creamc {
namespace CREAMC_INSTRUCTIONS {

// Vectors of a panel; the last panel of a matrix may have fewer.
constexpr int PANEL = 3;

inline int64_t panel_vectors(int64_t columns) {
  return std::min<int64_t>(PANEL, (columns + LANES - 1) / LANES);
}

inline int64_t packed_size(int64_t k, int64_t n) { return (n + LANES - 1) / LANES * LANES * k; }

inline void pack(const float *weight, int64_t k, int64_t n, float *packed) {
  for (int64_t column = 0; column < n; column += PANEL * LANES) {
    const int64_t width = panel_vectors(n - column) * LANES, filled = std::min(width, n - column);
    // Few rows at a time, so that what is read and what is written stay in the cache.
    for (int64_t from = 0; from < k; from += 16) {
      const int64_t to = std::min(k, from + 16);
      for (int64_t j = 0; j < filled; ++j) {
        for (int64_t row = from; row < to; ++row) {
          packed[row * width + j] = weight[(column + j) * k + row];
        }
      }
      for (int64_t row = from; row < to; ++row) {
        std::fill(packed + row * width + filled, packed + (row + 1) * width, 0.0f);
      }
    }
    packed += width * k;
  }
}

template <int VECTORS>
void tile(const float *a, int64_t rows, int64_t k, const float *panel, const float *bias, float *output, int64_t n,
          int64_t columns) {
  const float *row[ROWS];
  for (int i = 0; i < ROWS; ++i) {
    row[i] = a + std::min<int64_t>(i, rows - 1) * k; // what is beyond the last row is not stored
  }
  Floats sum[ROWS][VECTORS];
  for (int v = 0; v < VECTORS; ++v) {
    const Floats start = bias == nullptr ? Floats{} : load_at(bias, v * LANES, columns);
#pragma GCC unroll 8
    for (int i = 0; i < ROWS; ++i) {
      sum[i][v] = start;
    }
  }
  for (int64_t at = 0; at < k; ++at) {
    Floats b[VECTORS];
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; ++v) {
      b[v] = load(panel + (at * VECTORS + v) * LANES);
    }
#pragma GCC unroll 8
    for (int i = 0; i < ROWS; ++i) {
      const Floats x = all(row[i][at]);
#pragma GCC unroll 8
      for (int v = 0; v < VECTORS; ++v) {
        sum[i][v] += x * b[v];
      }
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < ROWS; ++i) {
    if (i < rows) {
#pragma GCC unroll 8
      for (int v = 0; v < VECTORS; ++v) {
        store_at(output + i * n, sum[i][v], v * LANES, columns);
      }
    }
  }
}

inline void multiply(const float *a, int64_t rows, int64_t k, const float *packed, int64_t n, const float *bias,
                     float *output) {
  for (int64_t column = 0; column < n; column += PANEL * LANES) {
    const int64_t vectors = panel_vectors(n - column), columns = std::min<int64_t>(n - column, PANEL * LANES);
    const float *own = bias == nullptr ? nullptr : bias + column;
    for (int64_t row = 0; row < rows; row += ROWS) {
      const float *from = a + row * k;
      float *to = output + row * n + column;
      switch (vectors) {
      case 1:
        tile<1>(from, rows - row, k, packed, own, to, n, columns);
        break;
      case 2:
        tile<2>(from, rows - row, k, packed, own, to, n, columns);
        break;
      default:
        tile<3>(from, rows - row, k, packed, own, to, n, columns);
      }
    }
    packed += vectors * LANES * k;
  }
}

} // namespace CREAMC_INSTRUCTIONS
} // namespace creamc
