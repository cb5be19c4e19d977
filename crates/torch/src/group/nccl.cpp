// A process group over NCCL. The library is loaded when the first group is made; streams and events come
// through c10's interface for any device, so that building this asks for no header of CUDA.

#include "group.h"

#include <c10/core/DeviceGuard.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <dlfcn.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <mutex>

namespace {

// The part of NCCL's interface that is used, as its header has it.
struct UniqueId {
  char bytes[128];
};
using Communicator = struct ncclComm *;
enum Kind { UINT8 = 1, INT32 = 2, INT64 = 4, FLOAT16 = 6, FLOAT32 = 7, FLOAT64 = 8, BFLOAT16 = 9 };
enum Reduction { SUM = 0, MAX = 2 };

class Library {
public:
  static const Library &get() {
    static const Library library;
    return library;
  }

  int (*make_id)(UniqueId *);
  int (*join)(Communicator *, int world, UniqueId id, int rank);
  int (*all_reduce)(const void *, void *, size_t count, int kind, int reduction, Communicator, void *stream);
  int (*broadcast)(const void *, void *, size_t count, int kind, int root, Communicator, void *stream);
  int (*all_gather)(const void *, void *, size_t count, int kind, Communicator, void *stream);
  int (*abort)(Communicator);
  const char *(*text)(int);

  void check(int code, const char *what) const {
    TORCH_CHECK(code == 0, "NCCL cannot ", what, ": ", text(code));
  }

private:
  Library() {
    // libtorch's CUDA library brings the one it was built with, under the usual name.
    const char *own = std::getenv("CREAMC_NCCL");
    const char *name = own == nullptr || *own == '\0' ? "libnccl.so.2" : own;
    void *library = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
    TORCH_CHECK(library != nullptr, "NCCL cannot be loaded: ", dlerror());
    find(library, "ncclGetUniqueId", make_id);
    find(library, "ncclCommInitRank", join);
    find(library, "ncclAllReduce", all_reduce);
    find(library, "ncclBroadcast", broadcast);
    find(library, "ncclAllGather", all_gather);
    find(library, "ncclCommAbort", abort);
    find(library, "ncclGetErrorString", text);
  }

  template <typename Function>
  static void find(void *library, const char *name, Function &function) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    TORCH_CHECK(function != nullptr, "NCCL has no function ", name);
  }
};

// How long a call of NCCL, which only enqueues, may take.
constexpr std::chrono::seconds COMES_BACK(5);

int kind_of(const at::Tensor &tensor) {
  switch (tensor.scalar_type()) {
  case at::kByte:
    return UINT8;
  case at::kInt:
    return INT32;
  case at::kLong:
    return INT64;
  case at::kHalf:
    return FLOAT16;
  case at::kFloat:
    return FLOAT32;
  case at::kDouble:
    return FLOAT64;
  case at::kBFloat16:
    return BFLOAT16;
  default:
    TORCH_CHECK(false, "NCCL sends no tensors of kind ", tensor.scalar_type());
  }
}

// An operation under way on a stream of its own. Waiting lets the caller's stream wait, not its thread.
class StreamWork : public c10d::Work {
public:
  StreamWork(c10::Event done, std::vector<at::Tensor> kept)
      : done_(std::move(done)), kept_(std::move(kept)) {}

  bool isCompleted() override { return done_.query(); }
  bool isSuccess() const override { return done_.query(); }

  void synchronize() override {
    const auto device = kept_.front().device();
    done_.block(c10::impl::VirtualGuardImpl(device.type()).getStream(device));
  }

  bool wait(std::chrono::milliseconds /*timeout*/) override {
    synchronize();
    return true;
  }

private:
  c10::Event done_;
  std::vector<at::Tensor> kept_;
};

class NcclGroup : public c10d::Backend {
public:
  NcclGroup(const c10::intrusive_ptr<c10d::Store> &store, const std::string &key, int rank, int world,
            c10::Device device)
      : Backend(rank, world), device_(device), stream_(own_stream(device)) {
    const c10::DeviceGuard guard(device_);
    UniqueId id;
    if (rank == 0) {
      library_.check(library_.make_id(&id), "make a name for the group");
      store->set(key, std::vector<uint8_t>(id.bytes, id.bytes + sizeof(id.bytes)));
    } else {
      const auto value = store->get(key);
      TORCH_CHECK(value.size() == sizeof(id.bytes), "the group's name is damaged");
      std::copy(value.begin(), value.end(), id.bytes);
    }
    Communicator communicator = nullptr;
    library_.check(library_.join(&communicator, world, id, rank), "join the group");
    communicator_ = communicator;
  }

  ~NcclGroup() override { abort(); }

