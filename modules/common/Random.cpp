#include "modules/common/Random.h"

#include "modules/common/DoubleMath.h"
#include "runtime/Parallel.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace fla {

namespace {

/// A bijection of 64 bits in which every input bit changes about half of the output bits: two rounds of xor-shift and
/// multiplication by an odd constant.
uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

/// In (0, 1]: never 0, whose logarithm is not finite.
double uniform(uint64_t bits) {
  return double((bits >> 11) + 1) * 0x1p-53;
}

} // namespace

uint64_t random_key(uint64_t seed, std::string_view name) {
  uint64_t key = mix(seed + 0x9E3779B97F4A7C15u);
  for (char c : name) key = mix(key ^ (uint64_t(static_cast<unsigned char>(c)) + 0x9E3779B97F4A7C15u));
  return key;
}

uint64_t random_bits(uint64_t key, uint64_t counter) {
  return mix(key + (counter + 1) * 0x9E3779B97F4A7C15u);
}

namespace {

/// Pairs begin to begin + count of standard normal numbers; few enough to stay in the first cache.
constexpr int64_t kPairs = 256;
void normal_pairs(uint64_t key, double mean, double stddev, int64_t begin, int64_t count, double *out) {
  // Box and Muller: two uniform numbers make elements 2p and 2p+1.
  std::array<double, kPairs> radius, cosine, sine;
  for (int64_t i = 0; i < count; ++i) {
    const auto number = uint64_t(2 * (begin + i));
    radius[size_t(i)] = stddev * std::sqrt(-2 * fast_log(uniform(random_bits(key, number))));
    const Direction d = fast_direction(uniform(random_bits(key, number + 1)));
    cosine[size_t(i)] = d.cos, sine[size_t(i)] = d.sin;
  }
  for (int64_t i = 0; i < count; ++i) {
    out[2 * i] = mean + radius[size_t(i)] * cosine[size_t(i)];
    out[2 * i + 1] = mean + radius[size_t(i)] * sine[size_t(i)];
  }
}

} // namespace

void fill_normal(uint64_t key, double mean, double stddev, std::span<double> out, int64_t first) {
  const int64_t last = first + int64_t(out.size()), whole = (first + 1) / 2, end_of_whole = last / 2;
  // Half of a pair at either end.
  auto one = [&](int64_t element) {
    std::array<double, 2> pair;
    normal_pairs(key, mean, stddev, element / 2, 1, pair.data());
    out[size_t(element - first)] = pair[size_t(element % 2)];
  };
  if (first < last && first % 2 != 0) one(first);
  if (first < last && last % 2 != 0) one(last - 1);
  const int64_t blocks = whole < end_of_whole ? (end_of_whole - whole + kPairs - 1) / kPairs : 0;
  tile::runtime::parallel_for(blocks, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t pair = whole + block * kPairs;
      normal_pairs(key, mean, stddev, pair, std::min(kPairs, end_of_whole - pair), &out[size_t(2 * pair - first)]);
    }
  });
}

} // namespace fla
