// The kernels for the widest instructions that the processor has, as libtorch finds them for its own kernels
// (ATEN_CPU_CAPABILITY may name narrower ones).

#include <ATen/Version.h>

#include <string>

#include "kernels.h"

namespace creamc {

namespace plain {
extern const Kernels TABLE;
}

#if defined(__x86_64__)
namespace avx2 {
extern const Kernels TABLE;
}
namespace avx512 {
extern const Kernels TABLE;
}

static const Kernels &best() {
  const std::string widest = at::get_cpu_capability();
  if (widest == "AVX512") {
    return avx512::TABLE;
  }
  return widest == "AVX2" ? avx2::TABLE : plain::TABLE;
}
#else
static const Kernels &best() { return plain::TABLE; }
#endif

const Kernels &kernels() {
  static const Kernels &chosen = best();
  return chosen;
}

} // namespace creamc
