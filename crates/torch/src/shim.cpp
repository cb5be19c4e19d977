// What tch does not wrap, as C functions. Tensors come and go as pointers to
// at::Tensor, as tch holds them. Every function that can fail returns nullptr,
// or the message as a string that shim_free_text releases: no exception leaves
// this file.

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "support.h"

#include <c10/core/CachingDeviceAllocator.h>

#include <cmath>
#include <csignal>
#include <cstdint>
#include <dlfcn.h>
#include <mutex>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace {

// Whether libtorch's kernel, which walks raw memory, steps this one, together with all like `first`.
bool fused_serves(const at::Tensor &parameter, const at::Tensor &first) {
  const bool known = parameter.scalar_type() == at::kFloat || parameter.scalar_type() == at::kDouble;
  return known && (parameter.is_cpu() || parameter.is_cuda()) &&
         parameter.scalar_type() == first.scalar_type() && parameter.device() == first.device() &&
         parameter.is_non_overlapping_and_dense();
}

void plain_sgd(at::Tensor &parameter, const at::Tensor &gradient, at::Tensor &buffer, double lr,
               double momentum, double weight_decay, bool nesterov) {
  at::Tensor step = weight_decay == 0 ? gradient : gradient.add(parameter, weight_decay);
  if (momentum == 0) {
    parameter.add_(step, -lr);
    return;
  }
  buffer.mul_(momentum).add_(step);
  parameter.add_(nesterov ? step.add(buffer, momentum) : buffer, -lr);
}

} // namespace

