#include "modules/common/Rows.h"
#include "runtime/Device.h"

#include <gtest/gtest.h>

#include <bit>

using namespace fla;
using tile::DType;
using tile::Target;

namespace {

Target gpu() {
  Target target;
  target.kind = Target::Kind::Nvvm;
  target.lanes = 32;
  target.max_warps = 32;
  target.vector_bytes = 16;
  return target;
}
Target cpu(int lanes = 16) {
  Target target;
  target.kind = Target::Kind::Simd;
  target.lanes = lanes;
  target.vector_bytes = 4 * lanes;
  return target;
}
RowConfig first(const Target &target, int64_t cols, DType dtype = tile::bf16, int64_t held = 40) {
  return row_configs(target, {.cols = cols, .dtype = dtype, .held = held}).front();
}

TEST(RowShape, PadsLeast) {
  EXPECT_EQ(row_shape(1024, 256), (RowShape{1024, 1}));
  EXPECT_EQ(row_shape(5120, 256), (RowShape{1024, 5}));
  EXPECT_EQ(row_shape(768, 256), (RowShape{256, 3}));
  EXPECT_EQ(row_shape(1200, 256), (RowShape{256, 5}));
  EXPECT_EQ(row_shape(50, 256), (RowShape{64, 1}));
  EXPECT_EQ(row_shape(50, 16), (RowShape{64, 1})); // 2 x 32 would pad as much in more tiles
  EXPECT_EQ(row_shape(100, 16), (RowShape{16, 7}));
  EXPECT_EQ(row_shape(1, 256), (RowShape{1, 1}));
  EXPECT_EQ(row_shape(4096, 16, 512), (RowShape{512, 8}));
}

TEST(RowShape, HasAtMostSixteenChunksUnlessCapped) {
  for (int64_t cols = 1; cols < 20000; cols += 7) {
    const RowShape shape = row_shape(cols, 16);
    ASSERT_LE(shape.chunks, 16) << cols;
    ASSERT_GE(shape.padded(), cols);
    ASSERT_LT(shape.padded() - cols, shape.chunk);
    ASSERT_TRUE(std::has_single_bit(uint64_t(shape.chunk)));
  }
}

TEST(RowConfig, GpuGivesARowToOneWarpWhileItFits) {
  EXPECT_EQ(first(gpu(), 1024).str(), "rows=4 warps=4 cols=1x1024");
  EXPECT_EQ(first(gpu(), 768).str(), "rows=4 warps=4 cols=3x256");
  EXPECT_EQ(first(gpu(), 1200).str(), "rows=4 warps=4 cols=5x256");
  EXPECT_EQ(first(gpu(), 2048).str(), "rows=2 warps=4 cols=1x2048");
  EXPECT_EQ(first(gpu(), 5120).str(), "rows=1 warps=4 cols=5x1024");
  EXPECT_EQ(first(gpu(), 16384).str(), "rows=1 warps=16 cols=1x16384");
}

TEST(RowConfig, GpuGivesNarrowRowsSixteenBytesALane) {
  EXPECT_EQ(first(gpu(), 64).str(), "rows=16 warps=4 cols=1x64");
  EXPECT_EQ(first(gpu(), 128, tile::f32).str(), "rows=4 warps=4 cols=1x128");
  EXPECT_EQ(first(gpu(), 50).str(), "rows=16 warps=4 cols=1x64");
  EXPECT_EQ(first(gpu(), 1).str(), "rows=1024 warps=4 cols=1x1");
}

TEST(RowConfig, GpuGivesNarrowRowsTwiceThatWhereLittleIsDone) {
  auto first_of = [](int64_t cols) { return row_configs(gpu(), {.cols = cols, .light = true}).front().str(); };
  EXPECT_EQ(first_of(64), "rows=32 warps=4 cols=1x64");
  EXPECT_EQ(first_of(8), "rows=256 warps=4 cols=1x8");
  EXPECT_EQ(first_of(4), "rows=256 warps=4 cols=1x4") << "several rows in one access";
}

TEST(RowConfig, WideRowsAreLooped) {
  EXPECT_EQ(first(gpu(), 40000).str(), "rows=1 warps=16 cols=loop 8192");
  EXPECT_EQ(first(gpu(), 16384, tile::bf16, 16).str(), "rows=1 warps=16 cols=loop 8192");
  EXPECT_EQ(first(cpu(), 1024).str(), "rows=1 warps=1 cols=1x1024");
  EXPECT_EQ(first(cpu(), 768).str(), "rows=1 warps=1 cols=3x256");
  EXPECT_EQ(first(cpu(), 4096).str(), "rows=1 warps=1 cols=loop 512");
  EXPECT_EQ(first(cpu(8), 1024).str(), "rows=1 warps=1 cols=loop 256");
}

// Whatever the width: what a candidate promises to kernels and to the compiler.
TEST(RowConfig, EveryCandidateIsSound) {
  std::vector<int64_t> widths;
  for (int64_t cols = 1; cols <= 2100; ++cols) widths.push_back(cols);
  for (int64_t cols : {4095, 4096, 5120, 8192, 12289, 16384, 20480, 20481, 32769, 120000, 1 << 24})
    widths.push_back(cols);
  for (const Target &target : {gpu(), cpu(8), cpu(16)})
    for (DType dtype : {tile::bf16, tile::f32})
      for (int64_t held : {0, 16, 32, 40})
        for (int64_t cols : widths) {
          const bool is_gpu = target.kind == Target::Kind::Nvvm, is_light = held == 32;
          const auto configs = row_configs(target, {.cols = cols, .dtype = dtype, .held = held, .light = is_light});
          ASSERT_FALSE(configs.empty());
          ASSERT_LE(configs.size(), 8u);
          for (size_t i = 0; i < configs.size(); ++i) {
            const RowConfig &c = configs[i];
            SCOPED_TRACE(std::to_string(cols) + " " + c.str());
            for (size_t j = 0; j < i; ++j) ASSERT_FALSE(configs[j] == c);
            ASSERT_TRUE(std::has_single_bit(uint64_t(c.rows)) && std::has_single_bit(uint64_t(c.shape.chunk)));
            ASSERT_TRUE(std::has_single_bit(unsigned(c.warps)) && c.warps <= (is_gpu ? target.max_warps : 1));
            ASSERT_LE(c.rows * c.shape.chunk, 1 << 20);
            ASSERT_EQ(c.strided, is_gpu);
            if (c.looped) {
              ASSERT_LE(c.shape.chunk, cols);
              continue;
            }
            ASSERT_GT(held, 0);
            ASSERT_GE(c.shape.padded(), cols);
            const int64_t per_lane = c.rows * c.shape.padded() / (target.lanes * c.warps);
            ASSERT_LE(per_lane, is_gpu ? 2 * held : 64);
          }
        }
}

TEST(RowConfig, SaysWhatItIs) {
  RowConfig config = first(gpu(), 256);
  config.blocks = 4;
  config.late = config.streaming = true;
  EXPECT_EQ(config.str(), "rows=4 warps=4 cols=1x256 blocks=4 late streaming");
}

// An H100: 132 multiprocessors of 64 warps, whose lanes then have 32 registers.
TEST(RowConfig, RegistersForAllWarpsAreThoseThatHoldARow) {
  const Target h100 = Target::nvvm("sm_90a");
  auto registers = [&](int64_t cols, DType dtype, int tensors) {
    const RowNeeds needs{.cols = cols, .dtype = dtype};
    return registers_for_all_warps(h100, row_configs(h100, needs).front(), needs, tensors);
  };
  EXPECT_EQ(registers(1024, tile::bf16, 1), 32) << "32 columns a lane, two to a register";
  EXPECT_EQ(registers(1024, tile::bf16, 2), 0) << "as many as there are";
  EXPECT_EQ(registers(512, tile::bf16, 2), 32);
  EXPECT_EQ(registers(512, tile::f32, 1), 0) << "not packed";
  EXPECT_EQ(registers(1020, tile::bf16, 1), 0) << "masks";
  EXPECT_EQ(registers(40000, tile::bf16, 1), 0) << "not held";
  EXPECT_EQ(Target::nvvm("sm_75").full_registers(), 64);
  EXPECT_EQ(Target::nvvm("sm_89").full_registers(), 40);
  EXPECT_EQ(Target::nvvm("sm_90a").registers_at(48), 40);
  EXPECT_EQ(Target::host().full_registers(), 0);
  EXPECT_EQ(Target::host().registers_at(8), 0);
}

TEST(RowConfig, AWaveIsOneAccessOfEveryLaneThereCanBe) {
  EXPECT_EQ(elements_of_a_wave(Target::nvvm("sm_90a"), 132, tile::bf16), 132 * 64 * 32 * 8);
  EXPECT_EQ(elements_of_a_wave(Target::nvvm("sm_89"), 10, tile::f32), 10 * 48 * 32 * 4);
}

TEST(RowConfig, FasterMemoryWantsMoreAccessesInFlight) {
  const auto in_flight = [](const char *arch, int units, int64_t gigabytes) {
    tile::runtime::DeviceInfo device;
    device.units = units;
    device.bandwidth = gigabytes * 1000000000;
    return accesses_in_flight(Target::nvvm(arch), device);
  };
  EXPECT_EQ(in_flight("sm_90a", 132, 3352), 1) << "H100";
  EXPECT_EQ(in_flight("sm_90a", 132, 4917), 2) << "H200";
  EXPECT_EQ(in_flight("sm_80", 108, 2039), 1) << "A100";
  EXPECT_EQ(in_flight("sm_100a", 148, 8000), 2) << "B200";
  EXPECT_EQ(in_flight("sm_75", 40, 320), 1) << "T4";
  EXPECT_EQ(in_flight("sm_90a", 132, 12000), 4) << "a power of two";
  EXPECT_EQ(in_flight("sm_90a", 16, 4917), 4) << "a slice of a GPU that says what the whole has";
  EXPECT_EQ(in_flight("sm_90a", 132, 0), 1) << "not known";
  EXPECT_EQ(in_flight("sm_90a", 0, 0), 1);
  tile::runtime::DeviceInfo core;
  core.bandwidth = int64_t(1) << 40;
  EXPECT_EQ(accesses_in_flight(Target::host(), core), 1);
}

} // namespace
