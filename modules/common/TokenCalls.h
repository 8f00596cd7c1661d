// What calls of the layers along time share: how sequences are given, and how the strided inputs of a call lie.
#pragma once

#include "modules/common/TensorChecks.h"
#include "modules/common/Tokens.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fla {

/// One call over [..., T, D]: B sequences of T tokens each, or packed ones.
class TokenCall {
public:
  /// Takes x, the first strided input, and cu_seqlens where sequences are packed. `check_cu_seqlens`: its numbers are
  /// looked at on a GPU too.
  TokenCall(const TensorChecks &, std::string_view name, const Tensor &x, const Tensor &cu_seqlens,
            bool check_cu_seqlens);

  /// Another input of x's dtype and shape, in any strides.
  void add_strided(std::string_view name, const Tensor &t);

  int64_t count() const { return count_; } ///< of sequences
  int64_t cols() const { return cols_; }
  /// As many sequences of as many tokens; where packed ones are cut is not known here, and no plan depends on it.
  Sequences sequences() const;
  TokenLayout layout(int align) const;
  /// What a plan depends on, but for dtype and alignment.
  std::string key() const;
  /// Gives the launches of a problem the strides of this call.
  std::vector<Candidate> placed(std::vector<Candidate>) const;

private:
  struct Strided {
    std::string name;
    int64_t token, batch; ///< elements
    bool operator==(const Strided &) const = default;
  };
  void check_boundaries(const Tensor &cu_seqlens) const;
  int64_t divisor() const; ///< of all strides; 0: tokens lie one behind the other

  const TensorChecks &check_;
  DType dtype_;
  int64_t batch_, tokens_, cols_, count_;
  std::vector<int64_t> shape_;
  std::optional<DType> packed_;
  std::vector<Strided> strided_;
};

/// `Base`, whose strided inputs lie as those of a call.
template <class Base> class Placed : public Base {
public:
  template <class... Args>
  explicit Placed(const TokenCall &call, Args &&...args) : Base(std::forward<Args>(args)...), call_(call) {}
  std::vector<Candidate> candidates(const tile::Target &target, const tile::runtime::DeviceInfo &info) const override {
    return call_.placed(Base::candidates(target, info));
  }

private:
  const TokenCall &call_; ///< outlives the making of a plan
};

} // namespace fla
