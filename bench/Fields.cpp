// Names are part of the program's interface: scripts read them.
#include "bench/Fields.h"

#include <cmath>
#include <cstdlib>
#include <fmt/format.h>

namespace fla::bench {

using nlohmann::ordered_json;

ordered_json number(double value, int digits) {
  if (!std::isfinite(value)) return nullptr;
  return std::strtod(fmt::format("{:.{}g}", value, digits).c_str(), nullptr);
}

ordered_json fields(const RunInfo &info, const Result &r, const Outcome &o) {
  const ordered_json none = nullptr;
  const bool has_time = o.time && o.time->median > 0;
  const double ms = has_time ? o.time->median : 0;
  const int64_t bytes = r.item.problem->bytes();
  ordered_json j;
  j["module"] = r.item.module;
  j["op"] = r.item.op;
  j["pass"] = name_of(r.item.pass);
  j["case"] = r.item.shape.str();
  j["dtype"] = tile::name_of(r.item.dtype);
  j["provider"] = o.provider;
  j["device"] = info.device;
  j["ms"] = o.time ? number(o.time->median) : none;
  j["p20"] = o.time ? number(o.time->p20) : none;
  j["p80"] = o.time ? number(o.time->p80) : none;
  j["reps"] = o.time ? ordered_json(o.time->reps) : none;
  j["bytes"] = bytes;
  j["gbps"] = has_time ? number(double(bytes) / ms / 1e6) : none;
  j["roof"] = has_time && r.roof ? number(r.roof->median / ms) : none;
  j["roof_ms"] = r.roof ? number(r.roof->median) : none;
  j["max_err"] = o.verdict ? number(o.verdict->error) : none;
  j["tol"] = o.verdict ? number(o.verdict->tolerance) : none;
  j["ok"] = o.verdict ? ordered_json(o.verdict->ok) : none;
  j["compile_ms"] = o.verdict ? number(o.preparation.compile_ms) : none;
  j["load_ms"] = o.verdict ? number(o.preparation.load_ms) : none;
  j["launch_us"] = o.launch_us ? number(*o.launch_us) : none;
  j["candidate"] = o.provider == "fused" ? ordered_json(r.candidate) : none;
  j["candidate_index"] = o.provider == "fused" ? ordered_json(r.candidate_index) : none;
  j["note"] = o.verdict ? o.verdict->detail : info.no_reference;
  j["machine"] = info.machine.name;
  j["driver"] = info.machine.driver;
  j["clock_mhz"] = info.machine.clock_mhz > 0 ? ordered_json(info.machine.clock_mhz) : none;
  j["compiler"] = info.compiler;
  j["version"] = info.version;
  j["seed"] = info.seed;
  j["date"] = info.date;
  return j;
}

} // namespace fla::bench
