// The tensors of a case, how exact each output must be, and the truth.
#include "modules/tokenshift/problem.h"

#include "modules/common/Tolerance.h"
#include "runtime/Parallel.h"

namespace fla::tokenshift {

using Role = TensorDesc::Role;
using Doubles = std::vector<double>;

std::vector<TensorDesc> ShiftProblem::tensors() const {
  std::vector<TensorDesc> all;
  auto add = [&](const char *name, std::vector<int64_t> shape, Role role) {
    all.push_back({.name = name, .dtype = dtype(), .shape = std::move(shape), .role = role, .derive = {}});
  };
  const std::vector<int64_t> dense = {sequences_.batch(), sequences_.tokens(), cols()};
  const std::vector<int64_t> strided = sequences_.strided_shape(cols(), gap_);
  const std::vector<int64_t> per_sequence = {sequences_.count(), cols()};

  if (sequences_.packed()) all.push_back(sequences_.tensor());
  if (runs_forward()) {
    add("x", strided, Role::Input);
    if (spec_.cache) add("cache", per_sequence, Role::Input);
    add("y", dense, Role::Output);
    if (spec_.next_cache) add("next_cache", per_sequence, Role::Output);
  }
  if (runs_backward()) {
    add("dy", strided, Role::Input);
    if (spec_.next_cache) add("dnext_cache", per_sequence, Role::Input);
    add("dx", dense, Role::Output);
    if (spec_.cache) add("dcache", per_sequence, Role::Output);
  }
  return all;
}

int64_t ShiftProblem::bytes() const {
  int64_t total = 0;
  for (const TensorDesc &tensor : tensors()) {
    const bool is_strided = tensor.name == "x" || tensor.name == "dy";
    total += is_strided ? sequences_.rows() * cols() * tile::size_of(dtype()) : int64_t(tensor.bytes());
  }
  return total;
}

Tolerance ShiftProblem::tolerance(std::string_view output) const {
  // One subtraction of numbers as they are in memory, or none.
  const bool is_copy = output == "next_cache" || output == "dcache";
  return rounded(dtype(), {0, is_copy ? 0 : kF32});
}

void ShiftProblem::oracle(const std::map<std::string, Doubles> &in, std::map<std::string, Doubles> &out) const {
  const int64_t d = cols();
  /// Token t of a sequence in a strided tensor.
  auto row = [&](const Doubles &of, const Sequence &s, int64_t t) {
    return &of[size_t(sequences_.strided_offset(s.first + t, d, gap_))];
  };
  const Doubles zeros(static_cast<size_t>(d));
  auto per_sequence = [&](bool given, const char *name, int64_t i) {
    return given ? &in.at(name)[size_t(i * d)] : zeros.data();
  };
  tile::runtime::parallel_for(sequences_.count(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Sequence s = sequences_[i];
      if (runs_forward()) {
        const double *before = per_sequence(spec_.cache, "cache", i);
        for (int64_t t = 0; t < s.tokens; ++t) {
          const double *now = row(in.at("x"), s, t);
          for (int64_t j = 0; j < d; ++j) out.at("y")[size_t((s.first + t) * d + j)] = before[j] - now[j];
          before = now;
        }
        if (spec_.next_cache) std::copy_n(before, d, &out.at("next_cache")[size_t(i * d)]);
      }
      if (runs_backward()) {
        const double *behind = per_sequence(spec_.next_cache, "dnext_cache", i);
        for (int64_t t = s.tokens; t-- > 0;) {
          const double *now = row(in.at("dy"), s, t);
          for (int64_t j = 0; j < d; ++j) out.at("dx")[size_t((s.first + t) * d + j)] = behind[j] - now[j];
          behind = now;
        }
        if (spec_.cache) std::copy_n(behind, d, &out.at("dcache")[size_t(i * d)]);
      }
    }
  });
}

} // namespace fla::tokenshift
