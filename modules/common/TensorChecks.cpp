// Messages of one form: "op: tensor 'x' is bf16[4, 8]; accepted: ...".
#include "modules/common/TensorChecks.h"

#include "compiler/support/Error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace fla {

void TensorChecks::refuse(std::string_view name, const Tensor &t, std::string_view accepted) const {
  throw tile::UserError(fmt::format("{}: tensor '{}' is {}; accepted: {}", op_, name, t.str(), accepted));
}

void TensorChecks::input(std::string_view name, const Tensor &t, std::initializer_list<DType> dtypes,
                         int least_rank) const {
  if (std::any_of(t.shape.begin(), t.shape.end(), [](int64_t e) { return e < 0; }))
    refuse(name, t, "extents from 0 up");
  if (!t.strides.empty() && t.strides.size() != t.shape.size())
    refuse(name, t, fmt::format("a stride for each dimension; given were {}", t.strides.size()));
  if (!t.is_sound()) refuse(name, t, "extents and strides that reach less than 2^62 bytes far");
  if (!t.data && t.elements() > 0) refuse(name, t, "an address; given was null");
  if (std::find(dtypes.begin(), dtypes.end(), t.dtype) == dtypes.end()) {
    std::vector<std::string_view> names;
    for (DType d : dtypes) names.push_back(name_of(d));
    refuse(name, t, fmt::format("{}", fmt::join(names, ", ")));
  }
  if (reinterpret_cast<uintptr_t>(t.data) % uintptr_t(tile::size_of(t.dtype)) != 0)
    refuse(name, t, fmt::format("an address that is a multiple of its elements' size; given was {}", fmt::ptr(t.data)));
  if (t.rank() < least_rank) refuse(name, t, fmt::format("{} dimensions or more", least_rank));
}

void TensorChecks::shape(std::string_view name, const Tensor &t, const std::vector<int64_t> &shape) const {
  if (t.shape != shape) refuse(name, t, fmt::format("the shape [{}]", fmt::join(shape, ", ")));
}

void TensorChecks::contiguous(std::string_view name, const Tensor &t) const {
  if (!t.is_contiguous()) refuse(name, t, "a contiguous tensor");
}

int64_t TensorChecks::rows(const Tensor &t) {
  int64_t n = 1;
  for (int d = 0; d + 1 < t.rank(); ++d) n *= t.shape[size_t(d)];
  return n;
}

int64_t TensorChecks::row_stride(std::string_view name, const Tensor &t) const {
  const int64_t cols = t.shape.back();
  if (t.strides.empty() || t.elements() == 0) return cols;
  if (cols != 1 && t.strides.back() != 1) refuse(name, t, "a last dimension of stride 1");
  // From the innermost dimension that counts outwards, each stride is the one before times the extent before.
  std::optional<int64_t> stride;
  int64_t expected = 0;
  for (int d = t.rank() - 2; d >= 0; --d) {
    const size_t i = size_t(d);
    if (t.shape[i] == 1) continue;
    if (!stride) stride = expected = t.strides[i];
    if (t.strides[i] != expected) refuse(name, t, "dimensions before the last that collapse into one");
    expected *= t.shape[i];
  }
  if (!stride) return cols; // a single row
  if (*stride < cols) refuse(name, t, fmt::format("rows that do not overlap, {} elements apart or more", cols));
  return *stride;
}

Tensor TensorChecks::output(std::string_view name, const Tensor &given, DType dtype,
                            const std::vector<int64_t> &wanted) const {
  if (!is_given(given)) return stream_.empty(dtype, wanted);
  input(name, given, {dtype});
  shape(name, given, wanted);
  contiguous(name, given);
  return given;
}

Tensor TensorChecks::output_of_rows(std::string_view name, const Tensor &given, DType dtype,
                                    const std::vector<int64_t> &wanted) const {
  if (!is_given(given)) return stream_.empty(dtype, wanted);
  input_of_rows(name, given, dtype, wanted);
  return given;
}

Tensor TensorChecks::output_if(bool wanted, std::string_view name, const Tensor &given, DType dtype,
                               const std::vector<int64_t> &shape) const {
  if (wanted) return output(name, given, dtype, shape);
  if (is_given(given)) refuse(name, given, "no such tensor: the options of this call do not ask for it");
  return {};
}

RowsOfTensor TensorChecks::rows_of(std::string_view name, const Tensor &t) const {
  constexpr int64_t kMostRows = (int64_t(1) << 31) - 1, kMostCols = int64_t(1) << 24, kMostElements = int64_t(1) << 40;
  if (t.rank() < 1) refuse(name, t, "1 dimensions or more");
  const RowsOfTensor r{rows(t), t.shape.back(), row_stride(name, t)};
  if (r.cols < 1 || r.cols > kMostCols) refuse(name, t, fmt::format("a last dimension of 1 to {}", kMostCols));
  if (r.rows > kMostRows) refuse(name, t, fmt::format("{} rows or fewer", kMostRows));
  if (r.rows > kMostElements / r.cols) refuse(name, t, fmt::format("{} elements or fewer", kMostElements));
  return r;
}

int64_t TensorChecks::input_of_rows(std::string_view name, const Tensor &t, DType dtype,
                                    const std::vector<int64_t> &wanted) const {
  input(name, t, {dtype});
  shape(name, t, wanted);
  return row_stride(name, t);
}

void TensorChecks::dense_input(std::string_view name, const Tensor &t, DType dtype,
                               const std::vector<int64_t> &wanted) const {
  input(name, t, {dtype});
  shape(name, t, wanted);
  contiguous(name, t);
}

void TensorChecks::apart(std::initializer_list<NamedTensor> outputs, std::initializer_list<NamedTensor> inputs) const {
  for (auto out = outputs.begin(); out != outputs.end(); ++out) {
    auto check = [&](const NamedTensor &other) {
      if (*out->tensor && *other.tensor && overlap(*out->tensor, *other.tensor))
        refuse(out->name, *out->tensor, fmt::format("memory that it does not share with '{}'", other.name));
    };
    std::for_each(inputs.begin(), inputs.end(), check);
    std::for_each(outputs.begin(), out, check);
  }
}

void TensorChecks::require(bool is_right, std::string_view words) const {
  if (!is_right) throw tile::UserError(fmt::format("{}: {}", op_, words));
}

int TensorChecks::alignment(std::initializer_list<NamedTensor> tensors) {
  int all = 64;
  for (const NamedTensor &t : tensors) all = std::min(all, alignment({t.tensor}));
  return all;
}

int TensorChecks::alignment(std::initializer_list<const Tensor *> tensors) {
  uintptr_t bits = 64;
  for (const Tensor *t : tensors) bits |= reinterpret_cast<uintptr_t>(t->data);
  return int(bits & (~bits + 1));
}

} // namespace fla
