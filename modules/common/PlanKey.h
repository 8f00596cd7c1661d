// Names of plans: an op and all that its problem depends on.
#pragma once

#include "compiler/support/DType.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <type_traits>

namespace fla {

/// "l2norm_forward bf16 f32 4096 1e-06": different parts, different names. Numbers are written in full.
template <class... Parts> std::string plan_key(std::string_view op, const Parts &...parts) {
  std::string key(op);
  auto add = [&](const auto &part) {
    if constexpr (std::is_same_v<std::decay_t<decltype(part)>, tile::DType>)
      key.append(" ").append(tile::name_of(part));
    else
      key += fmt::format(" {}", part);
  };
  (add(parts), ...);
  return key;
}

} // namespace fla
