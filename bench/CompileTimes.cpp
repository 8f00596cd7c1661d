// Each kernel is compiled once in a process of its own that has compiled nothing yet, then again and again in this one;
// at the end all are compiled by one thread and by one a core, which shows what threads wait for each other.
#include "bench/CompileTimes.h"

#include "bench/CompileMeasure.h"
#include "bench/Emit.h"
#include "bench/Fields.h"
#include "bench/Plan.h"
#include "bench/Progress.h"
#include "bench/Statistics.h"
#include "bench/Table.h"

#include <algorithm>
#include <fmt/format.h>
#include <ostream>
#include <set>
#include <thread>

namespace fla::bench {
namespace {

using nlohmann::ordered_json;

struct Subject {
  Item item;
  tile::Kernel kernel;
};

struct Times {
  CompileTime cold, warm;
};

/// All kernels, one after the other and by several threads at once.
struct Together {
  size_t compilations = 0;
  int threads = 1;
  double serial_ms = 0, threads_ms = 0;
  double speed_up() const { return serial_ms / threads_ms; }
};

/// Every kernel once: cases that differ in run-time arguments only share theirs.
std::vector<Subject> subjects(const CompileOptions &options, const tile::Target &target) {
  std::vector<Subject> out;
  std::set<std::string> seen;
  const tile::runtime::DeviceInfo machine = typical_machine(target);
  for (const Item &item : plan(options.select)) {
    const Candidate first = item.problem->candidates(target, machine).at(0);
    for (const FusedLaunch &launch : first.launches)
      if (seen.insert(fmt::format("{}/{}\n{}", launch.kernel.name(), launch.kernel.warps(), launch.kernel.str()))
              .second)
        out.push_back({item, launch.kernel});
  }
  return out;
}

/// At least a few kernels a thread, so that the last one does not count for much.
Together measure_together(const std::vector<Subject> &all, const tile::Target &target) {
  Together t;
  t.threads = int(std::max(1u, std::thread::hardware_concurrency()));
  std::vector<tile::Kernel> kernels;
  while (kernels.size() < 8 * size_t(t.threads))
    for (const Subject &s : all) kernels.push_back(s.kernel);
  t.compilations = kernels.size();
  t.serial_ms = time_all(kernels, target, 1);
  t.threads_ms = time_all(kernels, target, t.threads);
  return t;
}

ordered_json fields(const Subject &s, const tile::Target &target, const Times &t, const Together &all, int reps) {
  ordered_json j;
  j["module"] = s.item.module;
  j["op"] = s.item.op;
  j["pass"] = name_of(s.item.pass);
  j["case"] = s.item.shape.str();
  j["dtype"] = tile::name_of(s.item.dtype);
  j["kernel"] = s.kernel.name();
  j["arch"] = target.arch;
  for (const auto &[prefix, time] : {std::pair("cold_", t.cold), std::pair("", t.warm)}) {
    auto add = [&, prefix = prefix](const char *name, double ms) { j[std::string(prefix) + name] = number(ms); };
    add(*prefix ? "ms" : "warm_ms", time.wall_ms);
    add("cpu_ms", time.cpu_ms);
    add("passes_ms", time.parts.passes);
    add("translate_ms", time.parts.translate);
    add("optimize_ms", time.parts.optimize);
    add("codegen_ms", time.parts.codegen);
  }
  j["code_bytes"] = t.warm.code_bytes;
  j["reps"] = reps;
  j["all_compilations"] = all.compilations;
  j["all_serial_ms"] = number(all.serial_ms);
  j["all_threads_ms"] = number(all.threads_ms);
  j["threads"] = all.threads;
  j["compiler"] = tile::compiler_version();
  return j;
}

Table make_table(const std::vector<Subject> &all) {
  size_t op = 0, shape = 0, kernel = 0;
  for (const Subject &s : all) {
    op = std::max(op, s.item.op.size());
    shape = std::max(shape, s.item.shape.str().size());
    kernel = std::max(kernel, s.kernel.name().size());
  }
  return Table({{"op", op, true},
                {"pass", 4, true},
                {"case", shape, true},
                {"dtype", 5, true},
                {"kernel", kernel, true},
                {"cold ms", 7},
                {"warm ms", 7},
                {"cpu ms", 6},
                {"passes", 7},
                {"translate", 9},
                {"optimize", 8},
                {"codegen", 7},
                {"code KiB", 8}});
}

std::string row(const Table &table, const Subject &s, const Times &t) {
  auto ms = [](double value) { return fmt::format("{:.2f}", value); };
  return table.row({s.item.op, std::string(name_of(s.item.pass)), s.item.shape.str(),
                    std::string(tile::name_of(s.item.dtype)), s.kernel.name(), ms(t.cold.wall_ms), ms(t.warm.wall_ms),
                    ms(t.warm.cpu_ms), ms(t.warm.parts.passes), ms(t.warm.parts.translate), ms(t.warm.parts.optimize),
                    ms(t.warm.parts.codegen), fmt::format("{:.1f}", double(t.warm.code_bytes) / 1024)});
}

std::string footer(const Table &table, const std::vector<Times> &times, const Together &all, int reps) {
  std::vector<double> cpu;
  for (const Times &t : times) cpu.push_back(t.warm.cpu_ms);
  return fmt::format(
      "{}\n"
      "  cold ms   the first compilation of a process, wall clock\n"
      "  warm ms   median of {} more, wall clock; cpu ms the same of the thread's time, of which the parts "
      "are medians\n"
      "  all       cpu ms: median {:.2f}, at most {:.2f}\n"
      "  together  {} compilations: {:.0f} ms by one thread, {:.0f} ms by {}, {:.2f} times as fast\n",
      std::string(table.width(), '-'), reps, summarize(cpu).median, *std::ranges::max_element(cpu), all.compilations,
      all.serial_ms, all.threads_ms, all.threads, all.speed_up());
}

} // namespace

int time_compiler(const CompileOptions &options, std::ostream &out) {
  const tile::Target target = target_named(options.arch);
  const std::vector<Subject> all = subjects(options, target);
  if (all.empty()) return 0;
  Progress progress(2 * all.size());
  std::vector<Times> times;
  for (const Subject &s : all) { // before this process compiles anything
    progress.next(s.kernel.name());
    progress.step("compiling for the first time");
    times.push_back({time_cold(s.kernel, target), {}});
  }
  progress.clear();
  const Table table = make_table(all);
  std::unique_ptr<LineWriter> lines = make_line_writer(options.format, out);
  if (!lines)
    out << fmt::format("Compiling {} for {} with {}\n\n", all.front().item.module, target.arch,
                       tile::compiler_version())
        << table.header();
  for (size_t i = 0; i < all.size(); ++i) {
    progress.next(all[i].kernel.name());
    progress.step("compiling");
    times[i].warm = time_warm(all[i].kernel, target, options.reps);
    progress.clear();
    if (!lines) out << row(table, all[i], times[i]) << std::flush;
  }
  const Together together = measure_together(all, target);
  if (!lines) {
    out << footer(table, times, together, options.reps);
    return 0;
  }
  for (size_t i = 0; i < all.size(); ++i) lines->write(fields(all[i], target, times[i], together, options.reps));
  return 0;
}

} // namespace fla::bench
