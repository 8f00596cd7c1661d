#include "modules/common/Convert.h"

#include "compiler/support/Error.h"
#include "runtime/Parallel.h"

#include <bit>
#include <cstring>

namespace fla {

using tile::DType;
using tile::runtime::parallel_for;

namespace {

/// Memory of 16-bit floats.
template <int Fraction, int Exponent> struct Float16 {
  uint16_t bits;

  static Float16 of(double value) { return {float16_bits(value, Fraction, Exponent)}; }
  double value() const {
    constexpr int bias = (1 << (Exponent - 1)) - 1;
    constexpr uint64_t special = ((uint64_t(1) << Exponent) - 1) << Fraction;
    const uint64_t sign = uint64_t(bits & 0x8000) << 48;
    const uint64_t magnitude = bits & 0x7FFF;
    const uint64_t shifted = magnitude << (52 - Fraction);
    // Subnormals: the fraction is a whole number of the smallest one.
    const double small = double(int(magnitude)) * std::bit_cast<double>(uint64_t(1024 - bias - Fraction) << 52);
    const uint64_t normal = shifted + (uint64_t(1023 - bias) << 52);
    const uint64_t not_finite = shifted | (uint64_t(0x7FF) << 52);
    uint64_t result = magnitude < (uint64_t(1) << Fraction) ? std::bit_cast<uint64_t>(small) : normal;
    result = magnitude >= special ? not_finite : result;
    return std::bit_cast<double>(result | sign);
  }
};

/// Memory of a C++ number.
template <class N> struct Plain {
  N number;
  static Plain of(double value) { return {N(value)}; }
  double value() const { return double(number); }
};

template <class Action> void with_element(DType dtype, Action action) {
  switch (dtype) {
  case DType::i1:
    return action(Plain<uint8_t>());
  case DType::i32:
    return action(Plain<int32_t>());
  case DType::i64:
    return action(Plain<int64_t>());
  case DType::f16:
    return action(Float16<10, 5>());
  case DType::bf16:
    return action(Float16<7, 8>());
  case DType::f32:
    return action(Plain<float>());
  }
  throw tile::InternalError("conversion of an unknown dtype");
}

} // namespace

uint16_t float16_bits(double value, int fraction, int exponent) {
  const int bias = (1 << (exponent - 1)) - 1;
  const int dropped = 52 - fraction;
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  const uint64_t sign = bits >> 63 << 15;
  const uint64_t magnitude = bits & ~(uint64_t(1) << 63);
  const uint64_t infinity = ((uint64_t(1) << exponent) - 1) << fraction;

  // Normal numbers: the exponent rebased, then rounded where the new fraction ends; a carry runs into the exponent.
  const uint64_t rebased = magnitude - (uint64_t(1023 - bias) << 52);
  const uint64_t normal = (rebased + ((uint64_t(1) << (dropped - 1)) - 1) + (rebased >> dropped & 1)) >> dropped;
  // Below them the spacing no longer shrinks: adding a number whose ulp is that spacing rounds to it.
  const double anchor = std::bit_cast<double>(uint64_t(1023 + 1 - bias - fraction + 52) << 52);
  const uint64_t small =
      std::bit_cast<uint64_t>(std::bit_cast<double>(magnitude) + anchor) - std::bit_cast<uint64_t>(anchor);

  uint64_t result = magnitude < uint64_t(1024 - bias) << 52 ? small : normal;
  result = magnitude >= uint64_t(1024 + bias) << 52 || result > infinity ? infinity : result;
  result = magnitude > uint64_t(0x7FF) << 52 ? infinity | uint64_t(1) << (fraction - 1) : result;
  return uint16_t(result | sign);
}

void to_double(DType dtype, const void *from, std::span<double> to) {
  with_element(dtype, [&](auto element) {
    const auto *in = static_cast<const decltype(element) *>(from);
    parallel_for(int64_t(to.size()), [&, out = to.data()](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) out[i] = in[i].value();
    });
  });
}

void from_double(DType dtype, std::span<const double> from, void *to) {
  with_element(dtype, [&](auto element) {
    using Element = decltype(element);
    auto *out = static_cast<Element *>(to);
    parallel_for(int64_t(from.size()), [&, in = from.data()](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) out[i] = Element::of(in[i]);
    });
  });
}

void round_to(DType dtype, std::span<double> values) {
  with_element(dtype, [&](auto element) {
    using Element = decltype(element);
    parallel_for(int64_t(values.size()), [data = values.data()](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) data[i] = Element::of(data[i]).value();
    });
  });
}

double rounded_to(DType dtype, double value) {
  with_element(dtype, [&](auto element) { value = decltype(element)::of(value).value(); });
  return value;
}

} // namespace fla
