// Lines of aligned columns.
#pragma once

#include <string>
#include <vector>

namespace fla::bench {

class Table {
public:
  struct Column {
    std::string title;
    size_t width = 0;     ///< at least that of the title
    bool is_text = false; ///< to the left; numbers go to the right
  };
  explicit Table(std::vector<Column> columns);

  std::string header() const; ///< the titles, and a rule below them
  std::string row(const std::vector<std::string> &cells) const;
  size_t width() const;

private:
  std::vector<Column> columns_;
};

} // namespace fla::bench
