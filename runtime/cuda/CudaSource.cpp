// Kernels of NVRTC's code: typed arguments are handed over as the driver's kernelParams and compared with what the
// kernel declares, since a number of the wrong size would silently read beside it.
#include "runtime/CudaSource.h"

#include "compiler/support/Error.h"
#include "runtime/cuda/CudaDevice.h"
#include "runtime/cuda/Nvrtc.h"

#include <array>
#include <fmt/format.h>

namespace tile::runtime {
namespace {

constexpr size_t kMostArguments = 64;
constexpr uint32_t kStaticSharedBytes = 48 << 10; ///< more must be asked for, kernel by kernel

class NvrtcKernel final : public SourceKernel {
public:
  NvrtcKernel(std::shared_ptr<CudaModule> module, std::string name, CUfunction function)
      : module_(std::move(module)), name_(std::move(name)), function_(function), limits_(*module_->context()),
        most_threads_(uint32_t(module_->attribute(function, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK))) {
    const Driver &d = module_->context()->driver();
    if (!d.funcGetParamInfo) return;
    size_t offset = 0, size = 0;
    while (d.funcGetParamInfo(function_, sizes_.size(), &offset, &size) == CUDA_SUCCESS) sizes_.push_back(size);
    knows_sizes_ = true;
  }

  void launch(Stream &stream, Grid grid, uint32_t threads, std::span<const KernelArg> args,
              uint32_t shared_bytes) override {
    limits_.check(grid, name_);
    if (threads < 1 || threads > most_threads_)
      throw UserError(fmt::format("kernel '{}': a block of {} threads; the device takes 1 to {} of this kernel", name_,
                                  threads, most_threads_));
    check_arguments(args);
    if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
    std::array<void *, kMostArguments> pointers;
    for (size_t i = 0; i < args.size(); ++i) pointers[i] = const_cast<void *>(args[i].data());
    const CudaContext &context = *module_->context();
    CUstream queue = cuda_stream(stream, context);
    context.make_current();
    allow_shared(shared_bytes);
    CUresult r = context.driver().launchKernel(function_, grid.x, grid.y, grid.z, threads, 1, 1, shared_bytes, queue,
                                               pointers.data(), nullptr);
    if (r != CUDA_SUCCESS)
      context.driver().fail(r,
                            fmt::format("launching kernel '{}' with a grid of {} x {} x {}, {} threads and {} bytes of "
                                        "shared memory",
                                        name_, grid.x, grid.y, grid.z, threads, shared_bytes));
  }

private:
  void check_arguments(std::span<const KernelArg> args) const {
    if (args.size() > kMostArguments)
      throw UserError(
          fmt::format("kernel '{}': {} arguments; at most {} are accepted", name_, args.size(), kMostArguments));
    if (!knows_sizes_) return;
    if (args.size() != sizes_.size())
      throw UserError(fmt::format("kernel '{}' takes {} arguments; {} were given", name_, sizes_.size(), args.size()));
    for (size_t i = 0; i < args.size(); ++i)
      if (args[i].size() != sizes_[i])
        throw UserError(fmt::format("kernel '{}': argument {} takes {} bytes; the value given has {}", name_, i,
                                    sizes_[i], args[i].size()));
  }

  void allow_shared(uint32_t bytes) {
    if (bytes <= kStaticSharedBytes || bytes <= allowed_shared_) return;
    const Driver &d = module_->context()->driver();
    d.check(d.funcSetAttribute(function_, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, int(bytes)),
            "asking for more than 48 KiB of shared memory");
    allowed_shared_ = bytes;
  }

  std::shared_ptr<CudaModule> module_;
  std::string name_;
  CUfunction function_;
  LaunchLimits limits_;
  uint32_t most_threads_;
  uint32_t allowed_shared_ = 0;
  bool knows_sizes_ = false;
  std::vector<size_t> sizes_;
};

class NvrtcModule final : public SourceModule {
public:
  NvrtcModule(std::shared_ptr<CudaContext> context, std::string name, const Nvrtc &nvrtc, Nvrtc::Code code)
      : name_(std::move(name)), log_(std::move(code.log)),
        module_(std::make_shared<CudaModule>(std::move(context), code.image,
                                             fmt::format("the code that NVRTC {}.{} made of the CUDA source '{}'",
                                                         nvrtc.version().first, nvrtc.version().second, name_))) {}

  std::unique_ptr<SourceKernel> kernel(std::string_view kernel_name) override {
    std::string name(kernel_name);
    CUfunction function = module_->function(name);
    if (!function)
      throw UserError(fmt::format("the CUDA source '{}' has no kernel '{}'; a kernel must be extern \"C\" __global__",
                                  name_, name));
    return std::make_unique<NvrtcKernel>(module_, std::move(name), function);
  }
  const std::string &log() const override { return log_; }

private:
  std::string name_, log_;
  std::shared_ptr<CudaModule> module_;
};

} // namespace

std::unique_ptr<SourceModule> compile_cuda_source(Device &device, std::string_view name, std::string_view source,
                                                  const std::vector<std::string> &options) {
  auto *cuda = dynamic_cast<CudaDevice *>(&device);
  if (!cuda) throw UserError(fmt::format("the CUDA source '{}' needs a CUDA device; '{}' is none", name, device.id()));
  const Nvrtc &nvrtc = Nvrtc::get();
  return std::make_unique<NvrtcModule>(cuda->context(), std::string(name), nvrtc,
                                       nvrtc.compile(name, source, device.target().arch, options));
}

} // namespace tile::runtime
