// Gradients averaged over ranks while the backward pass is still under way, and a sum over ranks that
// gradients pass through.

#include "group.h"

#include <ATen/ExpandUtils.h>

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/variable.h>

namespace {

// Some gradients laid one behind the other, sent as one.
struct Bucket {
  at::Tensor flat;
  size_t missing = 0;
  Work work;
};

class Buckets {
public:
  // The last parameters' gradients come first; a bucket is sent when it and all before it are full, so that
  // every rank sends the same in the same order.
  Buckets(Group &group, const std::vector<at::Tensor> &parameters, size_t bucket_bytes)
      : group_(group), places_(parameters.size()) {
    for (size_t at = parameters.size(); at > 0;) {
      at = gather(parameters, at, bucket_bytes);
    }
  }

  // Where gradient `at` is to be, in its parameter's layout as far as that has no holes.
  const at::Tensor &place(size_t at) const { return places_[at].view; }

  void arrived(size_t at, const at::Tensor &gradient) {
    auto &place = places_[at];
    if (place.filled) {
      return;
    }
    place.filled = true;
    place.view.copy_(gradient);
    --buckets_[place.bucket].missing;
    for (; sent_ < buckets_.size() && buckets_[sent_].missing == 0; ++sent_) {
      buckets_[sent_].work = group_.start_sum(buckets_[sent_].flat);
    }
  }

  void finish() {
    TORCH_CHECK(sent_ == buckets_.size(), "a parameter took no part in the loss");
    for (auto &bucket : buckets_) {
      group_.wait(bucket.work);
      bucket.flat.div_(group_.size());
    }
  }

private:
  struct Place {
    at::Tensor view;
    size_t bucket = 0;
    bool filled = false;
  };

  // Makes the bucket of the parameters that end before `end`; where it begins.
  size_t gather(const std::vector<at::Tensor> &parameters, size_t end, size_t bucket_bytes) {
    size_t begin = end;
    int64_t elements = 0;
    const auto &last = parameters[end - 1];
    do {
      elements += parameters[--begin].numel();
    } while (begin > 0 && parameters[begin - 1].scalar_type() == last.scalar_type() &&
             (elements + parameters[begin - 1].numel()) * last.element_size() <= bucket_bytes);
    Bucket bucket;
    bucket.flat = at::empty({elements}, last.detach().options());
    bucket.missing = end - begin;
    int64_t offset = 0;
    for (size_t at = begin; at < end; ++at) {
      const auto &one = parameters[at];
      // The slice of a larger parameter has holes between its numbers; its gradient has none.
      const auto strides = at::infer_dense_strides(one.sizes(), one.strides());
      const bool dense = one.is_non_overlapping_and_dense();
      places_[at].view =
          bucket.flat.as_strided(one.sizes(), dense ? one.strides() : strides, offset);
      places_[at].bucket = buckets_.size();
      offset += one.numel();
    }
    buckets_.push_back(std::move(bucket));
    return begin;
  }

  Group &group_;
  std::vector<Place> places_;
  std::vector<Bucket> buckets_;
  size_t sent_ = 0;
};

// Hooks that are gone when the pass is over, however it ends.
class Hooks {
public:
  Hooks(const std::vector<at::Tensor> &tensors, Buckets &buckets) : tensors_(tensors) {
    for (size_t at = 0; at < tensors_.size(); ++at) {
      auto hook = [&buckets, at](const at::Tensor &gradient) { buckets.arrived(at, gradient); };
      handles_.push_back(tensors_[at].register_hook(hook));
    }
  }
  ~Hooks() {
    for (size_t at = 0; at < tensors_.size(); ++at) {
      tensors_[at].remove_hook(handles_[at]);
    }
  }
  Hooks(const Hooks &) = delete;
  Hooks &operator=(const Hooks &) = delete;

private:
  const std::vector<at::Tensor> &tensors_;
  std::vector<unsigned> handles_;
};

// A sum over ranks. Each rank's loss hangs on every rank's input, so that gradients are summed too.
class SumOverRanks : public torch::autograd::Function<SumOverRanks> {
public:
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &input,
                            int64_t group) {
    context->saved_data["group"] = group;
    auto sum = input.detach().clone(at::MemoryFormat::Contiguous);
    auto &ranks = *reinterpret_cast<Group *>(group);
    auto work = ranks.start_sum(sum);
    ranks.wait(work);
    return sum;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    // Such a sum again, so that gradients have gradients.
    return {apply(gradients[0], context->saved_data["group"].toInt()), at::Tensor()};
  }
};

} // namespace

extern "C" {

char *group_gradients(GroupHandle *group, const at::Tensor *loss, at::Tensor *const *parameters,
                      size_t count, size_t bucket_bytes, at::Tensor **outputs) {
  return guarded([&] {
    const auto inputs = list(parameters, count);
    Buckets buckets(**group, inputs, bucket_bytes);
    {
      const Hooks hooks(inputs, buckets);
      const auto gradients = torch::autograd::grad({*loss}, inputs);
      for (size_t at = count; at > 0; --at) {
        buckets.arrived(at - 1, gradients[at - 1]);
      }
    }
    buckets.finish();
    for (size_t at = 0; at < count; ++at) {
      outputs[at] = new at::Tensor(buckets.place(at));
    }
  });
}

// The group must outlive the graph of the result.
char *group_watched_sum(GroupHandle *group, const at::Tensor *input, at::Tensor **output) {
  return guarded([&] {
    const auto address = reinterpret_cast<int64_t>(group->get());
    *output = new at::Tensor(SumOverRanks::apply(*input, address));
  });
}

} // extern "C"
