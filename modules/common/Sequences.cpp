// Where the sequences of a case lie.
#include "modules/common/Random.h"
#include "modules/common/Sequences.h"

#include <fmt/format.h>

#include <algorithm>

namespace fla {

Sequences::Sequences(std::vector<int64_t> boundaries, DType dtype)
    : packed_(dtype), boundaries_(std::move(boundaries)) {
  if (dtype != tile::i32 && dtype != tile::i64)
    throw tile::UserError(fmt::format("cu_seqlens of {}; accepted: i32, i64", name_of(dtype)));
  if (boundaries_.empty() || boundaries_.front() != 0)
    throw tile::UserError(boundaries_.empty() ? "cu_seqlens is empty; it begins with 0"
                                              : fmt::format("cu_seqlens begins with {}, not 0", boundaries_.front()));
  const auto falls = std::ranges::adjacent_find(boundaries_, std::greater());
  if (falls != boundaries_.end())
    throw tile::UserError(
        fmt::format("cu_seqlens falls from {} to {} at {}", falls[0], falls[1], falls - boundaries_.begin() + 1));
  tokens_ = boundaries_.back();
  if (dtype == tile::i32 && tokens_ > INT32_MAX)
    throw tile::UserError(fmt::format("{} packed tokens are too many for cu_seqlens of i32", tokens_));
}

Sequences Sequences::cut(int64_t tokens, int64_t count, DType dtype) {
  std::vector<int64_t> boundaries = {0, tokens};
  const uint64_t key = random_key(uint64_t(tokens), "sequences");
  for (int64_t i = 1; i < count; ++i)
    boundaries.push_back(int64_t(random_bits(key, uint64_t(i)) % uint64_t(tokens + 1)));
  std::ranges::sort(boundaries);
  return {std::move(boundaries), dtype};
}

Sequence Sequences::operator[](int64_t number) const {
  if (!packed_) return {number * tokens_, tokens_};
  const int64_t first = boundaries_[size_t(number)];
  return {first, boundaries_[size_t(number) + 1] - first};
}

std::vector<int64_t> Sequences::strided_shape(int64_t cols, int64_t gap) const {
  return {batch_, tokens_ + (gap > 0), cols + gap};
}

int64_t Sequences::strided_offset(int64_t row, int64_t cols, int64_t gap) const {
  return (row + (gap > 0 ? row / tokens_ : 0)) * (cols + gap);
}

TensorDesc Sequences::tensor() const {
  TensorDesc desc;
  desc.name = "cu_seqlens";
  desc.dtype = *packed_;
  desc.shape = {int64_t(boundaries_.size())};
  desc.derive = [all = boundaries_](const auto &, std::vector<double> &self) { std::ranges::copy(all, self.begin()); };
  return desc;
}

} // namespace fla
