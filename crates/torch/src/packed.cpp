// Convolutions whose weights lie as oneDNN's kernels read them, by libtorch's own operators for compiled networks.

#include <ATen/core/dispatch/Dispatcher.h>

#include "support.h"

namespace {

c10::List<std::optional<at::Scalar>> no_scalars() { return c10::List<std::optional<at::Scalar>>(); }

} // namespace

extern "C" {

bool shim_packs() { return at::hasMKLDNN() && at::globalContext().userEnabledMkldnn(); }

char *shim_pack(const at::Tensor *weight, int64_t stride, int64_t padding, int64_t groups,
                const int64_t *input, at::Tensor **output) {
  return guarded([&] {
    using Pack = at::Tensor(const at::Tensor &, at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, int64_t,
                            at::OptionalIntArrayRef);
    static const auto pack =
        c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_reorder_convolution_weight", "").typed<Pack>();
    const int64_t paddings[] = {padding, padding}, strides[] = {stride, stride}, dilations[] = {1, 1};
    *output = new at::Tensor(
        pack.call(*weight, paddings, strides, dilations, groups, at::IntArrayRef(input, 4)));
  });
}

char *shim_packed_conv(const at::Tensor *input, const at::Tensor *weight, const at::Tensor *bias, int64_t stride,
                       const int64_t *padding, int64_t groups, const char *after, at::Tensor **output) {
  return guarded([&] {
    using Conv = at::Tensor(const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &,
                            at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, int64_t, std::string_view,
                            c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>);
    static const auto conv =
        c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_convolution_pointwise", "").typed<Conv>();
    const int64_t strides[] = {stride, stride}, dilations[] = {1, 1};
    const auto shift = bias == nullptr ? std::nullopt : std::optional<at::Tensor>(*bias);
    *output = new at::Tensor(conv.call(*input, *weight, shift, at::IntArrayRef(padding, 2), strides, dilations,
                                       groups, after, no_scalars(), std::nullopt));
  });
}

char *shim_packed_conv_onto(const at::Tensor *sum, const at::Tensor *input, const at::Tensor *weight,
                            const at::Tensor *bias, int64_t stride, const int64_t *padding, int64_t groups,
                            at::Tensor **output) {
  return guarded([&] {
    using Onto = at::Tensor &(at::Tensor &, const at::Tensor &, const at::Tensor &,
                              const std::optional<at::Tensor> &, at::IntArrayRef, at::IntArrayRef, at::IntArrayRef,
                              int64_t, std::string_view, std::optional<at::Scalar>, std::optional<std::string_view>,
                              c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>);
    static const auto onto =
        c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_convolution_pointwise_", "binary").typed<Onto>();
    const int64_t strides[] = {stride, stride}, dilations[] = {1, 1};
    const auto shift = bias == nullptr ? std::nullopt : std::optional<at::Tensor>(*bias);
    at::Tensor into = *sum;
    *output = new at::Tensor(onto.call(into, *input, *weight, shift, at::IntArrayRef(padding, 2), strides, dilations,
                                       groups, "add", 1.0, std::nullopt, no_scalars(), std::nullopt));
  });
}

} // extern "C"
