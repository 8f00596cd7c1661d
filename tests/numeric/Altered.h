// A problem with one of its inputs changed: rows of NaN, say.
#pragma once

#include "modules/common/Problem.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace fla::test {

class Altered : public Problem {
public:
  using Change = std::function<void(TensorDesc &)>;
  Altered(std::unique_ptr<Problem> inner, std::string input, Change change)
      : inner_(std::move(inner)), input_(std::move(input)), change_(std::move(change)) {}

  std::vector<TensorDesc> tensors() const override {
    std::vector<TensorDesc> all = inner_->tensors();
    for (TensorDesc &t : all)
      if (t.name == input_) change_(t);
    return all;
  }
  int64_t bytes() const override { return inner_->bytes(); }
  std::vector<Candidate> candidates(const tile::Target &t, const tile::runtime::DeviceInfo &i) const override {
    return inner_->candidates(t, i);
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
  std::string input_;
  Change change_;
};

} // namespace fla::test
