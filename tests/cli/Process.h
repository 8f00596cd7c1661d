// Runs a program to its end and keeps all it said.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace fla::test {

struct Finished {
  int code = -1; ///< exit code; -signal when one ended it
  std::string out, err;
};

using Environment = std::vector<std::pair<std::string, std::string>>;

/// Standard input is empty. `environment` is added to this process's own. `out_path`, if given, takes standard output.
Finished run_program(const std::string &program, const std::vector<std::string> &arguments,
                     const Environment &environment = {}, const std::string &out_path = "");

} // namespace fla::test
