// What a case may ask for, alike in all modules; where it asks for anything else, a UserError says what was given and
// what is accepted.
#pragma once

#include "modules/common/Problem.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace fla {

inline constexpr int64_t kMostPrograms = (int64_t(1) << 31) - 1; ///< of a grid
inline constexpr int64_t kMostColumns = int64_t(1) << 24;        ///< counts of columns are exact in f32
inline constexpr int64_t kMostElements = int64_t(1) << 40;       ///< of a tensor

void check_range(std::string_view op, const Case &, std::string_view key, int64_t least, int64_t most);
/// Rows from 0, columns from 1, and no more elements than can be addressed.
void check_rows(std::string_view op, const Case &, std::string_view rows = "N", std::string_view columns = "D");
void check_dtype(std::string_view op, DType, const std::vector<DType> &accepted);
/// What the arena's ops take: bf16, f16, f32.
std::vector<DType> float_dtypes();
/// The cases of `grid`, one of the two there are.
std::vector<Case> grid_named(std::string_view module, std::string_view grid, std::vector<Case> quick,
                             std::vector<Case> fla);

} // namespace fla
