// An op that overwrites its input: every run, validated or timed, starts from the same numbers.
#include "bench/Measure.h"
#include "bench/Validate.h"

#include <gtest/gtest.h>

#include <cstring>

namespace fla::bench {
namespace {

/// x = 2x, in place.
class Doubled : public Problem {
public:
  std::vector<TensorDesc> tensors() const override {
    return {{.name = "x", .dtype = tile::f32, .shape = {100}, .role = TensorDesc::Role::InOut, .derive = {}}};
  }
  int64_t bytes() const override { return 800; }
  std::vector<Candidate> candidates(const tile::Target &, const tile::runtime::DeviceInfo &) const override {
    return {};
  }
  CudaReference cuda_reference() const override { return {}; }
  HostReference host_reference() const override { return {}; }
  void oracle(const std::map<std::string, std::vector<double>> &in,
              std::map<std::string, std::vector<double>> &out) const override {
    for (size_t i = 0; i < 100; ++i) out.at("x")[i] = 2 * in.at("x")[i];
  }
  Tolerance tolerance(std::string_view) const override { return {0, 0}; }
};

class Twice : public Provider {
public:
  explicit Twice(Session &session) : workspace_(session, {}) {}
  void enqueue(tile::runtime::Stream &) override {
    auto *x = static_cast<float *>(workspace_.address("x"));
    for (int i = 0; i < 100; ++i) x[i] *= 2;
  }
  int launches() const override { return 1; }
  Workspace *workspace() override { return &workspace_; }

private:
  Workspace workspace_;
};

TEST(InPlace, EveryRunStartsFromTheSameNumbers) {
  const auto device = tile::runtime::open_device("host");
  const auto stream = device->stream();
  const Doubled problem;
  Session session(*device, *stream, problem, 1);
  Twice provider(session);
  for (int run = 0; run < 3; ++run) {
    const Verdict verdict = validate(session, problem, provider);
    EXPECT_TRUE(verdict.ok) << verdict.detail;
  }
  const std::vector<std::byte> once = session.download("x");
  Timer timer(*device, *stream);
  Provider *providers[] = {&provider};
  timer.measure(providers, {.exact = 5});
  EXPECT_EQ(session.download("x"), once);
  session.restore();
  float original, doubled;
  std::memcpy(&original, session.download("x").data(), sizeof(float));
  std::memcpy(&doubled, once.data(), sizeof(float));
  EXPECT_EQ(doubled, 2 * original);
}

} // namespace
} // namespace fla::bench
