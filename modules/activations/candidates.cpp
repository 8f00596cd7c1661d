// Which kernels run a case on a machine, with which grids: the heuristic's choice first.
#include "modules/activations/kernels.h"
#include "modules/activations/problem.h"
#include "modules/common/Pairs.h"
#include "modules/common/Partials.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace fla::activations {

using tile::Target;
using tile::runtime::DeviceInfo;
using tile::runtime::Grid;

namespace {

/// Programs of a host core that go over a range each: enough that cores which are slowed down can share.
constexpr int64_t kRangesPerUnit = 4;

constexpr int64_t kMostAcross = 65535; ///< programs of a GPU's second grid dimension

/// How a program's block is cut: so many accesses of the machine's full width for each lane and tensor.
struct Cut {
  int warps;
  int64_t vectors;
  bool looped = false; ///< programs that loop over blocks, as many as the machine runs at once
  int64_t ahead = 0;   ///< blocks that are prefetched
  bool narrow = false; ///< of a GPU: blocks of as few columns as make whole lines of memory, and more rows
  int resident = 32;   ///< of a GPU's programs that loop, warps that a multiprocessor has at once
};

class Planner {
public:
  Planner(const ActivationProblem &problem, const Target &target, const DeviceInfo &device)
      : problem_(problem), spec_(problem.spec()), target_(target), units_(std::max(device.units, 1)),
        cache_bytes_(device.cache_bytes), in_flight_(accesses_in_flight(target, device)) {}

  std::vector<Candidate> forward() const {
    const Kernels kernels{activations::forward, problem_.forward_inputs(), {problem_.forward_output()}};
    return all(kernels, cuts(kernels));
  }
  std::vector<Candidate> backward() const {
    const auto build = spec_.activation->biased() ? backward_biased : activations::backward;
    const Kernels kernels{build, problem_.backward_inputs(), problem_.backward_outputs()};
    return all(kernels, spec_.activation->biased() ? summing_cuts() : cuts(kernels));
  }

private:
  struct Kernels {
    tile::Kernel (*build)(const Spec &, const RowConfig &);
    std::vector<std::string> inputs, outputs; ///< tensors of rows
  };

  int64_t elements() const { return problem_.rows() * problem_.cols(); }
  /// Elements of one access of a lane, where memory is aligned: of a GPU 16 bytes, of a CPU a vector of f32 once
  /// widened, of which the lanes are the elements.
  int64_t vector() const { return target_.is_gpu() ? target_.vector_bytes / tile::size_of(spec_.dtype) : 1; }

  // ---- How blocks are cut -------------------------------------------------------------------------------------------

  std::vector<Cut> cuts(const Kernels &kernels) const {
    if (!target_.is_gpu()) return {{1, 8, true, 16}, {1, 16, true, 8}, {1, 4, true, 32}, {1, 16, true, 0}};
    std::vector<Cut> found = kernels.inputs.size() == 1 ? cuts_of_one() : cuts_of_several(kernels.inputs.size());
    const int64_t many = kernels.inputs.size() == 1 ? 4 : 2;
    for (Cut cut : {Cut{4, many}, Cut{8, many}, Cut{4, many / 2}, Cut{8, many / 2}, Cut{8, many, true}})
      found.push_back(cut);
    return found;
  }

  int64_t wave() const { return elements_of_a_wave(target_, units_, spec_.dtype); }

  /// As many accesses a lane as let all programs run at once, up to four: for 8M elements, two rounds of programs take
  /// an H100 8 % longer. Where there must be more rounds, one access: 1 to 2 % less than four, for 64M elements. What
  /// has little to compute would rather have four up to twice as many, by small programs: sqrelu takes 2 to 3 % less
  /// for 8M and 16M elements; and 32 warps instead of 16 beyond, if a multiprocessor has all of two programs: 1 % less.
  /// An H200, where one access of all lanes does not fill the time that memory takes, takes 3 to 5 % less with two.
  std::vector<Cut> cuts_of_one() const {
    const int64_t waves = ceil_div(elements(), wave());
    const bool is_light = spec_.activation->light && target_.resident_warps >= 64;
    const int warps = is_light ? 32 : 16;
    if (is_light && waves > 2 && waves <= 8) return {{4, 4}, {8, 4}, {warps, 1}};
    if (waves > 4 && in_flight_ > 1) return {{waves > 8 ? 8 : 4, in_flight_}, {warps, 1}, {4, 8}};
    if (waves > 4) return {{warps, 1}, {warps / 2, 1}, {4, 8}};
    return {{8, int64_t(std::bit_ceil(uint64_t(std::max<int64_t>(waves, 1))))}};
  }

