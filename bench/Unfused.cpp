// An argument's C type is all that a CUDA kernel knows of it: pointers, long long for integers, float for numbers.
#include "bench/Unfused.h"

#include "compiler/support/Error.h"

#include <chrono>

namespace fla::bench {
namespace {

using tile::runtime::KernelArg;
using tile::runtime::SourceKernel;
using tile::runtime::SourceModule;
using tile::runtime::Stream;

KernelArg argument(const ArgValue &value, const Workspace &workspace) {
  if (const auto *tensor = std::get_if<std::string>(&value)) return KernelArg(workspace.address(*tensor));
  if (const auto *integer = std::get_if<int64_t>(&value)) return KernelArg(static_cast<long long>(*integer));
  return KernelArg(float(std::get<double>(value)));
}

class CudaUnfused final : public Provider {
public:
  CudaUnfused(Session &session, const CudaReference &reference, CudaModules &modules)
      : workspace_(session, reference.workspace),
        module_(modules.compile(session.device(), reference, preparation_.compile_ms)) {
    for (const CudaStep &step : reference.steps) {
      Step &bound = steps_.emplace_back(Step{module_->kernel(step.kernel), step.grid, step.threads, {}});
      for (const ArgValue &value : step.args) bound.args.push_back(argument(value, workspace_));
    }
  }
  void enqueue(Stream &stream) override {
    for (Step &step : steps_) step.kernel->launch(stream, step.grid, step.threads, step.args);
  }
  int launches() const override { return int(steps_.size()); }
  Workspace *workspace() override { return &workspace_; }

private:
  struct Step {
    std::unique_ptr<SourceKernel> kernel;
    tile::runtime::Grid grid;
    uint32_t threads;
    std::vector<KernelArg> args;
  };
  Workspace workspace_;
  std::shared_ptr<SourceModule> module_;
  std::vector<Step> steps_;
};

class HostUnfused final : public Provider {
public:
  HostUnfused(Session &session, HostReference reference)
      : workspace_(session, reference.workspace), steps_(std::move(reference.steps)), tensors_(workspace_.addresses()) {
  }
  void enqueue(Stream &) override {
    for (auto &step : steps_) step(tensors_);
  }
  int launches() const override { return int(steps_.size()); }
  Workspace *workspace() override { return &workspace_; }

private:
  Workspace workspace_;
  std::vector<std::function<void(const HostReference::Tensors &)>> steps_;
  HostReference::Tensors tensors_;
};

bool is_host(const tile::runtime::Device &device) {
  return device.target().kind == tile::Target::Kind::Simd;
}

} // namespace

std::string why_no_reference(tile::runtime::Device &device) {
  if (is_host(device)) return "";
  if (device.target().is_on_cpu()) return "the virtual GPU runs no CUDA; --device host has a reference on this CPU";
  // Includes what references include, so that a missing header is found here and not taken for a reference's mistake.
  constexpr const char *kProbe = "#include <cuda_bf16.h>\n#include <cuda_fp16.h>\n"
                                 "extern \"C\" __global__ void probe(float *x) { *x = 1; }\n";
  try {
    tile::runtime::compile_cuda_source(device, "probe.cu", kProbe)->kernel("probe");
    return "";
  } catch (const tile::UserError &e) {
    return e.what();
  }
}

std::shared_ptr<SourceModule> CudaModules::compile(tile::runtime::Device &device, const CudaReference &reference,
                                                   double &took_ms) {
  std::vector<std::string> key = reference.options;
  key.push_back(reference.source);
  Compiled &known = known_[key];
  if (!known.module) {
    const auto start = std::chrono::steady_clock::now();
    known.module = tile::runtime::compile_cuda_source(device, "unfused.cu", reference.source, reference.options);
    known.ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  took_ms = known.ms;
  return known.module;
}

std::unique_ptr<Provider> make_unfused(Session &session, const Problem &problem, CudaModules &modules) {
  if (is_host(session.device())) return std::make_unique<HostUnfused>(session, problem.host_reference());
  return std::make_unique<CudaUnfused>(session, problem.cuda_reference(), modules);
}

std::unique_ptr<Provider> make_unfused(Session &session, const Problem &problem) {
  CudaModules modules;
  return make_unfused(session, problem, modules);
}

} // namespace fla::bench
