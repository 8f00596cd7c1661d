// What a tensor says of itself.
#include "modules/common/Tensor.h"

#include "compiler/support/Error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace fla {

int64_t Tensor::elements() const {
  int64_t n = 1;
  for (int64_t extent : shape) n *= extent;
  return n;
}

bool Tensor::is_sound() const {
  if (!strides.empty() && strides.size() != shape.size()) return false;
  const double most = 0x1p62 / double(std::max<int64_t>(tile::size_of(dtype), 1));
  double elements = 1, reach = 0; // of whole numbers below 2^62 they are off by far less than a factor of 2
  for (size_t d = 0; d < shape.size(); ++d) {
    if (shape[d] < 0) return false;
    elements *= double(std::max<int64_t>(shape[d], 1)); // an extent of 0 excuses no other
    if (!strides.empty() && shape[d] > 1) reach += double(shape[d] - 1) * std::abs(double(strides[d]));
  }
  return elements < most && reach < most;
}

bool Tensor::is_contiguous() const {
  if (strides.empty()) return true;
  if (strides.size() != shape.size()) return false;
  if (elements() == 0) return true;
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

std::pair<Tensor, Tensor> halves(const Tensor &t) {
  if (t.shape.empty() || t.shape.back() % 2 != 0)
    throw tile::UserError(fmt::format("halves of {}; accepted: a last dimension of an even extent", t.str()));
  Tensor left = t;
  if (left.strides.empty()) {
    left.strides.assign(t.shape.size(), 1);
    for (size_t d = t.shape.size() - 1; d-- > 0;) left.strides[d] = left.strides[d + 1] * t.shape[d + 1];
  }
  left.shape.back() /= 2;
  Tensor right = left;
  const int64_t distance = left.shape.back() * left.strides.back() * tile::size_of(t.dtype);
  if (t.data) right.data = static_cast<std::byte *>(t.data) + distance;
  return {left, right};
}

namespace {

/// Bytes [begin, end), and where its elements lie in them: within `width` bytes from every multiple of `step` on.
struct Place {
  intptr_t begin = 0, end = 0;
  int64_t step = 0, width = 0;
};

Place place_of(const Tensor &t) {
  const int64_t size = tile::size_of(t.dtype);
  Place p;
  p.begin = p.end = reinterpret_cast<intptr_t>(t.data);
  if (t.is_contiguous()) {
    p.end += intptr_t(t.bytes());
    p.step = p.width = int64_t(t.bytes());
    return p;
  }
  p.end += size;
  for (size_t d = 0; d < t.shape.size(); ++d) p.end += (t.shape[d] - 1) * t.strides[d] * size;
  p.step = p.width = p.end - p.begin;
  if (t.strides.back() != 1 && t.shape.back() != 1) return p;
  int64_t step = 0; // of the rows: the smallest, of which all others must be multiples
  for (size_t d = 0; d + 1 < t.shape.size(); ++d)
    if (t.shape[d] != 1 && (step == 0 || t.strides[d] < step)) step = t.strides[d];
  for (size_t d = 0; d + 1 < t.shape.size(); ++d)
    if (t.shape[d] != 1 && (step == 0 || t.strides[d] % step != 0)) return p;
  p.step = step * size;
  p.width = t.shape.back() * size;
  return p;
}

} // namespace

bool overlap(const Tensor &a, const Tensor &b) {
  if (a.elements() == 0 || b.elements() == 0) return false;
  const Place p = place_of(a), q = place_of(b);
  if (p.end <= q.begin || q.end <= p.begin) return false;
  if (p.step != q.step) return true;
  const int64_t distance = ((q.begin - p.begin) % p.step + p.step) % p.step;
  return distance < p.width || distance + q.width > p.step;
}

} // namespace fla
