// What kernels that are built for debugging print and require, line by line.
#include "compiler/support/Options.h"
#include "tests/numeric/Launch.h"

#include "compiler/support/Error.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <sstream>
#include <unistd.h>

namespace fla::test {
namespace {

using namespace tile;
using namespace tile::runtime;

class Debug : public testing::TestWithParam<std::string> {};

/// The lines that a launch prints, sorted: programs, warps and lanes print in any order.
std::vector<std::string> lines_of(Launch &launch, Grid grid) {
  testing::internal::CaptureStdout();
  launch.run(grid);
  std::fflush(stdout);
  std::istringstream text(testing::internal::GetCapturedStdout());
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  std::ranges::sort(lines);
  return lines;
}

constexpr int kPrints = __LINE__ + 9; ///< the line of the first print()
Kernel talking(bool debug) {
  KernelBuilder k("talking", {.warps = 2, .debug = debug});
  View x = k.input("x", f32, {2, 3}), y = k.output("y", f32, {2});
  Scalar half = k.scalar("half", f32);
  Index p = k.program_id(0);
  Tile v = x.load({0, 0}, {2, 4}), flags = v > 2.f;
  Tile total = sum(v, Axis(1));
  y.store({0}, total);
  k.print("100% of {}, {}", p, half);
  k.print("{} ({}) in {}", v.to(bf16), flags, p + 1);
  k.print("sum {} {}", total, k.iota(2, i64));
  k.when(p == 1, [&] { k.print("one, and {}", Index(7)); });
  return k.finish();
}

TEST_P(Debug, PrintsLineByLine) {
  MACHINE_OR_SKIP(GetParam());
  Launch launch(machine, talking(true));
  launch.tensor("x", std::vector<float>{1, 2, 3, 4, 5, 6}).tensor("y", std::vector<float>(2)).number("half", 0.5);
  std::vector<std::string> expected;
  for (int p = 0; p < 2; ++p) {
    auto say = [&](int line, const std::string &text) {
      expected.push_back(fmt::format("{}:{}: program ({},0,0){}", __FILE__, kPrints + line, p, text));
    };
    say(0, fmt::format(": 100% of {}, 0.5", p));
    for (int r = 0; r < 2; ++r)
      for (int c = 0; c < 4; ++c) {
        int v = c < 3 ? 3 * r + c + 1 : 0;
        say(1, fmt::format(" [{}, {}]: {} ({}) in {}", r, c, v, int(v > 2), p + 1));
      }
    say(2, " [0]: sum 6 0");
    say(2, " [1]: sum 15 1");
    if (p == 1) say(3, ": one, and 7");
  }
  std::ranges::sort(expected);
  EXPECT_EQ(lines_of(launch, {2}), expected);
  EXPECT_EQ(launch.values<float>("y"), (std::vector<float>{6, 15}));
}

TEST_P(Debug, NothingIsLeftOfItOtherwise) {
  MACHINE_OR_SKIP(GetParam());
  EXPECT_EQ(talking(false).str().find("print"), std::string::npos);
  Launch launch(machine, talking(false));
  launch.tensor("x", std::vector<float>(6, 1)).tensor("y", std::vector<float>(2)).number("half", 0.5);
  EXPECT_TRUE(lines_of(launch, {2}).empty());
}

/// In a process of its own that begins with it, for the environment is read once.
TEST_P(Debug, TheEnvironmentBuildsItIn) {
  MACHINE_OR_SKIP(GetParam());
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  auto launched = [&] {
    dup2(STDERR_FILENO, STDOUT_FILENO); // what is looked at
    Launch launch(*Machine::named(GetParam(), &why_not), talking(false));
    launch.tensor("x", std::vector<float>(6, 1)).tensor("y", std::vector<float>(2)).number("half", 0.5).run();
    std::fflush(stdout);
    std::_Exit(0);
  };
  (void)options(); // what this process has stays
  setenv("TILE_DEBUG", "1", 1);
  EXPECT_EXIT(launched(), testing::ExitedWithCode(0), "program \\(0,0,0\\): 100% of 0, 0.5");
  unsetenv("TILE_DEBUG");
}

constexpr int kRequires = __LINE__ + 6; ///< the line of the first require()
Kernel demanding() {
  KernelBuilder k("demanding", {.warps = 2, .debug = true});
  View x = k.input("x", f32, {64}), y = k.output("y", f32, {64});
  Index most = k.runtime("most");
  Tile v = x.load({0}, {64});
  k.require(v > 0.f, "all of x is positive");
  k.require(most < 10, "at most {} 10%");
  y.store({0}, v);
  return k.finish();
}

TEST_P(Debug, RequirementsThatAreMet) {
  MACHINE_OR_SKIP(GetParam());
  Launch launch(machine, demanding());
  launch.tensor("x", std::vector<float>(64, 1)).tensor("y", std::vector<float>(64)).number("most", 9);
  EXPECT_EQ(launch.run({3}).values<float>("y"), std::vector<float>(64, 1));
}

TEST_P(Debug, RequirementsThatAreNotMet) {
  MACHINE_OR_SKIP(GetParam());
  const bool is_simt = GetParam() == "simt";
  for (bool all_positive : {true, false}) {
    Launch launch(machine, demanding());
    std::vector<float> x(64, 1);
    if (!all_positive) x[37] = -1;
    launch.tensor("x", x).tensor("y", std::vector<float>(64)).number("most", all_positive ? 10 : 9);
    const std::string where = fmt::format("{}:{}: ", __FILE__, kRequires + int(all_positive)),
                      text = all_positive ? "at most {} 10%" : "all of x is positive";
    try {
      launch.run();
      ADD_FAILURE() << "accepted";
    } catch (const DeviceError &e) {
      const std::string said = e.what();
      EXPECT_TRUE(said.starts_with(GetParam() + ": ")) << said;
      EXPECT_NE(said.find("requirement not met"), std::string::npos) << said;
      EXPECT_NE(said.find(where + (is_simt ? "" : "requirement not met: ") + text), std::string::npos) << said;
      EXPECT_NE(said.find("kernel 'demanding'"), std::string::npos) << said;
    }
    launch.tensor("x", std::vector<float>(64, 1)).number("most", 9); // the device goes on working
    EXPECT_EQ(launch.run().values<float>("y"), std::vector<float>(64, 1));
  }
}

// Not on a GPU: a trap ends the context of the process, with all that other tests hold on it.
INSTANTIATE_TEST_SUITE_P(On, Debug, testing::Values("host", "simt"), [](const auto &info) { return info.param; });

} // namespace
} // namespace fla::test
