// Binding happens here, once; enqueue does nothing but launch.
#include "bench/Fused.h"

#include <chrono>
#include <fmt/format.h>
#include <map>

namespace fla::bench {
namespace {

using tile::runtime::Executable;
using Clock = std::chrono::steady_clock;

double ms_between(Clock::time_point a, Clock::time_point b) {
  return std::chrono::duration<double, std::milli>(b - a).count();
}

} // namespace

TimedLoader load_on(tile::runtime::Device &device) {
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

TimedLoader load_once_on(tile::runtime::Device &device) {
  struct Loaded {
    std::shared_ptr<Executable> executable;
    Preparation took;
  };
  auto known = std::make_shared<std::map<std::string, Loaded>>();
  return [known, load = load_on(device)](const tile::Kernel &kernel, Preparation &took) {
    Loaded &loaded = (*known)[fmt::format("{} {}\n{}", kernel.name(), kernel.warps(), kernel.str())];
    if (!loaded.executable) loaded.executable = load(kernel, loaded.took);
    took.compile_ms += loaded.took.compile_ms;
    took.load_ms += loaded.took.load_ms;
    return loaded.executable;
  };
}

FusedProvider::FusedProvider(Session &session, const Candidate &candidate, const TimedLoader &load)
    : workspace_(session, candidate.workspace),
      launches_(candidate, [&](const tile::Kernel &kernel) { return load(kernel, preparation_); }) {
  launches_.bind([this](std::string_view name) { return workspace_.address(name); });
}

} // namespace fla::bench
