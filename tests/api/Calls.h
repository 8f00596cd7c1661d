// What tests of the ops' calls share: tensors of a problem's inputs as a caller might hold them, results held against
// its oracle, and the words of a refusal.
#pragma once

#include "compiler/support/Error.h"
#include "modules/common/Compare.h"
#include "modules/common/Convert.h"
#include "modules/common/Inputs.h"
#include "modules/common/Problem.h"
#include "modules/common/Stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace fla::test {

/// A test of each device; skipped where there is none.
class ApiTest : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    try {
      stream = std::make_unique<Stream>(GetParam());
    } catch (const tile::UserError &e) {
      GTEST_SKIP() << e.what();
    }
  }
  std::unique_ptr<Stream> stream;
  /// Of all calls of a test: see Call. 1: addresses are multiples of an element's size and of nothing more.
  int64_t off = 0;
};

#define INSTANTIATE_ON_DEVICES(suite)                                                                                  \
  INSTANTIATE_TEST_SUITE_P(Api, suite, testing::Values("host", "simt", "cuda"),                                        \
                           [](const auto &info) { return std::string(info.param); })

/// How a tensor lies that a test passes.
struct Layout {
  int64_t gap = 0;   ///< elements between rows of the last dimension
  int64_t shift = 0; ///< elements by which it misses the start of its memory
};

/// One call: a problem's inputs, and its truth.
class Call {
public:
  /// `off`: elements by which every tensor of the call misses the start of its memory, those it writes to too. Without,
  /// outputs are the op's to make.
  Call(Stream &stream, const Problem &problem, int64_t off = 0)
      : stream_(stream), problem_(problem), off_(off), in_(make_inputs(problem, 1)) {
    for (const TensorDesc &t : problem.tensors()) {
      descs_.emplace(t.name, t);
      if (t.is_written()) out_.emplace(t.name, std::vector<double>(size_t(t.elements())));
    }
    problem.oracle(in_, out_);
  }

  /// The input on the device, of the problem's shape or one of as many elements.
  Tensor input(const std::string &name, std::vector<int64_t> shape = {}, Layout layout = {}) {
    const TensorDesc &desc = descs_.at(name);
    if (shape.empty()) shape = desc.shape;
    Tensor t = place(desc.dtype, std::move(shape), layout);
    const std::vector<std::byte> bits = bits_of(desc);
    spread(t, bits.data(), true);
    return t;
  }
  /// Where the call writes an output of the problem's shape or one of as many elements; none where the op makes it.
  Tensor output(const std::string &name, std::vector<int64_t> shape = {}) {
    const TensorDesc &desc = descs_.at(name);
    return off_ == 0 ? Tensor() : place(desc.dtype, shape.empty() ? desc.shape : std::move(shape));
  }
  /// Memory for an output, lying so.
  Tensor place(DType dtype, std::vector<int64_t> shape, Layout layout = {}) {
    layout.shift += off_;
    const int64_t cols = shape.empty() ? 1 : shape.back(), stride = cols + layout.gap;
    int64_t rows = 1;
    for (size_t d = 0; d + 1 < shape.size(); ++d) rows *= shape[d];
    Tensor t = stream_.empty(dtype, {rows * stride + 2 * layout.shift});
    const std::vector<std::byte> poison(t.bytes(), kPoison);
    stream_.upload(t, poison.data());
    const Tensor memory = t;
    if (t.data) t.data = static_cast<std::byte *>(t.data) + layout.shift * tile::size_of(dtype);
    memory_[t.data] = memory;
    t.shape = std::move(shape);
    if (layout.gap) {
      t.strides.assign(t.shape.size(), 1);
      for (size_t d = t.shape.size() - 1; d-- > 0;)
        t.strides[d] = d + 2 == t.shape.size() ? stride : t.strides[d + 1] * t.shape[d + 1];
    }
    return t;
  }

  /// The output is right, element by element, and nothing around it was written to.
  void expect(const std::string &name, const Tensor &got) {
    const TensorDesc &desc = descs_.at(name);
    ASSERT_EQ(got.dtype, desc.dtype) << name;
    ASSERT_EQ(got.elements(), desc.elements()) << name;
    std::vector<std::byte> bits(desc.bytes());
    spread(got, bits.data(), false);
    const Comparison c = compare(desc.dtype, bits.data(), out_.at(name), problem_.tolerance(name));
    EXPECT_TRUE(c.ok()) << name << ": " << c.str(desc.elements());
    if (const auto whole = memory_.find(got.data); whole != memory_.end())
      expect_untouched_around(name, got, whole->second);
  }
  /// The input is what it was.
  void expect_unchanged(const std::string &name, const Tensor &t) {
    const std::vector<std::byte> before = bits_of(descs_.at(name));
    std::vector<std::byte> now(before.size());
    spread(t, now.data(), false);
    EXPECT_EQ(now, before) << name;
  }

private:
  static constexpr std::byte kPoison{0x7f};

  void expect_untouched_around(const std::string &name, const Tensor &t, const Tensor &memory) {
    std::vector<std::byte> bytes(memory.bytes());
    stream_.download(bytes.data(), memory);
    const auto [rows, row, stride] = rows_of(t);
    const int64_t start = static_cast<std::byte *>(t.data) - static_cast<std::byte *>(memory.data);
    for (int64_t i = 0; i < rows; ++i) std::fill_n(bytes.begin() + start + i * stride, row, kPoison);
    EXPECT_TRUE(std::ranges::all_of(bytes, [](std::byte b) { return b == kPoison; })) << "around " << name;
  }
  std::vector<std::byte> bits_of(const TensorDesc &desc) const {
    std::vector<std::byte> bits(desc.bytes());
    from_double(desc.dtype, in_.at(desc.name), bits.data());
    return bits;
  }
  /// Copies all elements between `dense` memory and the tensor, row by row.
  void spread(const Tensor &t, void *dense, bool up) { copy(t, static_cast<std::byte *>(dense), up); }
  void spread(const Tensor &t, const void *dense, bool up) {
    copy(t, const_cast<std::byte *>(static_cast<const std::byte *>(dense)), up);
  }
  void copy(const Tensor &t, std::byte *dense, bool up) {
    const auto [rows, row, stride] = rows_of(t);
    for (int64_t i = 0; i < rows; ++i) {
      const Tensor part{static_cast<std::byte *>(t.data) + i * stride, t.dtype, {row / tile::size_of(t.dtype)}, {}, {}};
      if (up)
        stream_.upload(part, dense + i * row);
      else
        stream_.download(dense + i * row, part);
    }
  }
  /// What lies in one piece: how many such rows, and the bytes of one and from one to the next.
  struct Rows {
    int64_t count, bytes, stride;
  };
  static Rows rows_of(const Tensor &t) {
    if (t.elements() == 0) return {0, 0, 0};
    const int64_t size = tile::size_of(t.dtype);
    if (t.is_contiguous()) return {1, t.elements() * size, 0};
    return {t.elements() / t.shape.back(), t.shape.back() * size, t.strides[t.shape.size() - 2] * size};
  }

  Stream &stream_;
  const Problem &problem_;
  int64_t off_;
  std::map<const void *, Tensor> memory_; ///< all of it around a tensor, by the tensor's address
  std::map<std::string, TensorDesc> descs_;
  std::map<std::string, std::vector<double>> in_, out_;
};

/// What a UserError says; "accepted" where there is none.
template <class F> std::string refusal(F &&call) {
  try {
    call();
  } catch (const tile::UserError &e) {
    return e.what();
  }
  return "accepted";
}

} // namespace fla::test
