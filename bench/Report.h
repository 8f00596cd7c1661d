// What was found out, and the three ways to write it down. A report writes complete lines as results arrive.
#pragma once

#include "bench/Options.h"
#include "bench/Plan.h"
#include "bench/Provider.h"
#include "bench/Statistics.h"
#include "bench/Validate.h"

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fla::bench {

/// Where, with what and when: the same for all results of a run.
struct RunInfo {
  std::string device; ///< "cuda:0"
  tile::runtime::DeviceInfo machine;
  std::string compiler, version, date;
  int64_t seed = 0;
  std::string no_reference; ///< why there is no unfused reference; empty when there is
  bool host_time = false;
  bool has_candidates = false; ///< results of several candidates of a problem may follow one another
};

/// What one provider did with one problem.
struct Outcome {
  std::string_view provider;      ///< "fused", "unfused"
  std::optional<Verdict> verdict; ///< absent: it could not be run; RunInfo says why
  std::optional<Summary> time;    ///< absent: not timed, since it was wrong or there was nothing to do
  Preparation preparation;
  std::optional<double> launch_us; ///< host time of one launch
};

struct Result {
  Item item;
  Outcome fused, unfused;
  std::optional<Summary> roof;
  std::string candidate;   ///< how the fused kernels are cut
  int candidate_index = 0; ///< its place in the heuristic's order

  bool is_right() const;
};

class Report {
public:
  virtual ~Report() = default;
  /// `items` are all that results will follow for.
  virtual void begin(const RunInfo &, const std::vector<Item> &items) = 0;
  virtual void add(const Result &) = 0;
  virtual void end() = 0;
};

std::unique_ptr<Report> make_table_report(std::ostream &);
std::unique_ptr<Report> make_report(Format, std::ostream &);

} // namespace fla::bench
