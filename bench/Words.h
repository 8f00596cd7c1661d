// Small helpers for the words of a command line.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fla::bench {

/// "a,b" and "c" -> a, b, c. An empty word stays, so that look-ups refuse it.
std::vector<std::string> split_commas(const std::vector<std::string> &given);

/// A whole number in decimal, and nothing behind it.
std::optional<int64_t> parse_integer(std::string_view text);

/// UserError listing the grids unless `name` is one.
void require_grid(std::string_view name);

template <class T> void add_once(std::vector<T> &list, const T &value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

} // namespace fla::bench