  /// An H100 prefers small programs for up to 16M elements, by 1 to 3 %. Where there is much to compute, an H200
  /// prefers one access, by 2 to 4 %; three tensors have enough of them on their way with one. Where there are many
  /// constants it prefers two, by 6 to 7 %.
  std::vector<Cut> cuts_of_several(size_t inputs) const {
    if (inputs == 2 && in_flight_ > 1 && spec_.activation->wide_backward && elements() > 8 * wave())
      return {{4, 2}, {2, 2}};
    if (inputs > 2 || spec_.activation->costly || elements() > 8 * wave()) return {{4, 1}, {2, 2}};
    return {{2, 2}, {4, 1}};
  }

  /// A program that sums over its rows goes over many blocks; its sums stay in registers.
  std::vector<Cut> summing_cuts() const {
    if (!target_.is_gpu()) return {{1, 8, true, 16}, {1, 16, true, 8}, {1, 32, true, 2}};
    // Whole rows of 8 columns a lane are what an H200 was measured to prefer to 16. Narrow blocks leave fewer sums,
    // which is worth 7 % of 2048 x 1024 and nothing from 8192 x 2048 on.
    std::vector<Cut> found = {
        {8, 1, true}, {4, 2, true, 0, true}, {8, 2, true, 0, true}, {4, 1, true, 0, true}, {8, 1, true, 0, true}};
    const bool are_few = elements() <= int64_t(1) << 24;
    if (are_few) std::swap(found[0], found[1]);
    // More warps at once have more on its way: 6 % of 8192 x 4096 and of 32768 x 4096 on an H200.
    if (in_flight_ > 1 && fits(48)) found.insert(are_few ? found.end() : found.begin(), {8, 1, true, 0, false, 48});
    return found;
  }

  /// Whether a lane of a program that sums needs few enough registers for so many warps at once: of two bytes an
  /// element, where all accesses are whole.
  bool fits(int warps) const {
    constexpr int kNeeds = 40;
    const bool is_whole = problem_.cols() % (target_.lanes * vector()) == 0 && spec_.align >= target_.vector_bytes &&
                          spec_.stride_divisor % vector() == 0;
    return is_whole && tile::size_of(spec_.dtype) == 2 && target_.resident_warps >= warps &&
           target_.registers_at(warps) >= kNeeds;
  }

  /// Bytes that a pass writes beyond which they only push other data out of the caches.
  bool is_streaming(const Kernels &kernels) const {
    const int64_t written = int64_t(kernels.outputs.size()) * elements() * tile::size_of(spec_.dtype);
    return written > (target_.is_gpu() ? cache_bytes_ : cache_bytes_ / 8);
  }

  RowConfig config(const Cut &cut, size_t inputs, bool streaming) const {
    RowConfig c;
    c.warps = cut.warps;
    c.looped_rows = cut.looped;
    c.ahead = cut.ahead;
    c.streaming = streaming;
    c.strided = target_.is_gpu();
    const int64_t lanes = int64_t(cut.warps) * target_.lanes, block = lanes * cut.vectors * vector();
    if (spec_.flat) {
      c.shape.chunk = block;
    } else {
      // As wide as it takes for whole lines of memory, as high as is left.
      const int64_t narrow = target_.is_gpu() ? target_.lanes * vector() : block;
      c.shape.chunk = row_shape(problem_.cols(), std::min(narrow, block), block).chunk;
      // A program leaves one row of sums, however many it went over: few columns make for few partial sums.
      if (cut.narrow && ceil_div(problem_.cols(), narrow) <= kMostAcross)
        c.shape.chunk = std::min(c.shape.chunk, narrow);
      c.rows = block / c.shape.chunk;
    }
    // Rows that end inside of an access have masks for single elements: with many of them a lane needs more registers
    // than the GPU's assembler would give it.
    const int64_t of_lane = cut.vectors * vector();
    if (target_.is_gpu() && problem_.cols() % vector() != 0 && of_lane >= 32) c.registers = of_lane >= 64 ? 168 : 144;
    if (fits_full(cut, inputs)) c.registers = target_.full_registers();
    if (cut.resident > 32) c.registers = target_.registers_at(cut.resident);
    return c;
  }

