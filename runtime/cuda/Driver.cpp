// Opens libcuda once a process and never closes it: buffers and modules may outlive every other owner.
#include "runtime/cuda/Driver.h"

#include "compiler/support/Error.h"

#include <cctype>
#include <dlfcn.h>
#include <fmt/format.h>
#include <fstream>
#include <sstream>

namespace tile::runtime {
namespace {

constexpr int kOldestVersion = 12000;                  // the first whose PTX knows sm_90a
constexpr int kOldestThatRecordsEarlyLaunches = 12030; // any stream may be one that is being recorded

[[noreturn]] void unusable(const std::string &why) {
  throw UserError("no GPU can be used: " + why + "; use the device 'host' instead");
}

template <class F> void resolve(void *library, F &function, const char *symbol) {
  function = reinterpret_cast<F>(dlsym(library, symbol));
  if (!function)
    unusable(fmt::format("the CUDA driver library libcuda.so.1 has no function {}: it is too old; a driver for CUDA "
                         "12.0 or later is needed",
                         symbol));
}

Driver open() {
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    unusable(fmt::format("the CUDA driver library libcuda.so.1 could not be opened ({}); it comes with NVIDIA's driver",
                         dlerror()));
  Driver d;
#define X(member, declaration, symbol) resolve(library, d.member, symbol);
  TILE_CUDA_DRIVER_FUNCTIONS(X)
#undef X
  d.funcLoad = reinterpret_cast<decltype(d.funcLoad)>(dlsym(library, "cuFuncLoad"));
  d.funcGetParamInfo = reinterpret_cast<decltype(d.funcGetParamInfo)>(dlsym(library, "cuFuncGetParamInfo"));
  if (CUresult r = d.driverGetVersion(&d.version); r != CUDA_SUCCESS) unusable("cuDriverGetVersion: " + d.words(r));
  if (d.version < kOldestVersion)
    unusable(fmt::format("the driver is for CUDA {}.{}; CUDA 12.0 or later is needed", d.version / 1000,
                         d.version % 1000 / 10));
  if (d.version >= kOldestThatRecordsEarlyLaunches)
    d.launchKernelEx = reinterpret_cast<decltype(d.launchKernelEx)>(dlsym(library, "cuLaunchKernelEx"));
  if (CUresult r = d.init(0); r != CUDA_SUCCESS) unusable("the CUDA driver does not start: " + d.words(r));
  return d;
}

/// The kernel module's own number, as nvidia-smi shows it; empty when the system does not tell.
std::string module_version() {
  std::string version;
  if (std::getline(std::ifstream("/sys/module/nvidia/version"), version) && !version.empty()) return version;
  std::string line;
  std::getline(std::ifstream("/proc/driver/nvidia/version"), line);
  std::istringstream words(line);
  while (words >> version)
    if (std::isdigit(version[0]) && version.find('.') != std::string::npos) return version;
  return {};
}

} // namespace

const Driver &Driver::get() {
  static const Driver driver = open(); // an exception leaves it unopened: the next call tries again
  return driver;
}

std::string Driver::words(CUresult result) const {
  const char *name = nullptr, *text = nullptr;
  getErrorName(result, &name);
  getErrorString(result, &text);
  return fmt::format("{} ({})", name ? name : std::to_string(int(result)), text ? text : "unknown to the driver");
}

void Driver::fail(CUresult result, const std::string &what) const {
  throw DeviceError(what + ": " + words(result));
}

std::string Driver::description() const {
  std::string module = module_version();
  return fmt::format("CUDA {}.{}{}", version / 1000, version % 1000 / 10, module.empty() ? "" : ", driver " + module);
}

} // namespace tile::runtime
