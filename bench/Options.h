// What the command line asks for, as data. Strings are as the user wrote them; Plan.h gives them meaning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fla::bench {

/// Which problems. Empty lists mean all there is (of dtypes: bf16, or the module's first).
struct Selection {
  std::string module;
  std::vector<std::string> ops, passes, cases, dtypes;
  std::string grid = "quick";
};

enum class Format : uint8_t { Table, Json, Csv };
Format format_named(const std::string &name); ///< UserError listing table, json, csv

struct RunOptions {
  Selection select;
  std::string device; ///< empty: the first GPU if there is one, else the host
  Format format = Format::Table;
  int reps = 0; ///< 0: until the medians are stable
  int64_t seed = 1;
  bool host_time = false;
  /// Which ways to cut the work: numbers, or "all"; empty: the heuristic's choice, which is number 0.
  std::vector<std::string> candidates;
};

struct ListOptions {
  std::string module; ///< empty: all
  Format format = Format::Table;
};

/// One problem. Empty words mean the first there is (of dtypes: as in Selection).
struct EmitOptions {
  std::string module, op, pass, shape, dtype;
  std::string arch, stage;
  int candidate = 0;
  std::optional<int> kernel; ///< absent: all of the candidate
};

struct CompileOptions {
  Selection select;
  std::string arch;
  Format format = Format::Table;
  int reps = 20;
};

} // namespace fla::bench
