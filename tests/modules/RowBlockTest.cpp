// What RowBlock makes of a row that is held: loaded once, and where it is packed widened anew in each pass on GPUs, so
// that it is 16 bits that are kept.
#include "modules/common/RowBlock.h"
#include "modules/l2norm/problem.h"
#include "tests/codegen/Ptxas.h"

#include <gtest/gtest.h>

using namespace fla;
using namespace tile;

namespace {

constexpr int64_t kCols = 1024;

/// x to (x - mean) * m2, in three passes.
Kernel three_passes(bool packed) {
  KernelBuilder k("three_passes", {.warps = 4});
  Index rows = k.runtime("rows");
  View x = k.input("x", bf16, {rows, kCols}), y = k.output("y", bf16, {rows, kCols});
  const RowConfig config{.rows = 4, .warps = 4, .shape = {kCols, 1}, .packed = packed, .strided = true};
  for_row_blocks(k, rows, config, [&](Index row) {
    RowBlock block(k, config, kCols, row);
    Tile mean = (block.sum([&](const Chunk &c) { return c.load(x); }) / double(kCols)).expand(Axis(1));
    Tile m2 = block.sum([&](const Chunk &c) { return (c.load(x) - mean) * (c.load(x) - mean); }).expand(Axis(1));
    block.each([&](const Chunk &c) { c.store(y, (c.load(x) - mean) * m2); });
  });
  return k.finish();
}

int count(const std::string &text, std::string_view word) {
  int n = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++n;
  return n;
}

TEST(RowBlock, WidensAPackedRowInEachPass) {
  const std::string ptx = compile(three_passes(true), Target::nvvm("sm_90a")).code;
  EXPECT_EQ(count(ptx, "ld.global"), 4) << "once";
  for (const char *zeros : {"0x1044", "0x3244", "0x1055", "0x3255"})
    EXPECT_EQ(count(ptx, zeros), 16) << zeros << ", of 32 columns a lane";
}

TEST(RowBlock, HoldsAnyOtherInF32) {
  const std::string ptx = compile(three_passes(false), Target::nvvm("sm_90a")).code;
  EXPECT_EQ(count(ptx, "ld.global"), 4);
  EXPECT_EQ(count(ptx, "prmt.b32"), 0);
}

// 8M elements are one round of programs then, where 48 registers made it two.
TEST(RowBlock, L2NormHasAllWarpsOfAMultiprocessor) {
  if (!*tile::test::ptxas()) GTEST_SKIP() << "no ptxas: the CUDA toolkit is not installed";
  tile::runtime::DeviceInfo device;
  device.units = 132;
  const Target target = Target::nvvm("sm_90a");
  for (auto [rows, cols] : {std::pair{65536, 128}, {32768, 256}, {16384, 512}, {8192, 1024}, {4096, 2048}}) {
    const l2norm::L2NormProblem problem({.dtype = bf16, .out_dtype = bf16, .cols = cols}, Pass::Fwd, rows);
    const Candidate first = problem.candidates(target, device).front();
    const std::string ptx = compile(first.launches.front().kernel, target).code;
    EXPECT_EQ(count(ptx, ".maxnreg 32"), 1) << first.name;
    EXPECT_EQ(count(ptx, "ld.global"), 4) << first.name;
    EXPECT_EQ(tile::test::complaints(ptx, "sm_90a"), "") << first.name;
  }
}

} // namespace
