// What the code of a virtual GPU and the runtime that runs it agree on. The code calls nothing by name: all it needs of
// the runtime hangs on the context it is given, so that nothing has to be linked.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tile::simt {

inline constexpr int kLanes = 32;
inline constexpr int kMostBytes = 64; ///< one lane moves in one access at most

/// One warp of one program, and the tray on which an access is handed over: addresses and data of all lanes.
struct Context {
  /// Site `site` of the artifact, for the lanes whose bit is set in `mask`. Loads find their data in `data` (0 for the
  /// other lanes). Does not return where the access is wrong.
  void (*access)(Context *, uint32_t site, uint32_t mask);
  void (*barrier)(Context *, uint32_t site);
  int64_t program[3];
  int64_t grid[3];
  int64_t warp;
  const void *tensor;                              ///< global memory: the pointer that the kernel was given
  alignas(64) int64_t places[kLanes];              ///< of each lane: an address, or bytes into scratch
  alignas(64) std::byte data[kLanes * kMostBytes]; ///< value i of lane l is element i * kLanes + l
};

/// The artifact's entry: runs one warp of one program.
using Entry = void (*)(const void *args, Context *);

} // namespace tile::simt
