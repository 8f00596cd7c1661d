// PTX through ptxas, which needs no GPU. Any number of threads may call at once.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace tile::test {

/// The path of ptxas; "" where the CUDA toolkit is not installed.
const char *ptxas();

/// What ptxas says of this PTX; "" when it takes it, spills no register and gives no kernel memory of its own. (What
/// prints has a frame for what it prints.)
std::string complaints(const std::string &ptx, const std::string &arch);

/// A kernel and its PTX, all of one version of the language.
struct Entry {
  std::string name, ptx;
};

struct Assembled {
  std::string complaints; ///< as above
  int registers = 0;      ///< of a thread
};

/// The same of many kernels, in one call of ptxas: starting it takes as long as a small kernel.
std::vector<Assembled> assemble(std::span<const Entry> entries, const std::string &arch);

} // namespace tile::test
