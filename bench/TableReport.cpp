// The table for people: a header that says where and with what, one row a problem, and notes that say what columns
// mean.
#include "bench/Report.h"
#include "bench/Table.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <ostream>

namespace fla::bench {
namespace {

std::string memory_size(int64_t bytes) {
  if (bytes >= int64_t(1) << 30) return fmt::format("{:.0f} GiB", double(bytes) / double(1 << 30));
  return fmt::format("{:.0f} MiB", double(bytes) / double(1 << 20));
}

/// About four digits that mean something: 0.0376, 0.412, 12.35, 1234.
std::string digits(double value, int most_decimals) {
  int decimals = value < 1 ? 4 : value < 10 ? 3 : value < 100 ? 2 : value < 1000 ? 1 : 0;
  return fmt::format("{:.{}f}", value, std::min(decimals, most_decimals));
}

std::string milliseconds(const Outcome &o) {
  return o.time ? fmt::format("{:.4f}", o.time->median) : "-";
}

std::string worst_error(const Outcome &o) {
  if (!o.verdict) return "-";
  const double ratio = o.verdict->ratio;
  return std::isinf(ratio) ? "inf" : ratio >= 1000 ? ">999" : fmt::format("{:.2f}", ratio);
}

class TableReport final : public Report {
public:
  explicit TableReport(std::ostream &out) : out_(out), table_({}) {}

  void begin(const RunInfo &info, const std::vector<Item> &items) override {
    info_ = info;
    write_header(items);
    table_ = Table(columns(items));
    out_ << table_.header() << std::flush;
  }

  void add(const Result &r) override {
    const std::string group = r.item.op + '/' + std::string(name_of(r.item.pass));
    if (!last_group_.empty() && group != last_group_) out_ << '\n';
    last_group_ = group;
    out_ << table_.row(cells(r));
    for (const Outcome *o : {&r.fused, &r.unfused})
      if (o->verdict && !o->verdict->ok) {
        out_ << fmt::format("  ^ WRONG: {} {}\n", o->provider, o->verdict->detail);
        ++wrong_;
      }
    for (const std::optional<Summary> &s : {r.fused.time, r.unfused.time})
      if (s && s->median > 0) spreads_.push_back(50 * (s->p80 - s->p20) / s->median);
    out_ << std::flush;
  }

  void end() override {
    out_ << std::string(table_.width(), '-') << '\n' << legend();
    if (!info_.no_reference.empty()) out_ << "\nunfused ms and speedup are empty: " << info_.no_reference << '\n';
    if (wrong_ > 0) out_ << fmt::format("\nWRONG results: {}\n", wrong_);
    out_ << std::flush;
  }

private:
  void write_header(const std::vector<Item> &items) {
    const tile::runtime::DeviceInfo &m = info_.machine;
    const bool is_host = info_.device == "host";
    const bool is_virtual = info_.device == "simt";
    std::string parts = fmt::format("{} {}", m.units,
                                    is_host      ? "threads"
                                    : is_virtual ? "virtual multiprocessors"
                                                 : "multiprocessors");
    if (m.memory_bytes > 0) parts += fmt::format(", {} memory", memory_size(m.memory_bytes));
    if (m.cache_bytes > 0)
      parts += fmt::format(", {} {}", memory_size(m.cache_bytes), is_host ? "last-level cache" : "L2");
    out_ << fmt::format("flabench {}: {} on {}\n\n", info_.version, items.front().module, info_.device)
         << fmt::format("  device    {} ({})\n", m.name, parts) << fmt::format("  driver    {}\n", m.driver)
         << fmt::format("  clock     {}\n", m.clock_mhz > 0 ? fmt::format("up to {} MHz", m.clock_mhz) : "unknown")
         << fmt::format("  compiler  {}\n", info_.compiler)
         << fmt::format("  run       {}, seed {}\n", info_.date, info_.seed)
         << (is_virtual ? "  note      virtual GPU: results are checked as on a GPU, times mean nothing\n\n" : "\n");
  }

  std::vector<Table::Column> columns(const std::vector<Item> &items) const {
    size_t op = 0, shape = 0, pass = 0;
    for (const Item &i : items) {
      op = std::max(op, i.op.size());
      shape = std::max(shape, i.shape.str().size());
      pass = std::max(pass, name_of(i.pass).size());
    }
    std::vector<Table::Column> out = {{"op", op, true},   {"pass", pass, true}, {"case", shape, true},
                                      {"dtype", 5, true}, {"unfused ms", 10},   {"fused ms", 9},
                                      {"speedup", 7},     {"GB/s", 6},          {"% roof", 6},
                                      {"err/tol", 7},     {"JIT ms", 6}};
    if (info_.host_time) out.push_back({"launch us", 9});
    if (info_.has_candidates) out.push_back({"candidate", 9, true});
    return out;
  }

  std::vector<std::string> cells(const Result &r) const {
    const auto &fused = r.fused.time, &unfused = r.unfused.time;
    const bool has_time = fused && fused->median > 0;
    auto wrong_or = [](const Outcome &o) { return o.verdict && !o.verdict->ok ? "WRONG" : milliseconds(o); };
    std::vector<std::string> out = {r.item.op,
                                    std::string(name_of(r.item.pass)),
                                    r.item.shape.str(),
                                    std::string(tile::name_of(r.item.dtype)),
                                    wrong_or(r.unfused),
                                    wrong_or(r.fused),
                                    has_time && unfused ? digits(unfused->median / fused->median, 2) + "x" : "-",
                                    has_time ? digits(double(r.item.problem->bytes()) / fused->median / 1e6, 1) : "-",
                                    has_time && r.roof ? fmt::format("{:.1f}", 100 * r.roof->median / fused->median)
                                                       : "-",
                                    worst_error(r.fused),
                                    fmt::format("{:.1f}", r.fused.preparation.total())};
    if (info_.host_time) out.push_back(r.fused.launch_us ? fmt::format("{:.2f}", *r.fused.launch_us) : "-");
    if (info_.has_candidates) out.push_back(fmt::format("{}: {}", r.candidate_index, r.candidate));
    return out;
  }

  std::string legend() {
    const bool is_host = info_.device == "host";
    std::string spread;
    if (!spreads_.empty()) {
      std::sort(spreads_.begin(), spreads_.end());
      spread = fmt::format("; p20 to p80: +-{:.1f} %, at most +-{:.1f} %", quantile(spreads_, 0.5), spreads_.back());
    }
    std::string out = info_.device == "simt"
                          ? "  ms       median time of the whole op's simulation: it says nothing of any GPU\n"
                          : fmt::format("  ms       median {}time of the whole op, caches cold{}\n",
                                        is_host ? "" : "device ", spread);
    out += "  GB/s     the least bytes the problem must move / fused ms\n"
           "  % roof   time of a plain copy of as many bytes, in the same run / fused ms\n"
           "  err/tol  worst error of an element against a double-precision oracle / what is allowed there;\n"
           "           above 1 is wrong, and what is wrong is not timed\n"
           "  JIT ms   from the fused kernels as written to loaded machine code\n";
    if (info_.host_time)
      out += is_host ? "  launch   empty: on the host a launch is the work itself\n"
                     : "  launch   host time of one kernel launch, median of many\n";
    return out;
  }

  std::ostream &out_;
  Table table_;
  RunInfo info_;
  std::string last_group_;
  std::vector<double> spreads_; ///< half of p20 to p80, percent of the median
  int wrong_ = 0;
};

} // namespace

std::unique_ptr<Report> make_table_report(std::ostream &out) {
  return std::make_unique<TableReport>(out);
}

} // namespace fla::bench