  const std::string getBackendName() const override { return "nccl"; }

  c10::intrusive_ptr<c10d::Work> allreduce(std::vector<at::Tensor> &tensors,
                                           const c10d::AllreduceOptions &options) override {
    const auto &tensor = tensors.at(0);
    const int reduction = options.reduceOp == c10d::ReduceOp::MAX ? MAX : SUM;
    return run(tensors, "add up", [&](Communicator group, void *stream) {
      return library_.all_reduce(tensor.data_ptr(), tensor.data_ptr(), tensor.numel(), kind_of(tensor),
                                 reduction, group, stream);
    });
  }

  c10::intrusive_ptr<c10d::Work> broadcast(std::vector<at::Tensor> &tensors,
                                           const c10d::BroadcastOptions &options) override {
    const auto &tensor = tensors.at(0);
    return run(tensors, "broadcast", [&](Communicator group, void *stream) {
      return library_.broadcast(tensor.data_ptr(), tensor.data_ptr(), tensor.numel(), kind_of(tensor),
                                static_cast<int>(options.rootRank), group, stream);
    });
  }

  c10::intrusive_ptr<c10d::Work> allgather(std::vector<std::vector<at::Tensor>> &outputs,
                                           std::vector<at::Tensor> &inputs,
                                           const c10d::AllgatherOptions & /*options*/) override {
    const auto input = inputs.at(0).contiguous();
    auto gathered = at::empty({getSize(), input.numel()}, input.options());
    std::vector<at::Tensor> used{input, gathered};
    auto work = run(used, "gather", [&](Communicator group, void *stream) {
      return library_.all_gather(input.data_ptr(), gathered.data_ptr(), input.numel(), kind_of(input), group,
                                 stream);
    });
    work->wait();
    for (int rank = 0; rank < getSize(); ++rank) {
      auto &output = outputs.at(0).at(rank);
      output.copy_(gathered[rank].view(output.sizes()));
    }
    return work;
  }

  // Kernels that wait for a lost rank end. Called by the thread that watches the others, while the training
  // thread may be inside NCCL: it is given time to come out, for the communicator is freed here. A call that
  // does not come back hangs, and only this ends it.
  void abort() override {
    const std::unique_lock<std::timed_mutex> lock(calls_, COMES_BACK);
    const Communicator communicator = communicator_.exchange(nullptr);
    if (communicator != nullptr) {
      library_.abort(communicator);
    }
  }

private:
  // A stream whose handle c10 tells; where it does not, the default one, whose handle is null.
  static c10::Stream own_stream(c10::Device device) {
    const c10::impl::VirtualGuardImpl guard(device.type());
    try {
      const auto stream = guard.getStreamFromGlobalPool(device, /*isHighPriority=*/true);
      stream.native_handle();
      return stream;
    } catch (const c10::Error &) {
      return guard.getDefaultStream(device);
    }
  }

  c10::intrusive_ptr<c10d::Work> run(const std::vector<at::Tensor> &tensors, const char *what,
                                     const std::function<int(Communicator, void *)> &start) {
    const std::lock_guard<std::timed_mutex> lock(calls_);
    const Communicator communicator = communicator_;
    TORCH_CHECK(communicator != nullptr, "the group was aborted");
    for (const auto &tensor : tensors) {
      TORCH_CHECK(tensor.device() == device_, "a tensor lies on ", tensor.device(), ", the group on ", device_);
      TORCH_CHECK(tensor.is_non_overlapping_and_dense(), "a tensor has holes");
    }
    const c10::DeviceGuard guard(device_);
    // What the tensors are made of is computed on the caller's stream.
    c10::Event ready(device_.type());
    ready.record(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
    ready.block(stream_);
    const bool is_default = stream_.id() == 0;
    library_.check(start(communicator, is_default ? nullptr : stream_.native_handle()), what);
    c10::Event done(device_.type());
    done.record(stream_);
    return c10::make_intrusive<StreamWork>(std::move(done), tensors);
  }

  const Library &library_ = Library::get();
  c10::Device device_;
  c10::Stream stream_;
  // Held while a call is inside NCCL.
  std::timed_mutex calls_;
  std::atomic<Communicator> communicator_ = nullptr;
};

} // namespace

extern "C" {

char *group_nccl_load() {
  return guarded([] { Library::get(); });
}

char *group_nccl(StoreHandle *store, const char *key, int rank, int world, int device,
                 GroupHandle **output) {
  return guarded([&] {
    Library::get();
    const c10::Device cuda(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(device));
    auto backend = c10::make_intrusive<NcclGroup>(*store, key, rank, world, cuda);
    *output = new GroupHandle(std::make_shared<Group>(std::move(backend)));
  });
}

} // extern "C"
