// The whole program over a module whose faults are known: each must be seen, named, kept from being timed, and show in
// the exit code.
#include "bench/Cli.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sstream>

namespace fla::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

struct Finished {
  int code;
  std::string out, err;
};

Finished run(std::vector<const char *> arguments) {
  arguments.insert(arguments.begin(), {"flabench", "--module", "fake", "--device", "host", "--reps", "2"});
  std::ostringstream out, err;
  const int code = bench::run_cli(int(arguments.size()), arguments.data(), out, err);
  return {code, out.str(), err.str()};
}

/// The two lines of one case of `op`: fused, unfused.
std::pair<json, json> results(const char *op, int expected_code) {
  const Finished done = run({"--op", op, "--case", "N=1000", "--format", "json"});
  EXPECT_EQ(done.code, expected_code) << done.err;
  EXPECT_THAT(done.err, IsEmpty());
  std::istringstream in(done.out);
  std::string fused, unfused, more;
  std::getline(in, fused);
  std::getline(in, unfused);
  EXPECT_FALSE(std::getline(in, more)) << more;
  return {json::parse(fused), json::parse(unfused)};
}

void expect_right_and_timed(const json &j) {
  EXPECT_TRUE(j.at("ok").get<bool>()) << j;
  EXPECT_EQ(j.at("note"), "");
  EXPECT_GT(j.at("ms").get<double>(), 0);
}

void expect_wrong_and_not_timed(const json &j, const char *words) {
  EXPECT_FALSE(j.at("ok").get<bool>()) << j;
  EXPECT_THAT(j.at("note").get<std::string>(), HasSubstr(words));
  for (const char *field : {"ms", "p20", "p80", "gbps", "roof"}) EXPECT_TRUE(j.at(field).is_null()) << field;
}

TEST(Arena, RightIsTimed) {
  const auto [fused, unfused] = results("twice", 0);
  expect_right_and_timed(fused);
  expect_right_and_timed(unfused);
  EXPECT_EQ(fused.at("max_err"), 0);
  EXPECT_EQ(fused.at("bytes"), 8000);
  EXPECT_EQ(fused.at("candidate"), "plain");
  EXPECT_TRUE(unfused.at("candidate").is_null());
}

TEST(Arena, AWrongNumberIsSeen) {
  const auto [fused, unfused] = results("factor", 1);
  expect_wrong_and_not_timed(fused, "1000 of 1000 elements of 'y' are wrong");
  EXPECT_GT(fused.at("max_err").get<double>(), fused.at("tol").get<double>());
  expect_right_and_timed(unfused);
}

TEST(Arena, AWrongReferenceIsSeen) {
  const auto [fused, unfused] = results("reference", 1);
  expect_right_and_timed(fused);
  expect_wrong_and_not_timed(unfused, "1000 of 1000 elements of 'y' are wrong");
}

TEST(Arena, AnOutputThatIsNotWrittenIsSeen) {
  const auto [fused, unfused] = results("unwritten", 1);
  expect_wrong_and_not_timed(fused, "500 of 1000 elements of 'y' are wrong");
  EXPECT_TRUE(fused.at("max_err").is_null()); // NaN has no distance
}

TEST(Arena, AWriteBeyondTheEndIsSeen) {
  const auto [fused, unfused] = results("beyond", 1);
  expect_wrong_and_not_timed(fused, "beyond its end");
}

TEST(Arena, AChangedInputIsSeen) {
  const auto [fused, unfused] = results("input", 1);
  expect_wrong_and_not_timed(fused, "input 'x' was modified");
}

TEST(Arena, TheTableShowsWhatIsWrong) {
  const Finished done = run({"--op", "twice,factor", "--case", "N=1000"});
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.out, HasSubstr("WRONG: fused y["));
  EXPECT_THAT(done.out, HasSubstr("WRONG results: 1\n"));
  std::istringstream in(done.out);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("factor ")) EXPECT_THAT(line, HasSubstr(" WRONG "));
    if (line.starts_with("twice ")) EXPECT_THAT(line, Not(HasSubstr("WRONG")));
  }
}

TEST(Arena, AKernelsMistakeIsItsAuthorsLine) {
  // Of two ops the second is at fault: not even the first is run.
  const Finished done = run({"--op", "twice,mistake", "--case", "N=1000"});
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.out, IsEmpty());
  EXPECT_THAT(done.err,
              AllOf(StartsWith("flabench: "), HasSubstr("FakeModule.cpp:"), HasSubstr("f32"), HasSubstr("bf16")));
}

TEST(Arena, TheDevicesFailureHasItsOwnCode) {
  const Finished done = run({"--op", "device", "--case", "N=1000"});
  EXPECT_EQ(done.code, 3);
  EXPECT_THAT(done.out, IsEmpty());
  EXPECT_THAT(done.err, AllOf(StartsWith("flabench: "), HasSubstr("the driver's own words")));
}

TEST(Arena, WhatCannotBeInMemoryIsRefused) {
  const Finished done = run({"--op", "twice", "--case", "N=100000000000000"});
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.out, IsEmpty());
  EXPECT_THAT(done.err, AllOf(StartsWith("flabench: twice fwd N=100000000000000 f32"), HasSubstr("GiB")));
}

} // namespace
} // namespace fla::test
