// A CUDA graph, captured from a stream.
#pragma once

#include "runtime/cuda/CudaContext.h"

#include <functional>

namespace tile::runtime {

class CudaRecording final : public Recording {
public:
  CudaRecording(std::shared_ptr<CudaContext>, Stream &, const std::function<void(Stream &)> &work);
  ~CudaRecording() override;
  void enqueue(Stream &) override;

private:
  std::shared_ptr<CudaContext> context_;
  CUgraphExec handle_ = nullptr;
};

} // namespace tile::runtime
