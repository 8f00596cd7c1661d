// Printing and requirements. Both are checked in every kernel, and built in those for debugging.
#include "compiler/dsl/Impl.h"

using namespace mlir;

namespace tile {
using namespace detail;

namespace {

void checkPlaces(const Text &text, size_t values) {
  size_t places = llvm::StringRef(text.text.data(), text.text.size()).count("{}");
  if (places != values)
    fail(text.loc, "print() of ", values, " values with a text of ", places, " places; each {} stands for a value");
}

} // namespace

void KernelBuilder::print_all(const Text &text, const std::vector<Printable> &values) {
  BuilderImpl &b = *impl_;
  b.checkOpen(text.loc);
  checkPlaces(text, values.size());
  SmallVector<Tile> tiles;
  for (const Printable &p : values) {
    if (p.kind == Printable::Kind::Tile) {
      b.use(p.tile.value(), "the Tile", text.loc);
      tiles.push_back(p.tile);
    }
    // A constant would become a value of the kernel.
    if (p.index.value()) b.use(p.index, text.loc);
    if (p.carried.value) b.use(p.carried.value, "the Scalar", text.loc);
  }
  std::vector<int64_t> shape = commonShape(tiles, "print()", text.loc);
  if (!b.debug) return;
  SmallVector<mlir::Value> operands;
  for (const Printable &p : values)
    operands.push_back(p.kind == Printable::Kind::Tile
                           ? broadcastTo(b, b.use(p.tile.value(), "the Tile", text.loc), shape, text.loc)
                       : p.kind == Printable::Kind::Index ? b.use(p.index, text.loc)
                                                          : use(b, p.carried, "the Scalar", text.loc));
  ir::PrintOp::create(b.builder, b.at(text.loc), llvm::StringRef(text.text.data(), text.text.size()), operands);
}

static void build(BuilderImpl &b, mlir::Value condition, std::string_view message, Loc loc) {
  ir::RequireOp::create(b.builder, b.at(loc), condition, llvm::StringRef(message.data(), message.size()));
}

void KernelBuilder::require(const Condition &condition, std::string_view message, Loc loc) {
  impl_->checkOpen(loc);
  mlir::Value holds = use(*impl_, condition, loc);
  if (impl_->debug) build(*impl_, holds, message, loc);
}

void KernelBuilder::require(const Tile &tile, std::string_view message, Loc loc) {
  impl_->checkOpen(loc);
  mlir::Value holds = impl_->use(tile.value(), "the Tile", loc);
  if (tile.dtype() != DType::i1)
    fail(loc, "require() of ", words(tile), "; it is a Condition or a tile of i1, as comparisons give");
  if (impl_->debug) build(*impl_, holds, message, loc);
}

} // namespace tile
