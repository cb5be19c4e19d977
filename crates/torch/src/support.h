// What every function of the shim is made with.

#pragma once

#include <ATen/ATen.h>
#include <c10/util/Exception.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

// Runs the body; an exception becomes a message that the caller frees.
template <typename Body>
char *guarded(Body body) {
  try {
    body();
    return nullptr;
  } catch (const c10::Error &error) {
    // Without the C++ stack: a reader of the message has no use for it.
    return strdup(error.what_without_backtrace());
  } catch (const std::exception &error) {
    return strdup(error.what());
  } catch (...) {
    return strdup("unknown C++ exception");
  }
}

inline std::vector<at::Tensor> list(at::Tensor *const *tensors, size_t count) {
  std::vector<at::Tensor> result;
  result.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    result.push_back(*tensors[i]);
  }
  return result;
}

// Steps walk raw memory: what belongs together must lie in the same order.
inline at::Tensor laid_out_like(const at::Tensor &tensor, const at::Tensor &model) {
  if (tensor.strides() == model.strides() && tensor.scalar_type() == model.scalar_type()) {
    return tensor;
  }
  return at::empty_like(model).copy_(tensor);
}
