#include "runtime/cuda/Ptx.h"

namespace tile::runtime {

bool waits_itself(std::string_view ptx) {
  constexpr std::string_view kWait = "griddepcontrol.wait";
  for (size_t at = ptx.find(kWait); at != ptx.npos; at = ptx.find(kWait, at + 1)) {
    const size_t before = at == 0 ? ptx.npos : ptx.find_last_not_of(" \t", at - 1);
    if (before == ptx.npos || ptx[before] == '\n') return true; // not commented out
  }
  return false;
}

} // namespace tile::runtime
