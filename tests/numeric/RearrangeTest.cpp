// Reshape, transpose, concat and split, free and through scratch; and what works on tiles of every dtype and rank.
#include "tests/numeric/Launch.h"
#include "tests/numeric/Shapes.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace fla::test {
namespace {

using namespace tile;

View view_like(KernelBuilder &k, bool output, const char *name, DType dtype, const Extents &shape) {
  std::vector<Index> extents(shape.begin(), shape.end());
  return output ? k.output(name, dtype, extents) : k.input(name, dtype, extents);
}
Tile load(KernelBuilder &k, const char *name, DType dtype, const Extents &shape) {
  return view_like(k, false, name, dtype, shape).load(std::vector<Index>(shape.size(), 0), shape);
}
void store(KernelBuilder &k, const char *name, const Tile &t) {
  view_like(k, true, name, t.dtype(), t.shape()).store(std::vector<Index>(t.shape().size(), 0), t);
}

std::vector<int32_t> counted(int64_t count, int32_t from = 0) {
  std::vector<int32_t> out(static_cast<size_t>(count));
  std::iota(out.begin(), out.end(), from);
  return out;
}

/// A CPU holds a tall tile element by element, and takes long to compile a large one.
std::vector<Extents> shapes_for(const std::string &machine) {
  std::vector<Extents> shapes = all_shapes();
  if (machine == "host") std::erase_if(shapes, [](const Extents &shape) { return size_of(shape) > 1024; });
  return shapes;
}

class Rearrange : public testing::TestWithParam<std::tuple<std::string, int>> {
protected:
  int warps() const { return std::get<1>(GetParam()); }
  const std::string &machine_name() const { return std::get<0>(GetParam()); }
};

TEST_P(Rearrange, EveryTranspose) {
  MACHINE_OR_SKIP(machine_name());
  for (const Extents &shape : shapes_for(machine_name())) {
    std::vector<int64_t> order(shape.size());
    std::iota(order.begin(), order.end(), 0);
    do {
      SCOPED_TRACE(fmt::format("{} in order {}", text_of(shape), text_of(order)));
      KernelBuilder k("transposed", {.warps = warps()});
      store(k, "y", transpose(load(k, "x", i32, shape), order));
      const auto x = counted(size_of(shape));
      Launch run(machine, k.finish());
      run.tensor("x", x).tensor("y", std::vector<int32_t>(x.size(), -1)).run();
      const auto y = run.values<int32_t>("y");
      std::vector<int64_t> strides(shape.size(), 1), extents;
      for (size_t d = shape.size(); d-- > 1;) strides[d - 1] = strides[d] * shape[d];
      for (int64_t d : order) extents.push_back(shape[size_t(d)]);
      for (size_t at = 0; at < y.size(); ++at) {
        int64_t from = 0, rest = int64_t(at);
        for (size_t d = extents.size(); d-- > 0; rest /= extents[d])
          from += rest % extents[d] * strides[size_t(order[d])];
        ASSERT_EQ(y[at], x[size_t(from)]) << "element " << at;
      }
    } while (std::ranges::next_permutation(order).found);
  }
}

// A sum over rows, transposed arithmetic and a store in a third shape meet in one kernel.
TEST_P(Rearrange, ReshapeKeepsTheOrder) {
  MACHINE_OR_SKIP(machine_name());
  const std::vector<std::pair<Extents, Extents>> changes = {{{4, 64}, {16, 16}},  {{1024}, {8, 4, 32}},
                                                            {{8, 4, 32}, {1024}}, {{64, 8}, {2, 256}},
                                                            {{1, 1}, {1}},        {{256}, {256, 1}}};
  for (const auto &[from, to] : changes) {
    SCOPED_TRACE(text_of(from) + " to " + text_of(to));
    KernelBuilder k("reshaped", {.warps = warps()});
    Tile x = load(k, "x", i32, from), r = reshape(x, to);
    store(k, "same", r + 1);
    store(k, "sum", sum(r, Axis(0)).expand(Axis(0)));
    store(k, "scan", cumsum(r, Axis(-1)));
    const auto in = counted(size_of(from));
    Launch run(machine, k.finish());
    const size_t columns = in.size() / size_t(to[0]), last = size_t(to.back());
    run.tensor("x", in)
        .tensor("same", std::vector<int32_t>(in.size(), -1))
        .tensor("sum", std::vector<int32_t>(columns, -1));
    run.tensor("scan", std::vector<int32_t>(in.size(), -1)).run();
    EXPECT_EQ(run.values<int32_t>("same"), counted(size_of(from), 1));
    std::vector<int32_t> sums(columns), scans(in);
    for (size_t i = 0; i < in.size(); ++i) sums[i % columns] += in[i];
    for (size_t i = 0; i < in.size(); ++i) scans[i] += i % last ? scans[i - 1] : 0;
    EXPECT_EQ(run.values<int32_t>("sum"), sums);
    EXPECT_EQ(run.values<int32_t>("scan"), scans);
  }
}

TEST_P(Rearrange, ConcatAndSplit) {
  MACHINE_OR_SKIP(machine_name());
  for (const Extents &shape : shapes_for(machine_name()))
    for (int axis = 0; axis < int(shape.size()); ++axis) {
      SCOPED_TRACE(fmt::format("{} axis {}", text_of(shape), axis));
      KernelBuilder k("halves", {.warps = warps()});
      Tile a = load(k, "a", i32, shape), b = load(k, "b", i32, shape), whole = concat(a, b, Axis(axis));
      store(k, "whole", whole);
      auto [low, high] = split(whole * 2, Axis(axis));
      store(k, "low", low + 1);
      store(k, "high", high);
      if (shape[size_t(axis)] > 1) { // halves of what came from memory as one, exchanged
        auto [first, second] = split(a, Axis(axis));
        store(k, "turned", concat(second, first, Axis(axis)));
      }
      const auto a_in = counted(size_of(shape)), b_in = counted(size_of(shape), 100000);
      Launch run(machine, k.finish());
      run.tensor("a", a_in).tensor("b", b_in).tensor("whole", std::vector<int32_t>(2 * a_in.size(), -1));
      for (const char *name : {"low", "high"}) run.tensor(name, std::vector<int32_t>(a_in.size(), -1));
      if (shape[size_t(axis)] > 1) run.tensor("turned", std::vector<int32_t>(a_in.size(), -1));
      run.run();
      Extents doubled = shape;
      doubled[size_t(axis)] *= 2;
      const auto got = run.values<int32_t>("whole"), lows = run.values<int32_t>("low"),
                 highs = run.values<int32_t>("high");
      std::vector<std::vector<size_t>> parts;
      for_lines(shape, axis, [&](size_t, const std::vector<size_t> &at) { parts.push_back(at); });
      for_lines(doubled, axis, [&](size_t line, const std::vector<size_t> &at) {
        const std::vector<size_t> &part = parts[line];
        for (size_t n = 0; n < part.size(); ++n) {
          ASSERT_EQ(got[at[n]], a_in[part[n]]);
          ASSERT_EQ(got[at[n + part.size()]], b_in[part[n]]);
          ASSERT_EQ(lows[part[n]], 2 * a_in[part[n]] + 1);
          ASSERT_EQ(highs[part[n]], 2 * b_in[part[n]]);
        }
      });
      if (shape[size_t(axis)] == 1) continue;
      const auto turned = run.values<int32_t>("turned");
      for (const std::vector<size_t> &part : parts)
        for (size_t n = 0; n < part.size(); ++n)
          ASSERT_EQ(turned[part[n]], a_in[part[(n + part.size() / 2) % part.size()]]);
    }
}

// Reductions, scans and conversions of every dtype: largest so far, from the smallest of the row on, turned round.
TEST_P(Rearrange, EveryDType) {
  MACHINE_OR_SKIP(machine_name());
  for (const Extents &shape : {Extents{4, 256}, Extents{64, 2}, Extents{2, 8, 16}})
    for (DType dtype : {DType::i1, i32, i64, f16, bf16, f32}) {
      SCOPED_TRACE(fmt::format("{} {}", name_of(dtype), text_of(shape)));
      KernelBuilder k("dtypes", {.warps = warps()});
      Tile x = load(k, "x", i32, shape);
      const bool flag = dtype == DType::i1;
      Tile v = flag ? x > 3 : x.to(dtype);
      auto largest = [&](Tile a, Tile b) { return flag ? a | b : max(a, b); };
      const Axis last(-1);
      auto widened = [&](Tile t) { return t.to(i32); };
      store(k, "scan", widened(scan(v, last, largest)));
      store(k, "with", widened(reduce(v, last, largest).expand(last)));
      if (!flag) store(k, "max", widened(max(v, last).expand(last)));
      if (!flag) store(k, "min", widened(min(v, Axis(0)).expand(Axis(0))));
      std::vector<int64_t> order(shape.size());
      for (size_t d = 0; d < order.size(); ++d) order[d] = int64_t(order.size() - 1 - d);
      store(k, "turned", widened(transpose(v, order)));

      std::vector<int32_t> in(static_cast<size_t>(size_of(shape)));
      for (size_t i = 0; i < in.size(); ++i) in[i] = int32_t(i * 37 % 101) - (flag ? 95 : 50);
      const size_t width = size_t(shape.back()), rows = in.size() / width, columns = in.size() / size_t(shape[0]);
      Launch run(machine, k.finish());
      run.tensor("x", in)
          .tensor("scan", std::vector<int32_t>(in.size(), -1))
          .tensor("with", std::vector<int32_t>(rows, -1));
      run.tensor("turned", std::vector<int32_t>(in.size(), -1));
      if (!flag) run.tensor("max", std::vector<int32_t>(rows, -1)).tensor("min", std::vector<int32_t>(columns, -1));
      run.run();
      std::vector<int32_t> values(in);
      if (flag) std::ranges::transform(in, values.begin(), [](int32_t i) { return i > 3; });
      std::vector<int32_t> scans(values), tops(rows, INT32_MIN), bottoms(columns, INT32_MAX);
      for (size_t i = 0; i < in.size(); ++i) {
        if (i % width) scans[i] = std::max(scans[i], scans[i - 1]);
        tops[i / width] = std::max(tops[i / width], values[i]);
        bottoms[i % columns] = std::min(bottoms[i % columns], values[i]);
      }
      EXPECT_EQ(run.values<int32_t>("scan"), scans);
      EXPECT_EQ(run.values<int32_t>("with"), tops);
      if (!flag) EXPECT_EQ(run.values<int32_t>("max"), tops);
      if (!flag) EXPECT_EQ(run.values<int32_t>("min"), bottoms);
      auto turned = run.values<int32_t>("turned");
      if (shape.size() == 2)
        for (size_t i = 0; i < in.size(); ++i) ASSERT_EQ(turned[i % width * rows + i / width], values[i]);
      std::ranges::sort(turned);
      std::ranges::sort(values);
      EXPECT_EQ(turned, values);
    }
}

INSTANTIATE_TEST_SUITE_P(Warps, Rearrange, testing::Values(std::tuple{"host", 1}), [](const auto &) { return "host"; });
INSTANTIATE_TEST_SUITE_P(Gpu, Rearrange,
                         testing::Combine(testing::Values("simt", "cuda"), testing::Values(1, 4, 8, 32)),
                         [](const auto &info) {
                           return fmt::format("{}_{}", std::get<0>(info.param), std::get<1>(info.param));
                         });

} // namespace
} // namespace fla::test
