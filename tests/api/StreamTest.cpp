// Streams on every device there is: memory, copies, plans.
#include "modules/common/Stream.h"
#include "compiler/dsl/Kernel.h"
#include "compiler/support/Error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <thread>

namespace fla {
namespace {

using namespace tile;
using testing::HasSubstr;

/// y = x * factor, by way of a workspace: two launches.
class Scale : public Problem {
public:
  Scale(int64_t n, float factor) : n_(n), factor_(factor) {}
  std::vector<TensorDesc> tensors() const override { return {}; }
  int64_t bytes() const override { return 0; }
  std::vector<Candidate> candidates(const Target &, const runtime::DeviceInfo &) const override {
    Candidate c{"only", {}, {}};
    TensorDesc half;
    half.name = "half";
    half.dtype = f32;
    half.shape = {n_};
    half.role = TensorDesc::Role::Workspace;
    c.workspace.push_back(half);
    const auto grid = runtime::Grid{uint32_t((n_ + 255) / 256)};
    c.launches.push_back({kernel(0.5f), grid, {{"in", "x"}, {"out", "half"}, {"n", n_}}});
    c.launches.push_back({kernel(2 * factor_), grid, {{"in", "half"}, {"out", "y"}, {"n", n_}}});
    return {c};
  }
  CudaReference cuda_reference() const override { return {}; }
  HostReference host_reference() const override { return {}; }
  void oracle(const std::map<std::string, std::vector<double>> &,
              std::map<std::string, std::vector<double>> &) const override {}
  Tolerance tolerance(std::string_view) const override { return {}; }

private:
  static Kernel kernel(float factor) {
    KernelBuilder k("scale");
    Index n = k.runtime("n");
    View in = k.input("in", f32, {n}), out = k.output("out", f32, {n});
    Index at = k.program_id(0) * 256;
    out.store({at}, in.load({at}, {256}) * factor);
    return k.finish();
  }
  int64_t n_;
  float factor_;
};

class StreamTest : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    try {
      stream = std::make_unique<Stream>(GetParam());
    } catch (const UserError &e) {
      GTEST_SKIP() << e.what();
    }
  }
  static void scale(Stream &s, const Tensor &x, const Tensor &y, float factor, std::atomic<int> *made = nullptr) {
    const int64_t n = x.elements();
    s.run("scale " + std::to_string(n) + " " + std::to_string(factor),
          [&]() -> std::unique_ptr<Problem> {
            if (made) ++*made;
            return std::make_unique<Scale>(n, factor);
          },
          {{"x", x.data}, {"y", y.data}});
  }
  std::unique_ptr<Stream> stream;
};

std::vector<float> counted(int64_t n) {
  std::vector<float> v(static_cast<size_t>(n));
  std::iota(v.begin(), v.end(), 1.f);
  return v;
}

void expect_scaled(Stream &s, const Tensor &y, float factor) {
  std::vector<float> out(size_t(y.elements()));
  s.download(out.data(), y);
  for (size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], float(i + 1) * factor) << i;
}

TEST_P(StreamTest, RunsAPlanWithAWorkspace) {
  std::atomic<int> made = 0;
  for (int64_t n : {1, 1000, 300}) { // the workspace grows, then is larger than needed
    Tensor x = stream->empty(f32, {n}), y = stream->empty(f32, {n});
    stream->upload(x, counted(n).data());
    scale(*stream, x, y, 3, &made);
    scale(*stream, x, y, 3, &made);
    expect_scaled(*stream, y, 3);
  }
  EXPECT_EQ(made, 3) << "a plan is made once for each key";
}

TEST_P(StreamTest, TensorsKeepTheirMemory) {
  Tensor copy;
  {
    Tensor x = stream->empty(f32, {100});
    stream->upload(x, counted(100).data());
    copy = x;
  }
  expect_scaled(*stream, copy, 1);
}

TEST_P(StreamTest, ThreadsWithStreamsOfTheirOwn) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      Stream own(GetParam());
      Tensor x = own.empty(f32, {500}), y = own.empty(f32, {500});
      own.upload(x, counted(500).data());
      scale(own, x, y, float(t + 1));
      expect_scaled(own, y, float(t + 1));
    });
  for (std::thread &t : threads) t.join();
}

