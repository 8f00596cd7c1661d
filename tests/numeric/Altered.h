// A problem with one of its inputs changed: rows of NaN, say.
#pragma once

#include "tests/numeric/Wrapped.h"

#include <functional>
#include <string>
#include <utility>

namespace fla::test {

class Altered : public Wrapped {
public:
  using Change = std::function<void(TensorDesc &)>;
  Altered(std::unique_ptr<Problem> inner, std::string input, Change change)
      : Wrapped(std::move(inner)), input_(std::move(input)), change_(std::move(change)) {}

  std::vector<TensorDesc> tensors() const override {
    std::vector<TensorDesc> all = Wrapped::tensors();
    for (TensorDesc &t : all)
      if (t.name == input_) change_(t);
    return all;
  }

private:
  std::string input_;
  Change change_;
};

} // namespace fla::test
