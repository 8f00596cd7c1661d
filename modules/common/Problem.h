// What a module tells the arena about one of its ops: the tensors, the fused kernels, the unfused references, the
// truth. Everything else (command line, validation, tuning, tests, tables) is built from this.
#pragma once

#include "compiler/Compiler.h"
#include "compiler/dsl/Kernel.h"
#include "runtime/Device.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fla {

using tile::DType;

/// "N=32768,D=1024": ordered keys and values.
class Case {
public:
  Case() = default;
  Case(std::initializer_list<std::pair<std::string, int64_t>> dims) : dims_(dims) {}
  /// Parses "N=..,D=..": UserError saying what was given and what is accepted, for anything that is not a list of
  /// key=non-negative integer with each of `keys` exactly once (in any order; stored in the order of `keys`).
  static Case parse(std::string_view text, const std::vector<std::string> &keys);
  int64_t operator[](std::string_view key) const; ///< InternalError for a key that is not there
  std::string str() const;
  const std::vector<std::pair<std::string, int64_t>> &dims() const { return dims_; }

private:
  std::vector<std::pair<std::string, int64_t>> dims_;
};

enum class Pass : uint8_t { Fwd, Bwd, FwdBwd };
std::string_view name_of(Pass);
Pass pass_named(std::string_view); ///< UserError listing fwd, bwd, fwdbwd

struct TensorDesc {
  enum class Role : uint8_t {
    Input,
    Output,    ///< poisoned before each validated run, compared with the oracle
    InOut,     ///< overwritten in place: made like an input, put back before each run, then compared with the oracle
    Workspace, ///< scratch memory of an implementation
  };
  std::string name;
  DType dtype;
  std::vector<int64_t> shape; ///< contiguous, row-major
  Role role = Role::Input;
  /// Input, InOut: values are mean + stddev * standard normal, rounded to dtype, from a counter-based generator.
  double mean = 0, stddev = 1;
  /// Input, InOut: made by this from the other inputs instead (saved statistics of a backward, say), or from `self`,
  /// which comes filled with those random values. Runs on the host, in double, rounded to dtype.
  std::function<void(const std::map<std::string, std::vector<double>> &in, std::vector<double> &self)> derive;

  /// Whether it has a value before the op runs, and whether the op gives it one.
  bool is_read() const { return role == Role::Input || role == Role::InOut; }
  bool is_written() const { return role == Role::Output || role == Role::InOut; }

  int64_t elements() const;
  size_t bytes() const { return size_t(elements()) * size_t(tile::size_of(dtype)); }
};

/// An f32 tensor that an implementation needs in memory between its steps.
TensorDesc scratch(std::string name, std::vector<int64_t> shape);

/// An argument of a launch: a tensor by name, or a value.
using ArgValue = std::variant<std::string, int64_t, double>;
struct Arg {
  std::string param;
  ArgValue value;
  int64_t offset = 0; ///< of a tensor: bytes behind its first element, where the parameter points
};

/// One launch of a DSL kernel.
struct FusedLaunch {
  tile::Kernel kernel;
  tile::runtime::Grid grid;
  std::vector<Arg> args;
};

/// One way to run the op fused: launches in order, on one stream.
struct Candidate {
  std::string name; ///< its parameters, readable: "rows=4 warps=4"
  std::vector<TensorDesc> workspace;
  std::vector<FusedLaunch> launches;
};

/// The unfused reference on a GPU: CUDA C++ for NVRTC and the launches in order. Kernels take their arguments in the
/// order given: tensors as pointers, int64_t as long long, double as float.
struct CudaStep {
  std::string kernel;
  tile::runtime::Grid grid;
  uint32_t threads = 256;
  std::vector<ArgValue> args;
};
struct CudaReference {
  std::string source;
  std::vector<std::string> options; ///< "-DT=__nv_bfloat16"
  std::vector<TensorDesc> workspace;
  std::vector<CudaStep> steps;
};

/// The unfused reference on the host: the same elementary steps, each run over all cores.
struct HostReference {
  using Tensors = std::map<std::string, void *>;
  std::vector<TensorDesc> workspace;
  std::vector<std::function<void(const Tensors &)>> steps;
};

/// |out - ref| <= atol + rtol * |ref|, element by element.
struct Tolerance {
  double atol = 0, rtol = 0;
};

/// One op, pass, case and dtype.
class Problem {
public:
  virtual ~Problem() = default;
  virtual std::vector<TensorDesc> tensors() const = 0; ///< inputs and outputs
  virtual int64_t bytes() const = 0; ///< the least the problem must move: each input once, each output once
  /// Candidates for `target` in the heuristic's order; the first is what runs without tuning. Never empty, but its
  /// launches may be where the problem has no elements.
  virtual std::vector<Candidate> candidates(const tile::Target &target, const tile::runtime::DeviceInfo &) const = 0;
  virtual CudaReference cuda_reference() const = 0;
  virtual HostReference host_reference() const = 0;
  /// The truth, in double: inputs by name in, outputs by name out (already sized). A tensor that is changed in place is
  /// in both.
  virtual void oracle(const std::map<std::string, std::vector<double>> &in,
                      std::map<std::string, std::vector<double>> &out) const = 0;
  virtual Tolerance tolerance(std::string_view output) const = 0;

  /// How many of one thing the problem is made of that can be computed each by itself: rows, columns. Those of large
  /// problems are held against the truth a few at a time: all numbers of a large one in double fit into no memory.
  virtual int64_t items() const { return 1; }
  /// The problem of `count` of the items; only for its tensors and its oracle. Its tensors are this problem's, but
  /// those that have something for each item are cut: one of their dimensions is `count` instead of items(). An output
  /// that isn't cut is the sum of what the parts have for it. `whole` has the problem's own inputs of at most one
  /// dimension.
  virtual std::unique_ptr<Problem> part(int64_t count, const std::map<std::string, std::vector<double>> &whole) const;
};

struct OpInfo {
  std::string name;
  std::vector<std::string> keys; ///< of a case: {"N", "D"}
  std::vector<Pass> passes;
  std::string summary; ///< one line for --list
};

/// A module of the arena. One folder in modules/ defines one, in a file module.cpp whose only export is
///   namespace fla { std::unique_ptr<Module> make_<folder>(); }
class Module {
public:
  virtual ~Module() = default;
  virtual std::string_view name() const = 0;
  virtual std::vector<OpInfo> ops() const = 0;
  virtual std::vector<DType> dtypes() const = 0;
  /// The cases of a grid: "quick" (a few, small enough that a computer without a GPU validates and times the module in
  /// under a minute) or "fla" (the arena's own).
  virtual std::vector<Case> cases(std::string_view op, std::string_view grid) const = 0;
  /// UserError when the case is out of range, saying what was given and what is accepted.
  virtual std::unique_ptr<Problem> problem(std::string_view op, Pass, const Case &, DType) const = 0;
};

/// All modules, in alphabetical order; made by the build from the folders in modules/.
const std::vector<std::unique_ptr<Module>> &modules();
const Module &module_named(std::string_view name);             ///< UserError listing what there is
const OpInfo &op_named(const Module &, std::string_view name); ///< UserError listing what there is

} // namespace fla
