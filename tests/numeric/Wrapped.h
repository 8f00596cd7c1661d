// A problem that is another one but for what a class derived from this changes.
#pragma once

#include "modules/common/Problem.h"

#include <memory>
#include <utility>

namespace fla::test {

class Wrapped : public Problem {
public:
  explicit Wrapped(std::unique_ptr<Problem> inner) : inner_(std::move(inner)) {}

  std::vector<TensorDesc> tensors() const override { return inner_->tensors(); }
  int64_t bytes() const override { return inner_->bytes(); }
  std::vector<Candidate> candidates(const tile::Target &target, const tile::runtime::DeviceInfo &info) const override {
    return inner_->candidates(target, info);
  }
  CudaReference cuda_reference() const override { return inner_->cuda_reference(); }
  HostReference host_reference() const override { return inner_->host_reference(); }
  void oracle(const std::map<std::string, std::vector<double>> &in,
              std::map<std::string, std::vector<double>> &out) const override {
    inner_->oracle(in, out);
  }
  Tolerance tolerance(std::string_view output) const override { return inner_->tolerance(output); }

private:
  std::unique_ptr<Problem> inner_;
};

} // namespace fla::test
