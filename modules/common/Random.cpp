#include "modules/common/Random.h"

#include "runtime/Parallel.h"

#include <cmath>
#include <numbers>

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

void fill_normal(uint64_t key, double mean, double stddev, std::span<double> out) {
  const int64_t n = int64_t(out.size());
  // Box and Muller: two uniform numbers make elements 2p and 2p+1.
  tile::runtime::parallel_for((n + 1) / 2, [&](int64_t begin, int64_t end) {
    for (int64_t pair = begin; pair < end; ++pair) {
      const double radius = stddev * std::sqrt(-2 * std::log(uniform(random_bits(key, uint64_t(2 * pair)))));
      const double angle = 2 * std::numbers::pi * uniform(random_bits(key, uint64_t(2 * pair + 1)));
      out[size_t(2 * pair)] = mean + radius * std::cos(angle);
      if (2 * pair + 1 < n) out[size_t(2 * pair + 1)] = mean + radius * std::sin(angle);
    }
  });
}

} // namespace fla