extern "C" {

void shim_free_text(char *text) { free(text); }

char *shim_channels_last(const at::Tensor *input, at::Tensor **output) {
  return guarded([&] {
    *output = new at::Tensor(input->contiguous(at::MemoryFormat::ChannelsLast));
  });
}

char *shim_unwatched(const at::Tensor *input, at::Tensor **output) {
  return guarded([&] { *output = new at::Tensor(input->variable_data()); });
}

char *shim_is_channels_last(const at::Tensor *input, bool *output) {
  return guarded([&] { *output = input->is_contiguous(at::MemoryFormat::ChannelsLast); });
}

char *shim_pinned(const at::Tensor *input, at::Tensor **output) {
  return guarded([&] { *output = new at::Tensor(input->pin_memory()); });
}

char *shim_is_pinned(const at::Tensor *input, bool *output) {
  return guarded([&] { *output = input->is_pinned(); });
}

char *shim_sgd_step(at::Tensor *const *parameters, at::Tensor *const *gradients,
                    at::Tensor *const *buffers, size_t count, double lr, double momentum,
                    double weight_decay, bool nesterov) {
  return guarded([&] {
    if (count == 0) {
      return;
    }
    at::NoGradGuard no_grad;
    auto weights = list(parameters, count);
    auto grads = list(gradients, count);
    auto velocity = list(buffers, count);
    for (size_t i = 0; i < count; ++i) {
      TORCH_CHECK(grads[i].defined(), "parameter ", i, " has no gradient");
      TORCH_CHECK(grads[i].sizes() == weights[i].sizes() && velocity[i].sizes() == weights[i].sizes(),
                  "parameter ", i, " is ", weights[i].sizes(), ", its gradient ",
                  grads[i].sizes(), ", its momentum ", velocity[i].sizes());
      TORCH_CHECK(velocity[i].strides() == weights[i].strides() &&
                      velocity[i].scalar_type() == weights[i].scalar_type(),
                  "parameter ", i, " and its momentum differ in layout or type");
      grads[i] = laid_out_like(grads[i], weights[i]);
    }
    std::vector<at::Tensor> fused_weights, fused_grads, fused_velocity;
    for (size_t i = 0; i < count; ++i) {
      if (!fused_serves(weights[i], weights.front())) {
        plain_sgd(weights[i], grads[i], velocity[i], lr, momentum, weight_decay, nesterov);
        continue;
      }
      fused_weights.push_back(weights[i]);
      fused_grads.push_back(grads[i]);
      if (momentum != 0) { // the kernel wants none then
        fused_velocity.push_back(velocity[i]);
      }
    }
    if (!fused_weights.empty()) {
      // A buffer of zeros is what a first step starts from: 0·momentum + g = g.
      at::_fused_sgd_(fused_weights, fused_grads, fused_velocity, weight_decay, momentum, lr,
                      /*dampening=*/0.0, nesterov, /*maximize=*/false, /*is_first_step=*/false);
    }
  });
}

char *shim_set_deterministic(bool on) {
  return guarded([&] {
    auto &context = at::globalContext();
    context.setDeterministicAlgorithms(on, /*warn_only=*/false);
    context.setDeterministicCuDNN(on);
    if (on) {
      context.setBenchmarkCuDNN(false);
    }
  });
}

bool shim_deterministic() { return at::globalContext().deterministicAlgorithms(); }

char *shim_set_threads(int count) {
  return guarded([&] { at::set_num_threads(count); });
}

int shim_threads() { return at::get_num_threads(); }

char *shim_random_state(at::Tensor **output) {
  return guarded([&] {
    auto generator = at::detail::getDefaultCPUGenerator();
    std::lock_guard<std::mutex> lock(generator.mutex());
    *output = new at::Tensor(generator.get_state());
  });
}

char *shim_set_random_state(const at::Tensor *state) {
  return guarded([&] {
    auto generator = at::detail::getDefaultCPUGenerator();
    std::lock_guard<std::mutex> lock(generator.mutex());
    generator.set_state(*state);
  });
}

// Drawn one by one, as a generator of Python's would: the first that lies in (-below, below).
char *shim_seeded_normal(uint64_t seed, double below, double *output) {
  return guarded([&] {
    auto generator = at::detail::createCPUGenerator(seed);
    do {
      *output = at::randn({1}, generator, at::TensorOptions().dtype(at::kFloat)).item<float>();
    } while (std::abs(*output) >= below);
  });
}

bool shim_keep_freed_memory() {
#if defined(__GLIBC__)
  // No block by mmap (each would be given back, and faulted in anew, at every
  // step) and no trimming of the heap's end.
  return mallopt(M_MMAP_MAX, 0) == 1 && mallopt(M_TRIM_THRESHOLD, INT32_MAX) == 1;
#else
  return false;
#endif
}

// The most memory that the process has held at once, in bytes; 0 where the system does not say.
uint64_t shim_peak_memory() {
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0) {
    return 0;
  }
#if defined(__APPLE__)
  return static_cast<uint64_t>(usage.ru_maxrss);
#else
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
#endif
}

// The most memory that libtorch has held at once on a CUDA device, in bytes. The allocator is
// asked through its interface in c10: nothing here links CUDA.
char *shim_peak_cuda_memory(int device, uint64_t *output) {
  return guarded([&] {
    const auto stats = c10::getDeviceAllocator(c10::DeviceType::CUDA)
                           ->getDeviceStats(static_cast<c10::DeviceIndex>(device));
    const auto all = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    *output = static_cast<uint64_t>(stats.reserved_bytes[all].peak);
  });
}

// A file that grows beyond the shell's limit is an error of the write then, not the end.
void shim_survive_file_limit() { signal(SIGXFSZ, SIG_IGN); }

// No destructor runs: one of a device that hangs would hang too.
void shim_end(int code) { _exit(code); }

// libtorch_cuda registers its kernels when it is loaded; nothing here links it.
char *shim_load(const char *library) {
  if (dlopen(library, RTLD_NOW | RTLD_GLOBAL) != nullptr) {
    return nullptr;
  }
  const char *reason = dlerror();
  return strdup(reason == nullptr ? "unknown reason" : reason);
}

} // extern "C"
