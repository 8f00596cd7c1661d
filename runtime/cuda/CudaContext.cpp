// Retains the primary context, which the CUDA runtime of a host program would use too, so memory can be shared with it.
#include "runtime/cuda/CudaContext.h"

#include "compiler/support/Error.h"

#include <cctype>
#include <cstring>
#include <fmt/format.h>
#include <vector>

namespace tile::runtime {
namespace {

std::string trimmed(const std::vector<char> &log) {
  std::string text(log.data(), strnlen(log.data(), log.size()));
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  return text;
}

int attribute_of(const Driver &driver, CUdevice device, CUdevice_attribute which) {
  int value = 0;
  driver.check(driver.deviceGetAttribute(&value, which, device), "reading a device attribute");
  return value;
}

} // namespace

std::shared_ptr<CudaContext> CudaContext::open(int ordinal) {
  const Driver &driver = Driver::get();
  int count = 0;
  driver.check(driver.deviceGetCount(&count), "counting the GPUs");
  if (ordinal >= count)
    throw UserError(count == 0 ? "no GPU can be used: the CUDA driver sees none; use the device 'host' instead"
                               : fmt::format("device 'cuda:{}' does not exist: this machine has cuda:0 to cuda:{}",
                                             ordinal, count - 1));
  CUdevice device = 0;
  driver.check(driver.deviceGet(&device, ordinal), "opening the GPU");
  return std::make_shared<CudaContext>(driver, device);
}

CudaContext::CudaContext(const Driver &driver, CUdevice device) : driver_(driver), device_(device) {
  driver_.check(driver_.primaryCtxRetain(&handle_, device_), "retaining the GPU's primary context");
}

CudaContext::~CudaContext() {
  driver_.primaryCtxRelease(device_);
}

int CudaContext::attribute(CUdevice_attribute which) const {
  return attribute_of(driver_, device_, which);
}

void CudaContext::release(void *data) noexcept {
  if (try_make_current()) driver_.memFree(reinterpret_cast<CUdeviceptr>(data));
}

std::string arch_of(const Driver &driver, CUdevice device) {
  const int major = attribute_of(driver, device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
  const int minor = attribute_of(driver, device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  return fmt::format("sm_{}{}{}", major, minor, major >= 9 ? "a" : "");
}

CudaModule::CudaModule(std::shared_ptr<CudaContext> context, const std::string &image, const std::string &what)
    : context_(std::move(context)) {
  context_->make_current();
  std::vector<char> errors(16 << 10), info(16 << 10);
  CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, CU_JIT_INFO_LOG_BUFFER,
                            CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES};
  void *values[] = {errors.data(), reinterpret_cast<void *>(errors.size()), info.data(),
                    reinterpret_cast<void *>(info.size())};
  const Driver &d = context_->driver();
  if (CUresult r = d.moduleLoadDataEx(&handle_, image.c_str(), std::size(options), options, values);
      r != CUDA_SUCCESS) {
    std::string log = trimmed(errors), more = trimmed(info);
    d.fail(r, fmt::format("{} for {}, {}, was refused{}{}{}{}", what, arch_of(d, context_->device()), d.description(),
                          log.empty() ? "" : "\n" + log, more.empty() ? "" : "\n" + more,
                          log.empty() && more.empty() ? "" : "\n", "the driver says"));
  }
}

CudaModule::~CudaModule() {
  if (!context_->try_make_current()) return;
  context_->driver().ctxSynchronize(); // code that still runs must not be unloaded
  context_->driver().moduleUnload(handle_);
}

CUfunction CudaModule::function(const std::string &name) const {
  context_->make_current();
  const Driver &d = context_->driver();
  CUfunction function = nullptr;
  CUresult r = d.moduleGetFunction(&function, handle_, name.c_str());
  if (r == CUDA_ERROR_NOT_FOUND) return nullptr;
  d.check(r, "finding a kernel in its module");
  // A lazily loading driver would load at the first launch, and wait for a held stream while it does.
  if (d.funcLoad) d.check(d.funcLoad(function), "loading a kernel");
  return function;
}

int CudaModule::attribute(CUfunction function, CUfunction_attribute which) const {
  int value = 0;
  context_->driver().check(context_->driver().funcGetAttribute(&value, which, function),
                           "reading a kernel's attribute");
  return value;
}

LaunchLimits::LaunchLimits(const CudaContext &c)
    : x(uint32_t(c.attribute(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X))),
      y(uint32_t(c.attribute(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y))),
      z(uint32_t(c.attribute(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z))),
      threads(uint32_t(c.attribute(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK))) {}

void LaunchLimits::refuse(Grid g, const std::string &kernel) const {
  throw UserError(fmt::format("kernel '{}': a grid of {} x {} x {} programs is beyond the device's {} x {} x {}",
                              kernel, g.x, g.y, g.z, x, y, z));
}

} // namespace tile::runtime
