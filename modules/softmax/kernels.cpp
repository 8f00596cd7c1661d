#include "modules/common/RowBlock.h"
#include "modules/softmax/softmax.h"

#include <cmath>

namespace fla::softmax {

using namespace tile;

// y = exp(x - max_of_row(x)) / sum_of_row(exp(x - max_of_row(x)))
Kernel forward(const SoftmaxSpec &spec, const RowConfig &config) {
  KernelBuilder k("softmax_forward", {.warps = config.warps, .registers = config.registers});
  Index rows = k.runtime("rows");
  View x = k.input("x", spec.dtype, {rows, spec.cols});
  View y = k.output("y", spec.dtype, {rows, spec.cols});

  for_row_blocks(k, rows, config, [&](Index row) {
    RowBlock block(k, config, spec.cols, row);
    // Columns beyond the row are read as 0: they must neither be the largest nor count.
    auto inside = [&](const Chunk &c) { return c.load(x).in_bounds(Axis(1)); };
    Tile most = block.max([&](const Chunk &c) { return where(inside(c), c.load(x), -INFINITY); });
    auto weight = [&](const Chunk &c) { return where(inside(c), exp(c.load(x) - most.expand(Axis(1))), 0.f); };
    Tile share = (1.f / block.sum(weight)).expand(Axis(1));
    block.each([&](const Chunk &c) { c.store(y, weight(c) * share); });
  });
  return k.finish();
}

// dx = y * (dy - sum_of_row(dy * y))
Kernel backward(const SoftmaxSpec &spec, const RowConfig &config) {
  KernelBuilder k("softmax_backward", {.warps = config.warps, .registers = config.registers});
  Index rows = k.runtime("rows");
  View y = k.input("y", spec.dtype, {rows, spec.cols});
  View dy = k.input("dy", spec.dtype, {rows, spec.cols});
  View dx = k.output("dx", spec.dtype, {rows, spec.cols});

  for_row_blocks(k, rows, config, [&](Index row) {
    RowBlock block(k, config, spec.cols, row);
    Tile along = block.sum([&](const Chunk &c) { return c.load(dy) * c.load(y); }).expand(Axis(1));
    block.each([&](const Chunk &c) { c.store(dx, c.load(y) * (c.load(dy) - along)); });
  });
  return k.finish();
}

} // namespace fla::softmax
