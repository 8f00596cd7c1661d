// Widths are fixed when the table is made, so that rows can be printed as they come. No line ends in spaces.
#include "bench/Table.h"

#include <algorithm>
#include <fmt/format.h>

namespace fla::bench {
namespace {

constexpr const char *kGap = "  ";

} // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (Column &c : columns_) c.width = std::max(c.width, c.title.size());
}

size_t Table::width() const {
  size_t sum = 0;
  for (const Column &c : columns_) sum += c.width + (&c == &columns_.front() ? 0 : 2);
  return sum;
}

std::string Table::row(const std::vector<std::string> &cells) const {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    const Column &c = columns_.at(i);
    line += i == 0 ? "" : kGap;
    line += c.is_text ? fmt::format("{:<{}}", cells[i], c.width) : fmt::format("{:>{}}", cells[i], c.width);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

std::string Table::header() const {
  std::vector<std::string> titles;
  for (const Column &c : columns_) titles.push_back(c.title);
  return row(titles) + std::string(width(), '-') + '\n';
}

} // namespace fla::bench
