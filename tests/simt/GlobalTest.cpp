// Accesses to global memory: those outside of their buffer, misaligned ones, lanes that disagree.
#include "tests/simt/Run.h"

#include "compiler/support/Error.h"

#include <numeric>

namespace tile::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// y[i] = x[i] of 32 elements, with some more of the access's attributes and operands.
std::string copy(const std::string &lane = "%id", int offset = 0, const std::string &load = "kernels.cpp",
                 const std::string &pre = "") {
  return pre + "  %v = lane.load per_lane %x[%c0, " + lane + "] {align = 4 : i64, offset = " + std::to_string(offset) +
         " : i64} : (!tile.ptr<f32>, index, vector<32xi32>) -> vector<32xf32> loc(\"" + load +
         "\":7:1)\n"
         "  lane.store per_lane %v to %y[%c0, %id] {align = 4 : i64, offset = 0 : i64}"
         " : vector<32xf32>, !tile.ptr<f32>, index, vector<32xi32> loc(\"kernels.cpp\":8:1)\n";
}

std::vector<float> count(size_t n) {
  std::vector<float> v(n);
  std::iota(v.begin(), v.end(), 1.f);
  return v;
}

TEST(Global, RightAccessesPass) {
  VirtualGpu gpu;
  Buffer x = gpu.buffer(count(40)), y = gpu.buffer(std::vector<float>(32));
  gpu.run(lane_kernel(1, 0, copy("%id", 8)), {{"x", x.data()}, {"y", y.data()}});
  EXPECT_EQ(gpu.values<float>(y).front(), 9);
  EXPECT_EQ(gpu.values<float>(y).back(), 40);
}

TEST(Global, LoadBeyondTheEnd) {
  VirtualGpu gpu;
  Buffer x = gpu.buffer(count(40)), y = gpu.buffer(std::vector<float>(32));
  EXPECT_EQ(gpu.fault(lane_kernel(1, 0, copy("%id", 9)), {{"x", x.data()}, {"y", y.data()}}),
            "simt: load of 4 bytes outside of 'x' by lane 31 of warp 0 at kernels.cpp:7: 4 bytes beyond the end of it, "
            "of 160, program (0,0,0) of kernel 'k'");
  EXPECT_EQ(gpu.fault(lane_kernel(1, 0, copy("%id", 8)), {{"x", x.data()}, {"y", y.data()}}), ""); // it goes on working
}

TEST(Global, LoadBeforeTheStart) {
  VirtualGpu gpu;
  Buffer x = gpu.buffer(count(40)), y = gpu.buffer(std::vector<float>(32));
  EXPECT_THAT(
      gpu.fault(lane_kernel(1, 0, copy("%id", -2)), {{"x", x.data()}, {"y", y.data()}}),
      StartsWith("simt: load of 4 bytes outside of 'x' by lane 0 of warp 0 at kernels.cpp:7: 8 bytes before the "
                 "start of it, of 160"));
}

TEST(Global, StoreBeyondTheEnd) {
  VirtualGpu gpu;
  Buffer x = gpu.buffer(count(40)), y = gpu.buffer(std::vector<float>(30));
  EXPECT_THAT(
      gpu.fault(lane_kernel(1, 0, copy()), {{"x", x.data()}, {"y", y.data()}}),
      StartsWith("simt: store of 4 bytes outside of 'y' by lane 30 of warp 0 at kernels.cpp:8: 4 bytes beyond"));
}

// An address that is wrong for its tensor, though another buffer lives there.
TEST(Global, AnotherTensorsMemory) {
  VirtualGpu gpu;
  Buffer x = gpu.buffer(count(40)), y = gpu.buffer(std::vector<float>(32));
  const auto apart = (static_cast<const char *>(y.data()) - static_cast<const char *>(x.data())) / 4;
  EXPECT_THAT(gpu.fault(lane_kernel(1, 0, copy("%id", int(apart))), {{"x", x.data()}, {"y", y.data()}}),
              HasSubstr("load of 4 bytes outside of 'x'"));
}

TEST(Global, FreedMemory) {
  VirtualGpu gpu;
  Buffer y = gpu.buffer(std::vector<float>(32));
  const void *x = gpu.buffer(count(40)).data();
  Buffer later = gpu.buffer(count(40)); // takes its place in no way
  EXPECT_THAT(gpu.fault(lane_kernel(1, 0, copy()), {{"x", x}, {"y", y.data()}}),
              StartsWith("simt: load of 4 bytes by warp 0 at kernels.cpp:7: 'x' points to a buffer that was freed"));
  std::vector<float> here(64);
  EXPECT_THAT(gpu.fault(lane_kernel(1, 0, copy()), {{"x", here.data()}, {"y", y.data()}}),
              HasSubstr("'x' points to no buffer"));
}

