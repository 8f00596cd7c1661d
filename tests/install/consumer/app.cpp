// A program of another project: a fused op is called, and a kernel of its own compiled and run. Exits with 1 where a
// number is wrong.
#include "compiler/dsl/Kernel.h"
#include "modules/layernorm/api.h"

#include <cmath>
#include <cstdio>
#include <numeric>
#include <vector>

using namespace tile;

/// layer_norm of rows whose numbers are 1 and 3 in turn, with a weight of 10 and a bias of 5: -5 and 15 in turn.
static int call_an_op(fla::Stream &stream) {
  std::vector<float> rows(8 * 512), tens(512, 10), fives(512, 5);
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = i % 2 ? 3 : 1;

  fla::Tensor x = stream.empty(f32, {8, 512}), weight = stream.empty(f32, {512}), bias = stream.empty(f32, {512});
  stream.upload(x, rows.data());
  stream.upload(weight, tens.data());
  stream.upload(bias, fives.data());
  fla::NormForward out = fla::layer_norm_forward(stream, x, weight, bias, {.eps = 0});
  fla::NormBackward gradients = fla::layer_norm_backward(stream, x, weight, bias, out, out.y);

  std::vector<float> y(rows.size()), dbias(512);
  stream.download(y.data(), out.y);
  stream.download(dbias.data(), gradients.dbias);
  for (size_t i = 0; i < y.size(); ++i)
    if (const float right = i % 2 ? 15 : -5; std::fabs(y[i] - right) > 1e-4f)
      return std::printf("y[%zu] is %g\n", i, y[i]), 1;
  for (size_t i = 0; i < dbias.size(); ++i)
    if (const float right = i % 2 ? 8 * 15 : 8 * -5; std::fabs(dbias[i] - right) > 1e-3f)
      return std::printf("dbias[%zu] is %g\n", i, dbias[i]), 1;
  return 0;
}

static Kernel scale(int64_t cols) {
  KernelBuilder k("scale", {.warps = 4});
  View x = k.input("x", f32, {k.runtime("rows"), cols});
  View y = k.output("y", f32, {x.extent(0), cols});
  Index row = k.program_id(0) * 4;
  y.store({row, 0}, x.load({row, 0}, {4, 1024}) * 2.f);
  return k.finish();
}

static int run_a_kernel(fla::Stream &stream) {
  fla::Tensor x = stream.empty(f32, {10, 1000}), y = stream.empty(f32, {10, 1000});
  std::vector<float> in(10000), out(10000);
  std::iota(in.begin(), in.end(), 0.f);
  stream.upload(x, in.data());

  auto run = stream.device().load(compile(scale(1000), stream.device().target()));
  runtime::Arguments args(run->artifact());
  args.set("x", x.data);
  args.set("y", y.data);
  args.set("rows", int64_t(10));
  auto queue = stream.device().stream();
  run->launch(*queue, {3}, args.block());
  queue->synchronize();

  stream.download(out.data(), y);
  for (size_t i = 0; i < out.size(); ++i)
    if (out[i] != 2 * in[i]) return std::printf("element %zu is %g\n", i, out[i]), 1;
  return 0;
}

int main() {
  fla::Stream stream("host");
  if (call_an_op(stream) || run_a_kernel(stream)) return 1;
  std::printf("all numbers are right\n");
}
