// Where NVRTC and the CUDA headers lie: a toolkit's lib64 and include, Debian's, conda's, and Python wheels', which
// split them into nvidia/cuda_nvrtc/lib and nvidia/cuda_runtime/include (CUDA 12) or keep them in nvidia/cu13 (CUDA
// 13).
#include "runtime/cuda/Nvrtc.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace tile::runtime {
namespace {

namespace fs = std::filesystem;

constexpr const char *kSonames[] = {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"};

std::vector<fs::path> entries(const fs::path &folder) {
  std::error_code none;
  std::vector<fs::path> found;
  for (fs::directory_iterator it(folder, none), end; !none && it != end; it.increment(none))
    found.push_back(it->path());
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<fs::path> named_toolkits() {
  std::vector<fs::path> roots;
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH"})
    if (const char *value = std::getenv(variable); value && *value) roots.emplace_back(value);
  return roots;
}

/// The folders `nvidia` of the Python environments this process is likely to belong to.
std::vector<fs::path> wheel_roots() {
  std::vector<fs::path> prefixes;
  for (const char *variable : {"VIRTUAL_ENV", "CONDA_PREFIX"})
    if (const char *value = std::getenv(variable); value && *value) prefixes.emplace_back(value);
  if (const char *home = std::getenv("HOME"); home && *home) prefixes.push_back(fs::path(home) / ".local");
  prefixes.insert(prefixes.end(), {"/usr/local", "/usr"});
  std::vector<fs::path> roots;
  for (const fs::path &prefix : prefixes)
    for (const fs::path &python : entries(prefix / "lib"))
      if (python.filename().string().starts_with("python3"))
        for (const char *packages : {"site-packages", "dist-packages"})
          if (fs::path root = python / packages / "nvidia"; !entries(root).empty()) roots.push_back(root);
  return roots;
}

void add(std::vector<std::string> &paths, const fs::path &path) {
  std::string text = path.lexically_normal().string();
  if (std::find(paths.begin(), paths.end(), text) == paths.end()) paths.push_back(text);
}

} // namespace

std::vector<std::string> nvrtc_libraries() {
  std::vector<std::string> paths;
  auto add_folder = [&](const fs::path &folder) {
    for (const char *soname : kSonames) add(paths, folder / soname);
  };
  for (const fs::path &root : named_toolkits())
    for (const char *folder : {"lib64", "lib"}) add_folder(root / folder);
  for (const char *soname : kSonames) add(paths, soname);
  add_folder("/usr/local/cuda/lib64");
  if (const char *conda = std::getenv("CONDA_PREFIX"); conda && *conda) add_folder(fs::path(conda) / "lib");
  for (const fs::path &root : wheel_roots())
    for (const char *package : {"cu13", "cuda_nvrtc"})
      if (!entries(root / package / "lib").empty()) add_folder(root / package / "lib");
  return paths;
}

std::vector<std::string> cuda_include_folders(const std::string &library) {
  std::vector<std::string> paths;
  for (const fs::path &root : named_toolkits()) add(paths, root / "include");
  std::error_code none;
  for (fs::path folder : {fs::path(library).parent_path(), fs::weakly_canonical(library, none).parent_path()}) {
    if (folder.empty()) continue;
    add(paths, folder / "../include");
    add(paths, folder / "../../cuda_runtime/include");
  }
  add(paths, "/usr/local/cuda/include");
  add(paths, "/usr/include");
  for (const fs::path &root : wheel_roots())
    for (const char *package : {"cu13", "cuda_runtime"}) add(paths, root / package / "include");
  return paths;
}

} // namespace tile::runtime
