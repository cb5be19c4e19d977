// Stores, process groups and their collective operations, as C functions. As in shim.cpp no exception
// leaves; here several threads may be inside at once.

#include "group.h"

#include <cstdlib>
#include <sstream>
#include <string>

#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

namespace {

std::vector<uint8_t> bytes(const char *data, size_t length) { return {data, data + length}; }

// c10d's flight recorder keeps a table of groups that it changes without a lock: two groups whose first work begins at the
// same moment, on two threads, crash in it. Nothing reads what it records. Set before main, while no thread reads
// variables; who sets one is obeyed.
const bool recorder_is_off = setenv("TORCH_FR_BUFFER_SIZE", "0", /*overwrite=*/0) == 0;

} // namespace

Work Group::start_sum(at::Tensor &tensor) {
  std::vector<at::Tensor> tensors{tensor};
  c10d::AllreduceOptions options;
  options.reduceOp = c10d::ReduceOp::SUM;
  return start([&](c10d::Backend &backend) { return backend.allreduce(tensors, options); });
}

extern "C" {

char *group_store(const char *host, uint16_t port, bool serve, int64_t timeout_ms, StoreHandle **output,
                  uint16_t *bound) {
  return guarded([&] {
    c10d::TCPStoreOptions options;
    options.port = port;
    options.isServer = serve;
    // Each rank waits for the others where it needs them, with a message of its own.
    options.waitWorkers = false;
    options.timeout = std::chrono::milliseconds(timeout_ms);
    auto store = c10::make_intrusive<c10d::TCPStore>(host, options);
    *bound = store->getPort();
    *output = new StoreHandle(std::move(store));
  });
}

char *group_store_set(StoreHandle *store, const char *key, const char *data, size_t length) {
  return guarded([&] { (*store)->set(key, bytes(data, length)); });
}

char *group_store_wait(StoreHandle *store, const char *key, int64_t timeout_ms) {
  return guarded([&] { (*store)->wait({key}, std::chrono::milliseconds(timeout_ms)); });
}

char *group_store_has(StoreHandle *store, const char *key, bool *output) {
  return guarded([&] { *output = (*store)->check({key}); });
}

// The value as a string that shim_free_text releases; waits for it as long as the store allows.
char *group_store_get(StoreHandle *store, const char *key, char **output) {
  return guarded([&] {
    auto value = (*store)->get(key);
    *output = strndup(reinterpret_cast<const char *>(value.data()), value.size());
  });
}

// The same server, through a connection of its own: a waiting call holds up no other.
char *group_store_clone(StoreHandle *store, StoreHandle **output) {
  return guarded([&] { *output = new StoreHandle((*store)->clone()); });
}

void group_store_free(StoreHandle *store) { delete store; }

// `place` is this machine's address, or, where `interfaces` says so, its interfaces with commas between them.
char *group_gloo(StoreHandle *store, const char *prefix, int rank, int world, const char *place, bool interfaces,
                 int64_t timeout_ms, GroupHandle **output) {
  return guarded([&] {
    using c10d::ProcessGroupGloo;
    auto options = ProcessGroupGloo::Options::create(std::chrono::milliseconds(timeout_ms));
    if (interfaces) {
      std::istringstream names(place);
      for (std::string name; std::getline(names, name, ',');) {
        options->devices.push_back(ProcessGroupGloo::createDeviceForInterface(name));
      }
    } else {
      options->devices.push_back(ProcessGroupGloo::createDeviceForHostname(place));
    }
    auto prefixed = c10::make_intrusive<c10d::PrefixStore>(prefix, *store);
    auto backend = c10::make_intrusive<ProcessGroupGloo>(prefixed, rank, world, options);
    *output = new GroupHandle(std::make_shared<Group>(std::move(backend)));
  });
}

char *group_broadcast(GroupHandle *group, const at::Tensor *tensor, int root, WorkHandle **output) {
  return guarded([&] {
    std::vector<at::Tensor> tensors{*tensor};
    c10d::BroadcastOptions options;
    options.rootRank = root;
    auto work = (*group)->start([&](c10d::Backend &backend) { return backend.broadcast(tensors, options); });
    *output = new WorkHandle{*group, std::move(work)};
  });
}

char *group_all_reduce(GroupHandle *group, const at::Tensor *tensor, bool largest, WorkHandle **output) {
  return guarded([&] {
    std::vector<at::Tensor> tensors{*tensor};
    c10d::AllreduceOptions options;
    options.reduceOp = largest ? c10d::ReduceOp::MAX : c10d::ReduceOp::SUM;
    auto work = (*group)->start([&](c10d::Backend &backend) { return backend.allreduce(tensors, options); });
    *output = new WorkHandle{*group, std::move(work)};
  });
}

char *group_all_gather(GroupHandle *group, const at::Tensor *input, at::Tensor *const *outputs,
                       size_t count, WorkHandle **output) {
  return guarded([&] {
    std::vector<std::vector<at::Tensor>> gathered{list(outputs, count)};
    std::vector<at::Tensor> inputs{*input};
    auto work = (*group)->start([&](c10d::Backend &backend) { return backend.allgather(gathered, inputs); });
    *output = new WorkHandle{*group, std::move(work)};
  });
}

void group_abort(GroupHandle *group) {
  // Nobody is left to tell what goes wrong now.
  free(guarded([&] { (*group)->abort(); }));
}

bool group_is_broken(GroupHandle *group) { return (*group)->is_broken(); }

void group_free(GroupHandle *group) { delete group; }

char *group_wait(WorkHandle *work) {
  return guarded([&] { work->group->wait(work->work); });
}

void group_work_free(WorkHandle *work) { delete work; }

} // extern "C"
