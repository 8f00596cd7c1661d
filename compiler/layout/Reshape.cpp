// Shape changes that move no data: a dimension forgotten, inserted, or broadcast. Each lane keeps what it holds; only
// the names of the elements change.
#include "compiler/layout/F2.h"

#include <stdexcept>

namespace tile::layout {
namespace {

Bases transformed(const Bases &bases, auto &&change) {
  Bases out;
  for (uint32_t basis : bases) out.push_back(change(basis));
  return out;
}

void checkDim(const Shape &shape, int dim, int end) {
  if (dim < 0 || dim >= end)
    throw std::invalid_argument("no dimension " + std::to_string(dim) + " in a tile of shape " + shape.str());
}

} // namespace

Layout slice(const Layout &layout, int dim) {
  checkDim(layout.shape(), dim, layout.shape().rank());
  const uint32_t keep = uint32_t(layout.shape().size() - 1) & ~layout.shape().mask(dim);
  auto forget = [&](uint32_t basis) { return f2::compress(basis, keep); };
  Bases lane = transformed(layout.bases(In::Lane), forget), warp = transformed(layout.bases(In::Warp), forget), reg;
  f2::Span held;
  for (uint32_t basis : lane) held.insert(basis);
  for (uint32_t basis : warp) held.insert(basis);
  for (uint32_t basis : layout.bases(In::Register))
    if (held.insert(forget(basis))) reg.push_back(forget(basis));
  return Layout(layout.shape().without(dim), reg, lane, warp);
}

// A dimension of extent 1 has no bits: packed coordinates stay as they are.
Layout expand(const Layout &layout, int dim) {
  checkDim(layout.shape(), dim, layout.shape().rank() + 1);
  return Layout(layout.shape().with(dim, 1), layout.bases(In::Register), layout.bases(In::Lane),
                layout.bases(In::Warp));
}

namespace {

/// The operand of a broadcast, and for each register bit of the result the operand's registers that it selects.
struct Operand {
  Layout layout;
  Bases source;
};

uint32_t keptBits(const Shape &result, const Shape &shape) {
  if (shape.rank() != result.rank())
    throw std::invalid_argument("broadcast of " + shape.str() + " to " + result.str() + ": ranks differ");
  uint32_t keep = 0;
  for (int dim = 0; dim < shape.rank(); ++dim) {
    if (shape.extent(dim) == result.extent(dim))
      keep |= result.mask(dim);
    else if (shape.extent(dim) != 1)
      throw std::invalid_argument("broadcast of " + shape.str() + " to " + result.str() + ": dimension " +
                                  std::to_string(dim) + " is neither 1 nor equal");
  }
  return keep;
}

Operand operandOf(const Layout &result, const Shape &shape) {
  const uint32_t keep = keptBits(result.shape(), shape);
  auto forget = [&](uint32_t basis) { return f2::compress(basis, keep); };
  Bases lane = transformed(result.bases(In::Lane), forget), warp = transformed(result.bases(In::Warp), forget);
  f2::Span elsewhere, registers;
  for (uint32_t basis : lane) elsewhere.insert(basis);
  for (uint32_t basis : warp) elsewhere.insert(basis);
  Bases reg, source;
  for (uint32_t wide : result.bases(In::Register)) {
    uint32_t basis = forget(wide);
    if (registers.insert(basis, uint64_t(1) << reg.size())) {
      if (!elsewhere.insert(basis))
        throw std::invalid_argument("broadcast of " + shape.str() + ": lanes of the swizzled layout " + result.str() +
                                    " would hold each other's elements");
      reg.push_back(basis);
    }
    source.push_back(uint32_t(*registers.solve(basis)));
  }
  return {Layout(shape, reg, lane, warp), source};
}

} // namespace

Layout before_broadcast(const Layout &result, const Shape &shape) {
  return operandOf(result, shape).layout;
}

std::vector<int> broadcast_registers(const Layout &result, const Shape &shape) {
  std::vector<uint32_t> sources = f2::images(operandOf(result, shape).source);
  return {sources.begin(), sources.end()};
}

} // namespace tile::layout
