// Numbers of whole rows, which all lanes of a warp hold: stored together by way of scratch, in a branch too, or in a
// loop one by one.
#include "tests/numeric/Launch.h"

#include <fmt/format.h>

namespace fla::test {
namespace {

using namespace tile;

constexpr int64_t kCols = 64;

struct Shape {
  int warps;
  int64_t rows; ///< of a program
};
constexpr Shape kShapes[] = {{1, 4}, {1, 64}, {2, 8}, {4, 16}, {4, 32}, {8, 32}};

float element(int64_t row, int64_t col) {
  return float((row * 7 + col * 3) % 11 - 5);
}

std::vector<float> matrix(int64_t rows) {
  std::vector<float> values;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < kCols; ++j) values.push_back(element(i, j));
  return values;
}

float row_sum(int64_t row) {
  float sum = 0;
  for (int64_t j = 0; j < kCols; ++j) sum += element(row, j);
  return sum;
}

class RowStores : public testing::TestWithParam<std::string> {
protected:
  /// Runs `body(k, x, y)`, which stores the sums of x's rows, in programs of each shape for each of some numbers of
  /// rows.
  void expect_sums(const std::function<void(KernelBuilder &, const Shape &, View, View)> &body,
                   const std::function<uint32_t(int64_t blocks)> &programs) {
    MACHINE_OR_SKIP(GetParam());
    for (const Shape &shape : kShapes)
      for (DType dtype : {f32, i32}) {
        KernelBuilder k("row_sums", {.warps = shape.warps});
        const Index rows = k.runtime("rows");
        View x = k.input("x", f32, {rows, kCols}), y = k.output("y", dtype, {rows}, {.align = int(size_of(dtype))});
        body(k, shape, x, y);
        const Kernel kernel = k.finish();
        for (int64_t n : {int64_t(1), 3 * shape.rows, 5 * shape.rows - 3}) {
          const uint32_t grid = programs((n + shape.rows - 1) / shape.rows);
          Launch run(machine, kernel);
          run.number("rows", n).tensor("x", matrix(n)).tensor("y", std::vector<float>(size_t(n), -1)).run({grid});
          std::vector<float> sums;
          if (dtype == f32) sums = run.values<float>("y");
          if (dtype == i32)
            for (int32_t sum : run.values<int32_t>("y")) sums.push_back(float(sum));
          for (int64_t i = 0; i < n; ++i)
            ASSERT_EQ(sums[size_t(i)], row_sum(i))
                << fmt::format("row {} of {}, {} rows a program of {} warps", i, n, shape.rows, shape.warps);
        }
      }
  }
};

TEST_P(RowStores, OnePerProgram) {
  expect_sums(
      [](KernelBuilder &k, const Shape &shape, View x, View y) {
        const Index row = k.program_id(0) * shape.rows;
        y.store({row}, sum(x.load({row, 0}, {shape.rows, kCols}), Axis(1)).to(y.dtype()));
      },
      [](int64_t blocks) { return uint32_t(blocks); });
}

TEST_P(RowStores, InABranch) {
  expect_sums(
      [](KernelBuilder &k, const Shape &shape, View x, View y) {
        const Index program = k.program_id(0), row = program * shape.rows;
        auto sums = [&] { return sum(x.load({row, 0}, {shape.rows, kCols}), Axis(1)).to(y.dtype()); };
        k.when(
            program % 2 == 0, [&] { y.store({row}, sums()); }, [&] { y.store({row}, -(-sums())); });
      },
      [](int64_t blocks) { return uint32_t(blocks); });
}

TEST_P(RowStores, InALoopAndBehindIt) {
  expect_sums(
      [](KernelBuilder &k, const Shape &shape, View x, View y) {
        const Index first = k.program_id(0) * 2 * shape.rows, end = min(first + 2 * shape.rows, x.extent(0));
        const Tile none = k.zeros({shape.rows}, f32);
        const Tile last = k.loop(first, end, shape.rows).carry(none)([&](Index row, Tile) {
          Tile sums = sum(x.load({row, 0}, {shape.rows, kCols}), Axis(1));
          y.store({row}, (sums + 1.f).to(y.dtype()));
          y.store({row}, sums.to(y.dtype()));
          return sums;
        });
        y.store({(end - first - 1) / shape.rows * shape.rows + first}, last.to(y.dtype()));
      },
      [](int64_t blocks) { return uint32_t((blocks + 1) / 2); });
}

TEST_P(RowStores, SeveralBlocksAtOnce) {
  expect_sums(
      [](KernelBuilder &k, const Shape &shape, View x, View y) {
        const Index row = k.program_id(0) * 2 * shape.rows;
        auto sums = [&](const Index &first) { return sum(x.load({first, 0}, {shape.rows, kCols}), Axis(1)); };
        y.store({row}, concat(sums(row), sums(row + shape.rows), Axis(0)).to(y.dtype()));
      },
      [](int64_t blocks) { return uint32_t((blocks + 1) / 2); });
}

INSTANTIATE_TEST_SUITE_P(Machines, RowStores, testing::Values("host", "simt", "cuda"));

} // namespace
} // namespace fla::test
