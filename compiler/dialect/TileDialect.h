// The tile dialect in C++: its types, attributes and ops, and the bridge to the layouts of compiler/layout.
#pragma once

#include "compiler/layout/Layout.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/TensorEncoding.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace tile::layout {
/// Lets MLIR unique layouts.
inline llvm::hash_code hash_value(const Layout &l) {
  return l.hash();
}
} // namespace tile::layout

#include "compiler/dialect/TileDialect.h.inc"
#include "compiler/dialect/TileEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "compiler/dialect/TileAttrs.h.inc"
#define GET_TYPEDEF_CLASSES
#include "compiler/dialect/TileTypes.h.inc"
#define GET_OP_CLASSES
#include "compiler/dialect/TileOps.h.inc"

namespace tile::ir {

/// "norm.cpp:17: ", the author's line of an op; empty where it is not known.
std::string placeOf(mlir::Operation *op);

// Names of the attributes of kernels and of their arguments.
inline constexpr llvm::StringLiteral kTargetAttr = "tile.target"; ///< of the module
inline constexpr llvm::StringLiteral kKernelAttr = "tile.kernel";
inline constexpr llvm::StringLiteral kWarpsAttr = "tile.warps";
inline constexpr llvm::StringLiteral kScratchAttr = "tile.scratch"; ///< bytes of scratch of a program
inline constexpr llvm::StringLiteral kScratchPlaceAttr = "tile.scratch_place"; ///< the author's line of the largest
inline constexpr llvm::StringLiteral kRegistersAttr = "tile.registers"; ///< most that a GPU's lane may have
inline constexpr llvm::StringLiteral kPrimaryAttr = "tile.primary", kSecondaryAttr = "tile.secondary"; ///< of launches
inline constexpr llvm::StringLiteral kSitesAttr = "tile.sites";     ///< of the module: see targets/simt/Sites.h
inline constexpr llvm::StringLiteral kStagesAttr = "tile.stages";   ///< of an scf.for: iterations in flight
inline constexpr int64_t kScratchAlign = 64; ///< bytes, of scratch that is seen as a view: of the widest vector
inline constexpr int kMaxStages = 8;
inline constexpr int kLeastRegisters = 24, kMostRegisters = 255;
inline constexpr llvm::StringLiteral kNameAttr = "tile.name";
inline constexpr llvm::StringLiteral kAlignAttr = "tile.align";
inline constexpr llvm::StringLiteral kDivisibleAttr = "tile.divisible";

/// The extents of a tile as the layout library sees them. The type must be a valid tile.
layout::Shape shapeOf(mlir::RankedTensorType type);

/// The layout a tile carries, or null.
const layout::Layout *layoutOf(mlir::Type type);

/// The same tile in another layout; the shape follows the layout's.
mlir::RankedTensorType withLayout(mlir::Type elementType, const layout::Layout &layout, mlir::MLIRContext *context);

/// The types of tiles of one shape when they are in another layout.
llvm::SmallVector<mlir::Type> withLayouts(mlir::TypeRange tiles, const layout::Layout &layout);

/// The machine the module of `op` is compiled for; null before `tile-set-target`.
TargetAttr targetOf(mlir::Operation *op);

/// What tiles, views and scratch hold: signless integers and floats of 1 (i1), 8, 16, 32 or 64 bits.
bool isNumber(mlir::Type elementType);

/// Bytes one element takes in memory (i1 takes one).
int64_t bytesOf(mlir::Type elementType);

/// Whether `op` has a combine function, whose region holds tiles of rank 0 that never carry layouts.
bool isCombine(mlir::Operation *op);

/// What is wrong with a type as a tile, or nothing.
std::optional<std::string> wrongAsTile(mlir::RankedTensorType type);

} // namespace tile::ir
