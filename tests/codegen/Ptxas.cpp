#include "tests/codegen/Ptxas.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <unistd.h>

namespace tile::test {

const char *ptxas() {
  return TILE_PTXAS;
}

std::string complaints(const std::string &ptx, const std::string &arch) {
  std::string stem =
      (std::filesystem::temp_directory_path() / ("codegen-" + std::to_string(getpid()) + "-" + arch)).string();
  std::ofstream(stem + ".ptx") << ptx;
  std::string command =
      std::string(ptxas()) + " -v -arch=" + arch + " " + stem + ".ptx -o " + stem + ".cubin > " + stem + ".log 2>&1";
  int status = std::system(command.c_str());
  std::stringstream log;
  log << std::ifstream(stem + ".log").rdbuf();
  for (const char *end : {".ptx", ".cubin", ".log"}) std::filesystem::remove(stem + end);
  bool spills = std::regex_search(log.str(), std::regex("[1-9][0-9]* bytes spill"));
  return status == 0 && !spills ? "" : "ptxas: " + log.str();
}

} // namespace tile::test
