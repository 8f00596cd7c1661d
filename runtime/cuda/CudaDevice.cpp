// Memory, streams and events of a GPU.
#include "runtime/cuda/CudaDevice.h"

#include "compiler/support/Error.h"
#include "runtime/Backends.h"
#include "runtime/cuda/CudaExecutable.h"
#include "runtime/cuda/CudaRecording.h"

#include <algorithm>
#include <fmt/format.h>

namespace tile::runtime {
namespace {

class CudaStream final : public Stream {
public:
  explicit CudaStream(std::shared_ptr<CudaContext> context) : context_(std::move(context)) {
    context_->make_current();
    // Not CU_STREAM_NON_BLOCKING: upload and download, which use the null stream, then wait for all streams' work.
    context_->driver().check(context_->driver().streamCreate(&handle_, CU_STREAM_DEFAULT), "creating a stream");
  }
  /// One that someone else made, and destroys.
  CudaStream(std::shared_ptr<CudaContext> context, CUstream theirs)
      : context_(std::move(context)), handle_(theirs), is_ours_(false) {}
  ~CudaStream() override {
    if (is_ours_ && context_->try_make_current()) context_->driver().streamDestroy(handle_);
  }
  void synchronize() override {
    context_->make_current();
    context_->driver().check(context_->driver().streamSynchronize(handle_),
                             "waiting for a stream, whose work failed or some work before it");
  }
  const CudaContext &context() const { return *context_; }
  CUstream handle() const { return handle_; }

private:
  std::shared_ptr<CudaContext> context_;
  CUstream handle_ = nullptr;
  bool is_ours_ = true;
};

class CudaEvent final : public Event {
public:
  explicit CudaEvent(std::shared_ptr<CudaContext> context) : context_(std::move(context)) {
    context_->make_current();
    context_->driver().check(context_->driver().eventCreate(&handle_, CU_EVENT_DEFAULT), "creating an event");
  }
  ~CudaEvent() override {
    if (context_->try_make_current()) context_->driver().eventDestroy(handle_);
  }
  void record(Stream &stream) override {
    CUstream queue = cuda_stream(stream, *context_);
    context_->make_current();
    context_->driver().check(context_->driver().eventRecord(handle_, queue), "recording an event");
    is_recorded_ = true;
  }
  void synchronize() override {
    context_->make_current();
    context_->driver().check(context_->driver().eventSynchronize(handle_),
                             "waiting for an event; the work before it failed");
  }
  double elapsed_ms(const Event &start) const override {
    auto *from = dynamic_cast<const CudaEvent *>(&start);
    if (!from || from->context_->device() != context_->device())
      throw UserError("elapsed_ms: the start event belongs to another device");
    if (!from->is_recorded_ || !is_recorded_) throw UserError("elapsed_ms: an event was never recorded");
    float ms = 0;
    context_->make_current();
    context_->driver().check(context_->driver().eventElapsedTime(&ms, from->handle_, handle_),
                             "reading the time between two events");
    return ms;
  }

private:
  std::shared_ptr<CudaContext> context_;
  CUevent handle_ = nullptr;
  bool is_recorded_ = false;
};

/// Two transfers a clock on every wire.
int64_t memory_bandwidth(const CudaContext &c) {
  const int64_t kilohertz = c.attribute(CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE),
                wires = c.attribute(CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH);
  return 2 * 1000 * kilohertz * wires / 8;
}

DeviceInfo read_info(const CudaContext &c) {
  const Driver &d = c.driver();
  char name[256] = {};
  size_t memory = 0;
  d.check(d.deviceGetName(name, sizeof(name) - 1, c.device()), "reading the GPU's name");
  d.check(d.deviceTotalMem(&memory, c.device()), "reading the GPU's memory size");
  return {.name = name,
          .driver = d.description(),
          .units = c.attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
          .memory_bytes = int64_t(memory),
          .cache_bytes = c.attribute(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE),
          .clock_mhz = c.attribute(CU_DEVICE_ATTRIBUTE_CLOCK_RATE) / 1000,
          .bandwidth = memory_bandwidth(c)};
}

CUdeviceptr address(const void *data) {
  return reinterpret_cast<CUdeviceptr>(data);
}

} // namespace

CUstream cuda_stream(Stream &stream, const CudaContext &context) {
  auto *s = dynamic_cast<CudaStream *>(&stream);
  if (!s || s->context().device() != context.device()) [[unlikely]]
    throw UserError("the stream belongs to another device than the one it was used with");
  return s->handle();
}

CudaDevice::CudaDevice(int ordinal)
    : context_(CudaContext::open(ordinal)), id_(fmt::format("cuda:{}", ordinal)),
      target_(Target::nvvm(arch_of(context_->driver(), context_->device()))), info_(read_info(*context_)) {}

Buffer CudaDevice::allocate(size_t bytes) {
  context_->make_current();
  CUdeviceptr data = 0;
  // An empty buffer has an address too, so that code need not tell it apart.
  CUresult r = context_->driver().memAlloc(&data, std::max<size_t>(bytes, 1));
  if (r != CUDA_SUCCESS)
    context_->driver().fail(r, fmt::format("{}: {} bytes of memory cannot be had; the device has {} bytes in all", id_,
                                           bytes, info_.memory_bytes));
  return Buffer(context_, reinterpret_cast<void *>(data), bytes);
}

void CudaDevice::upload(void *dst, const void *src, size_t bytes) {
  if (bytes == 0) return;
  context_->make_current();
  context_->driver().check(context_->driver().memcpyHtoD(address(dst), src, bytes), "copying to the GPU");
}

void CudaDevice::download(void *dst, const void *src, size_t bytes) {
  if (bytes == 0) return;
  context_->make_current();
  context_->driver().check(context_->driver().memcpyDtoH(dst, address(src), bytes), "copying from the GPU");
}

void CudaDevice::fill(Stream &stream, void *dst, uint8_t value, size_t bytes) {
  CUstream queue = cuda_stream(stream, *context_);
  if (bytes == 0) return;
  context_->make_current();
  context_->driver().check(context_->driver().memsetD8Async(address(dst), value, bytes, queue), "filling GPU memory");
}

std::unique_ptr<Stream> CudaDevice::stream() {
  return std::make_unique<CudaStream>(context_);
}

std::unique_ptr<Stream> CudaDevice::adopt(void *native) {
  return std::make_unique<CudaStream>(context_, static_cast<CUstream>(native));
}

std::unique_ptr<Event> CudaDevice::event() {
  return std::make_unique<CudaEvent>(context_);
}

std::unique_ptr<Executable> CudaDevice::load(Artifact a) {
  if (a.target.kind != Target::Kind::Nvvm)
    throw UserError(fmt::format("kernel '{}' was compiled for the CPU {}; the device '{}' runs code for {} only",
                                a.entry, a.target.arch, id_, target_.arch));
  return std::make_unique<CudaExecutable>(context_, std::move(a));
}

std::unique_ptr<Recording> CudaDevice::record(Stream &stream, std::function<void(Stream &)> work) {
  return std::make_unique<CudaRecording>(context_, stream, work);
}

std::shared_ptr<void> CudaDevice::hold(Stream &stream) {
  CUstream queue = cuda_stream(stream, *context_);
  if (!holder_) holder_ = std::make_shared<Holder>(context_);
  return holder_->hold(queue);
}

std::unique_ptr<Device> open_cuda_device(int ordinal) {
  return std::make_unique<CudaDevice>(ordinal);
}

std::vector<std::string> list_cuda_devices(std::string *why_not) {
  std::vector<std::string> usable;
  std::string why;
  try {
    const Driver &driver = Driver::get();
    int count = 0;
    driver.check(driver.deviceGetCount(&count), "counting the GPUs");
    for (int ordinal = 0; ordinal < count; ++ordinal) {
      CUdevice device = 0;
      driver.check(driver.deviceGet(&device, ordinal), "opening the GPU");
      Target::nvvm(arch_of(driver, device)); // refuses GPUs too old to compile for
      usable.push_back(fmt::format("cuda:{}", ordinal));
    }
    if (count == 0) why = "no GPU can be used: the CUDA driver sees none";
  } catch (const Error &e) {
    why = e.what();
  }
  if (why_not) *why_not = usable.empty() ? why : "";
  return usable;
}

} // namespace tile::runtime
