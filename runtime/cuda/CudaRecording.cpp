// A stream that is being captured must be given back whatever happens: one left in that state refuses all work.
#include "runtime/cuda/CudaRecording.h"

#include "runtime/cuda/CudaDevice.h"

namespace tile::runtime {
namespace {

/// A stream whose work goes into a graph while this is alive.
class Capture {
public:
  Capture(const Driver &driver, CUstream stream) : driver_(driver), stream_(stream) {
    driver_.check(driver_.streamBeginCapture(stream_, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL), "recording a stream");
  }
  Capture(const Capture &) = delete;
  Capture &operator=(const Capture &) = delete;
  ~Capture() {
    if (!is_over_) driver_.streamEndCapture(stream_, &graph_);
    if (graph_) driver_.graphDestroy(graph_);
  }
  /// The graph, which remains the capture's.
  CUgraph end() {
    is_over_ = true;
    driver_.check(driver_.streamEndCapture(stream_, &graph_), "recording a stream, whose work cannot be recorded");
    return graph_;
  }

private:
  const Driver &driver_;
  CUstream stream_;
  CUgraph graph_ = nullptr;
  bool is_over_ = false;
};

} // namespace

CudaRecording::CudaRecording(std::shared_ptr<CudaContext> context, Stream &stream,
                             const std::function<void(Stream &)> &work)
    : context_(std::move(context)) {
  const Driver &driver = context_->driver();
  context_->make_current();
  Capture capture(driver, cuda_stream(stream, *context_));
  work(stream);
  driver.check(driver.graphInstantiate(&handle_, capture.end(), 0), "making a graph of what was recorded");
}

CudaRecording::~CudaRecording() {
  if (handle_ && context_->try_make_current()) context_->driver().graphExecDestroy(handle_);
}

void CudaRecording::enqueue(Stream &stream) {
  CUstream queue = cuda_stream(stream, *context_);
  context_->make_current();
  context_->driver().check(context_->driver().graphLaunch(handle_, queue), "launching what was recorded");
}

} // namespace tile::runtime
