// Results as named fields, and the two ways to write those a line each: JSON objects, or CSV.
#pragma once

#include "bench/Report.h"

#include <nlohmann/json.hpp>

namespace fla::bench {

/// In the order in which they are written. What is not known is null, and a number that is not finite too.
nlohmann::ordered_json fields(const RunInfo &, const Result &, const Outcome &);

class LineWriter {
public:
  virtual ~LineWriter() = default;
  /// One complete line; all calls give the same names in the same order.
  virtual void write(const nlohmann::ordered_json &fields) = 0;
};

/// nullptr for tables.
std::unique_ptr<LineWriter> make_line_writer(Format, std::ostream &);

/// `value` with `digits` significant ones; null when it is not finite.
nlohmann::ordered_json number(double value, int digits = 6);

} // namespace fla::bench
