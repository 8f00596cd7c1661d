// What is going on, on one line of standard error that is rewritten; nothing at all unless that is a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fla::bench {

class Progress {
public:
  explicit Progress(size_t items);
  ~Progress() { clear(); }
  Progress(const Progress &) = delete;
  void next(std::string what); ///< the next item, counted
  void step(std::string_view doing);
  void clear(); ///< leaves the line empty

private:
  bool is_shown_;
  size_t items_, item_ = 0;
  std::string what_;
};

} // namespace fla::bench
