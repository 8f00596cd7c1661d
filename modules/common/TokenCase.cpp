// Cases of layers along time: what they may ask for.
#include "modules/common/Tokens.h"

#include <fmt/format.h>

namespace fla {

Sequences sequences_of(std::string_view op, const Case &c) {
  constexpr int64_t kMostElements = int64_t(1) << 40;
  constexpr int64_t kMostPrograms = (int64_t(1) << 31) - 1;
  auto within = [&](const char *key, int64_t least, int64_t most) {
    if (c[key] < least || c[key] > most)
      throw tile::UserError(fmt::format("{}: {}={} is out of range; accepted: {} to {}", op, key, c[key], least, most));
  };
  within("B", 0, kMostPrograms);
  within("T", 0, kMostPrograms);
  within("D", 1, int64_t(1) << 24);
  within("seqs", 0, kMostPrograms - 1);
  const int64_t batch = c["B"], tokens = c["T"], count = c["seqs"];
  if (batch > 0 && tokens > kMostElements / batch / c["D"])
    throw tile::UserError(fmt::format("{}: {} has more elements than the {} accepted", op, c.str(), kMostElements));
  if (batch * tokens > kMostPrograms)
    throw tile::UserError(fmt::format("{}: {} has more tokens than the {} accepted", op, c.str(), kMostPrograms));
  if (count == 0) return {batch, tokens};
  if (batch != 1)
    throw tile::UserError(fmt::format(
        "{}: B={} with seqs={}; packed sequences are one behind the other: B=1, or seqs=0", op, batch, count));
  return Sequences::cut(tokens, count, tile::i32);
}

void check_float(std::string_view op, DType dtype) {
  if (!is_float(dtype))
    throw tile::UserError(fmt::format("{}: dtype {} is not accepted; there are bf16, f16, f32", op, name_of(dtype)));
}

} // namespace fla
