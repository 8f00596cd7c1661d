// Plans: candidates made ready to run, by key. Work of one stream runs in order, so that all its plans share one block
// of memory for their workspaces.
#include "modules/common/Stream.h"

#include "compiler/Compiler.h"
#include "compiler/support/Error.h"
#include "modules/common/Launches.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <unordered_map>

namespace fla {
namespace {

using tile::runtime::Buffer;
using tile::runtime::Device;
using tile::runtime::Executable;

constexpr size_t kMostPlans = 1024; ///< of a stream; a program that runs ever new shapes must not grow forever
constexpr size_t kAlign = 256;      ///< of each workspace

/// A device and all kernels compiled for it.
class Machine {
public:
  explicit Machine(const std::string &id) : device_(tile::runtime::open_device(id)) {}
  Device &device() { return *device_; }

  std::shared_ptr<Executable> load(const tile::Kernel &kernel) {
    const std::string text = kernel.str();
    std::lock_guard lock(mutex_);
    std::shared_ptr<Executable> &slot = kernels_[text];
    if (!slot) slot = device_->load(tile::compile(kernel, device_->target()));
    return slot;
  }

private:
  std::unique_ptr<Device> device_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Executable>> kernels_;
};

/// Machines live as long as the process: at its end the driver may be gone before they could be closed.
std::shared_ptr<Machine> machine_named(std::string_view id) {
  static auto &mutex = *new std::mutex;
  static auto &machines = *new std::map<std::string, std::shared_ptr<Machine>>;
  std::string name(id.empty() ? tile::runtime::default_device() : id);
  if (name == "cuda") name = "cuda:0";
  std::lock_guard lock(mutex);
  std::shared_ptr<Machine> &slot = machines[name];
  try {
    if (!slot) slot = std::make_shared<Machine>(name);
  } catch (...) {
    machines.erase(name);
    throw;
  }
  return slot;
}

struct Plan {
  Launches launches;
  std::map<std::string, size_t, std::less<>> workspace; ///< name -> offset
  size_t workspace_bytes = 0;
};

Plan make_plan(Machine &machine, const Problem &problem) {
  const Candidate candidate = problem.candidates(machine.device().target(), machine.device().info()).front();
  Plan plan{Launches(candidate, [&](const tile::Kernel &kernel) { return machine.load(kernel); }), {}, 0};
  for (const TensorDesc &t : candidate.workspace) {
    plan.workspace.emplace(t.name, plan.workspace_bytes);
    plan.workspace_bytes += (t.bytes() + kAlign - 1) / kAlign * kAlign;
  }
  return plan;
}

/// What can be copied to or from `here`.
void require_copyable(const Tensor &t, const void *here) {
  if (!t.is_sound() || !t.is_contiguous())
    throw tile::UserError("a copy takes a contiguous tensor of less than 2^62 bytes; given was " + t.str());
  if (t.bytes() > 0 && (!t.data || !here))
    throw tile::UserError(fmt::format("a copy of {} takes an address on the device and one here; given were {} and {}",
                                      t.str(), fmt::ptr(t.data), fmt::ptr(here)));
}

} // namespace

struct Stream::Impl {
  std::shared_ptr<Machine> machine;
  std::unique_ptr<tile::runtime::Stream> queue;
  std::unordered_map<std::string, Plan> plans;
  Buffer workspace;

  explicit Impl(std::string_view device) : machine(machine_named(device)) {}
  Impl(Impl &&) = delete;
  ~Impl() {
    try { // what is enqueued may still use the workspace
      if (queue) queue->synchronize();
    } catch (const tile::Error &) { // it failed: whoever waits for its results is told
    }
  }

  Plan &plan(const std::string &key, const std::function<std::unique_ptr<Problem>()> &problem) {
    if (auto it = plans.find(key); it != plans.end()) return it->second;
    if (plans.size() >= kMostPlans) plans.clear(); // their kernels stay
    return plans.emplace(key, make_plan(*machine, *problem())).first->second;
  }

  void reserve(size_t bytes) {
    if (bytes <= workspace.bytes()) return;
    queue->synchronize(); // what is enqueued may still use the old one
    workspace = {};
    workspace = machine->device().allocate(bytes);
  }

  const void *address(const Plan &plan, std::initializer_list<Binding> tensors, std::string_view name) {
    for (const Binding &b : tensors)
      if (b.name == name) return b.address;
    if (auto it = plan.workspace.find(name); it != plan.workspace.end())
      return static_cast<const std::byte *>(workspace.data()) + it->second;
    throw tile::InternalError(fmt::format("an argument names the tensor '{}', which was not bound", name));
  }
};

Stream::Stream(std::string_view device) : impl_(std::make_unique<Impl>(device)) {
  impl_->queue = impl_->machine->device().stream();
}

Stream::Stream(std::string_view device, void *native) : impl_(std::make_unique<Impl>(device)) {
  impl_->queue = impl_->machine->device().adopt(native);
}

Stream::Stream(Stream &&) noexcept = default;
Stream &Stream::operator=(Stream &&) noexcept = default;
Stream::~Stream() = default;

Stream::Impl &Stream::impl() const {
  if (!impl_) throw tile::UserError("this stream was moved from; accepted: one that has a queue");
  return *impl_;
}

tile::runtime::Device &Stream::device() const {
  return impl().machine->device();
}

void Stream::synchronize() {
  impl().queue->synchronize();
}

Tensor Stream::empty(DType dtype, std::vector<int64_t> shape) {
  Tensor t{.dtype = dtype, .shape = std::move(shape)};
  if (tile::size_of(dtype) == 0)
    throw tile::UserError(
        fmt::format("a tensor of the dtype {}, which is none; accepted: i1, i32, i64, f16, bf16, f32", int(dtype)));
  if (!t.is_sound())
    throw tile::UserError(fmt::format("a tensor {}; accepted: extents from 0 up, of less than 2^62 bytes", t.str()));
  auto memory = std::make_shared<Buffer>(device().allocate(t.bytes()));
  t.data = memory->data();
  t.memory = std::move(memory);
  return t;
}

void Stream::upload(const Tensor &to, const void *from) {
  require_copyable(to, from);
  synchronize();
  device().upload(to.data, from, to.bytes());
}

void Stream::download(void *to, const Tensor &from) {
  require_copyable(from, to);
  synchronize();
  device().download(to, from.data, from.bytes());
}

void Stream::run(const std::string &key, const std::function<std::unique_ptr<Problem>()> &problem,
                 std::initializer_list<Binding> tensors) {
  Impl &self = impl();
  Plan &plan = self.plan(key, problem);
  self.reserve(plan.workspace_bytes);
  plan.launches.bind([&](std::string_view name) { return self.address(plan, tensors, name); });
  plan.launches.enqueue(*self.queue);
}

} // namespace fla
