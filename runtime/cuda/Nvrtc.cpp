// Opens NVRTC once and compiles with it.
#include "runtime/cuda/Nvrtc.h"

#include "compiler/support/Error.h"

#include <algorithm>
#include <dlfcn.h>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tile::runtime {
namespace {

constexpr int kOutOfMemory = 1; // of nvrtcResult

template <class F> bool find(void *library, F &function, const char *symbol) {
  function = reinterpret_cast<F>(dlsym(library, symbol));
  return function != nullptr;
}

bool exists(const std::string &path) {
  std::error_code none;
  return std::filesystem::exists(path, none);
}

/// The first folder with the 16-bit float headers, and what they include in their turn.
std::vector<std::string> find_includes(const std::vector<std::string> &folders) {
  for (const std::string &folder : folders) {
    if (!exists(folder + "/cuda_fp16.h") || !exists(folder + "/cuda_bf16.h")) continue;
    std::vector<std::string> found = {folder};
    for (std::string libcudacxx : {folder + "/cccl", folder + "/../../cuda_cccl/include"})
      if (exists(libcudacxx + "/nv/target")) found.push_back(libcudacxx);
    return found;
  }
  return {};
}

/// 90 of "sm_90a".
int number_of(const std::string &arch) {
  int number = 0;
  for (char c : arch)
    if (c >= '0' && c <= '9') number = number * 10 + (c - '0');
  return number;
}

} // namespace

Nvrtc::Nvrtc(const std::vector<std::string> &libraries) {
  void *library = nullptr;
  std::string tried;
  for (const std::string &path : libraries) {
    library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library) break;
    const char *words = dlerror();
    // A file that is there and cannot be opened has a reason worth reading.
    tried += "\n  " + path + (exists(path) ? std::string(": ") + words : "");
  }
  if (!library)
    throw UserError(
        "NVRTC, which compiles the CUDA reference kernels, was not found: no libnvrtc could be opened. Install "
        "it (the package cuda-nvrtc, the CUDA toolkit, or the Python wheel nvidia-cuda-nvrtc) or set "
        "CUDA_HOME. Tried:" +
        tried);
  resolve(library);
  check(api_.version(&version_.first, &version_.second), "asking NVRTC for its version");
  searched_includes_ = cuda_include_folders(library_);
  includes_ = find_includes(searched_includes_);
}

const Nvrtc &Nvrtc::get() {
  static const Nvrtc nvrtc(nvrtc_libraries()); // an exception leaves it unopened: the next call tries again
  return nvrtc;
}

void Nvrtc::resolve(void *library) {
  const char *missing = nullptr;
  auto need = [&](auto &function, const char *symbol) {
    if (!find(library, function, symbol)) missing = symbol;
  };
  need(api_.version, "nvrtcVersion");
  Dl_info where = {};
  if (!missing && dladdr(reinterpret_cast<void *>(api_.version), &where) != 0) library_ = where.dli_fname;
  need(api_.getErrorString, "nvrtcGetErrorString");
  need(api_.getNumSupportedArchs, "nvrtcGetNumSupportedArchs");
  need(api_.getSupportedArchs, "nvrtcGetSupportedArchs");
  need(api_.createProgram, "nvrtcCreateProgram");
  need(api_.destroyProgram, "nvrtcDestroyProgram");
  need(api_.compileProgram, "nvrtcCompileProgram");
  need(api_.getLogSize, "nvrtcGetProgramLogSize");
  need(api_.getLog, "nvrtcGetProgramLog");
  need(api_.getCubinSize, "nvrtcGetCUBINSize");
  need(api_.getCubin, "nvrtcGetCUBIN");
  need(api_.getPtxSize, "nvrtcGetPTXSize");
  need(api_.getPtx, "nvrtcGetPTX");
  if (missing)
    throw UserError(fmt::format("the NVRTC library {} has no function {}: it is too old; NVRTC 12.0 or later is needed",
                                library_, missing));
}

void Nvrtc::check(int result, const char *what) const {
  if (result != 0) throw DeviceError(fmt::format("{} ({}): {}", what, library_, api_.getErrorString(result)));
}

std::string Nvrtc::text(Program program, int (*size)(Program, size_t *), int (*get)(Program, char *),
                        const char *what) const {
  size_t bytes = 0;
  check(size(program, &bytes), what);
  std::string text(bytes, '\0');
  if (bytes != 0) check(get(program, text.data()), what);
  return text;
}

/// NVRTC makes machine code for the architectures it knows; for a newer one it makes PTX that the driver finishes.
std::string Nvrtc::architecture_option(const std::string &arch, bool &is_ptx) const {
  int count = 0;
  check(api_.getNumSupportedArchs(&count), "asking NVRTC for its architectures");
  std::vector<int> known(size_t(std::max(count, 1)));
  check(api_.getSupportedArchs(known.data()), "asking NVRTC for its architectures");
  is_ptx = number_of(arch) > *std::max_element(known.begin(), known.end());
  if (!is_ptx) return "--gpu-architecture=" + arch;
  return fmt::format("--gpu-architecture=compute_{}", *std::max_element(known.begin(), known.end()));
}

void Nvrtc::require_headers_for(std::string_view name, std::string_view source) const {
  if (!includes_.empty()) return;
  for (std::string_view header : {"cuda_fp16.h", "cuda_bf16.h"})
    if (source.find(header) != std::string_view::npos)
      throw UserError(fmt::format("the CUDA source '{}' includes {}, which was not found beside {}. Install the CUDA "
                                  "headers (the package cuda-cudart-dev, the toolkit, or the Python wheel "
                                  "nvidia-cuda-runtime) or set CUDA_HOME. Looked in:\n  {}",
                                  name, header, library_, fmt::join(searched_includes_, "\n  ")));
}

Nvrtc::Code Nvrtc::compile(std::string_view name, std::string_view source, const std::string &arch,
                           const std::vector<std::string> &options) const {
  require_headers_for(name, source);
  Code code;
  std::vector<std::string> all = {architecture_option(arch, code.is_ptx), "--std=c++17"};
  for (const std::string &folder : includes_) all.push_back("-I" + folder);
  all.insert(all.end(), options.begin(), options.end());
  std::vector<const char *> pointers;
  for (const std::string &option : all) pointers.push_back(option.c_str());

  struct Owner {
    const Api &api;
    Program program = nullptr;
    ~Owner() {
      if (program) api.destroyProgram(&program);
    }
  } owner{api_};
  check(api_.createProgram(&owner.program, std::string(source).c_str(), std::string(name).c_str(), 0, nullptr, nullptr),
        "starting a compilation with NVRTC");
  const int result = api_.compileProgram(owner.program, int(pointers.size()), pointers.data());
  code.log = text(owner.program, api_.getLogSize, api_.getLog, "reading NVRTC's log");
  while (!code.log.empty() && (code.log.back() == '\0' || code.log.back() == '\n')) code.log.pop_back();
  if (result == kOutOfMemory) check(result, "compiling with NVRTC");
  if (result != 0)
    throw UserError(fmt::format("the CUDA source '{}' does not compile for {} with NVRTC {}.{}: {}\n{}", name, arch,
                                version_.first, version_.second, api_.getErrorString(result), code.log));
  code.image = code.is_ptx ? text(owner.program, api_.getPtxSize, api_.getPtx, "reading NVRTC's PTX")
                           : text(owner.program, api_.getCubinSize, api_.getCubin, "reading NVRTC's machine code");
  return code;
}

} // namespace tile::runtime
