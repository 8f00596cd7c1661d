// The warps of one program. What is wrong is written down while the warp's fiber runs and thrown once it has been left:
// nothing may be thrown through the kernel's frames.
#include "runtime/simt/Program.h"

#include "compiler/support/Error.h"
#include "runtime/simt/Access.h"

#include <bit>
#include <cstring>
#include <fmt/format.h>
#include <utility>

namespace tile::runtime::simt {
namespace {

/// Splitmix64: a different number for every step of `state`.
uint64_t next_random(uint64_t &state) {
  uint64_t z = state += 0x9E3779B97F4A7C15;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return z ^ z >> 31;
}

const char *name_of(Site::Kind kind) {
  switch (kind) {
  case Site::Kind::Load:
  case Site::Kind::ScratchLoad:
    return "load";
  case Site::Kind::Store:
  case Site::Kind::ScratchStore:
    return "store";
  case Site::Kind::AtomicAddFloat:
  case Site::Kind::AtomicAddInteger:
    return "atomic addition";
  case Site::Kind::Barrier:
    return "barrier";
  case Site::Kind::Assume:
    return "assumption";
  case Site::Kind::Require:
    return "requirement";
  }
  return "";
}

bool is_scratch(Site::Kind kind) {
  return kind == Site::Kind::ScratchLoad || kind == Site::Kind::ScratchStore;
}

bool is_atomic(Site::Kind kind) {
  return kind == Site::Kind::AtomicAddFloat || kind == Site::Kind::AtomicAddInteger;
}

bool is_load(Site::Kind kind) {
  return kind == Site::Kind::Load || kind == Site::Kind::ScratchLoad;
}

/// "warp 0", "warps 1, 2 and 5"
std::string list_of(const std::vector<int> &warps) {
  std::string text = warps.size() == 1 ? "warp " : "warps ";
  for (size_t i = 0; i < warps.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : i + 1 == warps.size() ? " and " : ", ", warps[i]);
  return text;
}

} // namespace

void ProgramRunner::run(const Launch &launch, int64_t program) {
  launch_ = &launch;
  report_.clear();
  prepare(program);
  for (uint64_t round = 0;; ++round) {
    uint64_t state = launch.seed;
    state = next_random(state) ^ uint64_t(program);
    state = next_random(state) ^ round;
    shuffle(state);
    if (run_to_barrier()) return;
    scratch_.barrier();
  }
}

void ProgramRunner::prepare(int64_t program) {
  const Grid &g = launch_->grid;
  scratch_.begin(size_t(launch_->artifact.scratch_bytes));
  ranges_.assign(launch_->artifact.sites.size(), Range{});
  for (int w = 0; w < launch_->artifact.warps; ++w) {
    if (!warps_[size_t(w)]) warps_[size_t(w)] = std::make_unique<Warp>();
    Warp &warp = *warps_[size_t(w)];
    tile::simt::Context &c = warp;
    c.access = access;
    c.barrier = barrier;
    c.program[0] = program % g.x, c.program[1] = program / g.x % g.y, c.program[2] = program / g.x / g.y;
    c.grid[0] = g.x, c.grid[1] = g.y, c.grid[2] = g.z;
    c.warp = w;
    warp.runner = this;
    warp.waits = false;
    warp.fiber.start(enter, &warp);
  }
}

void ProgramRunner::shuffle(uint64_t state) {
  const int n = launch_->artifact.warps;
  for (int i = 0; i < n; ++i) order_[size_t(i)] = i;
  for (int i = n - 1; i > 0; --i) std::swap(order_[size_t(i)], order_[size_t(next_random(state) % uint64_t(i + 1))]);
}

/// True when the program has ended.
bool ProgramRunner::run_to_barrier() {
  const int n = launch_->artifact.warps;
  for (int i = 0; i < n; ++i) {
    Warp &warp = *warps_[size_t(order_[size_t(i)])];
    warp.waits = false;
    warp.fiber.resume();
    if (!report_.empty()) fail(report_);
  }
  std::vector<int> ended, waiting, elsewhere;
  const Warp *first = nullptr, *other = nullptr;
  for (int w = 0; w < n; ++w) {
    const Warp &warp = *warps_[size_t(w)];
    if (warp.fiber.is_done()) {
      ended.push_back(w);
    } else if (!first || warp.site == first->site) {
      first = &warp;
      waiting.push_back(w);
    } else {
      other = &warp;
      elsewhere.push_back(w);
    }
  }
  if (waiting.empty()) return true;
  if (!ended.empty())
    fail(fmt::format("the barrier at {} is not reached by all warps: {} wait there, {} ended without it",
                     where(first->site), list_of(waiting), list_of(ended)));
  if (other)
    fail(fmt::format("the barrier at {} is not reached by all warps: {} wait there, {} at another one, at {}",
                     where(first->site), list_of(waiting), list_of(elsewhere), where(other->site)));
  return false;
}

void ProgramRunner::fail(const std::string &what) const {
  const auto &p = warps_[0]->program;
  throw DeviceError(
      fmt::format("simt: {}, program ({},{},{}) of kernel '{}'", what, p[0], p[1], p[2], launch_->artifact.entry));
}

// ---- In the fiber ---------------------------------------------------------------------------------------------------

void ProgramRunner::enter(void *warp) {
  auto *w = static_cast<Warp *>(warp);
  w->runner->launch_->entry(w->runner->launch_->args, w);
}

void ProgramRunner::access(tile::simt::Context *context, uint32_t site, uint32_t mask) {
  auto *warp = static_cast<Warp *>(context);
  while (!warp->runner->check_and_run(*warp, site, mask)) warp->fiber.yield(); // for ever: the program is given up
}

void ProgramRunner::barrier(tile::simt::Context *context, uint32_t site) {
  auto *warp = static_cast<Warp *>(context);
  warp->waits = true;
  warp->site = site;
  warp->fiber.yield();
}

bool ProgramRunner::report(std::string what) {
  report_ = std::move(what);
  return false;
}

bool ProgramRunner::check_and_run(Warp &warp, uint32_t number, uint32_t mask) {
  const Site &site = launch_->artifact.sites[number];
  const Access a{site, number, uint32_t(warp.warp), mask, warp.places, warp.data};
  if (mask == 0) {
    if (is_load(site.kind)) std::memset(warp.data, 0, 32 * a.lane_bytes());
    return true;
  }
  if (site.kind == Site::Kind::Assume)
    return report(fmt::format("wrong assumption by warp {} at {}: the Index is {}, and was assumed to be {}", warp.warp,
                              where(number), warp.places[0], site.text));
  if (site.kind == Site::Kind::Require)
    return report(fmt::format("requirement not met by lane {} of warp {} at {}: {}", std::countr_zero(mask), warp.warp,
                              where(number), site.text));
  const Extent extent = extent_of(a);
  if (extent.bits & (site.align - 1)) {
    const int lane = first_lane(a, [&](int64_t place) { return place & (site.align - 1); });
    return report(fmt::format("misaligned {} of {} bytes by lane {} of warp {} at {}: the address is {} bytes past a "
                              "multiple of {}",
                              name_of(site.kind), a.lane_bytes(), lane, warp.warp, where(number),
                              a.places[lane] & (site.align - 1), site.align));
  }
  if (is_scratch(site.kind)) {
    const auto room = int64_t(scratch_.bytes());
    if (extent.low >= 0 && extent.high <= room) return run_scratch(a);
    const int lane = first_lane(a, [&](int64_t p) { return p < 0 || p + int64_t(a.lane_bytes()) > room; });
    return report(fmt::format("{} of {} bytes outside of scratch by lane {} of warp {} at {}: at byte {} of {}",
                              name_of(site.kind), a.lane_bytes(), lane, warp.warp, where(number), a.places[lane],
                              room));
  }
  const Range *range = range_of(warp, number);
  if (!range) {
    const bool freed = launch_->memory->was_freed(uintptr_t(warp.tensor));
    return report(fmt::format("{} of {} bytes by warp {} at {}: '{}' points to {}", name_of(site.kind), a.lane_bytes(),
                              warp.warp, where(number), tensor_name(warp.tensor),
                              freed ? "a buffer that was freed" : "no buffer"));
  }
  if (uintptr_t(extent.low) >= range->begin && uintptr_t(extent.high) <= range->end) return run_global(warp, a);
  const int lane = first_lane(
      a, [&](int64_t p) { return uintptr_t(p) < range->begin || uintptr_t(p) + a.lane_bytes() > range->end; });
  const int64_t at = a.places[lane] - int64_t(range->begin), size = int64_t(range->end - range->begin);
  return report(fmt::format("{} of {} bytes outside of '{}' by lane {} of warp {} at {}: {} bytes {} it, of {}",
                            name_of(site.kind), a.lane_bytes(), tensor_name(warp.tensor), lane, warp.warp,
                            where(number), at < 0 ? -at : at + int64_t(a.lane_bytes()) - size,
                            at < 0 ? "before the start of" : "beyond the end of", size));
}

bool ProgramRunner::run_global(const Warp &warp, const Access &a) {
  if (is_load(a.site.kind)) {
    load_from_memory(a);
    return true;
  }
  if (is_atomic(a.site.kind)) {
    add_to_memory(a);
    return true;
  }
  if (auto c = find_collision(a))
    return report(fmt::format("lanes {} and {} of warp {} store different values to the same element of '{}' at {}",
                              c->lane, c->other, a.warp, tensor_name(warp.tensor), where(a.number)));
  store_to_memory(a);
  return true;
}

bool ProgramRunner::run_scratch(const Access &a) {
  const auto fault = is_load(a.site.kind) ? scratch_.load(a) : scratch_.store(a);
  return !fault || report(scratch_fault(*fault));
}

/// The buffer that the tensor's pointer lies in.
const Range *ProgramRunner::range_of(const Warp &warp, uint32_t site) {
  const auto tensor = uintptr_t(warp.tensor);
  Range &known = ranges_[site];
  if (known.holds(tensor)) return &known;
  const Range *found = launch_->memory->usable(tensor);
  if (found) known = *found;
  return found;
}

// ---- Words ----------------------------------------------------------------------------------------------------------

std::string ProgramRunner::where(uint32_t number) const {
  const Site &site = launch_->artifact.sites[number];
  return site.file.empty() ? "an unknown line" : fmt::format("{}:{}", site.file, site.line);
}

std::string ProgramRunner::tensor_name(const void *pointer) const {
  for (const Param &p : launch_->artifact.params) {
    const void *value = nullptr;
    if (p.kind != Param::Kind::Pointer) continue;
    std::memcpy(&value, static_cast<const char *>(launch_->args) + p.offset, sizeof(value));
    if (value == pointer) return p.name;
  }
  return fmt::format("{}", pointer);
}

std::string ProgramRunner::scratch_fault(const ScratchFault &f) const {
  auto op = [&](const Visitor &v) { return name_of(launch_->artifact.sites[v.site].kind); };
  const int warp = f.visitor.thread / 32, lane = f.visitor.thread % 32;
  const int other = f.other.thread / 32, other_lane = f.other.thread % 32;
  switch (f.kind) {
  case ScratchFault::Kind::Unwritten:
    return fmt::format("read of scratch byte {}, which nobody wrote, by lane {} of warp {} at {}", f.byte, lane, warp,
                       where(f.visitor.site));
  case ScratchFault::Kind::Race: {
    const std::string who = warp == other ? fmt::format("lanes {} and {} of warp {}", other_lane, lane, warp)
                                          : fmt::format("warps {} and {}", other, warp);
    return fmt::format("race on scratch byte {} between {} at {} ({}) and {} ({}), with no barrier between them",
                       f.byte, who, where(f.other.site), op(f.other), where(f.visitor.site), op(f.visitor));
  }
  case ScratchFault::Kind::TwoValues:
    return fmt::format("lanes {} and {} of warp {} store different values to scratch byte {} at {}", other_lane, lane,
                       warp, f.byte, where(f.visitor.site));
  }
  return "";
}

} // namespace tile::runtime::simt
