// On a CPU no mask is left in the loop over the whole chunks of a row, whatever the row's length is known to be.
#include "compiler/Compiler.h"
#include "compiler/dsl/Kernel.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tile::test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// y = x * x, 256 columns at a time.
Kernel squares(bool known) {
  KernelBuilder k("squares");
  Index cols = known ? Index(40000) : k.runtime("cols");
  View x = k.input("x", bf16, {cols}, {.align = 64}), y = k.output("y", bf16, {cols}, {.align = 64});
  k.loop(0, cols, 256)([&](Index i) {
    Tile t = x.load({i}, {256}).to(f32);
    y.store({i}, (t * t).to(bf16), Cache::Streaming);
  });
  return k.finish();
}

/// The text of the first loop.
std::string firstLoop(const std::string &lane) {
  size_t at = lane.find("scf.for"), end = lane.find("\n    }", at);
  return at == std::string::npos ? "" : lane.substr(at, end - at);
}

class Peeled : public testing::TestWithParam<std::string> {};

TEST_P(Peeled, NoMaskInTheLoop) {
  for (bool known : {true, false}) {
    const std::string lane = emit(squares(known), Target::cpu(GetParam()), Stage::Lane), loop = firstLoop(lane);
    EXPECT_THAT(loop, HasSubstr("lane.load contiguous")) << lane;
    EXPECT_THAT(loop, HasSubstr("lane.store contiguous")) << lane;
    EXPECT_THAT(loop, Not(HasSubstr(" mask "))) << lane;
    EXPECT_THAT(lane.substr(lane.find(loop) + loop.size()), HasSubstr(" mask ")) << lane;
  }
}

/// A masked store goes through the cache.
TEST_P(Peeled, StoresAroundTheCache) {
  EXPECT_THAT(emit(squares(false), Target::cpu(GetParam()), Stage::Code), HasSubstr("movnt")) << GetParam();
}

INSTANTIATE_TEST_SUITE_P(Cpus, Peeled, testing::Values("x86-64", "x86-64-v3", "x86-64-v4"), [](const auto &info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

} // namespace
} // namespace tile::test
