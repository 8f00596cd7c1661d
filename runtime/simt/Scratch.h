// The scratch of one program, with a shadow of every byte: who wrote it and who read it since the last barrier.
#pragma once

#include "compiler/Compiler.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tile::runtime::simt {

/// One access of one warp.
struct Access {
  const Site &site;
  uint32_t number; ///< of the site
  uint32_t warp;
  uint32_t mask;
  const int64_t *places; ///< of each lane
  std::byte *data;       ///< value i of lane l is element i * 32 + l
  size_t lane_bytes() const { return size_t(site.width) * size_t(site.element_bytes); }
  std::byte *value(int i, int lane) const { return data + size_t(i * 32 + lane) * size_t(site.element_bytes); }
};

/// A lane of a warp, and at which site it was.
struct Visitor {
  uint16_t thread = 0; ///< warp * 32 + lane
  uint32_t site = 0;
};

/// What is wrong with an access to scratch.
struct ScratchFault {
  enum class Kind { Unwritten, Race, TwoValues };
  Kind kind;
  int64_t byte;
  Visitor visitor, other; ///< `other`: of Race and TwoValues
};

class Scratch {
public:
  /// For a program that needs `bytes`: none of them is written.
  void begin(size_t bytes);
  /// All warps have met.
  void barrier() { ++epoch_; }
  size_t bytes() const { return bytes_; }

  /// Every active lane's place must lie inside and be aligned.
  std::optional<ScratchFault> load(const Access &);
  std::optional<ScratchFault> store(const Access &);

private:
  struct Shadow {
    uint64_t written = 0, read = 0; ///< epochs of the last ones; 0: never
    uint64_t access = 0;            ///< number of the access that wrote
    Visitor writer;
    Visitor reader, other; ///< the first reader of that epoch, and the last of another thread (or the same)
  };
  std::optional<ScratchFault> read_byte(int64_t at, Visitor);
  std::optional<ScratchFault> write_byte(int64_t at, Visitor, std::byte value);

  size_t bytes_ = 0;
  std::vector<std::byte> memory_;
  std::vector<Shadow> shadow_;
  uint64_t epoch_ = 1; ///< counts barriers and programs, so that the shadow need not be cleared
  uint64_t first_ = 1; ///< of this program
  uint64_t access_ = 0;
};

} // namespace tile::runtime::simt
