// Reductions and scans by a function of the kernel's author, argmax, cumsum: every shape and axis, on every machine, by
// programs of 1 to 32 warps. Integers wrap and are exact in any order, so that they hold order and grouping to account.
#include "tests/numeric/Launch.h"
#include "tests/numeric/Shapes.h"

#include "modules/common/Random.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace fla::test {
namespace {

using namespace tile;

struct Case {
  Extents shape;
  int axis;
};

std::vector<Case> cases(const std::string &machine) {
  std::vector<Extents> shapes = all_shapes();
  if (machine != "host") shapes.push_back({4096, 1}); // a CPU takes columns element by element, and long to compile
  std::vector<Case> out;
  for (const Extents &shape : shapes)
    for (int axis = 0; axis < int(shape.size()); ++axis) out.push_back({shape, axis});
  return out;
}

class Combine : public testing::TestWithParam<std::tuple<std::string, int>> {
protected:
  int warps() const { return std::get<1>(GetParam()); }
  const std::string &machine_name() const { return std::get<0>(GetParam()); }

  View in(KernelBuilder &k, const char *name, DType dtype, const Extents &shape) {
    return k.input(name, dtype, {shape.begin(), shape.end()});
  }
  void out(KernelBuilder &k, const char *name, const Tile &t) {
    // A view has at least one dimension.
    Tile v = t.rank() ? t : t.expand(Axis(0));
    std::vector<Index> extents(v.shape().begin(), v.shape().end()), origin(extents.size(), 0);
    k.output(name, t.dtype(), extents).store(origin, v);
  }
  Tile load(View v, const Extents &shape) { return v.load(std::vector<Index>(shape.size(), 0), shape); }
};

std::vector<int32_t> integers(std::string_view name, int64_t count) {
  std::vector<double> values(static_cast<size_t>(count));
  fill_normal(random_key(11, name), 0, 1e6, values);
  return {values.begin(), values.end()};
}

std::vector<float> floats(std::string_view name, int64_t count, double mean = 0) {
  std::vector<double> values(static_cast<size_t>(count));
  fill_normal(random_key(12, name), mean, 1, values);
  return {values.begin(), values.end()};
}

// ---- Scans ----------------------------------------------------------------------------------------------------------

struct Affine {
  uint32_t a, b;
  bool operator==(const Affine &) const = default;
};
/// First `f`, then `g`; wraps.
Affine then(Affine f, Affine g) {
  return {f.a * g.a, g.a * f.b + g.b};
}

using TilePair = std::tuple<Tile, Tile>;
TilePair then(TilePair f, TilePair g) {
  auto [fa, fb] = f;
  auto [ga, gb] = g;
  return {fa * ga, ga * fb + gb};
}

TEST_P(Combine, ScansComposeMapsInOrder) {
  MACHINE_OR_SKIP(machine_name());
  for (const auto &[shape, axis] : cases(machine_name()))
    for (bool reverse : {false, true})
      for (bool exclusive : {false, true}) {
        if (size_of(shape) >= 4096 && reverse != exclusive) continue; // each of them once
        SCOPED_TRACE(fmt::format("{} axis {}{}{}", text_of(shape), axis, reverse ? " reverse" : "",
                                 exclusive ? " exclusive" : ""));
        KernelBuilder k("compose", {.warps = warps()});
        TilePair maps{load(in(k, "a", i32, shape), shape), load(in(k, "b", i32, shape), shape)};
        auto compose = [](TilePair f, TilePair g) { return then(f, g); };
        TilePair s = exclusive ? scan_exclusive(maps, std::tuple{1, 0}, Axis(axis), compose, {.reverse = reverse})
                               : scan(maps, Axis(axis), compose, {.reverse = reverse});
        out(k, "sa", std::get<0>(s));
        out(k, "sb", std::get<1>(s));
        const int64_t count = size_of(shape);
        const auto a = integers("a", count), b = integers("b", count);
        Launch run(machine, k.finish());
        run.tensor("a", a)
            .tensor("b", b)
            .tensor("sa", std::vector<int32_t>(a.size(), -1))
            .tensor("sb", std::vector<int32_t>(a.size(), -1))
            .run();
        const auto sa = run.values<int32_t>("sa"), sb = run.values<int32_t>("sb");
        for_lines(shape, axis, [&](size_t line, std::vector<size_t> at) {
          if (reverse) std::ranges::reverse(at);
          Affine all{1, 0};
          for (size_t n = 0; n < at.size(); ++n) {
            const Affine before = all;
            all = then(all, {uint32_t(a[at[n]]), uint32_t(b[at[n]])});
            const Affine got{uint32_t(sa[at[n]]), uint32_t(sb[at[n]])};
            ASSERT_EQ(got, exclusive ? before : all) << "line " << line << ", element " << n;
          }
        });
      }
}

TEST_P(Combine, CumulativeSumsAndProducts) {
  MACHINE_OR_SKIP(machine_name());
  for (const auto &[shape, axis] : cases(machine_name())) {
    SCOPED_TRACE(fmt::format("{} axis {}", text_of(shape), axis));
    KernelBuilder k("cumulate", {.warps = warps()});
    Tile x = load(in(k, "x", f32, shape), shape);
    out(k, "sum", cumsum(x, Axis(axis)));
    out(k, "left", cumsum(x, Axis(axis), {.reverse = true, .exclusive = true}));
    out(k, "product", cumprod(x * 0.01f + 1.f, Axis(axis)));
    const auto x_in = floats("x", size_of(shape));
    Launch run(machine, k.finish());
    for (const char *name : {"sum", "left", "product"}) run.tensor(name, std::vector<float>(x_in.size(), -1));
    run.tensor("x", x_in).run();
    const auto sum = run.values<float>("sum"), left = run.values<float>("left"), product = run.values<float>("product");
    for_lines(shape, axis, [&](size_t, const std::vector<size_t> &at) {
      double s = 0, p = 1, magnitude = 0, total = 0;
      for (size_t i : at) total += x_in[i], magnitude += std::abs(x_in[i]);
      const double tolerance = magnitude * double(at.size()) * 0x1p-24;
      for (size_t i : at) {
        s += x_in[i];
        p *= double(x_in[i] * 0.01f + 1.f);
        ASSERT_NEAR(sum[i], s, tolerance + 1e-6);
        ASSERT_NEAR(left[i], total - s, tolerance + 1e-6);
        ASSERT_NEAR(product[i], p, p * double(at.size()) * 0x1p-22);
      }
    });
  }
}

// ---- Reductions -----------------------------------------------------------------------------------------------------

TEST_P(Combine, WelfordAndLogSumExp) {
  MACHINE_OR_SKIP(machine_name());
  for (const auto &[shape, axis] : cases(machine_name())) {
    SCOPED_TRACE(fmt::format("{} axis {}", text_of(shape), axis));
    KernelBuilder k("statistics", {.warps = warps()});
    Scalar one = k.scalar("one", f32);
    Tile x = load(in(k, "x", f32, shape), shape);
    std::vector<Tile> parts{x, k.zeros(shape, f32), k.full(shape, 1, f32)};
    std::vector<Tile> moments = reduce(parts, Axis(axis), [&](const std::vector<Tile> &a, const std::vector<Tile> &b) {
      Tile n = a[2] + b[2], delta = b[0] - a[0], share = b[2] / (n * one);
      return std::vector{a[0] + delta * share, a[1] + b[1] + delta * delta * a[2] * share, n};
    });
    for (int i : {0, 1, 2}) out(k, std::array{"mean", "m2", "n"}[size_t(i)], moments[size_t(i)]);
    auto [m, s] = reduce(std::tuple{x, k.full(shape, 1, f32)}, Axis(axis), [](auto a, auto b) {
      auto [ma, sa] = a;
      auto [mb, sb] = b;
      Tile top = max(ma, mb);
      return std::tuple{top, sa * exp(ma - top) + sb * exp(mb - top)};
    });
    out(k, "lse", m + log(s));
    out(k, "top", reduce(x, Axis(axis), [](Tile a, Tile b) { return max(a, b); }));
    const auto x_in = floats("x", size_of(shape), 100);
    const size_t lines = x_in.size() / size_t(shape[size_t(axis)]);
    Launch run(machine, k.finish());
    run.tensor("x", x_in).number("one", 1.0);
    for (const char *name : {"mean", "m2", "n", "lse", "top"}) run.tensor(name, std::vector<float>(lines, -1));
    run.run();
    const auto mean = run.values<float>("mean"), m2 = run.values<float>("m2"), n = run.values<float>("n"),
               lse = run.values<float>("lse"), top = run.values<float>("top");
    for_lines(shape, axis, [&](size_t line, const std::vector<size_t> &at) {
      double sum = 0, squares = 0, largest = -INFINITY, exps = 0;
      for (size_t i : at) sum += x_in[i], largest = std::max(largest, double(x_in[i]));
      for (size_t i : at)
        squares += std::pow(x_in[i] - sum / double(at.size()), 2), exps += std::exp(x_in[i] - largest);
      ASSERT_EQ(n[line], float(at.size()));
      ASSERT_NEAR(mean[line], sum / double(at.size()), 100 * 0x1p-20);
      ASSERT_NEAR(m2[line], squares, 1e-4 * squares + 1e-6);
      ASSERT_NEAR(lse[line], largest + std::log(exps), 100 * 0x1p-20);
      ASSERT_EQ(top[line], float(largest));
    });
  }
}

template <class T> size_t first_best(const std::vector<T> &x, const std::vector<size_t> &at, bool largest) {
  size_t best = 0;
  for (size_t n = 1; n < at.size(); ++n) {
    const T was = x[at[best]], now = x[at[n]];
    if (was != was) break;
    if (now != now || (largest ? now > was : now < was)) best = n;
  }
  return best;
}

TEST_P(Combine, ArgmaxTakesTheFirstOfEqualOnesAndNaN) {
  MACHINE_OR_SKIP(machine_name());
  for (const auto &[shape, axis] : cases(machine_name())) {
    SCOPED_TRACE(fmt::format("{} axis {}", text_of(shape), axis));
    KernelBuilder k("arg", {.warps = warps()});
    Tile x = load(in(k, "x", f32, shape), shape), i = load(in(k, "i", i32, shape), shape);
    out(k, "fmax", argmax(x, Axis(axis)));
    out(k, "fmin", argmin(x, Axis(axis)));
    out(k, "imax", argmax(i, Axis(axis)));
    out(k, "imin", argmin(i.to(i64), Axis(axis)));
    out(k, "bmax", argmax(i > 1, Axis(axis)));
    // Few different values, zeros of both signs, and a NaN in every seventh line or so.
    auto x_in = floats("x", size_of(shape));
    for (size_t n = 0; n < x_in.size(); ++n)
      x_in[n] = x_in[n] > 2.8f ? NAN : x_in[n] < -1 ? -0.f : float(std::trunc(x_in[n]));
    std::vector<int32_t> i_in(x_in.size());
    for (size_t n = 0; n < i_in.size(); ++n) i_in[n] = std::isnan(x_in[n]) ? INT32_MIN : int32_t(x_in[n]);
    std::vector<int> b_in(x_in.size());
    for (size_t n = 0; n < i_in.size(); ++n) b_in[n] = i_in[n] > 1;
    const size_t lines = x_in.size() / size_t(shape[size_t(axis)]);
    Launch run(machine, k.finish());
    run.tensor("x", x_in).tensor("i", i_in);
    for (const char *name : {"fmax", "fmin", "imax", "imin", "bmax"}) run.tensor(name, std::vector<int32_t>(lines, -1));
    run.run();
    auto got = [&, all = std::map<std::string, std::vector<int32_t>>{}](const char *name, size_t line) mutable {
      auto [it, is_new] = all.try_emplace(name);
      if (is_new) it->second = run.values<int32_t>(name);
      return size_t(it->second[line]);
    };
    for_lines(shape, axis, [&](size_t line, const std::vector<size_t> &at) {
      ASSERT_EQ(got("fmax", line), first_best(x_in, at, true)) << line;
      ASSERT_EQ(got("fmin", line), first_best(x_in, at, false)) << line;
      ASSERT_EQ(got("imax", line), first_best(i_in, at, true)) << line;
      ASSERT_EQ(got("imin", line), first_best(i_in, at, false)) << line;
      ASSERT_EQ(got("bmax", line), first_best(b_in, at, true)) << line;
    });
  }
}

// A function that commutes only up to rounding gives every lane the same bits: x - mean is exactly 0 for equal x.
TEST_P(Combine, EveryCopyOfAResultIsTheSame) {
  MACHINE_OR_SKIP(machine_name());
  for (const Extents &shape : {Extents{4, 256}, Extents{1, 2048}, Extents{64, 8}}) {
    KernelBuilder k("copies", {.warps = warps()});
    Tile x = load(in(k, "x", f32, shape), shape);
    Tile r = reduce(x, Axis(1), [](Tile a, Tile b) { return a * 1.0001f + b * 0.9999f; });
    out(k, "y", r.expand(Axis(1)).broadcast(shape));
    const auto x_in = floats("x", size_of(shape), 1);
    Launch run(machine, k.finish());
    run.tensor("x", x_in).tensor("y", std::vector<float>(x_in.size(), -1)).run();
    const auto y = run.values<float>("y");
    for_lines(shape, 1, [&](size_t line, const std::vector<size_t> &at) {
      for (size_t i : at) ASSERT_EQ(y[i], y[at[0]]) << text_of(shape) << " line " << line;
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Warps, Combine, testing::Values(std::tuple{"host", 1}), [](const auto &) { return "host"; });
INSTANTIATE_TEST_SUITE_P(Gpu, Combine, testing::Combine(testing::Values("simt", "cuda"), testing::Values(1, 4, 8, 32)),
                         [](const auto &info) {
                           return fmt::format("{}_{}", std::get<0>(info.param), std::get<1>(info.param));
                         });

} // namespace
} // namespace fla::test
