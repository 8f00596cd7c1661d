// Cases as text. A case names every key exactly once: a missing one has no sensible default, a repeated one no meaning.
#include "modules/common/Problem.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace fla {

namespace {

[[noreturn]] void refuse(std::string_view text, const std::string &why, const std::vector<std::string> &keys) {
  throw tile::UserError(fmt::format("case \"{}\": {}; accepted: {}=<n>, each key once, <n> an integer from 0 up", text,
                                    why, fmt::join(keys, "=<n>,")));
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t comma; (comma = text.find(',')) != std::string_view::npos; text.remove_prefix(comma + 1))
    parts.push_back(text.substr(0, comma));
  parts.push_back(text);
  return parts;
}

} // namespace

Case Case::parse(std::string_view text, const std::vector<std::string> &keys) {
  std::map<std::string, int64_t, std::less<>> given;
  for (std::string_view part : split(text)) {
    const size_t equals = part.find('=');
    if (equals == std::string_view::npos) refuse(text, fmt::format("\"{}\" is not <key>=<n>", part), keys);
    const std::string key(part.substr(0, equals));
    const std::string_view digits = part.substr(equals + 1);
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      refuse(text, fmt::format("unknown key \"{}\"", key), keys);
    int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc::result_out_of_range) refuse(text, fmt::format("{} is too large for {}", digits, key), keys);
    if (error != std::errc() || end != digits.data() + digits.size() || digits.front() == '-')
      refuse(text, fmt::format("\"{}\" is not a number for {}", digits, key), keys);
    if (!given.emplace(key, value).second) refuse(text, fmt::format("{} is given twice", key), keys);
  }
  Case result;
  for (const std::string &key : keys) {
    const auto found = given.find(key);
    if (found == given.end()) refuse(text, fmt::format("{} is missing", key), keys);
    result.dims_.push_back(*found);
  }
  return result;
}

int64_t Case::operator[](std::string_view key) const {
  for (const auto &[name, value] : dims_)
    if (name == key) return value;
  throw tile::InternalError(fmt::format("case {} has no key {}", str(), key));
}

std::string Case::str() const {
  std::vector<std::string> parts;
  for (const auto &[name, value] : dims_) parts.push_back(fmt::format("{}={}", name, value));
  return fmt::format("{}", fmt::join(parts, ","));
}

} // namespace fla