  /// Whether a lane must and can do with the registers that let a multiprocessor have all the warps it can. Left alone,
  /// the GPU's assembler takes 34 to 36; where 64 warps leave 32, 8M elements are two rounds of programs then, not one.
  bool fits_full(const Cut &cut, size_t inputs) const {
    const bool is_whole = spec_.flat && !spec_.ragged && spec_.align >= target_.vector_bytes;
    const int64_t held = int64_t(inputs) * cut.vectors * target_.vector_bytes / 4;
    return target_.full_registers() == 32 && is_whole && inputs <= 2 && held <= (spec_.activation->crowded ? 8 : 16);
  }

  // ---- Launches -----------------------------------------------------------------------------------------------------

  Grid grid(const RowConfig &c, int64_t programs_at_once) const {
    const int64_t blocks =
        spec_.flat ? std::max<int64_t>(ceil_div(whole(), c.shape.chunk), 1) : ceil_div(problem_.rows(), c.rows);
    const int64_t across = spec_.flat ? 1 : ceil_div(problem_.cols(), c.shape.chunk);
    return {uint32_t(c.looped_rows ? std::clamp<int64_t>(programs_at_once / across, 1, blocks) : blocks),
            uint32_t(across)};
  }

  /// Of a flat kernel, the elements in whole groups.
  int64_t whole() const { return elements() / kGranule * kGranule; }

  std::vector<Arg> arguments(const Kernels &kernels) const {
    std::vector<Arg> args;
    const int64_t size = tile::size_of(spec_.dtype);
    for (const auto &names : {kernels.inputs, kernels.outputs})
      for (const std::string &name : names) {
        const Placement place = problem_.placement(name);
        args.push_back({name, place.tensor, place.offset * size});
        if (spec_.stride_divisor > 0) args.push_back({name + "_stride", place.stride});
        if (spec_.flat && spec_.ragged) args.push_back({name + "_rest", place.tensor, whole() * size});
      }
    if (spec_.flat) args.push_back({"elements", whole()});
    if (spec_.flat && spec_.ragged) args.push_back({"rest", elements() - whole()});
    if (!spec_.flat) args.push_back({"rows", problem_.rows()});
    if (spec_.activation->biased()) args.push_back({"b", std::string("b")});
    if (spec_.activation->scaled()) args.push_back({"scale", problem_.scale()});
    return args;
  }

  /// Programs that a machine runs at once.
  int64_t programs_at_once(const Cut &cut) const {
    return units_ * (target_.is_gpu() ? std::max(1, cut.resident / cut.warps) : kRangesPerUnit);
  }

  Candidate candidate(const Kernels &kernels, const Cut &cut, bool streaming) const {
    const bool sums = kernels.build == backward_biased;
    const RowConfig c = config(cut, kernels.inputs.size(), streaming);
    Candidate candidate{c.str(), {}, {}};
    if (cut.looped) candidate.name += fmt::format(" looped ahead={}", cut.ahead);
    if (cut.resident > 32) candidate.name += fmt::format(" resident={}", cut.resident);
    int64_t parts = 0;
    if (elements() > 0) {
      const Grid programs = grid(c, programs_at_once(cut));
      parts = programs.x;
      candidate.launches.push_back({kernels.build(spec_, c), programs, arguments(kernels)});
      if (sums) candidate.launches.back().args.push_back({"partials", std::string("partials")});
    }
    if (sums)
      add_to(candidate,
             {.kernel = spec_.name("sum_partials"),
              .sums = {"db"},
              .dtype = spec_.dtype,
              .cols = problem_.cols(),
              .align = spec_.align},
             parts, target_);
    return candidate;
  }

  std::vector<Candidate> all(const Kernels &kernels, const std::vector<Cut> &cuts) const {
    const bool streaming = is_streaming(kernels);
    std::vector<Candidate> found;
    auto add = [&](const Cut &cut, bool around_caches) {
      Candidate next = candidate(kernels, cut, around_caches);
      if (std::none_of(found.begin(), found.end(), [&](const Candidate &c) { return c.name == next.name; }))
        found.push_back(std::move(next));
    };
    for (const Cut &cut : cuts) add(cut, streaming);
    if (target_.is_gpu()) add(cuts.front(), !streaming);
    return found;
  }

  const ActivationProblem &problem_;
  const Spec &spec_;
  const Target &target_;
  int64_t units_, cache_bytes_, in_flight_;
};

} // namespace

std::vector<Candidate> ActivationProblem::candidates(const Target &target, const DeviceInfo &device) const {
  const Planner planner(*this, target, device);
  switch (pass_) {
  case Pass::Fwd:
    return planner.forward();
  case Pass::Bwd:
    return planner.backward();
  case Pass::FwdBwd:
    return pairs(planner.forward(), planner.backward());
  }
  throw tile::InternalError("activations: unknown pass");
}

} // namespace fla::activations
