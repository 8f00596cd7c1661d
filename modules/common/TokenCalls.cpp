// Sequences of a call: their shapes are known here, their boundaries on the device.
#include "modules/common/TokenCalls.h"

#include "compiler/support/Error.h"
#include "modules/common/PlanKey.h"

#include <algorithm>
#include <cstring>

namespace fla {

namespace {

constexpr int64_t kMostTokens = (int64_t(1) << 31) - 1;

/// The distances of its tokens and of its sequences, where all dimensions before those two collapse.
std::pair<int64_t, int64_t> token_strides(const TensorChecks &check, std::string_view name, const Tensor &t) {
  const size_t rank = t.shape.size();
  const int64_t tokens = t.shape[rank - 2], cols = t.shape[rank - 1];
  if (t.strides.empty() || t.elements() == 0) return {cols, tokens * cols};
  if (std::ranges::any_of(t.strides, [](int64_t s) { return s < 0; })) check.refuse(name, t, "strides from 0 up");
  if (cols != 1 && t.strides.back() != 1) check.refuse(name, t, "a last dimension of stride 1");
  const int64_t token = tokens == 1 ? cols : t.strides[rank - 2];
  int64_t batch = tokens * token, expected = -1;
  for (size_t d = rank - 2; d-- > 0;) {
    if (t.shape[d] == 1) continue;
    if (expected < 0)
      batch = expected = t.strides[d];
    else if (t.strides[d] != expected)
      check.refuse(name, t, "dimensions before the last two that collapse into one");
    expected *= t.shape[d];
  }
  return {token, batch};
}

} // namespace

TokenCall::TokenCall(const TensorChecks &check, std::string_view name, const Tensor &x, const Tensor &cu_seqlens,
                     bool check_cu_seqlens)
    : check_(check), dtype_(x.dtype), shape_(x.shape) {
  check.input(name, x, TensorChecks::kFloats, 2);
  tokens_ = x.shape[x.shape.size() - 2];
  cols_ = x.shape.back();
  batch_ = 1;
  for (size_t d = 0; d + 2 < x.shape.size(); ++d) batch_ *= x.shape[d];
  if (cols_ < 1 || cols_ > int64_t(1) << 24) check.refuse(name, x, "a last dimension of 1 to 16777216");
  if (batch_ > kMostTokens || tokens_ > kMostTokens || batch_ * tokens_ > kMostTokens)
    check.refuse(name, x, fmt::format("{} tokens or fewer", kMostTokens));
  add_strided(name, x);
  count_ = batch_;
  if (!TensorChecks::is_given(cu_seqlens)) return;

  check.input("cu_seqlens", cu_seqlens, {tile::i32, tile::i64}, 1);
  check.contiguous("cu_seqlens", cu_seqlens);
  if (cu_seqlens.rank() != 1 || cu_seqlens.elements() < (tokens_ > 0 ? 2 : 1) || cu_seqlens.elements() > kMostTokens)
    check.refuse("cu_seqlens", cu_seqlens, "one dimension, a number more than there are sequences");
  if (batch_ != 1) check.refuse(name, x, "a single [T, D] with cu_seqlens: packed sequences lie one behind the other");
  packed_ = cu_seqlens.dtype;
  count_ = cu_seqlens.elements() - 1;
  if (check_cu_seqlens || !check.stream().device().id().starts_with("cuda")) check_boundaries(cu_seqlens);
}

void TokenCall::check_boundaries(const Tensor &cu_seqlens) const {
  std::vector<std::byte> bytes(cu_seqlens.bytes());
  check_.stream().download(bytes.data(), cu_seqlens);
  std::vector<int64_t> boundaries(size_t(cu_seqlens.elements()));
  for (size_t i = 0; i < boundaries.size(); ++i)
    if (cu_seqlens.dtype == tile::i64) {
      std::memcpy(&boundaries[i], &bytes[8 * i], 8);
    } else {
      int32_t number;
      std::memcpy(&number, &bytes[4 * i], 4);
      boundaries[i] = number;
    }
  const int64_t last = boundaries.back();
  try {
    const Sequences known(std::move(boundaries), cu_seqlens.dtype);
  } catch (const tile::UserError &e) {
    check_.require(false, e.what());
  }
  check_.require(last == tokens_, fmt::format("cu_seqlens ends with {}; there are {} tokens", last, tokens_));
}

void TokenCall::add_strided(std::string_view name, const Tensor &t) {
  check_.input(name, t, {dtype_});
  check_.shape(name, t, shape_);
  auto [token, batch] = token_strides(check_, name, t);
  if (batch_ <= 1) batch = tokens_ * token; // never taken
  strided_.push_back({std::string(name), token, batch});
}

Sequences TokenCall::sequences() const {
  if (!packed_) return {batch_, tokens_};
  std::vector<int64_t> boundaries(size_t(count_) + 1);
  boundaries.back() = tokens_;
  return {std::move(boundaries), *packed_};
}

int64_t TokenCall::divisor() const {
  if (std::ranges::all_of(strided_, [&](const Strided &s) { return s.token == cols_ && s.batch == tokens_ * cols_; }))
    return 0;
  int64_t bits = 64;
  for (const Strided &s : strided_) bits |= s.token | s.batch;
  return bits & -bits;
}

TokenLayout TokenCall::layout(int align) const {
  TokenLayout layout = layout_of(sequences(), dtype_, cols_);
  layout.align = align;
  layout.stride_divisor = divisor();
  return layout;
}

std::string TokenCall::key() const {
  std::string key = plan_key(tile::name_of(dtype_), batch_, tokens_, cols_);
  if (packed_) key += plan_key(" packed", *packed_, count_);
  if (divisor() > 0)
    for (const Strided &s : strided_) key += plan_key(" " + s.name, s.token, s.batch);
  return key;
}

std::vector<Candidate> TokenCall::placed(std::vector<Candidate> candidates) const {
  for (Candidate &candidate : candidates)
    for (FusedLaunch &launch : candidate.launches)
      for (Arg &arg : launch.args)
        for (const Strided &s : strided_) {
          if (arg.param == s.name + "_stride") arg.value = s.token;
          if (arg.param == s.name + "_batch_stride") arg.value = s.batch;
        }
  return candidates;
}

} // namespace fla