TEST(Global, WhatIsForbiddenInABuffer) {
  VirtualGpu gpu;
  Buffer x = gpu.buffer(count(96)), y = gpu.buffer(std::vector<float>(32));
  const float *tensor = static_cast<const float *>(x.data()) + 32;
  gpu.device().forbid(x.data(), 128);
  gpu.device().forbid(tensor + 32, 128);
  EXPECT_EQ(gpu.fault(lane_kernel(1, 0, copy()), {{"x", tensor}, {"y", y.data()}}), "");
  EXPECT_THAT(gpu.fault(lane_kernel(1, 0, copy("%id", 1)), {{"x", tensor}, {"y", y.data()}}),
              HasSubstr("4 bytes beyond the end of it, of 128"));
  EXPECT_THAT(gpu.fault(lane_kernel(1, 0, copy("%id", -1)), {{"x", tensor}, {"y", y.data()}}),
              HasSubstr("4 bytes before the start of it, of 128"));
}

// Lanes that a mask keeps out touch nothing, and read 0.
TEST(Global, MaskedLanes) {
  VirtualGpu gpu;
  Buffer x = gpu.buffer(count(5)), y = gpu.buffer(std::vector<float>(32, -1));
  gpu.run(lane_kernel(1, 0, R"(
  %five = arith.constant dense<5> : vector<32xi32>
  %m = arith.cmpi slt, %id, %five : vector<32xi32>
  %v = lane.load per_lane %x[%c0, %id] mask %m {align = 4 : i64, offset = 0 : i64} : (!tile.ptr<f32>, index, vector<32xi32>, vector<32xi1>) -> vector<32xf32>
  lane.store per_lane %v to %y[%c0, %id] {align = 4 : i64, offset = 0 : i64} : vector<32xf32>, !tile.ptr<f32>, index, vector<32xi32>
)"),
          {{"x", x.data()}, {"y", y.data()}});
  std::vector<float> expected(32);
  std::iota(expected.begin(), expected.begin() + 5, 1.f);
  EXPECT_EQ(gpu.values<float>(y), expected);
}

TEST(Global, Misaligned) {
  const std::string wide = R"(
  %four = arith.constant dense<4> : vector<32xi32>
  %lane = arith.muli %id, %four : vector<32xi32>
  %v:4 = lane.load per_lane %x[%c0, %lane] {align = 16 : i64, offset = OFFSET : i64} : (!tile.ptr<f32>, index, vector<32xi32>) -> (vector<32xf32>, vector<32xf32>, vector<32xf32>, vector<32xf32>) loc("kernels.cpp":7:1)
)";
  auto with = [&](const std::string &offset) {
    std::string text = wide;
    return lane_kernel(1, 0, text.replace(text.find("OFFSET"), 6, offset));
  };
  VirtualGpu gpu;
  Buffer x = gpu.buffer(count(160));
  EXPECT_EQ(gpu.fault(with("4"), {{"x", x.data()}, {"y", x.data()}}), "");
  EXPECT_THAT(
      gpu.fault(with("3"), {{"x", x.data()}, {"y", x.data()}}),
      StartsWith("simt: misaligned load of 16 bytes by lane 0 of warp 0 at kernels.cpp:7: the address is 12 bytes "
                 "past a multiple of 16"));
}

TEST(Global, LanesThatStoreDifferentValuesToOneElement) {
  const std::string store = R"(
  %three = arith.constant dense<3> : vector<32xi32>
  %at = arith.andi %id, %three : vector<32xi32>
  %v = arith.sitofp VALUE : vector<32xi32> to vector<32xf32>
  lane.store per_lane %v to %y[%c0, %at] {align = 4 : i64, offset = 0 : i64} : vector<32xf32>, !tile.ptr<f32>, index, vector<32xi32> loc("kernels.cpp":9:1)
)";
  auto of = [&](const std::string &value) {
    std::string text = store;
    return lane_kernel(1, 0, text.replace(text.find("VALUE"), 5, value));
  };
  VirtualGpu gpu;
  Buffer x = gpu.buffer(std::vector<float>(4)), y = gpu.buffer(std::vector<float>(4));
  EXPECT_EQ(gpu.fault(of("%at"), {{"x", x.data()}, {"y", y.data()}}), "");
  EXPECT_EQ(gpu.values<float>(y), (std::vector<float>{0, 1, 2, 3}));
  EXPECT_THAT(gpu.fault(of("%id"), {{"x", x.data()}, {"y", y.data()}}),
              StartsWith("simt: lanes 0 and 4 of warp 0 store different values to the same element of 'y' at "
                         "kernels.cpp:9"));
}

