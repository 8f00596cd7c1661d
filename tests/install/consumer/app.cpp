// A program of another project: a kernel of its own, compiled and run. Exits with 1 where a number is wrong.
#include "compiler/dsl/Kernel.h"
#include "modules/common/Stream.h"

#include <cstdio>
#include <numeric>
#include <vector>

using namespace tile;

static Kernel scale(int64_t cols) {
  KernelBuilder k("scale", {.warps = 4});
  View x = k.input("x", f32, {k.runtime("rows"), cols});
  View y = k.output("y", f32, {x.extent(0), cols});
  Index row = k.program_id(0) * 4;
  y.store({row, 0}, x.load({row, 0}, {4, 1024}) * 2.f);
  return k.finish();
}

int main() {
  fla::Stream stream("host");
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
  std::printf("%zu numbers are right\n", out.size());
}
