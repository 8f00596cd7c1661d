// A large problem a few items at a time: rows, or columns. What a part's tensors hold is gathered from memory into
// double, so that the truth about any number of elements takes little room.
#pragma once

#include "modules/common/Memory.h"
#include "modules/common/Problem.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fla {

using Values = std::map<std::string, std::vector<double>>;

/// Where a part's elements are among those of a whole tensor: `count` runs of `length` elements, `stride` apart.
struct Runs {
  int64_t begin = 0, count = 1, length = 0, stride = 0;
  /// The number in the whole tensor of the part's element `index`.
  int64_t whole(int64_t index) const { return begin + index / length * stride + index % length; }
};

/// Where the tensor `part` of the items from `first` on lies in `whole`; nothing where it belongs to all items.
std::optional<Runs> runs_of(const TensorDesc &whole, const TensorDesc &part, int64_t items, int64_t first);

class Parts {
public:
  /// How `problem`, which must live on, is cut. Small ones are not.
  explicit Parts(const Problem &problem);

  bool is_cut() const { return count_ > 1; }
  /// Elements that a part's tensors have together.
  int64_t elements() const { return elements_; }

  /// body(part, first item) for each part, on all cores. `whole`: what Problem::part asks for.
  void for_each(const Values &whole, const std::function<void(const Problem &, int64_t first)> &body) const;

private:
  const Problem &problem_;
  int64_t items_, size_, count_ = 1, elements_ = 0;
};

/// Elements between memory of `dtype` and double.
void gather(DType, const std::byte *from, const Runs &, std::vector<double> &to);
void scatter(DType, const std::vector<double> &from, const Runs &, std::byte *to);

} // namespace fla
