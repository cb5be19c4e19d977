// What the files of this folder share: c10d's back end is the interface of every kind of process group.

#pragma once

#include "../support.h"

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <torch/csrc/distributed/c10d/Work.hpp>

#include <atomic>
#include <chrono>
#include <memory>

// An operation of a group under way.
using Work = c10::intrusive_ptr<c10d::Work>;

// Ranks that work together. An operation that fails breaks the group, and so does an abort: it was another rank's doing, and
// every later operation fails at once. Errors of other kinds leave it whole.
class Group {
  c10::intrusive_ptr<c10d::Backend> backend_;
  std::atomic<bool> broken_ = false;

  void require_whole() const {
    TORCH_CHECK(!broken_, "an operation of the group failed before, or the group was aborted");
  }

  template <typename Operation>
  auto breaking(Operation operation) {
    require_whole();
    try {
      return operation();
    } catch (...) {
      broken_ = true;
      throw;
    }
  }

public:
  explicit Group(c10::intrusive_ptr<c10d::Backend> backend) : backend_(std::move(backend)) {}

  int size() const { return backend_->getSize(); }
  bool is_broken() const { return broken_; }

  template <typename Operation>
  Work start(Operation operation) {
    return breaking([&] { return operation(*backend_); });
  }

  // Starts a sum over all ranks, in place.
  Work start_sum(at::Tensor &tensor);

  // What an aborted operation has left is no result.
  void wait(Work &work) {
    breaking([&] { return work->wait(); });
    require_whole();
  }

  void abort() {
    broken_ = true;
    backend_->abort();
  }
};

// What Rust holds: a counted reference each.
using StoreHandle = c10::intrusive_ptr<c10d::Store>;
using GroupHandle = std::shared_ptr<Group>;
struct WorkHandle {
  GroupHandle group;
  Work work;
};
