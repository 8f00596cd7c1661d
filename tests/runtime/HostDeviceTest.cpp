// The CPU device end to end, with objects made here from LLVM IR.
#include "runtime/host/HostDevice.h"
#include "Expect.h"
#include "TestKernels.h"
#include "runtime/Backends.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <numeric>
#include <thread>
#include <vector>

namespace tile::runtime::test {
namespace {

struct Axpy {
  Device &device;
  std::unique_ptr<Executable> kernel;
  std::unique_ptr<Stream> stream;
  explicit Axpy(Device &d) : device(d), kernel(d.load(host_axpy())), stream(d.stream()) {}

  std::vector<float> run(Grid grid, float scale) {
    const auto n = size_t(grid.programs());
    std::vector<float> x(n), y(n, -1);
    std::iota(x.begin(), x.end(), 0.f);
    Buffer dx = device.allocate(n * 4), dy = device.allocate(n * 4);
    device.upload(dx.data(), x.data(), dx.bytes());
    device.upload(dy.data(), y.data(), dy.bytes());
    Arguments args(kernel->artifact());
    args.set("x", dx.data());
    args.set("y", dy.data());
    args.set("scale", double(scale));
    args.set("n", int64_t(n));
    kernel->launch(*stream, grid, args.block());
    stream->synchronize();
    device.download(y.data(), dy.data(), dy.bytes());
    return y;
  }
};

std::vector<float> expected_axpy(Grid grid, float scale) {
  std::vector<float> y(size_t(grid.programs()));
  for (size_t p = 0; p < y.size(); ++p) y[p] = float(p) * scale + float(p % grid.x);
  return y;
}

TEST(HostDevice, RunsEveryProgramOnceWithItsId) {
  auto device = open_device("host");
  Axpy axpy(*device);
  for (Grid grid : {Grid{1}, Grid{5}, Grid{4, 3, 2}, Grid{1000}, Grid{7, 1, 11}, Grid{65536}})
    for (int again = 0; again < 3; ++again) // inline or on the pool, as the first run's time decides
      EXPECT_EQ(axpy.run(grid, 2.f), expected_axpy(grid, 2.f)) << grid.x << " " << grid.y << " " << grid.z;
}

TEST(HostDevice, TakesItsNumberOfThreads) {
  for (int threads : {1, 3}) {
    auto device = open_host_device(threads);
    EXPECT_EQ(device->info().units, threads);
    EXPECT_EQ(Axpy(*device).run({10'000}, 0.5f), expected_axpy({10'000}, 0.5f));
  }
}

TEST(HostDevice, EmptyGridsDoNothing) {
  auto device = open_device("host");
  Axpy axpy(*device);
  for (Grid grid : {Grid{0}, Grid{3, 0}, Grid{3, 3, 0}}) axpy.kernel->launch(*axpy.stream, grid, nullptr);
}

TEST(HostDevice, RefusesGridsBeyondCounting) {
  auto device = open_device("host");
  Axpy axpy(*device);
  const uint32_t most = 0xffff'ffff;
  expect_error<UserError>([&] { axpy.kernel->launch(*axpy.stream, {most, most, most}, nullptr); },
                          {"axpy", "4294967295 x 4294967295", "at most 2^63 - 1 programs"});
}

TEST(HostDevice, ObjectsWithTheSameNamesAreKeptApart) {
  auto device = open_device("host");
  auto returning = [](int value) {
    return host_artifact(
        "k",
        fmt::format("define void @k(ptr %args, i64 %b, i64 %e, i64 %x, i64 %y, i64 %z) {{\n"
                    "  %p = load ptr, ptr %args\n  store i32 {}, ptr %p\n  ret void\n}}",
                    value),
        {{.name = "p", .kind = Param::Kind::Pointer, .dtype = i32, .offset = 0, .size = 8, .align = 4}}, 8);
  };
  auto one = device->load(returning(1)), two = device->load(returning(2));
  auto stream = device->stream();
  int value = 0;
  Arguments args(one->artifact());
  args.set("p", &value);
  two->launch(*stream, {}, args.block());
  EXPECT_EQ(value, 2);
  one->launch(*stream, {}, args.block());
  EXPECT_EQ(value, 1);
  one.reset();
  two->launch(*stream, {}, args.block());
  EXPECT_EQ(value, 2);
}

TEST(HostDevice, KernelsOutliveTheirDevice) {
  std::unique_ptr<Executable> kernel;
  std::unique_ptr<Stream> stream;
  Buffer data;
  {
    auto device = open_host_device(2);
    kernel = device->load(host_axpy());
    stream = device->stream();
    data = device->allocate(4096 * 4);
  }
  std::memset(data.data(), 0, data.bytes());
  Arguments args(kernel->artifact());
  args.set("x", data.data());
  args.set("y", data.data());
  args.set("scale", 1.0);
  args.set("n", int64_t(4096));
  kernel->launch(*stream, {4096}, args.block());
  EXPECT_EQ(static_cast<float *>(data.data())[4095], 4095.f);
}

TEST(HostDevice, KernelsMayCallTheCLibrary) {
  auto device = open_device("host");
  auto kernel = device->load(host_artifact(
      "k", R"(
declare double @cbrt(double)
define void @k(ptr %args, i64 %b, i64 %e, i64 %x, i64 %y, i64 %z) {
  %p = load ptr, ptr %args
  %v = load double, ptr %p
  %r = call double @cbrt(double %v)
  store double %r, ptr %p
  ret void
})",
      {{.name = "p", .kind = Param::Kind::Pointer, .dtype = f32, .offset = 0, .size = 8, .align = 8}}, 8));
  double value = 27;
  Arguments args(kernel->artifact());
  args.set("p", &value);
  kernel->launch(*device->stream(), {}, args.block());
  EXPECT_NEAR(value, std::cbrt(27.0), 1e-12);
}

TEST(HostDevice, LoadsAndRunsOnManyThreads) {
  auto device = open_device("host");
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) right += Axpy(*device).run({777}, float(t)) == expected_axpy({777}, float(t));
    });
  for (std::thread &t : threads) t.join();
  EXPECT_EQ(right.load(), 40);
}

