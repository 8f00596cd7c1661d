// Kernels whose rows lie so far apart that offsets pass 2^31, held against the problem whose rows lie side by side. The
// memory between the rows is never touched, so a computer without it to spare runs this too.
#pragma once

#include "bench/Fused.h"
#include "modules/common/Launches.h"

#include <map>
#include <string>
#include <vector>

namespace fla::test {

/// Elements from row to row: the third row begins beyond 2^31.
inline constexpr int64_t kFar = (int64_t(1) << 30) + 16;

class FarRows final : public bench::Provider {
public:
  /// `candidate`: of a problem that takes the rows of `tensors`, which in the session lie side by side, kFar apart.
  FarRows(bench::Session &session, const Candidate &candidate, const bench::TimedLoader &load,
          const std::vector<TensorDesc> &tensors)
      : session_(session), workspace_(session, candidate.workspace), tensors_(tensors),
        launches_(candidate, [&](const tile::Kernel &kernel) { return load(kernel, preparation_); }) {
    for (const TensorDesc &t : tensors) {
      const int64_t bytes = ((rows(t) - 1) * kFar + cols(t)) * tile::size_of(t.dtype);
      far_.emplace(t.name, session.device().allocate(size_t(bytes)));
    }
    launches_.bind([&](std::string_view name) -> const void * {
      const auto far = far_.find(std::string(name));
      return far == far_.end() ? workspace_.address(name) : far->second.data();
    });
  }
  void enqueue(tile::runtime::Stream &stream) override {
    stream.synchronize();
    for (const TensorDesc &t : tensors_) copy(t, false);
    launches_.enqueue(stream);
    stream.synchronize();
    for (const TensorDesc &t : tensors_)
      if (t.is_written()) copy(t, true);
  }
  int launches() const override { return launches_.count(); }
  bench::Workspace *workspace() override { return &workspace_; }

private:
  static int64_t cols(const TensorDesc &t) { return t.shape.back(); }
  static int64_t rows(const TensorDesc &t) { return t.elements() / cols(t); }

  void copy(const TensorDesc &t, bool back) {
    const size_t bytes = size_t(cols(t) * tile::size_of(t.dtype));
    std::vector<std::byte> row(bytes);
    for (int64_t i = 0; i < rows(t); ++i) {
      void *near = static_cast<std::byte *>(session_.address(t.name)) + size_t(i) * bytes;
      void *far = static_cast<std::byte *>(far_.at(t.name).data()) + i * kFar * tile::size_of(t.dtype);
      session_.device().download(row.data(), back ? far : near, bytes);
      session_.device().upload(back ? near : far, row.data(), bytes);
    }
  }

  bench::Session &session_;
  bench::Workspace workspace_;
  std::vector<TensorDesc> tensors_;
  std::map<std::string, tile::runtime::Buffer> far_;
  Launches launches_;
};

} // namespace fla::test
