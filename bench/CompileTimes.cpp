// The first compilation of a kernel stands apart: the very first also pays for starting the compiler, and each finds
// cold caches. The rest is a median.
#include "bench/CompileTimes.h"

#include "bench/Emit.h"
#include "bench/Fields.h"
#include "bench/Plan.h"
#include "bench/Progress.h"
#include "bench/Statistics.h"
#include "bench/Table.h"

#include <chrono>
#include <fmt/format.h>
#include <ostream>
#include <set>

namespace fla::bench {
namespace {

using nlohmann::ordered_json;

struct Subject {
  Item item;
  tile::Kernel kernel;
};

struct Times {
  double first = 0, median = 0; ///< wall clock around the whole call
  tile::CompileTimes parts;     ///< medians
  size_t code_bytes = 0;
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

Times measure(const tile::Kernel &kernel, const tile::Target &target, int reps) {
  Times times;
  std::vector<double> whole, passes, translate, optimize, codegen;
  for (int rep = 0; rep <= reps; ++rep) {
    const auto start = std::chrono::steady_clock::now();
    const tile::Artifact artifact = tile::compile(kernel, target);
    const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    if (rep == 0) {
      times.first = ms;
      times.code_bytes = artifact.code.size();
      continue;
    }
    whole.push_back(ms);
    passes.push_back(artifact.times.passes);
    translate.push_back(artifact.times.translate);
    optimize.push_back(artifact.times.optimize);
    codegen.push_back(artifact.times.codegen);
  }
  times.median = summarize(whole).median;
  times.parts = {summarize(passes).median, summarize(translate).median, summarize(optimize).median,
                 summarize(codegen).median};
  return times;
}

ordered_json fields(const Subject &s, const tile::Target &target, const Times &t, int reps) {
  ordered_json j;
  j["module"] = s.item.module;
  j["op"] = s.item.op;
  j["pass"] = name_of(s.item.pass);
  j["case"] = s.item.shape.str();
  j["dtype"] = tile::name_of(s.item.dtype);
  j["kernel"] = s.kernel.name();
  j["arch"] = target.arch;
  j["first_ms"] = number(t.first);
  j["warm_ms"] = number(t.median);
  j["passes_ms"] = number(t.parts.passes);
  j["translate_ms"] = number(t.parts.translate);
  j["optimize_ms"] = number(t.parts.optimize);
  j["codegen_ms"] = number(t.parts.codegen);
  j["code_bytes"] = t.code_bytes;
  j["reps"] = reps;
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
                {"first ms", 8},
                {"warm ms", 7},
                {"passes", 7},
                {"translate", 9},
                {"optimize", 8},
                {"codegen", 7},
                {"code KiB", 8}});
}

std::string row(const Table &table, const Subject &s, const Times &t) {
  auto ms = [](double value) { return fmt::format("{:.2f}", value); };
  return table.row({s.item.op, std::string(name_of(s.item.pass)), s.item.shape.str(),
                    std::string(tile::name_of(s.item.dtype)), s.kernel.name(), ms(t.first), ms(t.median),
                    ms(t.parts.passes), ms(t.parts.translate), ms(t.parts.optimize), ms(t.parts.codegen),
                    fmt::format("{:.1f}", double(t.code_bytes) / 1024)});
}

} // namespace

int time_compiler(const CompileOptions &options, std::ostream &out) {
  const tile::Target target = target_named(options.arch);
  const std::vector<Subject> all = subjects(options, target);
  const Table table = make_table(all);
  Progress progress(all.size());
  std::unique_ptr<LineWriter> lines = make_line_writer(options.format, out);
  double worst = 0;
  for (const Subject &s : all) {
    progress.next(s.kernel.name());
    progress.step("compiling");
    const Times t = measure(s.kernel, target, options.reps);
    progress.clear();
    worst = std::max(worst, t.median);
    if (lines) {
      lines->write(fields(s, target, t, options.reps));
      continue;
    }
    if (&s == &all.front())
      out << fmt::format("Compiling {} for {} with {}\n\n", s.item.module, target.arch, tile::compiler_version())
          << table.header();
    out << row(table, s, t) << std::flush;
  }
  if (!lines && !all.empty())
    out << std::string(table.width(), '-') << '\n'
        << "  first ms  first compilation of the kernel in this process; the first row's also starts the compiler\n"
        << fmt::format(
               "  warm ms   median of {} more, wall clock, {:.2f} at most; beside it the medians of its parts\n",
               options.reps, worst);
  return 0;
}

} // namespace fla::bench
