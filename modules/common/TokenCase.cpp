// Cases of layers along time: what they may ask for.
#include "modules/common/Limits.h"
#include "modules/common/Sequences.h"

#include <fmt/format.h>

namespace fla {

/// Their boundaries are made and sorted here, before anyone knows whether there is memory for the case.
constexpr int64_t kMostSequences = int64_t(1) << 24;

Sequences sequences_of(std::string_view op, const Case &c) {
  check_range(op, c, "B", 0, kMostPrograms);
  check_range(op, c, "T", 0, kMostPrograms);
  check_range(op, c, "D", 1, kMostColumns);
  check_range(op, c, "seqs", 0, kMostSequences);
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

} // namespace fla
