// Runs random kernels and compares what they leave with what the oracle says, element by element. TILE_RANDOM_KERNELS
// says how many (default: 150), TILE_RANDOM_SEED with which seed to begin; a failure names the seed of its kernel.
#include "compiler/Compiler.h"
#include "compiler/support/Error.h"
#include "runtime/Device.h"
#include "tests/random/Node.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

namespace tile::test {
namespace {

uint64_t environment(const char *name, uint64_t otherwise) {
  const char *text = std::getenv(name);
  return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

double half_to_double(uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const double fraction = bits & 1023;
  const double size = exponent == 0    ? std::ldexp(fraction, -24)
                      : exponent == 31 ? (fraction != 0 ? NAN : INFINITY)
                                       : std::ldexp(1024 + fraction, exponent - 25);
  return bits >> 15 ? -size : size;
}

/// Bits of a number that is exact in its dtype; how inputs are.
void encode(DType dtype, const Number &n, std::byte *to) {
  auto put = [&](auto value) { std::memcpy(to, &value, sizeof(value)); };
  if (dtype == f32) return put(float(n.value));
  if (dtype == i32) return put(int32_t(n.integer));
  if (dtype == i64) return put(int64_t(n.integer));
  if (dtype == bf16) {
    const auto f = float(n.value);
    uint32_t bits;
    std::memcpy(&bits, &f, 4);
    return put(uint16_t(bits >> 16));
  }
  for (uint32_t bits = 0; bits < 65536; ++bits)
    if (half_to_double(uint16_t(bits)) == n.value) return put(uint16_t(bits));
}

Number decode(DType dtype, const std::byte *from) {
  auto get = [&]<class T>(T value) {
    std::memcpy(&value, from, sizeof(value));
    return value;
  };
  if (dtype == f32) return {.value = get(float())};
  if (dtype == i32) return integer(get(int32_t()));
  if (dtype == i64) return integer(get(int64_t()));
  if (dtype == f16) return {.value = half_to_double(get(uint16_t()))};
  const uint32_t bits = uint32_t(get(uint16_t())) << 16;
  float f;
  std::memcpy(&f, &bits, 4);
  return {.value = f};
}

constexpr std::byte kPoison{0xA5};

class Launched {
public:
  Launched(runtime::Device &device, const Case &c) : device_(device), case_(c) {}

  /// What is wrong; empty: nothing.
  std::string operator()() {
    auto executable = device_.load(compile(case_.kernel, device_.target()));
    runtime::Arguments args(executable->artifact());
    for (const Tensor &t : case_.tensors) args.set(t.name, upload(t));
    for (const auto &[name, value] : case_.numbers) args.set(name, value);
    auto stream = device_.stream();
    executable->launch(*stream, {case_.programs}, args.block());
    stream->synchronize();
    for (size_t i = 0; i < case_.tensors.size(); ++i)
      if (std::string wrong = compare(case_.tensors[i], buffers_[i]); !wrong.empty()) return wrong;
    return "";
  }

private:
  const void *upload(const Tensor &t) {
    const size_t size = size_t(size_of(t.dtype));
    std::vector<std::byte> bytes(t.elements.size() * size, kPoison);
    if (!t.is_output)
      for (size_t i = 0; i < t.elements.size(); ++i) encode(t.dtype, t.elements[i], &bytes[i * size]);
    runtime::Buffer &b = buffers_.emplace_back(device_.allocate(bytes.size()));
    device_.upload(b.data(), bytes.data(), bytes.size());
    return b.data();
  }

  std::string compare(const Tensor &t, const runtime::Buffer &b) {
    const size_t size = size_t(size_of(t.dtype));
    std::vector<std::byte> bytes(t.elements.size() * size);
    device_.download(bytes.data(), b.data(), bytes.size());
    for (size_t i = 0; i < t.elements.size(); ++i) {
      const Number &expected = t.elements[i], got = decode(t.dtype, &bytes[i * size]);
      auto wrong = [&](const std::string &text) {
        return t.name + "[" + std::to_string(i) + "] " + text + ", but is " +
               (is_float(t.dtype) ? std::to_string(got.value) : std::to_string(got.integer));
      };
      if (t.is_output && !t.is_written[i]) {
        for (size_t byte = 0; byte < size; ++byte)
          if (bytes[i * size + byte] != kPoison) return wrong("should not have been written");
        continue;
      }
      if (!expected.known) continue;
      if (!is_float(t.dtype)) {
        if (got.integer != expected.integer) return wrong("should be " + std::to_string(expected.integer));
      } else if (!(std::fabs(got.value - expected.value) <= expected.error)) {
        return wrong("should be " + std::to_string(expected.value) + " within " + std::to_string(expected.error));
      }
    }
    return "";
  }

  runtime::Device &device_;
  const Case &case_;
  std::vector<runtime::Buffer> buffers_;
};

class RandomKernels : public testing::TestWithParam<const char *> {};

TEST_P(RandomKernels, DoWhatTheOracleSays) {
  std::unique_ptr<runtime::Device> device;
  try {
    device = runtime::open_device(GetParam());
  } catch (const UserError &e) {
    GTEST_SKIP() << e.what();
  }
  const uint64_t first = environment("TILE_RANDOM_SEED", 1), kernels = environment("TILE_RANDOM_KERNELS", 150);
  int64_t compared = 0, all = 0, wrong = 0;
  for (uint64_t seed = first; seed < first + kernels && wrong < 5; ++seed) {
    std::string text;
    try {
      const Case c = make_case(seed);
      for (const Tensor &t : c.tensors)
        for (size_t i = 0; t.is_output && i < t.elements.size(); ++i, ++all) compared += t.elements[i].known;
      text = Launched(*device, c)();
      if (!text.empty()) text += "\n" + c.kernel.str();
    } catch (const std::exception &e) {
      text = e.what();
    }
    if (text.empty()) continue;
    ++wrong;
    ADD_FAILURE() << "seed " << seed << " on " << GetParam() << ": " << text;
  }
  EXPECT_GT(compared * 2, all) << "the oracle knows too little to be one";
}

INSTANTIATE_TEST_SUITE_P(Machines, RandomKernels, testing::Values("host", "simt", "cuda"),
                         [](const auto &info) { return std::string(info.param); });

} // namespace
} // namespace tile::test
