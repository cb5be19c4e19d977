// Steps of optimisers and sums over lists of tensors: one call of libtorch a
// list, not one a tensor, so that a device is not waiting for the next small order.

#include "support.h"

#include <ATen/core/grad_mode.h>

#include <cmath>

namespace {

// Gradients as they are stepped with: laid out like their parameters.
std::vector<at::Tensor> gradients_of(const std::vector<at::Tensor> &weights,
                                     at::Tensor *const *gradients) {
  auto grads = list(gradients, weights.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    TORCH_CHECK(grads[i].defined(), "parameter ", i, " has no gradient");
    TORCH_CHECK(grads[i].sizes() == weights[i].sizes(), "parameter ", i, " is ",
                weights[i].sizes(), ", its gradient ", grads[i].sizes());
    grads[i] = laid_out_like(grads[i], weights[i]);
  }
  return grads;
}

void require_shapes(const std::vector<at::Tensor> &weights, const std::vector<at::Tensor> &state) {
  for (size_t i = 0; i < weights.size(); ++i) {
    TORCH_CHECK(state[i].sizes() == weights[i].sizes(), "parameter ", i, " is ",
                weights[i].sizes(), ", its state ", state[i].sizes());
  }
}

} // namespace

extern "C" {

// Adam; `decoupled` shrinks the weights instead of adding them to the gradient.
char *shim_adam_step(at::Tensor *const *parameters, at::Tensor *const *gradients,
                     at::Tensor *const *firsts, at::Tensor *const *seconds, size_t count,
                     uint64_t step, double lr, double beta1, double beta2, double eps,
                     double weight_decay, bool decoupled) {
  return guarded([&] {
    if (count == 0) {
      return;
    }
    at::NoGradGuard no_grad;
    auto weights = list(parameters, count);
    auto grads = gradients_of(weights, gradients);
    auto first = list(firsts, count);
    auto second = list(seconds, count);
    require_shapes(weights, first);
    require_shapes(weights, second);
    if (weight_decay != 0 && decoupled) {
      at::_foreach_mul_(weights, 1 - lr * weight_decay);
    } else if (weight_decay != 0) {
      grads = at::_foreach_add(grads, weights, weight_decay);
    }
    at::_foreach_lerp_(first, grads, 1 - beta1);
    at::_foreach_mul_(second, beta2);
    at::_foreach_addcmul_(second, grads, grads, 1 - beta2);
    // Both averages start at zero; what they are short of is put right here.
    const double made = static_cast<double>(step);
    auto deviation = at::_foreach_sqrt(second);
    at::_foreach_div_(deviation, std::sqrt(1 - std::pow(beta2, made)));
    at::_foreach_add_(deviation, eps);
    at::_foreach_addcdiv_(weights, first, deviation, -lr / (1 - std::pow(beta1, made)));
  });
}

// RMSprop in TensorFlow's form: epsilon inside the root, the rate inside the momentum.
char *shim_rmsprop_tf_step(at::Tensor *const *parameters, at::Tensor *const *gradients,
                           at::Tensor *const *squares, at::Tensor *const *buffers, size_t count,
                           double lr, double alpha, double momentum, double eps,
                           double weight_decay) {
  return guarded([&] {
    if (count == 0) {
      return;
    }
    at::NoGradGuard no_grad;
    auto weights = list(parameters, count);
    auto grads = gradients_of(weights, gradients);
    auto square = list(squares, count);
    auto velocity = list(buffers, count);
    require_shapes(weights, square);
    require_shapes(weights, velocity);
    if (weight_decay != 0) {
      grads = at::_foreach_add(grads, weights, weight_decay);
    }
    at::_foreach_lerp_(square, at::_foreach_mul(grads, grads), 1 - alpha);
    auto root = at::_foreach_add(square, eps);
    at::_foreach_sqrt_(root);
    at::_foreach_mul_(velocity, momentum);
    at::_foreach_addcdiv_(velocity, grads, root, lr);
    at::_foreach_sub_(weights, velocity);
  });
}

// Moves every tensor of `to` by `weight` of the way to its counterpart.
char *shim_lerp(at::Tensor *const *to, at::Tensor *const *from, size_t count, double weight) {
  return guarded([&] {
    if (count == 0) {
      return;
    }
    at::NoGradGuard no_grad;
    auto averages = list(to, count);
    auto values = list(from, count);
    require_shapes(averages, values);
    at::_foreach_lerp_(averages, values, weight);
  });
}

// The Euclidean norm of all numbers of all tensors, a scalar on their device.
char *shim_norm(at::Tensor *const *tensors, size_t count, at::Tensor **output) {
  return guarded([&] {
    TORCH_CHECK(count > 0, "the norm of no tensor");
    at::NoGradGuard no_grad;
    auto norms = at::_foreach_norm(list(tensors, count), 2);
    *output = new at::Tensor(at::linalg_vector_norm(at::stack(norms)));
  });
}

// Multiplies every tensor by one scalar, which may still be under way on the device.
char *shim_scale(at::Tensor *const *tensors, size_t count, const at::Tensor *factor) {
  return guarded([&] {
    if (count > 0) {
      at::NoGradGuard no_grad;
      at::_foreach_mul_(list(tensors, count), *factor);
    }
  });
}

} // extern "C"
