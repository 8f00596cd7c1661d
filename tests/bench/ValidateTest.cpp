// Several implementations validated together: each is blamed for what it did itself.
#include "bench/Validate.h"

#include <gtest/gtest.h>

namespace fla::bench {
namespace {

/// y = x
class Copied : public Problem {
public:
  std::vector<TensorDesc> tensors() const override {
    return {{.name = "x", .dtype = tile::f32, .shape = {100}, .role = TensorDesc::Role::Input, .derive = {}},
            {.name = "y", .dtype = tile::f32, .shape = {100}, .role = TensorDesc::Role::Output, .derive = {}}};
  }
  int64_t bytes() const override { return 800; }
  std::vector<Candidate> candidates(const tile::Target &, const tile::runtime::DeviceInfo &) const override {
    return {};
  }
  CudaReference cuda_reference() const override { return {}; }
  HostReference host_reference() const override { return {}; }
  void oracle(const std::map<std::string, std::vector<double>> &in,
              std::map<std::string, std::vector<double>> &out) const override {
    out.at("y") = in.at("x");
  }
  Tolerance tolerance(std::string_view) const override { return {0, 0}; }
};

enum class Does { Right, WrongNumber, ChangesInput, WritesBehind };

class Copier : public Provider {
public:
  Copier(Session &session, Does does) : workspace_(session, {}), does_(does) {}
  void enqueue(tile::runtime::Stream &) override {
    auto *x = static_cast<float *>(workspace_.address("x")), *y = static_cast<float *>(workspace_.address("y"));
    for (int i = 0; i < 100; ++i) y[i] = x[i];
    if (does_ == Does::WrongNumber) y[42] += 1;
    if (does_ == Does::ChangesInput) x[7] = 0;
    if (does_ == Does::WritesBehind) y[100] = 0;
  }
  int launches() const override { return 1; }
  Workspace *workspace() override { return &workspace_; }

private:
  Workspace workspace_;
  Does does_;
};

std::vector<Verdict> verdicts(std::vector<Does> all) {
  const auto device = tile::runtime::open_device("host");
  const auto stream = device->stream();
  const Copied problem;
  Session session(*device, *stream, problem, 1);
  std::vector<std::unique_ptr<Copier>> copiers;
  std::vector<Provider *> providers;
  for (Does does : all) providers.push_back(copiers.emplace_back(std::make_unique<Copier>(session, does)).get());
  return validate(session, problem, providers);
}

TEST(Validate, EachOfSeveralIsJudgedByItself) {
  const auto all = verdicts({Does::Right, Does::WrongNumber, Does::Right});
  EXPECT_TRUE(all[0].ok) << all[0].detail;
  EXPECT_FALSE(all[1].ok);
  EXPECT_NE(all[1].detail.find("y[42]"), std::string::npos) << all[1].detail;
  EXPECT_TRUE(all[2].ok) << all[2].detail;
}

TEST(Validate, WhoeverChangesAnInputIsBlamedAlone) {
  const auto all = verdicts({Does::Right, Does::ChangesInput, Does::Right});
  EXPECT_TRUE(all[0].ok) << all[0].detail;
  EXPECT_FALSE(all[1].ok);
  EXPECT_NE(all[1].detail.find("'x' was modified"), std::string::npos) << all[1].detail;
  EXPECT_TRUE(all[2].ok) << all[2].detail;
}

TEST(Validate, WhoeverWritesBehindATensorIsBlamedAlone) {
  const auto all = verdicts({Does::WritesBehind, Does::Right});
  EXPECT_FALSE(all[0].ok);
  EXPECT_NE(all[0].detail.find("memory around 'y'"), std::string::npos) << all[0].detail;
  EXPECT_TRUE(all[1].ok) << all[1].detail;
}

} // namespace
} // namespace fla::bench
