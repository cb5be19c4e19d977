// A vector of floats in the widest registers of the instructions that this is compiled for.

#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace creamc {
namespace CREAMC_INSTRUCTIONS {

#if defined(__AVX512F__)
constexpr int LANES = 16, ROWS = 8;
#elif defined(__AVX2__)
constexpr int LANES = 8, ROWS = 4;
#elif defined(__aarch64__)
constexpr int LANES = 4, ROWS = 8;
#else
constexpr int LANES = 4, ROWS = 4;
#endif

typedef float Floats __attribute__((vector_size(LANES * 4)));
typedef int32_t Ints __attribute__((vector_size(LANES * 4)));

inline Floats load(const float *from) {
  Floats x;
  std::memcpy(&x, from, sizeof x);
  return x;
}

inline void store(float *to, Floats x) { std::memcpy(to, &x, sizeof x); }

inline Floats all(float x) { return x - Floats{}; }

// The first `count` floats, at least one and fewer than a vector; zeros behind.
inline Floats load_some(const float *from, int64_t count) {
#if defined(__AVX512F__)
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), from);
#else
  Floats x = {};
  for (int64_t i = 0; i < count; ++i) {
    x[i] = from[i];
  }
  return x;
#endif
}

inline void store_some(float *to, Floats x, int64_t count) {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1), x);
#else
  for (int64_t i = 0; i < count; ++i) {
    to[i] = x[i];
  }
#endif
}

inline Floats load_at(const float *from, int64_t at, int64_t count) {
  return count - at >= LANES ? load(from + at) : load_some(from + at, count - at);
}

inline void store_at(float *to, Floats x, int64_t at, int64_t count) {
  if (count - at >= LANES) {
    store(to + at, x);
  } else {
    store_some(to + at, x, count - at);
  }
}

inline Floats clamp(Floats x, float low, float high) {
  x = x < all(low) ? all(low) : x;
  return x > all(high) ? all(high) : x;
}

// e^x to about one unit in the last place: 2^n · e^r, r within half of ln 2. What would not be a normal number is the
// nearest one that is.
inline Floats exponential(Floats x) {
  x = clamp(x, -87.0f, 88.0f);
  const float magic = 12582912.0f; // 1.5 · 2^23: adding it rounds to a whole number, in the lowest bits
  const Floats shifted = x * 1.44269504088896341f + magic;
  const Floats n = shifted - magic;
  const Floats r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  Floats y = 1.9875691500e-4f * r + 1.3981999507e-3f;
  y = y * r + 8.3334519073e-3f;
  y = y * r + 4.1665795894e-2f;
  y = y * r + 1.6666665459e-1f;
  y = y * r + 5.0000001201e-1f;
  y = y * (r * r) + r + 1.0f;
  const Ints power = ((Ints)shifted + 127) << 23;
  return y * (Floats)power;
}

} // namespace CREAMC_INSTRUCTIONS
} // namespace creamc
