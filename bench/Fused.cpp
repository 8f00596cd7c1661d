// Binding happens here, once; enqueue does nothing but launch.
#include "bench/Fused.h"

#include <chrono>

namespace fla::bench {
namespace {

using tile::runtime::Arguments;
using tile::runtime::Executable;
using Clock = std::chrono::steady_clock;

double ms_between(Clock::time_point a, Clock::time_point b) {
  return std::chrono::duration<double, std::milli>(b - a).count();
}

void bind(Arguments &args, const Arg &arg, const Workspace &workspace) {
  if (const auto *tensor = std::get_if<std::string>(&arg.value))
    args.set(arg.param, static_cast<const void *>(workspace.address(*tensor)));
  else if (const auto *integer = std::get_if<int64_t>(&arg.value))
    args.set(arg.param, *integer);
  else
    args.set(arg.param, std::get<double>(arg.value));
}

} // namespace

KernelLoader load_on(tile::runtime::Device &device) {
  return [&device](const tile::Kernel &kernel, Preparation &took) -> std::shared_ptr<Executable> {
    const auto start = Clock::now();
    tile::Artifact artifact = tile::compile(kernel, device.target());
    const auto compiled = Clock::now();
    std::shared_ptr<Executable> executable = device.load(std::move(artifact));
    took.compile_ms += ms_between(start, compiled);
    took.load_ms += ms_between(compiled, Clock::now());
    return executable;
  };
}

FusedProvider::FusedProvider(Session &session, const Candidate &candidate, const KernelLoader &load)
    : workspace_(session, candidate.workspace) {
  steps_.reserve(candidate.launches.size());
  for (const FusedLaunch &launch : candidate.launches) {
    std::shared_ptr<Executable> executable = load(launch.kernel, preparation_);
    Arguments args(executable->artifact());
    for (const Arg &arg : launch.args) bind(args, arg, workspace_);
    Step &step = steps_.emplace_back(Step{std::move(executable), launch.grid, std::move(args), nullptr});
    step.block = step.args.block();
  }
}

void FusedProvider::enqueue(tile::runtime::Stream &stream) {
  for (Step &step : steps_) step.executable->launch(stream, step.grid, step.block);
}

} // namespace fla::bench
