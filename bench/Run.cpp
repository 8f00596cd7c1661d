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
#include "bench/Words.h"

#include <deque>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <functional>
#include <utility>

namespace fla::bench {
namespace {

using tile::runtime::Device;
using tile::runtime::Stream;

/// A problem with what runs it fused, in one way or in several; made before anything is measured, so that a kernel's
/// mistakes come first.
struct Job {
  Item item;
  std::vector<std::pair<int, Candidate>> candidates; ///< with their numbers
};

std::vector<std::pair<int, Candidate>> chosen(const std::vector<std::string> &words, const Item &item,
                                              std::vector<Candidate> all) {
  std::vector<std::pair<int, Candidate>> out;
  if (words == std::vector<std::string>{"all"}) {
    for (size_t i = 0; i < all.size(); ++i) out.emplace_back(int(i), std::move(all[i]));
    return out;
  }
  for (const std::string &word : words.empty() ? std::vector<std::string>{"0"} : words) {
    const std::optional<int64_t> index = parse_integer(word);
    if (!index || *index < 0 || *index >= int64_t(all.size()))
      throw tile::UserError(
          fmt::format("{}: no candidate '{}'; there are 0 to {}, or all", item.str(), word, all.size() - 1));
    out.emplace_back(int(*index), all[size_t(*index)]);
  }
  return out;
}

std::vector<Job> prepare(const RunOptions &options, Device &device) {
  std::vector<Job> jobs;
  for (Item &item : plan(options.select)) {
    require_memory(item, device);
    auto candidates = chosen(options.candidates, item, item.problem->candidates(device.target(), device.info()));
    jobs.push_back({std::move(item), std::move(candidates)});
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

  /// One result for each candidate of the job; all are measured in turns with the same reference and roof.
  std::vector<Result> run(const Job &job, Progress &progress) {
    const Problem &problem = *job.item.problem;
    progress.step("inputs");
    Session session(device_, *stream_, problem, uint64_t(options_.seed));
    progress.step("compiling");
    std::deque<FusedProvider> fused; // which stay where they are
    for (const auto &[index, candidate] : job.candidates) fused.emplace_back(session, candidate, load_);
    std::unique_ptr<Provider> unfused;
    if (no_reference_.empty()) unfused = make_unfused(session, problem, cuda_modules_);
    progress.step("validating");
    std::vector<Provider *> providers;
    for (FusedProvider &provider : fused) providers.push_back(&provider);
    if (unfused) providers.push_back(unfused.get());
    const std::vector<Verdict> verdicts = validate(session, problem, providers);
    Outcome reference = named("unfused");
    if (unfused) enter(reference, *unfused, verdicts.back());
    std::vector<Result> results;
    for (size_t i = 0; i < fused.size(); ++i) {
      const auto &[index, candidate] = job.candidates[i];
      results.push_back({job.item, named("fused"), reference, {}, candidate.name, index});
      enter(results.back().fused, fused[i], verdicts[i]);
    }
    progress.step("timing");
    time(results, fused, unfused.get());
    return results;
  }

private:
  static Outcome named(std::string_view provider) {
    Outcome outcome;
    outcome.provider = provider;
    return outcome;
  }

  static void enter(Outcome &outcome, const Provider &provider, const Verdict &verdict) {
    outcome.preparation = provider.preparation();
    outcome.verdict = verdict;
  }

  void time(std::vector<Result> &results, std::deque<FusedProvider> &fused, Provider *unfused) {
    if (fused.front().launches() == 0) return; // a problem without elements has nothing to time
    std::vector<Provider *> right;
    std::vector<std::function<void(const Summary &)>> notes;
    for (size_t i = 0; i < fused.size(); ++i)
      if (results[i].fused.verdict->ok) {
        right.push_back(&fused[i]);
        notes.push_back([&result = results[i]](const Summary &s) { result.fused.time = s; });
      }
    if (unfused && results.front().unfused.verdict->ok) {
      right.push_back(unfused);
      notes.push_back([&](const Summary &s) {
        for (Result &result : results) result.unfused.time = s;
      });
    }
    if (right.empty()) return;
    right.push_back(&roof_.of(results.front().item.problem->bytes(), timer_));
    notes.push_back([&](const Summary &s) {
      for (Result &result : results) result.roof = s;
    });
    const std::vector<Summary> times = timer_.measure(right, stop_rule(options_));
    for (size_t i = 0; i < times.size(); ++i) notes[i](times[i]);
    const bool is_asynchronous = !device_.target().is_on_cpu();
    if (options_.host_time && is_asynchronous)
      for (size_t i = 0; i < fused.size(); ++i)
        if (results[i].fused.time) results[i].fused.launch_us = timer_.host_us_per_launch(fused[i]);
    roof_.release();
  }

  const RunOptions &options_;
  Device &device_;
  std::unique_ptr<Stream> stream_;
  Timer timer_;
  Roof roof_;
  std::string no_reference_;
  TimedLoader load_ = load_once_on(device_);
  CudaModules cuda_modules_;
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
                     .host_time = options.host_time,
                     .has_candidates = !options.candidates.empty()};
  Bench bench(options, *device, info.no_reference);
  std::unique_ptr<Report> report = make_report(options.format, out);
  Progress progress(jobs.size());
  std::vector<Item> items;
  for (const Job &job : jobs) items.push_back(job.item);

  bool all_right = true, has_begun = false;
  for (const Job &job : jobs) {
    progress.next(job.item.str());
    const std::vector<Result> results = bench.run(job, progress);
    progress.clear();
    // Not before there is a row to follow: a kernel that fails to compile leaves no header behind.
    if (!has_begun) report->begin(info, items);
    has_begun = true;
    for (const Result &result : results) {
      report->add(result);
      all_right = all_right && result.is_right();
    }
  }
  report->end();
  return all_right ? 0 : 1;
}

} // namespace fla::bench