// A caller who says there are more rows than there are: the report names the line in the kernel's own source.
TEST(Global, ExtentsThatLie) {
  KernelBuilder k("rows", {.warps = 1});
  Index rows = k.runtime("rows");
  View x = k.input("x", f32, {rows, 256});
  View y = k.output("y", f32, {rows, 256});
  const int line = __LINE__ + 1;
  Tile v = x.load({k.program_id(0), 0}, {1, 256});
  y.store({k.program_id(0), 0}, v * 2.f);
  const Artifact artifact = compile(k.finish(), Target::simt());

  VirtualGpu gpu;
  Buffer in = gpu.buffer(std::vector<float>(6 * 256, 2)), out = gpu.buffer(std::vector<float>(8 * 256));
  EXPECT_EQ(gpu.fault(artifact, {{"x", in.data()}, {"y", out.data()}}, {6}, {{"rows", 6}}), "");
  EXPECT_EQ(gpu.values<float>(out)[6 * 256 - 1], 4);
  const std::string said = gpu.fault(artifact, {{"x", in.data()}, {"y", out.data()}}, {7}, {{"rows", 7}});
  EXPECT_THAT(said, HasSubstr("load of 16 bytes outside of 'x' by lane 0 of warp 0 at "));
  EXPECT_THAT(said, HasSubstr("GlobalTest.cpp:" + std::to_string(line) + ": 16 bytes beyond the end of it, of 6144"));
  EXPECT_THAT(said, HasSubstr("program (6,0,0) of kernel 'rows'"));
}

// Every type that lies in memory, at every width.
TEST(Global, CopiesEveryType) {
  for (const char *type : {"i1", "bf16", "f16", "f32", "i32", "i64"})
    for (int width : {1, 2, 4, 8}) {
      const std::string vector = std::string("vector<32x") + type + ">",
                        pointer = std::string("!tile.ptr<") + type + ">";
      std::string values, types;
      for (int i = 0; i < width; ++i) {
        values += (i ? ", %v#" : "%v#") + std::to_string(i);
        types += (i ? ", " : "") + vector;
      }
      if (width == 1) values = "%v";
      const std::string n = std::to_string(width);
      const Artifact artifact = lane_kernel(1, 0,
                                            R"(
  %width = arith.constant dense<)" + n + R"(> : vector<32xi32>
  %lane = arith.muli %id, %width : vector<32xi32>
  %v)" + (width == 1 ? "" : ":" + n) + " = lane.load per_lane %x[%c0, %lane] {align = 8 : i64, offset = 0 : i64} : (" +
                                                pointer + ", index, vector<32xi32>) -> (" + types + R"()
  lane.store per_lane )" + values + " to %y[%c0, %lane] {align = 8 : i64, offset = 0 : i64} : " +
                                                types + ", " + pointer + ", index, vector<32xi32>\n",
                                            type);
      VirtualGpu gpu;
      std::vector<uint8_t> bytes(size_t(32 * width) * (type[1] == '1' && type[2] == 0 ? 1
                                                       : type[1] == '6'               ? 8
                                                       : type[1] == '3'               ? 4
                                                                                      : 2));
      for (size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = uint8_t(type == std::string("i1") ? i % 3 == 0 : i * 37 % 127);
      Buffer x = gpu.buffer(bytes), y = gpu.buffer(std::vector<uint8_t>(bytes.size()));
      EXPECT_EQ(gpu.fault(artifact, {{"x", x.data()}, {"y", y.data()}}), "") << type << " " << width;
      EXPECT_EQ(gpu.values<uint8_t>(y), bytes) << type << " " << width;
    }
}

TEST(Global, AtomicAdditions) {
  const std::string body = R"(
  %four = arith.constant dense<4> : vector<32xi32>
  %at = arith.remui %id, %four : vector<32xi32>
  %c2 = arith.constant 2.0 : f32
  %two = lane.splat %c2 : f32 -> vector<32xf32>
  lane.atomic_add per_lane %two to %y[%c0, %at] : vector<32xf32>, !tile.ptr<f32>, index, vector<32xi32> loc("kernels.cpp":7:1)
)";
  VirtualGpu gpu;
  Buffer four = gpu.buffer(std::vector<float>(4, 1)), three = gpu.buffer(std::vector<float>(3));
  gpu.run(lane_kernel(2, 0, body), {{"x", four.data()}, {"y", four.data()}}, {100});
  EXPECT_EQ(gpu.values<float>(four), std::vector<float>(4, 1 + 100 * 2 * 8 * 2));
  EXPECT_EQ(
      gpu.fault(lane_kernel(1, 0, body), {{"x", four.data()}, {"y", three.data()}}),
      "simt: atomic addition of 4 bytes outside of 'y' by lane 3 of warp 0 at kernels.cpp:7: 4 bytes beyond the end "
      "of it, of 12, program (0,0,0) of kernel 'k'");
}

} // namespace
} // namespace tile::test
