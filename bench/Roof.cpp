// The ways are copy kernels in the arena's own language, of several block sizes, and on the host a memcpy over all
// cores too: the roof is what this machine can do, not what one program does.
#include "bench/Roof.h"

#include "compiler/dsl/Kernel.h"
#include "compiler/support/Error.h"
#include "runtime/Parallel.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace fla::bench {
namespace {

using tile::runtime::Arguments;
using tile::runtime::Device;
using tile::runtime::Executable;
using tile::runtime::Grid;
using tile::runtime::Stream;

constexpr int64_t kRow = 1024;         ///< words of a row of the host's copy kernel
constexpr int64_t kQuantum = kRow * 4; ///< bytes; sizes are rounded up to it
constexpr int64_t kWord = sizeof(float);

bool is_host(const Device &device) {
  return device.target().kind == tile::Target::Kind::Simd;
}

tile::Kernel copy_kernel(int64_t block, int warps) {
  using namespace tile;
  KernelBuilder k(fmt::format("copy_{}", block), {.warps = warps});
  Index words = k.runtime("words", kQuantum / kWord);
  View from = k.input("from", i32, {words});
  View to = k.output("to", i32, {words});
  Index start = k.program_id(0) * block;
  to.store({start}, from.load({start}, {block}));
  return k.finish();
}

/// For a CPU: ranges of rows, read ahead and written around the caches.
tile::Kernel streaming_copy_kernel() {
  using namespace tile;
  KernelBuilder k("copy_streaming", {.warps = 1});
  Index words = k.runtime("words", kQuantum / kWord);
  Index rows = words / kRow;
  View from = k.input("from", i32, {rows, kRow}, {.align = 64});
  View to = k.output("to", i32, {rows, kRow}, {.align = 64});
  Index share = (rows + k.num_programs(0) - 1) / k.num_programs(0);
  Index begin = k.program_id(0) * share;
  k.loop(begin, min(begin + share, rows), 1)([&](Index row) {
    from.prefetch({row + 2, 0}, {1, kRow});
    to.store({row, 0}, from.load({row, 0}, {1, kRow}), Cache::Streaming);
  });
  return k.finish();
}

/// Programs of the streaming copy: enough that a core which is slowed down can be helped out.
constexpr uint32_t kRanges = 256;

class KernelCopy final : public Provider {
public:
  KernelCopy(std::shared_ptr<Executable> executable, int64_t block, void *to, const void *from, int64_t bytes)
      : executable_(std::move(executable)), args_(executable_->artifact()) {
    args_.set("words", bytes / kWord);
    args_.set("from", from);
    args_.set("to", static_cast<const void *>(to));
    // Without a block of its own a program takes a range: the grid is then given by the machine.
    grid_.x = uint32_t(block > 0 ? (bytes / kWord + block - 1) / block : kRanges);
  }
  void enqueue(Stream &stream) override { executable_->launch(stream, grid_, args_.block()); }
  int launches() const override { return 1; }

private:
  std::shared_ptr<Executable> executable_;
  Arguments args_;
  Grid grid_;
};

class MemcpyCopy final : public Provider {
public:
  MemcpyCopy(void *to, const void *from, int64_t bytes) : to_(to), from_(from), bytes_(bytes) {}
  void enqueue(Stream &) override {
    tile::runtime::parallel_for(bytes_ / kQuantum, [&](int64_t begin, int64_t end) {
      std::memcpy(static_cast<char *>(to_) + begin * kQuantum, static_cast<const char *>(from_) + begin * kQuantum,
                  size_t((end - begin) * kQuantum));
    });
  }
  int launches() const override { return 1; }

private:
  void *to_;
  const void *from_;
  int64_t bytes_;
};

/// Bytes without a pattern: what is in memory can change how fast it moves.
std::vector<uint32_t> noise(size_t words) {
  std::vector<uint32_t> out(words);
  uint64_t state = 0x9E3779B97F4A7C15;
  for (uint32_t &w : out) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    w = uint32_t(state >> 32);
  }
  return out;
}

} // namespace

