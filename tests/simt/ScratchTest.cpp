// Scratch: bytes outside of it, bytes nobody wrote, races.
#include "tests/simt/Run.h"

namespace tile::test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kValue = "  %v = arith.sitofp %id : vector<32xi32> to vector<32xf32>\n"
                           "  %c32 = arith.constant 32 : i32\n"
                           "  %start = arith.muli %w, %c32 : i32\n"
                           "  %starts = lane.splat %start : i32 -> vector<32xi32>\n"
                           "  %mine = arith.addi %starts, %id : vector<32xi32>\n";

std::string store(const std::string &at, int line, const std::string &value = "%v", int offset = 0) {
  return "  lane.scratch_store " + value + " to " + at + " {offset = " + std::to_string(offset) +
         " : i64} : vector<32xf32>, vector<32xi32> loc(\"kernels.cpp\":" + std::to_string(line) + ":1)\n";
}

std::string load(const std::string &name, const std::string &at, int line, int offset = 0) {
  return "  " + name + " = lane.scratch_load " + at + " {offset = " + std::to_string(offset) +
         " : i64} : vector<32xi32> -> vector<32xf32> loc(\"kernels.cpp\":" + std::to_string(line) + ":1)\n";
}

const std::string kBarrier = "  lane.barrier\n";

std::string fault(int warps, int scratch, const std::string &body, uint64_t seed = 1) {
  VirtualGpu gpu(seed);
  Buffer none = gpu.buffer(std::vector<float>(1));
  return gpu.fault(lane_kernel(warps, scratch, kValue + body), {{"x", none.data()}, {"y", none.data()}});
}

TEST(Scratch, RightAccessesPass) {
  for (int warps : {1, 2, 32})
    EXPECT_EQ(fault(warps, warps * 128, store("%mine", 1) + load("%a", "%mine", 2) + kBarrier + load("%b", "%id", 3)),
              "");
}

TEST(Scratch, OutsideOfIt) {
  EXPECT_EQ(
      fault(1, 128, store("%id", 5, "%v", 4)),
      "simt: store of 4 bytes outside of scratch by lane 31 of warp 0 at kernels.cpp:5: at byte 128 of 128, program "
      "(0,0,0) of kernel 'k'");
  EXPECT_THAT(
      fault(1, 128, store("%id", 5) + load("%a", "%id", 6, 64)),
      StartsWith("simt: load of 4 bytes outside of scratch by lane 16 of warp 0 at kernels.cpp:6: at byte 128"));
}

TEST(Scratch, ReadOfWhatNobodyWrote) {
  EXPECT_THAT(fault(1, 256, store("%id", 5) + kBarrier + load("%a", "%id", 6, 64)),
              StartsWith("simt: read of scratch byte 128, which nobody wrote, by lane 16 of warp 0 at kernels.cpp:6"));
}

// What one program leaves behind is no other's.
TEST(Scratch, IsFreshForEveryProgram) {
  VirtualGpu gpu(1, /*threads=*/1);
  Buffer none = gpu.buffer(std::vector<float>(1));
  const std::string body = R"(
  %p = tile.program_id 0
  %first = arith.cmpi eq, %p, %c0 : index
  scf.if %first {
    lane.scratch_store %v to %id {offset = 0 : i64} : vector<32xf32>, vector<32xi32>
  }
)" + load("%a", "%id", 6);
  const Artifact artifact = lane_kernel(1, 128, kValue + body);
  EXPECT_EQ(gpu.fault(artifact, {{"x", none.data()}, {"y", none.data()}}, {1}), "");
  EXPECT_THAT(gpu.fault(artifact, {{"x", none.data()}, {"y", none.data()}}, {2}),
              HasSubstr("nobody wrote, by lane 0 of warp 0 at kernels.cpp:6, program (1,0,0)"));
}

