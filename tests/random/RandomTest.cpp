// Runs random kernels and compares what they leave with what the oracle says, element by element. A kernel follows from
// its seed alone: TILE_RANDOM_SEED says with which to begin, TILE_RANDOM_KERNELS how many follow (default: 100),
// TILE_RANDOM_PROGRESS after how many of them a line is printed; a failure, and a crash, name the seed of its kernel.
// `scripts/random.sh` runs many.
#include "compiler/Compiler.h"
#include "compiler/support/Error.h"
#include "runtime/Device.h"
#include "tests/random/Node.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

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
  if (dtype == DType::i1) return put(uint8_t(n.integer));
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(n.value), &exponent); // 0.5 to 1, or 0
  const auto size = fraction == 0 ? 0 : uint16_t((exponent + 14) << 10 | int((fraction * 2 - 1) * 1024));
  put(uint16_t(size | (n.value < 0 ? 0x8000 : 0)));
}

Number decode(DType dtype, const std::byte *from) {
  auto get = [&]<class T>(T value) {
    std::memcpy(&value, from, sizeof(value));
    return value;
  };
  if (dtype == f32) return {.value = get(float())};
  if (dtype == i32) return integer(get(int32_t()));
  if (dtype == i64) return integer(get(int64_t()));
  if (dtype == DType::i1) return integer(get(uint8_t()));
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
    for (const auto &[name, value] : case_.integers) args.set(name, value);
    for (const auto &[name, value] : case_.floats) args.set(name, value);
    auto stream = device_.stream();
    executable->launch(*stream, {case_.grid[0], case_.grid[1]}, args.block());
    stream->synchronize();
    for (size_t i = 0; i < case_.tensors.size(); ++i)
      if (std::string wrong = compare(case_.tensors[i], memory_[i]); !wrong.empty()) return wrong;
    return "";
  }

private:
  struct Memory {
    std::vector<std::byte> before;
    runtime::Buffer now;
  };

  /// The address of the tensor's first element.
  const void *upload(const Tensor &t) {
    const size_t size = size_t(size_of(t.dtype));
    Memory &m = memory_.emplace_back();
    m.before.assign(size_t(t.storage()) * size, kPoison);
    if (t.use != Tensor::Use::Output)
      for (size_t i = 0; i < t.elements.size(); ++i) {
        // An inout's elements are known as they are after the launch; they were small.
        const auto sum = t.sums.find(int64_t(i));
        encode(t.dtype, sum == t.sums.end() ? t.elements[i] : sum->second.first,
               &m.before[size_t(t.place(int64_t(i))) * size]);
      }
    m.now = device_.allocate(m.before.size());
    device_.upload(m.now.data(), m.before.data(), m.before.size());
    return static_cast<const std::byte *>(m.now.data()) + size_t(t.shift) * size;
  }

  static bool is_changed(const Tensor &t, int64_t i) {
    return t.use == Tensor::Use::Output ? t.is_written[size_t(i)] : t.use == Tensor::Use::Inout && t.sums.contains(i);
  }

  std::string compare(const Tensor &t, const Memory &m) {
    const size_t size = size_t(size_of(t.dtype));
    std::vector<std::byte> bytes(m.before.size()), expected = m.before;
    device_.download(bytes.data(), m.now.data(), bytes.size());
    for (int64_t i = 0; i < int64_t(t.elements.size()); ++i) {
      if (!is_changed(t, i)) continue;
      const size_t place = size_t(t.place(i)) * size;
      if (std::string wrong = compare(t.elements[size_t(i)], t.dtype, &bytes[place]); !wrong.empty())
        return t.name + "[" + std::to_string(i) + "] " + wrong;
      std::memcpy(&expected[place], &bytes[place], size);
    }
    for (size_t i = 0; i < bytes.size(); ++i)
      if (bytes[i] != expected[i])
        return t.name + ": byte " + std::to_string(i) + " of its memory, which belongs to no element that is written";
    return "";
  }

  std::string compare(const Number &expected, DType dtype, const std::byte *bytes) {
    const Number got = decode(dtype, bytes);
    if (!expected.known) return "";
    if (!is_float(dtype)) {
      if (got.integer == expected.integer) return "";
      return "should be " + std::to_string(expected.integer) + ", but is " + std::to_string(got.integer);
    }
    if (std::fabs(got.value - expected.value) <= expected.error) return "";
    return "should be " + std::to_string(expected.value) + " within " + std::to_string(expected.error) + ", but is " +
           std::to_string(got.value);
  }

  runtime::Device &device_;
  const Case &case_;
  std::deque<Memory> memory_;
};

// ---- Seeds ----------------------------------------------------------------------------------------------------------

uint64_t current_seed; ///< for the last words of a crash

void crashed(int signal) {
  const std::string text = "\ncrashed; to run this kernel alone: TILE_RANDOM_SEED=" + std::to_string(current_seed) +
                           " TILE_RANDOM_KERNELS=1\n";
  [[maybe_unused]] const auto written = ::write(2, text.data(), text.size());
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

/// Runs the kernel of one seed. How many elements it has, and how many of them the oracle knows, is counted.
struct Tally {
  int64_t known = 0, all = 0;
};
std::string run(runtime::Device &device, uint64_t seed, Tally &tally) {
  std::string kernel;
  try {
    const Case c = make_case(seed);
    kernel = c.kernel.str();
    for (const Tensor &t : c.tensors)
      for (size_t i = 0; t.use != Tensor::Use::Input && i < t.elements.size(); ++i, ++tally.all)
        tally.known += t.elements[i].known;
    const std::string wrong = Launched(device, c)();
    return wrong.empty() ? "" : wrong + '\n' + kernel;
  } catch (const std::exception &e) {
    return std::string(e.what()) + '\n' + kernel;
  }
}

class RandomKernels : public testing::TestWithParam<const char *> {};

TEST_P(RandomKernels, DoWhatTheOracleSays) {
  std::unique_ptr<runtime::Device> device;
  try {
    device = runtime::open_device(GetParam());
  } catch (const UserError &e) {
    GTEST_SKIP() << e.what();
  }
  for (int signal : {SIGSEGV, SIGFPE, SIGABRT, SIGILL, SIGBUS}) std::signal(signal, crashed);
  const uint64_t first = environment("TILE_RANDOM_SEED", 1), kernels = environment("TILE_RANDOM_KERNELS", 100);
  const uint64_t progress = environment("TILE_RANDOM_PROGRESS", 0);
  Tally tally;
  int64_t wrong = 0;
  for (uint64_t n = 0; n < kernels && wrong < 20; ++n) {
    current_seed = first + n;
    if (const std::string text = run(*device, current_seed, tally); !text.empty()) {
      ++wrong;
      ADD_FAILURE() << "on " << GetParam() << ", to run this kernel alone: TILE_RANDOM_SEED=" << current_seed
                    << " TILE_RANDOM_KERNELS=1\n"
                    << text;
    }
    if (progress && (n + 1) % progress == 0)
      fmt::print(stderr, "{}: {} of {} kernels, {} wrong\n", GetParam(), n + 1, kernels, wrong);
  }
  for (int signal : {SIGSEGV, SIGFPE, SIGABRT, SIGILL, SIGBUS}) std::signal(signal, SIG_DFL);
  if (kernels >= 50) EXPECT_GT(tally.known * 2, tally.all) << "the oracle knows too little to be one";
}

INSTANTIATE_TEST_SUITE_P(Machines, RandomKernels, testing::Values("host", "simt", "cuda"),
                         [](const auto &info) { return std::string(info.param); });

} // namespace
} // namespace tile::test
