// Bank conflicts of scratch accesses. A wavefront moves 32 words of 4 bytes, one from each bank.
#include "compiler/layout/F2.h"

#include <algorithm>
#include <stdexcept>

namespace tile::layout {
namespace {

constexpr int kBanks = 32, kWordBytes = 4, kMaxBytes = 16;

} // namespace

// Another register, warp or phase adds (xors) a constant to every word's index: banks are permuted, counts stay. So the
// first phase of register 0 in warp 0 stands for all.
int bank_conflicts(const Layout &layout, int width, int element_bytes) {
  const int bytes = width * element_bytes;
  if (width < 1 || element_bytes < 1 || !std::has_single_bit(unsigned(bytes)) || bytes > kMaxBytes)
    throw std::invalid_argument("scratch access of " + std::to_string(width) + " x " + std::to_string(element_bytes) +
                                " bytes: 1, 2, 4, 8 or 16 are possible");
  const int words = std::max(1, bytes / kWordBytes);
  const int lanes = std::min(layout.lanes(), kBanks / words);
  std::array<std::vector<uint32_t>, kBanks> hit;
  for (int lane = 0; lane < lanes; ++lane) {
    const uint32_t element = layout.part(In::Lane, uint32_t(lane)) & ~uint32_t(width - 1);
    const uint32_t first = element * uint32_t(element_bytes) / kWordBytes;
    for (uint32_t word = first; word < first + uint32_t(words); ++word)
      if (auto &bank = hit[word % kBanks]; std::find(bank.begin(), bank.end(), word) == bank.end())
        bank.push_back(word);
  }
  size_t most = 1;
  for (const auto &bank : hit) most = std::max(most, bank.size());
  return int(most);
}

} // namespace tile::layout
