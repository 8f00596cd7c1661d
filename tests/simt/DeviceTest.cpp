// What the device says of itself, and what it refuses.
#include "tests/runtime/Expect.h"
#include "tests/simt/Run.h"

namespace tile::test {
namespace {

using runtime::test::expect_error;

TEST(SimtDevice, IsAGpuWithoutBeingOne) {
  auto device = runtime::open_device("simt");
  EXPECT_EQ(device->id(), "simt");
  EXPECT_TRUE(device->target().is_gpu());
  EXPECT_TRUE(device->target().is_on_cpu());
  EXPECT_EQ(device->target().lanes, 32);
  EXPECT_EQ(device->target().max_warps, 32);
  EXPECT_EQ(device->target().vector_bytes, 16);
  EXPECT_THAT(device->info().name, testing::HasSubstr("times mean nothing"));
  EXPECT_GT(device->info().units, 0);
}

TEST(SimtDevice, NewMemoryIsNaN) {
  VirtualGpu gpu;
  Buffer b = gpu.device().allocate(64);
  EXPECT_EQ(uintptr_t(b.data()) % 256, 0u);
  EXPECT_EQ(gpu.values<uint32_t>(b), std::vector<uint32_t>(16, 0xFFFFFFFF));
}

TEST(SimtDevice, RefusesCopiesOutsideOfBuffers) {
  VirtualGpu gpu;
  Buffer b = gpu.device().allocate(64);
  std::vector<char> here(128);
  expect_error<DeviceError>([&] { gpu.device().upload(b.data(), here.data(), 65); },
                            {"upload of 65 bytes", "one buffer"});
  expect_error<DeviceError>([&] { gpu.device().download(here.data(), here.data(), 1); }, {"download of 1 bytes"});
  expect_error<DeviceError>([&] { gpu.device().allocate(size_t(1) << 60); }, {"1152921504606846976 bytes"});
  gpu.device().upload(b.data(), here.data(), 64);
}

TEST(SimtDevice, RefusesOtherMachinesCode) {
  VirtualGpu gpu;
  KernelBuilder k("nothing");
  Kernel kernel = k.finish();
  expect_error<UserError>([&] { gpu.device().load(compile(kernel, Target::host())); }, {"nothing", "virtual GPU only"});
  auto host = runtime::open_device("host");
  expect_error<UserError>([&] { host->load(compile(kernel, Target::simt())); }, {"nothing", "simt", "'host'"});
}

TEST(SimtDevice, HasTheGridLimitsOfAGpu) {
  VirtualGpu gpu;
  KernelBuilder k("nothing");
  const Artifact artifact = compile(k.finish(), Target::simt());
  expect_error<UserError>([&] { gpu.run(artifact, {}, {1, 65536}); }, {"'nothing'", "1 x 65536 x 1", "65535"});
  gpu.run(artifact, {}, {0, 5});
  gpu.run(artifact, {}, {2, 3, 4});
}

TEST(SimtDevice, HasTheScratchOfAGpu) {
  KernelBuilder k("large", {.warps = 32});
  View x = k.input("x", f32, {256, 256});
  View y = k.output("y", f32, {256});
  y.store({0}, sum(x.load({0, 0}, {256, 256}), Axis(0)));
  const Kernel kernel = k.finish();
  const Artifact simt = compile(kernel, Target::simt()), nvvm = compile(kernel, Target::nvvm("sm_90a"));
  EXPECT_GT(simt.scratch_bytes, 0);
  EXPECT_EQ(simt.scratch_bytes, nvvm.scratch_bytes);
  EXPECT_EQ(simt.param_bytes, nvvm.param_bytes);
}

} // namespace
} // namespace tile::test
