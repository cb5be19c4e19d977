// Memory of a thread for what it needs for a moment, at addresses that vectors like.

#pragma once

#include <c10/core/CPUAllocator.h>

#include <cstdint>

namespace creamc {

class Scratch {
public:
  static Scratch &mine() {
    static thread_local Scratch scratch;
    return scratch;
  }

  // Good until the thread asks again.
  float *floats(int64_t count) { return static_cast<float *>(bytes(static_cast<size_t>(count) * sizeof(float))); }
  double *doubles(int64_t count) { return static_cast<double *>(bytes(static_cast<size_t>(count) * sizeof(double))); }

private:
  void *bytes(size_t size) {
    if (size > size_) {
      memory_ = c10::GetCPUAllocator()->allocate(size);
      size_ = size;
    }
    return memory_.get();
  }

  c10::DataPtr memory_;
  size_t size_ = 0;
};

} // namespace creamc
