// Packs the arguments of one launch into the block an Artifact describes. Every value is checked here, once, against
// what the code relies on, so that a launch need not look at them again.
#include "compiler/support/Error.h"
#include "runtime/Device.h"
#include "runtime/Float16.h"

#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>

namespace tile::runtime {
namespace {

uint32_t size_in_block(const Param &p) {
  return p.kind == Param::Kind::Scalar ? uint32_t(size_of(p.dtype)) : 8;
}

std::string description(const Param &p) {
  switch (p.kind) {
  case Param::Kind::Pointer:
    return fmt::format("a pointer to {}", name_of(p.dtype));
  case Param::Kind::Index:
    return "an index (an integer)";
  case Param::Kind::Scalar:
    return fmt::format("a scalar of type {}", name_of(p.dtype));
  }
  return "?";
}

void require_sound(const Artifact &a, const Param &p) {
  uint32_t size = size_in_block(p);
  if (p.size != size || p.offset % size != 0 || p.offset > a.param_bytes || a.param_bytes - p.offset < size ||
      p.align == 0 || p.divisible == 0)
    throw InternalError(fmt::format("kernel '{}': parameter '{}' ({}) lies at offset {} with size {}, align {}, "
                                    "divisible {} in a block of {} bytes; size {} was expected",
                                    a.entry, p.name, description(p), p.offset, p.size, p.align, p.divisible,
                                    a.param_bytes, size));
}

template <class T> void put(std::vector<std::byte> &block, const Param &p, T value) {
  std::memcpy(block.data() + p.offset, &value, sizeof(T));
}

std::string parameter_names(const std::vector<Param> &params) {
  std::string names;
  for (const Param &p : params) names += (names.empty() ? "'" : ", '") + p.name + "'";
  return names.empty() ? "none" : names;
}

} // namespace

Arguments::Arguments(const Artifact &artifact)
    : entry_(artifact.entry), params_(artifact.params), is_set_(artifact.params.size()), bytes_(artifact.param_bytes) {
  for (const Param &p : params_) require_sound(artifact, p);
}

const Param &Arguments::find(std::string_view name) const {
  for (const Param &p : params_)
    if (p.name == name) return p;
  throw UserError(
      fmt::format("kernel '{}' has no parameter '{}'; its parameters: {}", entry_, name, parameter_names(params_)));
}

void Arguments::set(std::string_view name, const void *address) {
  const Param &p = find(name);
  if (p.kind != Param::Kind::Pointer)
    throw UserError(
        fmt::format("kernel '{}': parameter '{}' is {}, but an address was given", entry_, name, description(p)));
  if (reinterpret_cast<uintptr_t>(address) % p.align != 0)
    throw UserError(
        fmt::format("kernel '{}': parameter '{}' needs an address that is a multiple of {} bytes; given was {}", entry_,
                    name, p.align, fmt::ptr(address)));
  put(bytes_, p, uint64_t(reinterpret_cast<uintptr_t>(address)));
  is_set_[size_t(&p - params_.data())] = true;
}

void Arguments::set(std::string_view name, int64_t value) {
  const Param &p = find(name);
  if (p.kind == Param::Kind::Pointer || is_float(p.dtype))
    throw UserError(fmt::format("kernel '{}': parameter '{}' is {}, but the integer {} was given", entry_, name,
                                description(p), value));
  if (value % int64_t(p.divisible) != 0)
    throw UserError(fmt::format("kernel '{}': parameter '{}' must be a multiple of {}; given was {}", entry_, name,
                                p.divisible, value));
  // The compiler's analysis of accesses counts on it.
  if (p.kind == Param::Kind::Index && value < 0)
    throw UserError(fmt::format("kernel '{}': parameter '{}' is {} and takes 0 and more; given was {}", entry_, name,
                                description(p), value));
  auto require_range = [&](int64_t lo, int64_t hi) {
    if (value < lo || value > hi)
      throw UserError(fmt::format("kernel '{}': parameter '{}' is {} and takes {} to {}; given was {}", entry_, name,
                                  description(p), lo, hi, value));
  };
  if (p.kind == Param::Kind::Index || p.dtype == i64) {
    put(bytes_, p, value);
  } else if (p.dtype == i32) {
    require_range(std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max());
    put(bytes_, p, int32_t(value));
  } else {
    require_range(0, 1);
    put(bytes_, p, uint8_t(value));
  }
  is_set_[size_t(&p - params_.data())] = true;
}

void Arguments::set(std::string_view name, double value) {
  const Param &p = find(name);
  if (p.kind != Param::Kind::Scalar || !is_float(p.dtype))
    throw UserError(fmt::format("kernel '{}': parameter '{}' is {}, but the floating-point number {} was given", entry_,
                                name, description(p), value));
  // Where the numbers begin that would be rounded to infinity.
  const double end = p.dtype == f16 ? 65520 : p.dtype == bf16 ? 0x1.ffp127 : 0x1.ffffffp127;
  if (std::isfinite(value) && std::abs(value) >= end)
    throw UserError(fmt::format("kernel '{}': parameter '{}' is {}, which holds numbers below {}; given was {}", entry_,
                                name, description(p), end, value));
  if (p.dtype == f32)
    put(bytes_, p, float(value));
  else if (p.dtype == f16)
    put(bytes_, p, f16_bits(value));
  else
    put(bytes_, p, bf16_bits(value));
  is_set_[size_t(&p - params_.data())] = true;
}

const void *Arguments::block() const {
  for (size_t i = 0; i < params_.size(); ++i)
    if (!is_set_[i])
      throw UserError(fmt::format("kernel '{}': parameter '{}' ({}) was not set", entry_, params_[i].name,
                                  description(params_[i])));
  return bytes_.data();
}

} // namespace tile::runtime