/// A compiled copy kernel and its block (0: it divides the work by itself); or, without one, memcpy.
struct Roof::Way {
  std::string name;
  int64_t block = 0;
  std::shared_ptr<Executable> executable;
};

struct Roof::Copy {
  static constexpr size_t kPiece = size_t(4) << 20;
  Copy(Device &device, int64_t bytes)
      : bytes(bytes), from(device.allocate(size_t(bytes))), to(device.allocate(size_t(bytes))),
        piece(noise(kPiece / sizeof(uint32_t))) {
    for (size_t at = 0; at < size_t(bytes); at += kPiece)
      device.upload(static_cast<char *>(from.data()) + at, piece.data(), std::min(kPiece, size_t(bytes) - at));
  }
  /// Of a large copy pieces all over it: it takes longer to look at than to make.
  bool is_right(Device &device) const {
    constexpr size_t kMostPieces = 64;
    std::vector<uint32_t> got(piece.size());
    const size_t pieces = (size_t(bytes) + kPiece - 1) / kPiece, looked_at = std::min(pieces, kMostPieces);
    for (size_t i = 0; i < looked_at; ++i) {
      const size_t at = (looked_at > 1 ? i * (pieces - 1) / (looked_at - 1) : 0) * kPiece;
      const size_t n = std::min(kPiece, size_t(bytes) - at);
      device.download(got.data(), static_cast<const char *>(to.data()) + at, n);
      if (std::memcmp(got.data(), piece.data(), n) != 0) return false;
    }
    return true;
  }
  int64_t bytes;
  tile::runtime::Buffer from, to;
  std::vector<uint32_t> piece;
};

Roof::Roof(Device &device, Stream &stream) : device_(device), stream_(stream) {
  struct Config {
    int64_t block;
    int warps;
  };
  const std::vector<Config> configs = is_host(device) ? std::vector<Config>{{64, 1}, {256, 1}}
                                                      : std::vector<Config>{{1024, 8}, {2048, 8}, {4096, 8}, {2048, 4}};
  for (auto [block, warps] : configs) {
    std::shared_ptr<Executable> executable = device.load(tile::compile(copy_kernel(block, warps), device.target()));
    ways_.push_back(std::make_unique<Way>(
        Way{fmt::format("a copy kernel of {} words and {} warps", block, warps), block, std::move(executable)}));
  }
  if (is_host(device)) {
    ways_.push_back(std::make_unique<Way>(
        Way{"a streaming copy kernel", 0, device.load(tile::compile(streaming_copy_kernel(), device.target()))}));
    ways_.push_back(std::make_unique<Way>(Way{"memcpy", 0, nullptr}));
  }
}

Roof::~Roof() = default;

void Roof::release() {
  providers_.clear();
  copy_.reset();
}

Provider &Roof::of(int64_t footprint, Timer &timer) {
  const int64_t bytes = std::max<int64_t>((footprint / 2 + kQuantum - 1) / kQuantum, 1) * kQuantum;
  release();
  copy_ = std::make_unique<Copy>(device_, bytes);
  std::vector<Provider *> all;
  for (const auto &way : ways_) {
    if (way->executable)
      providers_.push_back(
          std::make_unique<KernelCopy>(way->executable, way->block, copy_->to.data(), copy_->from.data(), bytes));
    else
      providers_.push_back(std::make_unique<MemcpyCopy>(copy_->to.data(), copy_->from.data(), bytes));
    device_.fill(stream_, copy_->to.data(), 0xFF, size_t(bytes));
    providers_.back()->enqueue(stream_);
    stream_.synchronize();
    if (!copy_->is_right(device_)) throw tile::InternalError(fmt::format("{} of {} bytes is wrong", way->name, bytes));
    all.push_back(providers_.back().get());
  }
  const std::vector<Summary> times = timer.measure(all, {.exact = 5});
  auto fastest = std::ranges::min_element(times, {}, &Summary::median);
  return *all[size_t(fastest - times.begin())];
}

} // namespace fla::bench