TEST(HostDevice, SaysWhatIsWrongWithAnObject) {
  auto device = open_device("host");
  Artifact garbage = host_axpy();
  garbage.code = "this is no object";
  expect_error<DeviceError>([&] { device->load(garbage); }, {"axpy", "17 bytes"});
  Artifact empty = host_axpy();
  empty.code.clear();
  expect_error<DeviceError>([&] { device->load(empty); }, {"axpy"});
  Artifact cut = host_axpy();
  cut.code.resize(cut.code.size() / 2);
  expect_error<DeviceError>([&] { device->load(cut); }, {"axpy"});
  Artifact renamed = host_axpy();
  renamed.entry = "other";
  expect_error<DeviceError>([&] { device->load(renamed); }, {"other"});
  Artifact unresolved = host_artifact("k", R"(
declare void @no_such_function_anywhere()
define void @k(ptr %args, i64 %b, i64 %e, i64 %x, i64 %y, i64 %z) {
  call void @no_such_function_anywhere()
  ret void
})",
                                      {}, 0);
  expect_error<DeviceError>([&] { device->load(unresolved); }, {"'k'", "no_such_function_anywhere"});
  EXPECT_EQ(Axpy(*device).run({100}, 1.f), expected_axpy({100}, 1.f)); // none of it harmed the device
}

TEST(HostDevice, RefusesGpuCode) {
  auto device = open_device("host");
  expect_error<UserError>([&] { device->load(cuda_axpy()); }, {"axpy", "sm_70", "host"});
}