/// What a UserError says; "accepted" where there is none.
template <class F> std::string refusal(F &&call) {
  try {
    call();
  } catch (const UserError &e) {
    return e.what();
  }
  return "accepted";
}

TEST_P(StreamTest, MovesAndSaysSoAfterwards) {
  Tensor x = stream->empty(f32, {100000}), y = stream->empty(f32, {100000});
  stream->upload(x, counted(100000).data());
  Stream moved = std::move(*stream);
  scale(moved, x, y, 3);
  expect_scaled(moved, y, 3);
  EXPECT_THAT(refusal([&] { stream->synchronize(); }), HasSubstr("was moved from; accepted: one that has a queue"));
  EXPECT_THAT(refusal([&] { stream->empty(f32, {4}); }), HasSubstr("was moved from"));
  EXPECT_THAT(refusal([&] { scale(*stream, x, y, 3); }), HasSubstr("was moved from"));
  scale(moved, x, y, 5);
  moved = Stream(GetParam()); // waits: what is enqueued uses the old one's workspace
  expect_scaled(moved, y, 5);
}

TEST_P(StreamTest, CopiesTakeContiguousTensors) {
  Tensor x = stream->empty(f32, {4, 4});
  float out[16];
  auto download = [&] { return refusal([&] { stream->download(out, x); }); };
  x.strides = {8, 1};
  EXPECT_THAT(download(), HasSubstr("takes a contiguous tensor of less than 2^62 bytes; given was f32[4, 4] with"));
  x.strides = {1};
  EXPECT_THAT(download(), HasSubstr("given was f32[4, 4] with strides [1]"));
  x.strides = {}, x.shape = {-4, 4};
  EXPECT_THAT(download(), HasSubstr("given was f32[-4, 4]"));
  x.shape = {int64_t(1) << 33, int64_t(1) << 33};
  EXPECT_THAT(refusal([&] { stream->upload(x, out); }), HasSubstr("given was f32[8589934592, 8589934592]"));
}

TEST_P(StreamTest, CopiesTakeTwoAddresses) {
  Tensor x = stream->empty(f32, {4});
  float here[4];
  EXPECT_THAT(refusal([&] { stream->upload(x, nullptr); }), HasSubstr("a copy of f32[4] takes an address on the"));
  EXPECT_THAT(refusal([&] { stream->download(nullptr, x); }), HasSubstr(" and 0x0"));
  x.data = nullptr;
  EXPECT_THAT(refusal([&] { stream->upload(x, here); }), HasSubstr("given were 0x0 and 0x"));
  EXPECT_THAT(refusal([&] { stream->download(here, x); }), HasSubstr("given were 0x0 and 0x"));
  stream->upload(stream->empty(f32, {0}), nullptr); // of nothing
}

TEST_P(StreamTest, NewTensorsHaveAnExtentInEachDimension) {
  auto made = [&](std::vector<int64_t> shape) { return refusal([&] { stream->empty(f32, shape); }); };
  EXPECT_THAT(made({-1, 8}), HasSubstr("a tensor f32[-1, 8]; accepted: extents from 0 up, of less than 2^62 bytes"));
  EXPECT_THAT(made({int64_t(1) << 32, int64_t(1) << 32}), HasSubstr("a tensor f32[4294967296, 4294967296]"));
  EXPECT_THAT(made({INT64_MAX}), HasSubstr("a tensor f32[9223372036854775807]"));
  EXPECT_THAT(made({0, int64_t(1) << 62, 4}), HasSubstr("less than 2^62 bytes"));
  EXPECT_THAT(refusal([&] { stream->empty(DType(77), {4}); }), HasSubstr("the dtype 77, which is none"));
}

INSTANTIATE_TEST_SUITE_P(Api, StreamTest, testing::Values("host", "simt", "cuda"),
                         [](const auto &info) { return std::string(info.param); });

TEST(StreamErrors, UnknownDevice) {
  EXPECT_THAT(refusal([] { Stream("tpu"); }), HasSubstr("unknown device 'tpu': accepted are 'host'"));
}

TEST(StreamErrors, AHostHasNoStreamsToAdopt) {
  EXPECT_THAT(refusal([] { Stream("host", nullptr); }), HasSubstr("only a GPU has"));
}

} // namespace
} // namespace fla
