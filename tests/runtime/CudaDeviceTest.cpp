// The GPU device end to end, with hand-written PTX. Without a GPU every test skips and says why.
#include "Expect.h"
#include "TestKernels.h"
#include "runtime/Backends.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>
#include <thread>
#include <vector>

namespace tile::runtime::test {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

class CudaDevice : public testing::Test {
protected:
  void SetUp() override {
    std::string why_not;
    if (list_cuda_devices(&why_not).empty()) GTEST_SKIP() << why_not;
    device = open_device("cuda");
    stream = device->stream();
  }

  std::vector<uint8_t> bytes_of(const Buffer &b) {
    std::vector<uint8_t> bytes(b.bytes());
    device->download(bytes.data(), b.data(), bytes.size());
    return bytes;
  }

  Arguments axpy_arguments(const Executable &kernel, const Buffer &x, const Buffer &y, int64_t n) {
    Arguments args(kernel.artifact());
    args.set("x", x.data());
    args.set("y", y.data());
    args.set("scale", 2.0);
    args.set("n", n);
    return args;
  }

  std::unique_ptr<Device> device;
  std::unique_ptr<Stream> stream;
};

TEST_F(CudaDevice, DescribesItself) {
  const DeviceInfo &info = device->info();
  EXPECT_EQ(device->id(), "cuda:0");
  EXPECT_FALSE(info.name.empty());
  EXPECT_THAT(info.driver, testing::StartsWith("CUDA "));
  EXPECT_GT(info.units, 0);
  EXPECT_GT(info.memory_bytes, int64_t(1) << 30);
  EXPECT_GT(info.cache_bytes, 1 << 20);
  EXPECT_GE(info.clock_mhz, 0);
  EXPECT_TRUE(info.bandwidth == 0 || (info.bandwidth > int64_t(1e10) && info.bandwidth < int64_t(1e14)))
      << info.bandwidth << " bytes a second";
  EXPECT_EQ(device->target().kind, Target::Kind::Nvvm);
  EXPECT_THAT(device->target().arch, testing::MatchesRegex("sm_[0-9]+a?"));
  std::cout << info.name << ", " << info.driver << ", " << device->target().arch << ", " << info.units << " SMs, L2 "
            << info.cache_bytes << " bytes, " << info.clock_mhz << " MHz, " << info.bandwidth / 1000000000 << " GB/s\n";
}

TEST_F(CudaDevice, CopiesThereAndBack) {
  for (size_t bytes : {size_t(0), size_t(1), size_t(4097), size_t(50) << 20}) {
    std::vector<uint8_t> data(bytes);
    for (size_t i = 0; i < bytes; ++i) data[i] = uint8_t(i * 7 + i / 251);
    Buffer b = device->allocate(bytes);
    ASSERT_NE(b.data(), nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(b.data()) % 256, 0u);
    device->upload(b.data(), data.data(), bytes);
    EXPECT_EQ(bytes_of(b), data);
  }
}

TEST_F(CudaDevice, FillsInStreamOrderAndInside) {
  Buffer b = device->allocate(10'000);
  device->fill(*stream, b.data(), 1, 10'000);
  device->fill(*stream, static_cast<char *>(b.data()) + 100, 2, 501);
  device->fill(*stream, b.data(), 3, 0);
  std::vector<uint8_t> expected(10'000, 1);
  std::fill_n(expected.begin() + 100, 501, 2);
  EXPECT_EQ(bytes_of(b), expected); // a download waits for the stream's work
}

TEST_F(CudaDevice, RefusesMoreMemoryThanThereIs) {
  expect_error<DeviceError>([&] { device->allocate(size_t(1) << 50); },
                            {"cuda:0", "1125899906842624", "CUDA_ERROR_OUT_OF_MEMORY"});
}

TEST_F(CudaDevice, RefusesMissingGpus) {
  expect_error<UserError>([] { open_device("cuda:99"); }, {"'cuda:99' does not exist", "cuda:0"});
}

TEST_F(CudaDevice, LaunchesAPackedBlock) {
  const int64_t n = 1'000'003; // not a multiple of a block
  for (int warps : {1, 4, 32}) {
    auto kernel = device->load(cuda_axpy(warps));
    Buffer x = device->allocate(size_t(n) * 4), y = device->allocate(size_t(n) * 4);
    std::vector<float> in(size_t(n), 3.f), out(in.size());
    device->upload(x.data(), in.data(), x.bytes());
    const int64_t block = warps * 32;
    {
      Arguments args = axpy_arguments(*kernel, x, y, n);
      kernel->launch(*stream, {uint32_t((n + block - 1) / block)}, args.block());
      std::memset(const_cast<void *>(args.block()), 0xff, 32); // was copied
    }
    device->download(out.data(), y.data(), y.bytes());
    for (int64_t i = 0; i < n; ++i) ASSERT_EQ(out[size_t(i)], 6.f + float(i / block)) << i;
  }
}

TEST_F(CudaDevice, EmptyGridsDoNothingAndHugeOnesAreRefused) {
  auto kernel = device->load(cuda_axpy());
  for (Grid grid : {Grid{0}, Grid{3, 0}, Grid{3, 3, 0}}) kernel->launch(*stream, grid, nullptr);
  expect_error<UserError>([&] { kernel->launch(*stream, {1, 70'000, 1}, nullptr); }, {"axpy", "70000", "65535"});
  stream->synchronize();
}

TEST_F(CudaDevice, ShowsTheDriversLogForBadPtx) {
  Artifact bad = cuda_axpy();
  bad.code.replace(bad.code.find("st.global.f32"), 13, "st.global.oops");
  expect_error<DeviceError>([&] { device->load(bad); }, {"axpy", "CUDA_ERROR_INVALID_PTX", "oops"});
  Artifact garbage = cuda_axpy();
  garbage.code = "this is no PTX";
  expect_error<DeviceError>([&] { device->load(garbage); }, {"axpy", "CUDA_ERROR_"});
  Artifact renamed = cuda_axpy();
  renamed.entry = "other";
  expect_error<DeviceError>([&] { device->load(renamed); }, {"'other'", "no kernel of that name"});
}

TEST_F(CudaDevice, RefusesBlocksTheDeviceCannotRun) {
  expect_error<DeviceError>([&] { device->load(cuda_axpy(33)); }, {"axpy", "33 warps", "1 to 32"});
  expect_error<DeviceError>([&] { device->load(cuda_axpy(0)); }, {"0 warps"});
}

TEST_F(CudaDevice, RefusesHostCodeAndForeignStreams) {
  expect_error<UserError>([&] { device->load(host_axpy()); }, {"axpy", "cuda:0"});
  auto host = open_device("host");
  auto host_stream = host->stream();
  auto kernel = device->load(cuda_axpy());
  expect_error<UserError>([&] { kernel->launch(*host_stream, {1}, nullptr); }, {"stream", "another device"});
  auto event = device->event(), host_event = host->event();
  host_event->record(*host_stream);
  event->record(*stream);
  expect_error<UserError>([&] { event->elapsed_ms(*host_event); }, {"another device"});
}

TEST_F(CudaDevice, EventsMeasureDeviceTime) {
  Buffer b = device->allocate(size_t(256) << 20);
  auto start = device->event(), end = device->event();
  expect_error<UserError>([&] { end->elapsed_ms(*start); }, {"never recorded"});
  start->record(*stream);
  for (int i = 0; i < 20; ++i) device->fill(*stream, b.data(), uint8_t(i), b.bytes());
  end->record(*stream);
  end->synchronize();
  EXPECT_GT(end->elapsed_ms(*start), 0.05); // 5 GB at no more than 100 TB/s
  EXPECT_LT(end->elapsed_ms(*start), 5000);
}

TEST_F(CudaDevice, RecordedWorkRunsWheneverItIsEnqueued) {
  const int64_t n = 96;
  auto kernel = device->load(cuda_axpy());
  Buffer x = device->allocate(size_t(n) * 4), y = device->allocate(size_t(n) * 4), z = device->allocate(64);
  std::vector<float> in(size_t(n), 3.f), out(in.size());
  device->upload(x.data(), in.data(), x.bytes());
  device->fill(*stream, y.data(), 0, y.bytes());
  device->fill(*stream, z.data(), 0, z.bytes());
  stream->synchronize();
  std::unique_ptr<Recording> recording;
  {
    Arguments args = axpy_arguments(*kernel, x, y, n);
    recording = device->record(*stream, [&](Stream &s) {
      device->fill(s, z.data(), 7, z.bytes());
      kernel->launch(s, {3}, args.block());
    });
    std::memset(const_cast<void *>(args.block()), 0xff, 32); // was copied
  }
  EXPECT_EQ(bytes_of(z), std::vector<uint8_t>(64, 0)) << "nothing ran yet";
  auto other = device->stream();
  for (float value : {3.f, 5.f}) {
    std::fill(in.begin(), in.end(), value);
    device->upload(x.data(), in.data(), x.bytes());
    device->fill(*other, z.data(), 0, z.bytes());
    recording->enqueue(*other);
    other->synchronize();
    device->download(out.data(), y.data(), y.bytes());
    for (int64_t i = 0; i < n; ++i) ASSERT_EQ(out[size_t(i)], 2 * value + float(i / 32)) << i;
    EXPECT_EQ(bytes_of(z), std::vector<uint8_t>(64, 7));
  }
}

TEST_F(CudaDevice, WhatCannotBeRecordedLeavesTheStreamUsable) {
  Buffer b = device->allocate(64);
  expect_error<DeviceError>([&] { device->record(*stream, [](Stream &s) { s.synchronize(); }); }, {"CUDA_ERROR_"});
  expect_error<UserError>([&] { device->record(*stream, [](Stream &) { throw UserError("the author's own"); }); },
                          {"the author's own"});
  device->fill(*stream, b.data(), 9, b.bytes());
  stream->synchronize();
  EXPECT_EQ(bytes_of(b), std::vector<uint8_t>(64, 9));
  device->record(*stream, [](Stream &) {})->enqueue(*stream); // nothing at all
  stream->synchronize();
}

TEST_F(CudaDevice, HoldKeepsTheStreamBackUntilReleased) {
  Buffer b = device->allocate(4096);
  auto warm = device->hold(*stream); // loads what holding needs
  warm.reset();
  device->fill(*stream, b.data(), 1, b.bytes());
  stream->synchronize();
  for (int i = 0; i < 5; ++i) {
    auto before = device->event(), after = device->event();
    before->record(*stream);
    auto token = device->hold(*stream);
    ASSERT_NE(token, nullptr);
    device->fill(*stream, b.data(), uint8_t(i), b.bytes());
    after->record(*stream);
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    const auto released = Clock::now();
    token.reset();
    stream->synchronize();
    EXPECT_LT(ms_since(released), 1000);
    EXPECT_GE(after->elapsed_ms(*before), 25);
    EXPECT_LT(after->elapsed_ms(*before), 1500);
  }
}

TEST_F(CudaDevice, ManyHoldsAtOnceInAnyOrder) {
  std::vector<std::unique_ptr<Stream>> streams;
  std::vector<std::shared_ptr<void>> tokens;
  for (int i = 0; i < 8; ++i) {
    streams.push_back(device->stream());
    tokens.push_back(device->hold(*streams.back()));
  }
  const auto start = Clock::now();
  for (int i : {3, 1, 7, 0, 2, 6, 5, 4}) {
    tokens[size_t(i)].reset();
    streams[size_t(i)]->synchronize();
  }
  EXPECT_LT(ms_since(start), 1500); // released, not given up
}

TEST_F(CudaDevice, HoldsAreCounted) {
  std::vector<std::unique_ptr<Stream>> streams;
  std::vector<std::shared_ptr<void>> tokens;
  auto hold_more = [&] {
    for (int i = 0; i < 100; ++i) {
      streams.push_back(device->stream());
      tokens.push_back(device->hold(*streams.back()));
    }
  };
  expect_error<UserError>(hold_more, {"at most 64 holds"});
  EXPECT_EQ(tokens.size(), 64u);
}

TEST_F(CudaDevice, AForgottenHoldGivesUp) {
  auto token = device->hold(*stream);
  const auto start = Clock::now();
  stream->synchronize();
  EXPECT_GT(ms_since(start), 1000);
  EXPECT_LT(ms_since(start), 10'000);
}

TEST_F(CudaDevice, HoldOutlivesItsDevice) {
  auto token = device->hold(*stream);
  device.reset();
  token.reset();
  stream->synchronize();
}

TEST_F(CudaDevice, LaunchesTakeLittleHostTime) {
  auto kernel = device->load(cuda_axpy());
  Buffer x = device->allocate(4096), y = device->allocate(4096);
  Arguments args = axpy_arguments(*kernel, x, y, 32);
  std::vector<double> us;
  for (int round = 0; round < 50; ++round) {
    const auto start = Clock::now();
    for (int i = 0; i < 100; ++i) kernel->launch(*stream, {1}, args.block());
    us.push_back(ms_since(start) * 1000 / 100);
    stream->synchronize();
  }
  std::sort(us.begin(), us.end());
  std::cout << "host time of a launch: median " << us[us.size() / 2] << " us, best " << us[0] << " us\n";
  EXPECT_LT(us[us.size() / 2], 200); // far above what it takes: this is no benchmark
}

TEST_F(CudaDevice, LoadsAndLaunchesOnManyThreads) {
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      auto own = device->stream();
      auto kernel = device->load(cuda_axpy());
      Buffer x = device->allocate(4096), y = device->allocate(4096);
      device->fill(*own, x.data(), 0, 4096);
      Arguments args = axpy_arguments(*kernel, x, y, 1024);
      kernel->launch(*own, {32}, args.block());
      std::vector<float> out(1024), expected(1024);
      for (size_t i = 0; i < out.size(); ++i) expected[i] = float(i / 32);
      device->download(out.data(), y.data(), 4096);
      right += out == expected;
    });
  for (std::thread &t : threads) t.join();
  EXPECT_EQ(right.load(), 8);
}

} // namespace
} // namespace tile::runtime::test
