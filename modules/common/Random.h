// Random inputs from counters: element i of a tensor depends on the seed, the tensor's name and i alone, never on how
// the work was cut over threads. The same on every machine up to the last bits.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace fla {

/// 64 random bits for (seed, name); the key of a tensor.
uint64_t random_key(uint64_t seed, std::string_view name);
/// 64 random bits for (key, counter).
uint64_t random_bits(uint64_t key, uint64_t counter);
/// out[i] = mean + stddev * (standard normal number first + i of `key`).
void fill_normal(uint64_t key, double mean, double stddev, std::span<double> out, int64_t first = 0);

} // namespace fla
