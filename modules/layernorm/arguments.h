// The tensor arguments of the norm kernels, declared the same way in each.
#pragma once

#include "modules/layernorm/spec.h"

#include <algorithm>
#include <optional>

namespace fla::layernorm {

/// x or dy: [rows, D], possibly with rows further apart.
inline tile::View input_rows(tile::KernelBuilder &k, const NormSpec &spec, const std::string &name, tile::Index rows) {
  tile::ViewOptions options{.align = spec.align};
  if (spec.stride_divisor) options.strides = {k.runtime(name + "_stride", spec.stride_divisor), 1};
  return k.input(name, spec.dtype, {rows, spec.cols}, options);
}

/// y or dx: [rows, D].
inline tile::View output_rows(tile::KernelBuilder &k, const NormSpec &spec, const char *name, tile::Index rows) {
  return k.output(name, spec.dtype, {rows, spec.cols}, {.align = spec.align});
}

/// w or b: [D].
inline tile::View weight_input(tile::KernelBuilder &k, const NormSpec &spec, const char *name) {
  return k.input(name, spec.dtype, {spec.cols}, {.align = spec.align});
}

/// mean or rstd: one number a row, f32.
inline tile::ViewOptions statistic(const NormSpec &spec) {
  return {.align = std::max(spec.align, 4)};
}

} // namespace fla::layernorm
