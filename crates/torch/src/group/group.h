// What the files of this folder share: c10d's back end is the interface of every kind of process group.

#pragma once

#include "../support.h"

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <torch/csrc/distributed/c10d/Work.hpp>

#include <chrono>

// What Rust holds: a counted reference each.
using StoreHandle = c10::intrusive_ptr<c10d::Store>;
using GroupHandle = c10::intrusive_ptr<c10d::Backend>;
using WorkHandle = c10::intrusive_ptr<c10d::Work>;

// Starts a sum over all ranks, in place.
WorkHandle start_sum(c10d::Backend &group, at::Tensor &tensor);
