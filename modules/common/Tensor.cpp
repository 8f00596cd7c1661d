// What a tensor says of itself.
#include "modules/common/Tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace fla {

int64_t Tensor::elements() const {
  int64_t n = 1;
  for (int64_t extent : shape) n *= extent;
  return n;
}

bool Tensor::is_contiguous() const {
  if (strides.empty() || elements() == 0) return true;
  int64_t expected = 1;
  for (size_t d = shape.size(); d-- > 0; expected *= shape[d])
    if (shape[d] != 1 && strides[d] != expected) return false;
  return true;
}

std::string Tensor::str() const {
  std::string text = fmt::format("{}[{}]", name_of(dtype), fmt::join(shape, ", "));
  if (!is_contiguous()) text += fmt::format(" with strides [{}]", fmt::join(strides, ", "));
  return text;
}

} // namespace fla
