// What stands behind the handles of Kernel.h: the module under construction, and the checks that every use of a handle
// passes. A value is used only while its builder lives and is open, by that builder, and inside the loop that defines
// it; so the IR is valid by construction and every mistake is reported at the author's line.
#pragma once

#include "compiler/dialect/TileDialect.h"
#include "compiler/dsl/Context.h"
#include "compiler/dsl/Kernel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/raw_ostream.h"

#include <set>

namespace tile {

/// The module of a finished kernel, and a copy that a compilation may change.
mlir::ModuleOp moduleOf(const Kernel &kernel);
mlir::OwningOpRef<mlir::ModuleOp> copyOf(const Kernel &kernel);

/// A kernel from a verified module that holds one `tile.kernel` function; InternalError if it does not.
Kernel kernelFrom(mlir::OwningOpRef<mlir::ModuleOp> module);

namespace detail {

struct KernelImpl {
  std::string name;
  int warps;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

enum class Access : uint8_t { Read, Write, Both };

struct ViewInfo {
  std::string name;
  Access access;
};

struct Origin {
  Value view;
  std::vector<Index> at;
  std::vector<int64_t> shape; ///< as loaded: a reshape may have dropped leading dimensions of extent 1 since
};

struct BuilderImpl {
  BuilderImpl(std::string name, int warps, Loc loc);
  ~BuilderImpl();

  mlir::Location at(Loc loc);
  /// Throws unless the builder is still open.
  void checkOpen(Loc loc) const;
  /// The IR behind a handle, after all checks; `what` names the handle in messages ("the Tile", "the Index").
  mlir::Value use(const Value &v, llvm::StringRef what, Loc loc);
  mlir::Value use(const Index &i, Loc loc);
  llvm::SmallVector<mlir::Value> use(const std::vector<Index> &indices, Loc loc);
  Value wrap(mlir::Value v) { return {v.getAsOpaquePointer(), this, serial}; }
  Tile tile(mlir::Value v, DType dtype, std::shared_ptr<const Origin> origin = nullptr);
  Index index(mlir::Value v) { return Index(wrap(v)); }

  /// Adds an argument to the kernel; its name is checked.
  mlir::Value argument(std::string_view name, mlir::Type type, llvm::ArrayRef<mlir::NamedAttribute> attributes,
                       Loc loc);

  const uint64_t serial;
  const std::string name;
  const int warps;
  bool finished = false;
  bool debug = false;
  mlir::OpBuilder builder;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp function;
  std::set<std::string, std::less<>> arguments;
  llvm::DenseMap<mlir::Value, ViewInfo> views;
  /// Loops and branches whose bodies threw: out of the module, but kept, so that handles into them never dangle.
  std::vector<mlir::Operation *> abandoned;
};

/// Puts what is built into a region of `op`, from the end of its one block; behind `op` again when it dies. An op whose
/// body was not completed, because it threw, leaves the module.
class Nested {
public:
  Nested(BuilderImpl &b, mlir::Operation *op, mlir::Region &region);
  ~Nested();
  void complete() { complete_ = true; }

private:
  BuilderImpl &b_;
  mlir::Operation *op_;
  mlir::OpBuilder::InsertionGuard guard_;
  bool complete_ = false;
};

/// What goes into or out of a loop or branch, as IR; `what` names it in messages.
mlir::Value use(BuilderImpl &b, const Carried &c, llvm::StringRef what, Loc loc);

/// The builder of a handle; throws for an empty handle and for one whose builder is gone.
BuilderImpl &builderOf(const Value &v, llvm::StringRef what, Loc loc);

// ---- Messages -------------------------------------------------------------------------------------------------------

/// Whether `name` can name a kernel or an argument, as in C.
bool isIdentifier(std::string_view name);
/// "[4, 1024]"; "[?, 1024]" where the first is known only at run time
std::string words(llvm::ArrayRef<int64_t> shape);
/// "f32[4, 1024]"
std::string words(DType dtype, llvm::ArrayRef<int64_t> shape);
std::string words(const Tile &tile);
/// The same for any IR type a handle can have: "f32[4]", "an Index", "a Scalar of f32".
std::string words(mlir::Type type);

template <class... T> [[noreturn]] void fail(Loc loc, const T &...parts) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << loc.file_name() << ':' << loc.line() << ": ";
  (os << ... << parts);
  throw UserError(text);
}

// ---- Types and shapes -----------------------------------------------------------------------------------------------

mlir::Type typeOf(DType dtype);
mlir::RankedTensorType typeOf(DType dtype, llvm::ArrayRef<int64_t> shape);
std::optional<DType> dtypeOf(mlir::Type type);
/// The shape that these tiles broadcast to; `what` says what was tried ("print").
std::vector<int64_t> commonShape(llvm::ArrayRef<Tile> tiles, const std::string &what, Loc loc);
/// The IR of a condition.
mlir::Value use(BuilderImpl &b, const Condition &c, Loc loc);
/// Throws unless `shape` can be a tile's.
void checkShape(llvm::ArrayRef<int64_t> shape, Loc loc);
/// The axis as 0 to rank-1; throws if there is none.
int64_t checkAxis(Axis axis, int64_t rank, Loc loc);
/// A divisor of a run-time integer, from the promises of the arguments it is computed from, `depth` steps back.
int64_t divisorOf(mlir::Value index, int depth = 8);

// ---- Pieces of operations -------------------------------------------------------------------------------------------

/// `v` with its extent-1 dimensions (or, of rank 0, all) repeated to `shape`, which it is known to fit.
mlir::Value broadcastTo(BuilderImpl &b, mlir::Value v, llvm::ArrayRef<int64_t> shape, Loc loc);
ir::Cache cacheOf(Cache cache);
/// Throws unless the view can be read, or written; `verb` says what was tried ("load from").
void checkReadable(const ViewInfo &info, std::string_view verb, Loc loc);
void checkWritable(const ViewInfo &info, std::string_view verb, Loc loc);
/// A constant of one number; throws if `dtype` cannot hold the number.
mlir::Value constantTile(BuilderImpl &b, const Operand &number, DType dtype, llvm::ArrayRef<int64_t> shape, Loc loc);
/// base^exponent of f32 tiles; by products where the exponent is a small constant integer.
mlir::Value power(BuilderImpl &b, mlir::Value base, mlir::Value exponent, Loc loc);
/// Converts a tile or a number of `from`; the type's shape stays.
mlir::Value convert(BuilderImpl &b, mlir::Value v, DType from, DType to, Loc loc);

} // namespace detail
} // namespace tile
