// The element types of the language, the same for the compiler, the runtime and the arena.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tile {

enum class DType : uint8_t { i1, i32, i64, f16, bf16, f32 };

inline constexpr DType i32 = DType::i32;
inline constexpr DType i64 = DType::i64;
inline constexpr DType f16 = DType::f16;
inline constexpr DType bf16 = DType::bf16;
inline constexpr DType f32 = DType::f32;

/// Bytes one element takes in memory; i1 takes one byte.
constexpr int64_t size_of(DType t) {
  switch (t) {
  case DType::i1:
    return 1;
  case DType::f16:
  case DType::bf16:
    return 2;
  case DType::i32:
  case DType::f32:
    return 4;
  case DType::i64:
    return 8;
  }
  return 0;
}

constexpr bool is_float(DType t) {
  return t == f16 || t == bf16 || t == f32;
}

constexpr std::string_view name_of(DType t) {
  switch (t) {
  case DType::i1:
    return "i1";
  case DType::i32:
    return "i32";
  case DType::i64:
    return "i64";
  case DType::f16:
    return "f16";
  case DType::bf16:
    return "bf16";
  case DType::f32:
    return "f32";
  }
  return "?";
}

/// The dtype of that name ("bf16"), or nothing.
constexpr std::optional<DType> dtype_named(std::string_view name) {
  for (DType t : {DType::i1, i32, i64, f16, bf16, f32})
    if (name_of(t) == name) return t;
  return std::nullopt;
}

} // namespace tile
