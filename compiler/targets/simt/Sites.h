// The accesses and barriers of a kernel, numbered, with the line of its author that each comes from. The pass leaves
// them on the module, as `tile.sites`.
#pragma once

#include "compiler/Compiler.h"

#include "mlir/IR/BuiltinOps.h"

namespace tile::targets::simt {

/// Collects sites while ops are lowered.
class SiteList {
public:
  /// The number of a new site.
  int64_t add(mlir::Operation *op, llvm::StringRef kind, int64_t width = 0, int64_t elementBytes = 0,
              int64_t align = 1);
  /// The same of one that says something.
  int64_t addText(mlir::Operation *op, llvm::StringRef kind, llvm::StringRef text);
  void attachTo(mlir::ModuleOp module) const;

private:
  int64_t addFields(mlir::Operation *op, mlir::NamedAttrList fields);
  llvm::SmallVector<mlir::Attribute> sites_;
};

/// The sites on a module; none where it is for another machine.
std::vector<Site> sitesOf(mlir::ModuleOp module);

} // namespace tile::targets::simt
