// Automatic casts to short floats around a forward.

#include "support.h"

#include <ATen/autocast_mode.h>

extern "C" {

char *shim_autocast_enter(bool cuda, bool half) {
  return guarded([&] {
    const auto device = cuda ? at::kCUDA : at::kCPU;
    at::autocast::set_autocast_dtype(device, half ? at::kHalf : at::kBFloat16);
    at::autocast::set_autocast_enabled(device, true);
    at::autocast::set_autocast_cache_enabled(true);
    at::autocast::increment_nesting();
  });
}

char *shim_autocast_leave(bool cuda) {
  return guarded([&] {
    // Casts of weights are kept while a forward runs; the next one has other weights.
    if (at::autocast::decrement_nesting() == 0) {
      at::autocast::clear_cache();
    }
    at::autocast::set_autocast_enabled(cuda ? at::kCUDA : at::kCPU, false);
  });
}

} // extern "C"
