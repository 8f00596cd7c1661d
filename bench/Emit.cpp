// All text is made before any of it is written: a kernel that fails leaves nothing behind.
#include "bench/Emit.h"

#include "bench/Plan.h"
#include "compiler/support/Error.h"

#include <fmt/format.h>
#include <ostream>

namespace fla::bench {
namespace {

using tile::Stage;
using tile::Target;
using tile::UserError;

/// How the language of a stage starts a comment.
std::string_view comment(Stage stage, const Target &target) {
  if (stage == Stage::Llvm) return ";";
  return stage == Stage::Code && target.is_on_cpu() ? "#" : "//";
}

Stage stage_for(const EmitOptions &options, const Target &target) {
  const Stage stage = tile::stage_named(options.stage);
  const char *code = target.is_on_cpu() ? "asm" : "ptx";
  if (stage == Stage::Code && options.stage != code)
    throw UserError(fmt::format("stage '{}' does not exist for {}; accepted: tile, layout, lane, llvm, {}",
                                options.stage, options.arch, code));
  return stage;
}

size_t index_of(std::string_view what, int given, size_t count) {
  if (given >= 0 && size_t(given) < count) return size_t(given);
  throw UserError(fmt::format("{} {} does not exist; accepted: 0 to {}", what, given, count - 1));
}

Selection selection(const EmitOptions &o) {
  auto list = [](const std::string &word) {
    return word.empty() ? std::vector<std::string>() : std::vector<std::string>{word};
  };
  return {
      .module = o.module, .ops = list(o.op), .passes = list(o.pass), .cases = list(o.shape), .dtypes = list(o.dtype)};
}

/// Kernels that are launched several times are shown once.
std::vector<tile::Kernel> distinct_kernels(const Candidate &candidate) {
  std::vector<tile::Kernel> out;
  for (const FusedLaunch &launch : candidate.launches) {
    bool is_known = false;
    for (const tile::Kernel &k : out) is_known = is_known || &k.impl() == &launch.kernel.impl();
    if (!is_known) out.push_back(launch.kernel);
  }
  return out;
}

} // namespace

Target target_named(const std::string &arch) {
  try {
    return Target::named(arch);
  } catch (const UserError &e) {
    throw UserError(fmt::format("{}; or 'host' for this CPU, x86-64, x86-64-v3, x86-64-v4 or aarch64 for others, "
                                "'simt' for a virtual GPU on this one",
                                e.what()));
  }
}

tile::runtime::DeviceInfo typical_machine(const Target &target) {
  if (target.is_on_cpu()) return tile::runtime::open_device(target.is_gpu() ? "simt" : "host")->info();
  struct Known {
    std::string_view prefix;
    int units;
    int64_t cache_mib, gigabytes;
  };
  // Multiprocessors, L2 and bandwidth of the largest machine sold of each architecture; of sm_90 the H200.
  constexpr Known kKnown[] = {{"sm_75", 72, 6, 672},     {"sm_80", 108, 40, 2039}, {"sm_86", 84, 6, 1008},
                              {"sm_89", 142, 96, 960},   {"sm_90", 132, 60, 4917}, {"sm_100", 148, 126, 8000},
                              {"sm_120", 188, 128, 1792}};
  tile::runtime::DeviceInfo info{.name = target.arch, .driver = "none", .units = 132, .cache_bytes = int64_t(50) << 20};
  for (const Known &k : kKnown)
    if (target.arch.starts_with(k.prefix)) {
      info.units = k.units;
      info.cache_bytes = k.cache_mib << 20;
      info.bandwidth = k.gigabytes * 1000000000;
    }
  return info;
}

int emit(const EmitOptions &options, std::ostream &out) {
  const std::vector<Item> items = plan(selection(options));
  const Item &item = items.front();
  const Target target = target_named(options.arch);
  const Stage stage = stage_for(options, target);
  const std::vector<Candidate> candidates = item.problem->candidates(target, typical_machine(target));
  const Candidate &candidate = candidates[index_of("candidate", options.candidate, candidates.size())];
  const std::vector<tile::Kernel> kernels = distinct_kernels(candidate);
  if (kernels.empty()) throw UserError(item.str() + " has nothing to launch, so there is no kernel to show");
  size_t first = 0, last = kernels.size();
  if (options.kernel) {
    first = index_of("kernel", *options.kernel, kernels.size());
    last = first + 1;
  }
  std::string text;
  for (size_t k = first; k < last; ++k) {
    text +=
        fmt::format("{} kernel {} of {}: {}, candidate {} ({}), for {}, stage {}\n", comment(stage, target), k,
                    kernels.size(), kernels[k].name(), options.candidate, candidate.name, target.arch, options.stage);
    text += tile::emit(kernels[k], target, stage);
    if (!text.ends_with('\n')) text += '\n';
  }
  out << text;
  return 0;
}

} // namespace fla::bench
