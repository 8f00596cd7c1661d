// Which accesses to memory must keep their order.
#pragma once

#include "compiler/dialect/TileDialect.h"

namespace tile::strip {

enum class Conflict : uint8_t {
  None,
  Same, ///< both are of the same elements in the same order: each strip may follow its own
  Full,
};

/// What an op, with all it contains, does to memory.
struct Effects {
  struct Access {
    mlir::Operation *op;
    mlir::Value view;
    bool writes, adds;
  };
  llvm::SmallVector<Access, 2> accesses;
  bool other = false; ///< prints, may end the kernel, or does what is not known

  explicit Effects(mlir::Operation *op);
  bool any() const { return other || !accesses.empty(); }
};

Conflict conflict(const Effects &a, const Effects &b);

} // namespace tile::strip