// One warp writes what another reads; which comes first depends on the order.
TEST(Scratch, RaceOfAWriteAndARead) {
  const std::string body = store("%id", 1) + kBarrier + R"(
  %c1 = arith.constant 1 : i32
  %writes = arith.cmpi eq, %w, %c1 : i32
  scf.if %writes {
)" + store("%id", 41) + "  } else {\n" +
                           load("%a", "%id", 43) + "  }\n";
  // All warps store to the same places first: leave that to one.
  const std::string first = R"(
  %c0_i32 = arith.constant 0 : i32
  %is_first = arith.cmpi eq, %w, %c0_i32 : i32
  scf.if %is_first {
)" + store("%id", 1) + "  }\n";
  const std::string rest = body.substr(store("%id", 1).size());
  for (uint64_t seed : {1, 2, 3, 4, 5, 6})
    EXPECT_THAT(fault(2, 128, first + rest, seed),
                AnyOf(StartsWith("simt: race on scratch byte 0 between warps 1 and 0 at kernels.cpp:41 (store) and "
                                 "kernels.cpp:43 (load), with no barrier between them, program (0,0,0)"),
                      StartsWith("simt: race on scratch byte 0 between warps 0 and 1 at kernels.cpp:43 (load) and "
                                 "kernels.cpp:41 (store), with no barrier between them, program (0,0,0)")))
        << seed;
}

TEST(Scratch, RaceOfTwoWrites) {
  EXPECT_THAT(
      fault(4, 128, store("%id", 12)),
      testing::ContainsRegex("race on scratch byte 0 between warps [0-3] and [0-3] at kernels.cpp:12 .store. and "
                             "kernels.cpp:12 .store."));
}

// Lanes of a warp are not in step either.
TEST(Scratch, RaceInsideAWarp) {
  const std::string body = "  %one = arith.constant dense<1> : vector<32xi32>\n"
                           "  %beside = arith.xori %id, %one : vector<32xi32>\n" +
                           store("%id", 3);
  EXPECT_EQ(fault(1, 128, body + kBarrier + load("%a", "%beside", 4)), "");
  EXPECT_THAT(fault(1, 128, body + load("%a", "%beside", 4)),
              StartsWith("simt: race on scratch byte 4 between lanes 1 and 0 of warp 0 at kernels.cpp:3 (store) and "
                         "kernels.cpp:4 (load)"));
}

// Two warps read, and one of them writes: it is the other's read that races.
TEST(Scratch, RaceWithOneOfManyReaders) {
  const std::string body = R"(
  %c0_i32 = arith.constant 0 : i32
  %is_first = arith.cmpi eq, %w, %c0_i32 : i32
  scf.if %is_first {
)" + store("%id", 1) + "  }\n" +
                           kBarrier + load("%a", "%id", 2) + "  scf.if %is_first {\n" + store("%id", 3) + "  }\n";
  EXPECT_EQ(fault(1, 128, body), "");
  EXPECT_THAT(fault(8, 128, body), HasSubstr("race on scratch byte 0 between warps "));
}

TEST(Scratch, LanesThatStoreDifferentValues) {
  const std::string zero = "  %zero = arith.constant dense<0> : vector<32xi32>\n"
                           "  %same = arith.constant dense<7.0> : vector<32xf32>\n";
  EXPECT_EQ(fault(1, 128, zero + store("%zero", 3, "%same")), "");
  EXPECT_THAT(fault(1, 128, zero + store("%zero", 3)),
              testing::ContainsRegex("lanes 0 and 1 of warp 0 store different values to scratch byte [0-3] at "
                                     "kernels.cpp:3"));
}

TEST(Scratch, Misaligned) {
  EXPECT_THAT(
      fault(1, 256, store("%id", 3, "%v", 2)),
      StartsWith("simt: misaligned store of 4 bytes by lane 0 of warp 0 at kernels.cpp:3: the address is 2 bytes "
                 "past a multiple of 4"));
}

} // namespace
} // namespace tile::test
