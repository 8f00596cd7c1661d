// Words of the command line that no other part gives a meaning to.
#include "bench/Words.h"

#include "bench/Options.h"
#include "compiler/support/Error.h"

#include <charconv>
#include <fmt/format.h>

namespace fla::bench {

std::vector<std::string> split_commas(const std::vector<std::string> &given) {
  std::vector<std::string> out;
  for (std::string_view text : given) {
    for (size_t comma; (comma = text.find(',')) != text.npos; text.remove_prefix(comma + 1))
      out.emplace_back(text.substr(0, comma));
    out.emplace_back(text);
  }
  return out;
}

std::optional<int64_t> parse_integer(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void require_grid(std::string_view name) {
  if (name != "quick" && name != "fla")
    throw tile::UserError(fmt::format("unknown grid '{}'; accepted: quick, fla", name));
}

Format format_named(const std::string &name) {
  if (name == "table") return Format::Table;
  if (name == "json") return Format::Json;
  if (name == "csv") return Format::Csv;
  throw tile::UserError(fmt::format("unknown format '{}'; accepted: table, json, csv", name));
}

} // namespace fla::bench
