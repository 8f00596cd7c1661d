// l2norm over rows of any length: a row is held in registers, or read twice where config.looped.
#include "modules/l2norm/kernels.h"

#include "modules/common/RowBlock.h"

namespace fla::l2norm {

using namespace tile;

/// [rows, columns], possibly with rows further apart.
static View spread_input(KernelBuilder &k, const L2Spec &spec, const std::string &name, DType dtype,
                         const Index &rows) {
  ViewOptions options{.align = align_of(dtype, spec.align)};
  if (spec.stride_divisor) options.strides = {k.runtime(name + "_stride", spec.stride_divisor), 1};
  return k.input(name, dtype, {rows, spec.cols}, options);
}

// y = x * rstd with rstd = 1 / sqrt(sum_of_row(x^2) + eps)
Kernel forward(const L2Spec &spec, const RowConfig &config) {
  KernelBuilder k("l2norm_forward", {.warps = config.warps, .registers = config.registers});
  Index rows = k.runtime("rows");
  Scalar eps = k.scalar("eps", f32);
  View x = spread_input(k, spec, "x", spec.dtype, rows);
  View y = k.output("y", spec.out_dtype, {rows, spec.cols}, {.align = align_of(spec.out_dtype, spec.align)});
  View rstds = k.output("rstd", f32, {rows}, {.align = align_of(f32, spec.align)});

  for_row_blocks(k, rows, config, [&](Index row) {
    RowBlock block(k, config, spec.cols, row);
    Tile rstd = rsqrt(block.sum([&](const Chunk &c) { return c.load(x) * c.load(x); }) + eps);
    rstds.store({row}, rstd);
    block.each([&](const Chunk &c) { c.store(y, c.load(x) * rstd.expand(Axis(1))); });
  });
  return k.finish();
}

// dx = (dy - y * sum_of_row(dy * y)) * rstd
Kernel backward(const L2Spec &spec, const RowConfig &config) {
  KernelBuilder k("l2norm_backward", {.warps = config.warps, .registers = config.registers});
  Index rows = k.runtime("rows");
  View y = k.input("y", spec.out_dtype, {rows, spec.cols}, {.align = align_of(spec.out_dtype, spec.align)});
  View dy = spread_input(k, spec, "dy", spec.out_dtype, rows);
  View dx = k.output("dx", spec.dtype, {rows, spec.cols}, {.align = align_of(spec.dtype, spec.align)});
  View rstds = k.input("rstd", f32, {rows}, {.align = align_of(f32, spec.align)});

  for_row_blocks(k, rows, config, [&](Index row) {
    RowBlock block(k, config, spec.cols, row);
    Tile rstd = rstds.load({row}, {config.rows}).expand(Axis(1));
    Tile along = block.sum([&](const Chunk &c) { return c.load(y) * c.load(dy); }).expand(Axis(1));
    block.each([&](const Chunk &c) { c.store(dx, (c.load(dy) - c.load(y) * along) * rstd); });
  });
  return k.finish();
}

} // namespace fla::l2norm
