// NVRTC, NVIDIA's CUDA C++ compiler as a library, opened while the program runs. It compiles for any architecture and
// needs no GPU. Which library and which headers to take is found here, in the places where toolkits, distributions and
// Python wheels put them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tile::runtime {

/// Libraries to try, in order: what CUDA_HOME and CUDA_PATH name, the loader's own search, the usual folders, wheels.
std::vector<std::string> nvrtc_libraries();

/// Folders to look in for cuda_fp16.h and cuda_bf16.h, in order; `library` is the NVRTC in use.
std::vector<std::string> cuda_include_folders(const std::string &library);

class Nvrtc {
public:
  struct Code {
    std::string image; ///< a cubin; PTX if NVRTC does not know the architecture yet
    bool is_ptx = false;
    std::string log; ///< warnings
  };

  /// Opens the first library that can be opened. UserError naming all that were tried.
  explicit Nvrtc(const std::vector<std::string> &libraries);
  /// The process's NVRTC, of nvrtc_libraries().
  static const Nvrtc &get();

  std::pair<int, int> version() const { return version_; }
  const std::string &library() const { return library_; } ///< the opened file
  /// What -I is given; empty when the headers were not found.
  const std::vector<std::string> &includes() const { return includes_; }

  /// Compiles `source` for `arch` ("sm_90a"). UserError with the compiler's log when the source is wrong, or when it
  /// includes a CUDA header and none were found. Thread-safe.
  Code compile(std::string_view name, std::string_view source, const std::string &arch,
               const std::vector<std::string> &options = {}) const;

private:
  // By hand, so that a build needs no nvrtc.h: the library's ABI is older than every version supported here.
  using Program = void *;
  struct Api {
    const char *(*getErrorString)(int);
    int (*version)(int *, int *);
    int (*getNumSupportedArchs)(int *);
    int (*getSupportedArchs)(int *);
    int (*createProgram)(Program *, const char *source, const char *name, int headers, const char *const *,
                         const char *const *);
    int (*destroyProgram)(Program *);
    int (*compileProgram)(Program, int options, const char *const *);
    int (*getLogSize)(Program, size_t *);
    int (*getLog)(Program, char *);
    int (*getCubinSize)(Program, size_t *);
    int (*getCubin)(Program, char *);
    int (*getPtxSize)(Program, size_t *);
    int (*getPtx)(Program, char *);
  };

  void resolve(void *library);
  void check(int result, const char *what) const;
  std::string text(Program, int (*size)(Program, size_t *), int (*get)(Program, char *), const char *what) const;
  std::string architecture_option(const std::string &arch, bool &is_ptx) const;
  void require_headers_for(std::string_view name, std::string_view source) const;

  Api api_ = {};
  std::pair<int, int> version_ = {0, 0};
  std::string library_;
  std::vector<std::string> searched_includes_, includes_;
};

} // namespace tile::runtime
