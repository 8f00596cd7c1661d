// Tensors of more than 2^31 elements, whole: every module's last rows must be read and written where they are. Rows
// repeat, so that a few of them are the truth about all.
#include "tests/numeric/Harness.h"

#include "modules/activations/problem.h"
#include "modules/common/Launches.h"
#include "modules/conv/problem.h"
#include "modules/cross_entropy/problem.h"
#include "modules/l2norm/problem.h"
#include "modules/layernorm/problem.h"
#include "modules/tokenshift/problem.h"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <ostream>
#include <sys/mman.h>
#include <unistd.h>

namespace fla::test {
namespace {

constexpr int64_t kCols = 4096, kNear = 4;                        ///< of the problem that is the truth
constexpr int64_t kRows = (int64_t(1) << 31) / kCols + 2 * kNear; ///< of the one that runs
constexpr size_t kPeriod = size_t(16) << 20;                      ///< bytes of memory that stand for all

/// Addresses of `bytes` bytes. On a CPU each kPeriod of them is the same memory, but for the `last` ones, which are whole
/// pages of their own; and nothing can be accessed as far before them as there are: where an offset is cut to 32 bits,
/// the test ends.
class FarMemory {
public:
  FarMemory(tile::runtime::Device &device, size_t bytes, size_t last) : bytes_(bytes) {
    if (device.id().starts_with("cuda") || bytes <= kPeriod) {
      buffer_ = device.allocate(bytes);
      data_ = static_cast<std::byte *>(buffer_.data());
      return;
    }
    const int file = memfd_create("far", 0);
    if (file < 0 || ftruncate(file, kPeriod) != 0) throw tile::InternalError("no memory to repeat");
    pages_ = (bytes + kPeriod - 1) / kPeriod * kPeriod;
    start_ = mmap(nullptr, 2 * pages_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start_ == MAP_FAILED) throw tile::InternalError("no addresses");
    data_ = static_cast<std::byte *>(start_) + pages_;
    for (size_t at = 0; at < pages_; at += kPeriod)
      if (mmap(data_ + at, kPeriod, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) == MAP_FAILED)
        throw tile::InternalError("memory cannot be repeated");
    const int own = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    if (mmap(data_ + bytes - last, last, PROT_READ | PROT_WRITE, own, -1, 0) == MAP_FAILED)
      throw tile::InternalError("no memory for the last rows");
    close(file);
  }
  ~FarMemory() {
    if (start_) munmap(start_, 2 * pages_);
  }
  FarMemory(const FarMemory &) = delete;
  FarMemory &operator=(const FarMemory &) = delete;

  std::byte *data() const { return data_; }
  size_t bytes() const { return bytes_; }

private:
  size_t bytes_, pages_ = 0;
  tile::runtime::Buffer buffer_;
  void *start_ = nullptr;
  std::byte *data_ = nullptr;
};

/// The candidate of a problem of many rows, in a session of one with few: rows of inputs repeat, the last rows of
/// outputs are the session's.
class FarTensors final : public bench::Provider {
public:
  FarTensors(bench::Session &session, const Problem &near, const Problem &far, const Candidate &candidate,
             const bench::TimedLoader &load)
      : session_(session), workspace_(session, candidate.workspace),
        launches_(candidate, [&](const tile::Kernel &kernel) { return load(kernel, preparation_); }) {
    const std::vector<TensorDesc> many = far.tensors();
    for (const TensorDesc &t : near.tensors()) {
      const auto same = std::ranges::find(many, t.name, &TensorDesc::name);
      if (same->elements() == t.elements()) continue;
      far_.try_emplace(t.name, session.device(), same->bytes(), t.bytes());
      tensors_.push_back(t);
    }
    launches_.bind([&](std::string_view name) -> const void * {
      const auto found = far_.find(std::string(name));
      return found == far_.end() ? workspace_.address(name) : found->second.data();
    });
  }
  void enqueue(tile::runtime::Stream &stream) override {
    stream.synchronize();
    for (const TensorDesc &t : tensors_) spread(t);
    launches_.enqueue(stream);
    stream.synchronize();
    for (const TensorDesc &t : tensors_)
      if (t.is_written()) {
        std::vector<std::byte> bytes(t.bytes());
        session_.device().download(bytes.data(), end(t) - t.bytes(), bytes.size());
        session_.device().upload(session_.address(t.name), bytes.data(), bytes.size());
      }
  }
  int launches() const override { return launches_.count(); }
  bench::Workspace *workspace() override { return &workspace_; }

private:
  std::byte *end(const TensorDesc &t) const { return far_.at(t.name).data() + far_.at(t.name).bytes(); }
  /// The session's rows, over and over.
  void spread(const TensorDesc &t) {
    const std::vector<std::byte> few = session_.download(t.name);
    std::vector<std::byte> all(std::min(kPeriod + few.size(), far_.at(t.name).bytes()));
    for (size_t at = 0; at < all.size(); at += few.size()) std::ranges::copy(few, all.begin() + long(at));
    session_.device().upload(end(t) - all.size(), all.data(), all.size());
  }

