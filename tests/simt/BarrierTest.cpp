// Barriers that not all warps reach, and ones that are missing.
#include "tests/simt/Run.h"

#include <numeric>

namespace tile::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string fault(int warps, const std::string &body) {
  VirtualGpu gpu;
  Buffer none = gpu.buffer(std::vector<float>(1));
  return gpu.fault(lane_kernel(warps, 0, body), {{"x", none.data()}, {"y", none.data()}}, {3, 2});
}

const std::string kInBranch = R"(
  %c2 = arith.constant 2 : i32
  %low = arith.cmpi slt, %w, %c2 : i32
  scf.if %low {
    lane.barrier loc("kernels.cpp":17:1)
  }
)";

TEST(Barrier, NotReachedByWarpsThatEnd) {
  EXPECT_EQ(fault(2, kInBranch), ""); // both of two warps are below 2
  EXPECT_THAT(fault(4, kInBranch),
              StartsWith("simt: the barrier at kernels.cpp:17 is not reached by all warps: warps 0 and 1 wait there, "
                         "warps 2 and 3 ended without it, program ("));
}

TEST(Barrier, NotReachedByWarpsAtAnotherOne) {
  EXPECT_THAT(fault(4, kInBranch + "  lane.barrier loc(\"kernels.cpp\":20:1)\n"),
              StartsWith("simt: the barrier at kernels.cpp:17 is not reached by all warps: warps 0 and 1 wait there, "
                         "warps 2 and 3 at another one, at kernels.cpp:20, program ("));
}

TEST(Barrier, InALoopIsReachedByAllEachTime) {
  EXPECT_EQ(fault(8, R"(
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  scf.for %i = %c0 to %c5 step %c1 {
    lane.barrier
  }
)"),
            "");
}

/// y[c] = sum of a column's 64 rows; more than one warp has a part of each column.
Kernel column_sums(int warps, int *line) {
  KernelBuilder k("column_sums", {.warps = warps});
  View x = k.input("x", f32, {64, 128});
  View y = k.output("y", f32, {128});
  Tile v = x.load({0, 0}, {64, 128});
  *line = __LINE__ + 1;
  Tile s = sum(v, Axis(0));
  y.store({0}, s);
  return k.finish();
}

// The pipeline without the pass that inserts barriers.
TEST(Barrier, Missing) {
  int line = 0;
  const Kernel kernel = column_sums(4, &line);
  VirtualGpu gpu;
  std::vector<float> in(64 * 128);
  std::iota(in.begin(), in.end(), 0.f);
  Buffer x = gpu.buffer(in), y = gpu.buffer(std::vector<float>(128));
  EXPECT_EQ(gpu.fault(compile(kernel, Target::simt()), {{"x", x.data()}, {"y", y.data()}}), "");
  EXPECT_EQ(gpu.values<float>(y)[1], 64 * (63 * 64 + 1));
  // What a warp reads before the others have run, nobody wrote; what they then write, another has read.
  const std::string said = gpu.fault(without_barriers(kernel), {{"x", x.data()}, {"y", y.data()}});
  EXPECT_THAT(said, testing::AnyOf(HasSubstr("nobody wrote"), HasSubstr("race on scratch byte ")));
  EXPECT_THAT(said, HasSubstr("BarrierTest.cpp:" + std::to_string(line)));
}

} // namespace
} // namespace tile::test
