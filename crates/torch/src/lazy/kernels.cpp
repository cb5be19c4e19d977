// The kernels for one set of instructions; compiled for each of them.

#include "depthwise.h"
#include "elements.h"
#include "multiply.h"

namespace creamc {
namespace CREAMC_INSTRUCTIONS {

extern const Kernels TABLE;
const Kernels TABLE = {LANES, read, add_up, packed_size, pack, multiply, depthwise};

} // namespace CREAMC_INSTRUCTIONS
} // namespace creamc