  bench::Session &session_;
  bench::Workspace workspace_;
  std::map<std::string, FarMemory> far_;
  std::vector<TensorDesc> tensors_; ///< of the session, those that are far
  Launches launches_;
};

struct Subject {
  std::string name;
  std::function<std::unique_ptr<Problem>(int64_t rows)> problem;
};

std::vector<Subject> subjects() {
  using std::make_unique;
  std::vector<Subject> all;
  for (Pass pass : {Pass::Fwd, Pass::Bwd}) {
    auto add = [&](const char *op, auto problem) {
      all.push_back({fmt::format("{}_{}", op, name_of(pass)), [=](int64_t rows) { return problem(pass, rows); }});
    };
    add("swish", [](Pass pass, int64_t rows) {
      const auto &swish = activations::activation_named("swish");
      return make_unique<activations::ActivationProblem>(swish, tile::bf16, pass, rows, kCols);
    });
    add("cross_entropy", [](Pass pass, int64_t rows) {
      cross_entropy::Spec spec;
      spec.classes = kCols;
      spec.reduction = cross_entropy::Reduction::None;
      return make_unique<cross_entropy::CrossEntropyProblem>(spec, pass, rows);
    });
    add("l2norm", [](Pass pass, int64_t rows) {
      return make_unique<l2norm::L2NormProblem>(l2norm::L2Spec{.cols = kCols}, pass, rows);
    });
    add("layer_norm", [](Pass pass, int64_t rows) {
      auto spec = layernorm::NormSpec::layer_norm(tile::bf16, kCols);
      spec.weight = spec.bias = pass == Pass::Fwd; // their gradients are sums over rows
      return make_unique<layernorm::NormProblem>(spec, pass, rows);
    });
    add("token_shift", [](Pass pass, int64_t rows) {
      const Sequences sequences(rows / kNear, kNear);
      tokenshift::ShiftSpec spec;
      spec.tokens = layout_of(sequences, tile::bf16, kCols);
      return make_unique<tokenshift::ShiftProblem>(spec, pass, sequences);
    });
  }
  all.push_back({"causal_conv1d_fwd", [](int64_t rows) {
                   const Sequences sequences(rows / kNear, kNear);
                   conv::ConvSpec spec;
                   spec.tokens = layout_of(sequences, tile::bf16, kCols);
                   return make_unique<conv::ConvProblem>(spec, Pass::Fwd, sequences);
                 }});
  return all;
}

void PrintTo(const Subject &s, std::ostream *out) {
  *out << s.name;
}

class FarTensor : public testing::TestWithParam<std::tuple<std::string, Subject>> {};

TEST_P(FarTensor, OffsetsBeyond2To31) {
  const auto &[name, subject] = GetParam();
  MACHINE_OR_SKIP(name);
  const auto near = subject.problem(kNear), far = subject.problem(kRows);
  bench::Session session(machine.device(), machine.stream(), *near, 3);
  const auto candidates = far->candidates(machine.device().target(), machine.device().info());
  FarTensors provider(session, *near, *far, candidates.front(), machine.loader());
  expect_right(session, *near, provider, subject.name + ", " + candidates.front().name);
}

// Not on the virtual GPU, which would take minutes.
INSTANTIATE_TEST_SUITE_P(Awkward, FarTensor,
                         testing::Combine(testing::Values("host", "cuda"), testing::ValuesIn(subjects())),
                         [](const auto &info) { return std::get<0>(info.param) + "_" + std::get<1>(info.param).name; });

} // namespace
} // namespace fla::test
