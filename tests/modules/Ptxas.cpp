#include "tests/modules/Ptxas.h"

#include "compiler/Compiler.h"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace fla::test {

bool has_ptxas() {
  return *TILE_PTXAS;
}

std::string complaints_of_ptxas(const tile::Kernel &kernel, const std::string &arch) {
  static std::atomic<int> calls = 0; // on several threads at once
  const std::string name = "ptxas-" + std::to_string(getpid()) + "-" + std::to_string(calls++);
  const std::string stem = (std::filesystem::temp_directory_path() / name).string();
  std::ofstream(stem + ".ptx") << tile::compile(kernel, tile::Target::nvvm(arch)).code;
  const std::string command =
      std::string(TILE_PTXAS) + " -v -arch=" + arch + " " + stem + ".ptx -o " + stem + ".cubin > " + stem + ".log 2>&1";
  const int status = std::system(command.c_str());
  std::stringstream log;
  log << std::ifstream(stem + ".log").rdbuf();
  for (const char *end : {".ptx", ".cubin", ".log"}) std::filesystem::remove(stem + end);
  if (status != 0) return "ptxas: " + log.str();
  return log.str().find(" 0 bytes spill stores, 0 bytes spill loads") == std::string::npos ? "spills: " + log.str()
                                                                                           : "";
}

} // namespace fla::test
