// Tensors whose elements lie more than 2^31 apart: every part of an address that can become so large must be 64-bit.
// The memory between the rows is never touched, so a computer without 4 GiB to spare runs this too.
#include "tests/numeric/Harness.h"

#include "compiler/dsl/Kernel.h"

#include <vector>

namespace fla::test {
namespace {

using namespace tile;
using namespace tile::runtime;

constexpr int64_t kRows = 3, kCols = 64;
constexpr int64_t kStride = (int64_t(1) << 30) + 16; ///< elements: the last row starts beyond 2^31

/// y = x + 1 in tiles of `rows` rows: with one, the start of a tile is far; with four, also what its lanes add.
Kernel add_one(int64_t rows, bool is_static) {
  KernelBuilder k("add_one", {.warps = 2});
  Index stride = is_static ? Index(kStride) : k.runtime("stride", 8);
  View x = k.input("x", bf16, {kRows, kCols}, {.strides = {stride, 1}});
  View y = k.output("y", bf16, {kRows, kCols}, {.strides = {stride, 1}});
  Index row = k.program_id(0) * rows;
  Tile v = x.load({row, 0}, {rows, kCols}).to(f32);
  y.store({row, 0}, (v + 1.f).to(bf16));
  return k.finish();
}

class FarRows : public testing::TestWithParam<std::tuple<std::string, int64_t, bool>> {};

TEST_P(FarRows, AreReadAndWrittenWhereTheyAre) {
  auto [name, rows, is_static] = GetParam();
  MACHINE_OR_SKIP(name);
  Device &device = machine.device();
  const size_t bytes = size_t((kRows - 1) * kStride + kCols) * 2;
  Buffer buffer = device.allocate(bytes);
  auto at = [&](int64_t row) { return static_cast<char *>(buffer.data()) + row * kStride * 2; };
  const std::vector<uint16_t> bits = {0x3F80, 0x4000, 0x4040}; // 1, 2, 3 in bf16
  for (int64_t row = 0; row < kRows; ++row)
    device.upload(at(row), std::vector<uint16_t>(kCols, bits[size_t(row)]).data(), kCols * 2);

  auto executable = device.load(compile(add_one(rows, is_static), device.target()));
  Arguments args(executable->artifact());
  args.set("x", static_cast<const void *>(buffer.data()));
  args.set("y", static_cast<const void *>(buffer.data()));
  if (!is_static) args.set("stride", kStride);
  executable->launch(machine.stream(), {uint32_t((kRows + rows - 1) / rows)}, args.block());
  machine.stream().synchronize();

  const std::vector<uint16_t> expected = {0x4000, 0x4040, 0x4080}; // 2, 3, 4
  for (int64_t row = 0; row < kRows; ++row) {
    std::vector<uint16_t> got(kCols);
    device.download(got.data(), at(row), kCols * 2);
    EXPECT_EQ(got, std::vector<uint16_t>(kCols, expected[size_t(row)])) << "row " << row;
  }
}

// Not on the virtual GPU: it writes NaN to every byte of a new buffer.
INSTANTIATE_TEST_SUITE_P(Awkward, FarRows,
                         testing::Combine(testing::Values("host", "cuda"), testing::Values(1, 4), testing::Bool()),
                         [](const auto &info) {
                           return std::get<0>(info.param) + "_rows" + std::to_string(std::get<1>(info.param)) +
                                  (std::get<2>(info.param) ? "_static" : "_runtime");
                         });

} // namespace
} // namespace fla::test
