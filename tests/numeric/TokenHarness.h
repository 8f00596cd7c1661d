// Cases of sequences that are awkward for layers along time, the same for each of them.
#pragma once

#include "modules/common/Tokens.h"

#include <string>
#include <vector>

namespace fla::test {

struct NamedSequences {
  std::string name;
  Sequences sequences;
};

inline Sequences packed(const std::vector<int64_t> &lengths, DType dtype = tile::i32) {
  std::vector<int64_t> boundaries = {0};
  for (int64_t length : lengths) boundaries.push_back(boundaries.back() + length);
  return {std::move(boundaries), dtype};
}

/// Packed sequences whose boundaries lie anywhere in a program's block of tokens.
inline std::vector<NamedSequences> awkward_packings() {
  return {{"one", packed({77})},
          {"lengths of 0, 1 and less than a window", packed({0, 1, 2, 0, 0, 3, 5, 1, 70, 0, 9, 0})},
          {"as many as tokens", packed(std::vector<int64_t>(90, 1), tile::i64)},
          {"more than one look tells apart", Sequences::cut(200, 150, tile::i32)},
          {"only empty ones", packed({0, 0, 0})},
          {"i64", packed({40, 31, 64, 128, 1}, tile::i64)}};
}

/// Sequences of one length: none, one token, fewer and more than a block.
inline std::vector<NamedSequences> awkward_batches() {
  return {{"no tokens", {3, 0}},  {"no sequences", {0, 5}}, {"one token", {2, 1}},
          {"two tokens", {3, 2}}, {"few", {2, 7}},          {"many", {1, 131}}};
}

} // namespace fla::test
