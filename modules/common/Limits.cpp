#include "modules/common/Limits.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace fla {

void check_range(std::string_view op, const Case &c, std::string_view key, int64_t least, int64_t most) {
  if (c[key] < least || c[key] > most)
    throw tile::UserError(fmt::format("{}: {}={} is out of range; accepted: {} to {}", op, key, c[key], least, most));
}

void check_rows(std::string_view op, const Case &c, std::string_view rows, std::string_view columns) {
  check_range(op, c, rows, 0, kMostPrograms);
  check_range(op, c, columns, 1, kMostColumns);
  if (c[rows] > kMostElements / c[columns])
    throw tile::UserError(fmt::format("{}: {} has more elements than the {} accepted", op, c.str(), kMostElements));
}

void check_dtype(std::string_view op, DType dtype, const std::vector<DType> &accepted) {
  if (std::ranges::find(accepted, dtype) != accepted.end()) return;
  std::vector<std::string_view> names;
  for (DType t : accepted) names.push_back(tile::name_of(t));
  throw tile::UserError(
      fmt::format("{}: dtype {} is not accepted; there are {}", op, tile::name_of(dtype), fmt::join(names, ", ")));
}

std::vector<DType> float_dtypes() {
  return {tile::bf16, tile::f16, tile::f32};
}

std::vector<Case> grid_named(std::string_view module, std::string_view grid, std::vector<Case> quick,
                             std::vector<Case> fla) {
  if (grid == "quick") return quick;
  if (grid == "fla") return fla;
  throw tile::UserError(fmt::format("unknown grid \"{}\" of module {}; there are quick, fla", grid, module));
}

} // namespace fla