TEST(HostDevice, MemoryIsAlignedAndFilled) {
  auto device = open_device("host");
  auto stream = device->stream();
  for (size_t bytes : {size_t(0), size_t(1), size_t(255), size_t(100'000), size_t(9) << 20}) {
    Buffer b = device->allocate(bytes);
    ASSERT_NE(b.data(), nullptr);
    EXPECT_EQ(b.bytes(), bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(b.data()) % 256, 0u);
    auto *data = static_cast<uint8_t *>(b.data());
    std::fill(data, data + bytes, 1);
    device->fill(*stream, data, 0xa5, bytes);
    EXPECT_EQ(std::count(data, data + bytes, 0xa5), ptrdiff_t(bytes));
  }
}

TEST(HostDevice, FillStaysInside) {
  auto device = open_device("host");
  auto stream = device->stream();
  Buffer b = device->allocate(300'000);
  auto *data = static_cast<uint8_t *>(b.data());
  device->fill(*stream, data, 1, b.bytes());
  device->fill(*stream, data + 1000, 2, 200'001);
  EXPECT_EQ(data[999], 1);
  EXPECT_EQ(data[1000], 2);
  EXPECT_EQ(data[201'000], 2);
  EXPECT_EQ(data[201'001], 1);
}

TEST(HostDevice, RefusesMoreMemoryThanThereIs) {
  auto device = open_device("host");
  expect_error<DeviceError>([&] { device->allocate(size_t(1) << 60); }, {"host", "1152921504606846976"});
}

TEST(HostDevice, EventsMeasureTime) {
  auto device = open_device("host");
  auto stream = device->stream();
  auto start = device->event(), end = device->event();
  expect_error<UserError>([&] { end->elapsed_ms(*start); }, {"never recorded"});
  start->record(*stream);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  end->record(*stream);
  end->synchronize();
  EXPECT_GE(end->elapsed_ms(*start), 20);
  EXPECT_LT(end->elapsed_ms(*start), 5000);
}

TEST(HostDevice, RecordedWorkIsDoneWheneverItIsEnqueued) {
  for (const char *name : {"host", "simt"}) {
    auto device = open_device(name);
    auto stream = device->stream();
    Buffer b = device->allocate(64);
    std::vector<uint8_t> bytes(64);
    device->fill(*stream, b.data(), 1, 64);
    uint8_t value = 2;
    auto recording = device->record(*stream, [&](Stream &s) { device->fill(s, b.data(), value, 64); });
    device->download(bytes.data(), b.data(), 64);
    EXPECT_EQ(bytes, std::vector<uint8_t>(64, 1)) << "nothing ran yet";
    recording->enqueue(*stream);
    device->download(bytes.data(), b.data(), 64);
    EXPECT_EQ(bytes, std::vector<uint8_t>(64, 2));
    value = 3;
    recording->enqueue(*stream);
    device->download(bytes.data(), b.data(), 64);
    EXPECT_EQ(bytes, std::vector<uint8_t>(64, 3));
  }
}

TEST(HostDevice, HoldsNothing) {
  auto device = open_device("host");
  EXPECT_EQ(device->hold(*device->stream()), nullptr);
}

TEST(HostDevice, DescribesItself) {
  auto device = open_device("host");
  EXPECT_EQ(device->id(), "host");
  EXPECT_EQ(device->target().kind, Target::Kind::Simd);
  const DeviceInfo &info = device->info();
  EXPECT_FALSE(info.name.empty());
  EXPECT_THAT(info.driver, testing::HasSubstr("ORC JIT, LLVM 22"));
  EXPECT_EQ(info.units, usable_cpus());
  EXPECT_GT(info.memory_bytes, 0);
}

TEST(HostDevice, ForeignStreamsAreRefused) {
  struct Other final : Stream {
    void synchronize() override {}
  } other;
  auto device = open_device("host");
  Axpy axpy(*device);
  expect_error<UserError>([&] { axpy.kernel->launch(other, {1}, nullptr); }, {"stream", "another device"});
  expect_error<UserError>([&] { device->event()->record(other); }, {"stream"});
  expect_error<UserError>([&] { device->hold(other); }, {"stream", "another device"});
  expect_error<UserError>([&] { device->record(other, [](Stream &) {}); }, {"stream", "another device"});
}

TEST(HostDevice, ForeignEventsAreRefused) {
  struct Other final : Event {
    void record(Stream &) override {}
    void synchronize() override {}
    double elapsed_ms(const Event &) const override { return 0; }
  } other;
  auto device = open_device("host");
  expect_error<UserError>([&] { device->event()->elapsed_ms(other); }, {"elapsed_ms", "start event", "another device"});
}

TEST(HostDevice, HasNoStreamsToAdopt) {
  auto device = open_device("host");
  expect_error<UserError>([&] { device->adopt(nullptr); }, {"'host'", "only a GPU has"});
}

} // namespace
} // namespace tile::runtime::test
