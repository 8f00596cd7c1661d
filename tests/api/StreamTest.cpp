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

TEST_P(StreamTest, CopiesTakeContiguousTensors) {
  Tensor x = stream->empty(f32, {4, 4});
  x.strides = {8, 1};
  float out[16];
  try {
    stream->download(out, x);
    FAIL() << "accepted";
  } catch (const UserError &e) {
    EXPECT_THAT(e.what(), HasSubstr("contiguous"));
  }
}

INSTANTIATE_TEST_SUITE_P(Api, StreamTest, testing::Values("host", "simt", "cuda"),
                         [](const auto &info) { return std::string(info.param); });

TEST(StreamErrors, UnknownDevice) {
  EXPECT_THROW(Stream("tpu"), UserError);
}

TEST(StreamErrors, AHostHasNoStreamsToAdopt) {
  try {
    Stream("host", nullptr);
    FAIL() << "accepted";
  } catch (const UserError &e) {
    EXPECT_THAT(e.what(), HasSubstr("only a GPU has"));
  }
}

} // namespace
} // namespace fla
