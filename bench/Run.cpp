// One problem at a time, so that memory is what the largest one takes: inputs, both providers, verdicts, then all
// timings in one interleaved measurement.
#include "bench/Run.h"

#include "bench/Fused.h"
#include "bench/Measure.h"
#include "bench/Progress.h"
#include "bench/Report.h"
#include "bench/Roof.h"
#include "bench/Unfused.h"
#include "bench/Version.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace fla::bench {
namespace {

using tile::runtime::Device;
using tile::runtime::Stream;

/// A problem with what runs it fused; made before anything is measured, so that a kernel's mistakes come first.
struct Job {
  Item item;
  Candidate candidate;
};

std::vector<Job> prepare(const RunOptions &options, Device &device) {
  std::vector<Job> jobs;
  for (Item &item : plan(options.select)) {
    require_memory(item, device);
    Candidate first = item.problem->candidates(device.target(), device.info()).at(0);
    jobs.push_back({std::move(item), std::move(first)});
  }
  return jobs;
}

StopRule stop_rule(const RunOptions &options) {
  StopRule rule;
  rule.exact = options.reps;
  // The quick grid is for a first look: on two cores all of it has to end within a minute.
  if (options.select.grid == "fla") rule.least = 15, rule.budget_ms = 2000;
  return rule;
}

class Bench {
public:
  Bench(const RunOptions &options, Device &device, std::string no_reference)
      : options_(options), device_(device), stream_(device.stream()), timer_(device, *stream_), roof_(device, *stream_),
        no_reference_(std::move(no_reference)) {}

  Result run(const Job &job, Progress &progress) {
    Result result;
    result.item = job.item;
    result.candidate = job.candidate.name;
    result.fused.provider = "fused";
    result.unfused.provider = "unfused";
    const Problem &problem = *job.item.problem;
    progress.step("inputs and oracle");
    Session session(device_, *stream_, problem, uint64_t(options_.seed));
    progress.step("compiling");
    FusedProvider fused(session, job.candidate, load_on(device_));
    std::unique_ptr<Provider> unfused;
    if (no_reference_.empty()) unfused = make_unfused(session, problem);
    progress.step("validating");
    check(result.fused, session, problem, fused);
    if (unfused) check(result.unfused, session, problem, *unfused);
    progress.step("timing");
    if (fused.launches() > 0) // a problem without elements has nothing to time
      time(result, fused, unfused.get());
    return result;
  }

private:
  void check(Outcome &outcome, Session &session, const Problem &problem, Provider &provider) {
    outcome.preparation = provider.preparation();
    outcome.verdict = validate(session, problem, provider);
  }

  void time(Result &result, Provider &fused, Provider *unfused) {
    std::vector<Provider *> providers;
    std::vector<std::optional<Summary> *> targets;
    auto enter = [&](Provider &p, std::optional<Summary> &target) {
      providers.push_back(&p);
      targets.push_back(&target);
    };
    if (result.fused.verdict->ok) enter(fused, result.fused.time);
    if (unfused && result.unfused.verdict->ok) enter(*unfused, result.unfused.time);
    if (providers.empty()) return;
    enter(roof_.of(result.item.problem->bytes(), timer_), result.roof);
    const std::vector<Summary> times = timer_.measure(providers, stop_rule(options_));
    for (size_t i = 0; i < times.size(); ++i) *targets[i] = times[i];
    const bool is_asynchronous = !device_.target().is_on_cpu();
    if (options_.host_time && is_asynchronous && result.fused.time)
      result.fused.launch_us = timer_.host_us_per_launch(fused);
    roof_.release();
  }

  const RunOptions &options_;
  Device &device_;
  std::unique_ptr<Stream> stream_;
  Timer timer_;
  Roof roof_;
  std::string no_reference_;
};

std::string now() {
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr)));
}

} // namespace

int run(const RunOptions &options, std::ostream &out) {
  plan(options.select); // a wrong word is refused before a device is opened
  std::unique_ptr<Device> device =
      tile::runtime::open_device(options.device.empty() ? tile::runtime::default_device() : options.device);
  std::vector<Job> jobs = prepare(options, *device);
  const RunInfo info{.device = std::string(device->id()),
                     .machine = device->info(),
                     .compiler = tile::compiler_version(),
                     .version = version(),
                     .date = now(),
                     .seed = options.seed,
                     .no_reference = why_no_reference(*device),
                     .host_time = options.host_time};
  Bench bench(options, *device, info.no_reference);
  std::unique_ptr<Report> report = make_report(options.format, out);
  Progress progress(jobs.size());
  std::vector<Item> items;
  for (const Job &job : jobs) items.push_back(job.item);

  bool all_right = true, has_begun = false;
  for (const Job &job : jobs) {
    progress.next(job.item.str());
    const Result result = bench.run(job, progress);
    progress.clear();
    // Not before there is a row to follow: a kernel that fails to compile leaves no header behind.
    if (!has_begun) report->begin(info, items);
    has_begun = true;
    report->add(result);
    all_right = all_right && result.is_right();
  }
  report->end();
  return all_right ? 0 : 1;
}

} // namespace fla::bench
