#include "tests/numeric/Map.h"

namespace fla::test {

using namespace tile;
using namespace tile::runtime;

constexpr int64_t kBlock = 256;

Kernel map_kernel(const MapBody &body, int inputs) {
  KernelBuilder k("map", {.warps = 1});
  Index n = k.runtime("n");
  Index at = k.program_id(0) * kBlock;
  std::vector<Tile> in;
  for (int i = 0; i < inputs; ++i) in.push_back(k.input("in" + std::to_string(i), f32, {n}).load({at}, {kBlock}));
  std::vector<Tile> out = body(in);
  for (size_t i = 0; i < out.size(); ++i) k.output("out" + std::to_string(i), f32, {n}).store({at}, out[i]);
  return k.finish();
}

Columns map(Machine &machine, const MapBody &body, const Columns &in) {
  Device &device = machine.device();
  auto executable = device.load(compile(map_kernel(body, int(in.size())), device.target()));
  Arguments args(executable->artifact());
  const size_t n = in.front().size();
  args.set("n", int64_t(n));

  std::vector<Buffer> buffers;
  auto bind = [&](const std::string &name) -> void * {
    buffers.push_back(device.allocate(n * sizeof(float)));
    args.set(name, static_cast<const void *>(buffers.back().data()));
    return buffers.back().data();
  };
  for (size_t i = 0; i < in.size(); ++i) device.upload(bind("in" + std::to_string(i)), in[i].data(), n * sizeof(float));
  std::vector<void *> results;
  for (const Param &p : executable->artifact().params)
    if (p.name.starts_with("out")) results.push_back(bind(p.name));

  executable->launch(machine.stream(), {uint32_t((int64_t(n) + kBlock - 1) / kBlock)}, args.block());
  machine.stream().synchronize();
  Columns out;
  for (void *result : results) device.download(out.emplace_back(n).data(), result, n * sizeof(float));
  return out;
}

} // namespace fla::test
