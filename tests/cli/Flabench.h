// flabench as built, and what its output must look like.
#pragma once

#include "tests/cli/Process.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace fla::test {

inline std::vector<std::string> words(const std::string &line) {
  std::istringstream in(line);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

inline std::vector<std::string> lines(const std::string &text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

/// `arguments` are separated by spaces. No GPU is visible, so that every machine answers alike.
inline Finished flabench(const std::string &arguments, Environment environment = {{"CUDA_VISIBLE_DEVICES", "-1"}}) {
  return run_program(FLABENCH_PROGRAM, words(arguments), environment);
}

/// The objects of JSON lines; a line that is not one is a failure.
inline std::vector<nlohmann::json> objects(const std::string &text) {
  std::vector<nlohmann::json> out;
  for (const std::string &line : lines(text)) {
    out.push_back(nlohmann::json::parse(line, nullptr, false));
    EXPECT_TRUE(out.back().is_object()) << "not a JSON object: " << line;
  }
  return out;
}

} // namespace fla::test
