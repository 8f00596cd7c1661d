// Calls of activations: checked, then run as one long row where all tensors are contiguous, else as rows that are
// apart.
#include "modules/activations/api.h"

#include "modules/activations/problem.h"
#include "modules/common/PlanKey.h"
#include "modules/common/TensorChecks.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace fla {

using activations::ActivationProblem;

namespace {

/// One call of an op: its tensors of rows, by the kernels' names.
class RowsCall {
public:
  RowsCall(const TensorChecks &check, std::string_view op, Pass pass) : check_(check), op_(op), pass_(pass) {}

  /// The first one says what all are like.
  const Tensor &input(std::string_view name, const Tensor &t) {
    if (tensors_.empty()) {
      check_.input(name, t, TensorChecks::kFloats, 1);
      like_ = t;
    }
    check_.input(name, t, {like_.dtype});
    check_.shape(name, t, like_.shape);
    add(name, t);
    return t;
  }
  Tensor output(std::string_view name, const Tensor &given) {
    Tensor t = check_.output_of_rows(name, given, like_.dtype, like_.shape);
    add(name, t);
    return t;
  }
  /// Runs with `b` [D] and `db` [D], null where there are none.
  void run(activations::Options options, const Tensor &b = {}, const Tensor &db = {}) {
    const bool whole = !b && dense_;
    if (!whole) check_.rows_of(tensors_.front().name, like_);
    const int64_t rows = whole ? like_.elements() : TensorChecks::rows(like_), cols = whole ? 1 : like_.shape.back();
    options.align = TensorChecks::alignment({&b, &db});
    std::string key = plan_key(check_.op(), op_, like_.dtype, rows, cols, options.temperature, options.again);
    for (const Operand &t : tensors_) {
      options.align = std::min(options.align, TensorChecks::alignment({&t.tensor}));
      if (whole) continue;
      options.strides[t.name] = t.stride;
      key += plan_key("", t.stride);
    }
    key += plan_key(" align", options.align);
    stream_run(key, rows, cols, options, b, db);
  }

private:
  struct Operand {
    std::string name;
    Tensor tensor;
    int64_t stride;
  };
  void add(std::string_view name, const Tensor &t) {
    const int64_t stride = check_.row_stride(name, t);
    dense_ &= t.is_contiguous();
    tensors_.push_back({std::string(name), t, stride});
  }
  const void *address(std::string_view name) const {
    for (const Operand &t : tensors_)
      if (t.name == name) return t.tensor.data;
    return nullptr;
  }
  void stream_run(const std::string &key, int64_t rows, int64_t cols, const activations::Options &options,
                  const Tensor &b, const Tensor &db) const {
    check_.stream().run(key,
                        [&] {
                          const activations::Activation &a = activations::activation_named(op_);
                          return std::make_unique<ActivationProblem>(a, like_.dtype, pass_, rows, cols, options);
                        },
                        {{"x", address("x")},
                         {"y", address("y")},
                         {"z", address("z")},
                         {"dx", address("dx")},
                         {"dy", address("dy")},
                         {"dz", address("dz")},
                         {"b", b.data},
                         {"db", db.data}});
  }

  const TensorChecks &check_;
  std::string_view op_;
  Pass pass_;
  Tensor like_;
  bool dense_ = true;
  std::vector<Operand> tensors_;
};

activations::Options checked(const TensorChecks &check, Activation f, const ActivationOptions &options) {
  const double t = options.temperature;
  check.require(std::isfinite(t) && t != 0, fmt::format("temperature is {}; accepted: finite numbers but 0", t));
  check.require(f == Activation::logsigmoid || t == 1,
                fmt::format("temperature is {}; accepted: 1, but for logsigmoid", t));
  activations::Options known;
  known.temperature = t;
  return known;
}

std::string op_name(std::string_view op, std::string_view direction) {
  return fmt::format("{}_{}", op, direction);
}

void check_bias(const TensorChecks &check, const Tensor &x, const Tensor &b) {
  check.input("x", x, TensorChecks::kFloats, 1);
  check.rows_of("x", x);
  check.dense_input("b", b, x.dtype, {x.shape.back()});
}

} // namespace

std::string_view name_of(Activation f) {
  switch (f) {
  case Activation::sigmoid:
    return "sigmoid";
  case Activation::logsigmoid:
    return "logsigmoid";
  case Activation::swish:
    return "swish";
  case Activation::gelu:
    return "gelu";
  case Activation::gelu_erf:
    return "gelu_erf";
  case Activation::sqrelu:
    return "sqrelu";
  }
  throw tile::UserError(fmt::format("{} is no Activation; accepted: sigmoid, logsigmoid, swish, gelu, gelu_erf, "
                                    "sqrelu",
                                    int(f)));
}

std::string_view name_of(Gate gate) {
  switch (gate) {
  case Gate::swiglu:
    return "swiglu";
  case Gate::sigmoidglu:
    return "sigmoidglu";
  case Gate::geglu:
    return "geglu";
  case Gate::reglu:
    return "reglu";
  case Gate::powglu:
    return "powglu";
  }
  throw tile::UserError(fmt::format("{} is no Gate; accepted: swiglu, sigmoidglu, geglu, reglu, powglu", int(gate)));
}

Tensor activation_forward(Stream &stream, Activation f, const Tensor &x, const ActivationOptions &options,
                          Tensor into) {
  const std::string name = op_name(name_of(f), "forward");
  const TensorChecks check(stream, name);
  RowsCall call(check, name_of(f), Pass::Fwd);
  call.input("x", x);
  const Tensor y = call.output("y", into);
  check.apart({{"y", &y}}, {{"x", &x}});
  call.run(checked(check, f, options));
  return y;
}

Tensor activation_backward(Stream &stream, Activation f, const Tensor &x, const Tensor &dy,
                           const ActivationOptions &options, Tensor into) {
  const std::string name = op_name(name_of(f), "backward");
  const TensorChecks check(stream, name);
  RowsCall call(check, name_of(f), Pass::Bwd);
  call.input("x", x);
  call.input("dy", dy);
  const Tensor dx = call.output("dx", into);
  check.apart({{"dx", &dx}}, {{"x", &x}, {"dy", &dy}});
  call.run(checked(check, f, options));
  return dx;
}

Tensor gated_forward(Stream &stream, Gate gate, const Tensor &x, const Tensor &y, Tensor into) {
  const std::string name = op_name(name_of(gate), "forward");
  const TensorChecks check(stream, name);
  RowsCall call(check, name_of(gate), Pass::Fwd);
  call.input("x", x);
  call.input("y", y);
  const Tensor z = call.output("z", into);
  check.apart({{"z", &z}}, {{"x", &x}, {"y", &y}});
  call.run({});
  return z;
}

GatedBackward gated_backward(Stream &stream, Gate gate, const Tensor &x, const Tensor &y, const Tensor &dz, bool again,
                             GatedBackward into) {
  const std::string name = op_name(name_of(gate), "backward");
  const TensorChecks check(stream, name);
  RowsCall call(check, name_of(gate), Pass::Bwd);
  call.input("x", x);
  call.input("y", y);
  call.input("dz", dz);
  into.dx = call.output("dx", into.dx);
  into.dy = call.output("dy", into.dy);
  if (again) into.z = call.output("z", into.z);
  if (!again && TensorChecks::is_given(into.z)) check.refuse("z", into.z, "no such tensor without `again`");
  check.apart({{"dx", &into.dx}, {"dy", &into.dy}, {"z", &into.z}}, {{"x", &x}, {"y", &y}, {"dz", &dz}});
  activations::Options options;
  options.again = again;
  call.run(std::move(options));
  return into;
}

Tensor bias_gelu_forward(Stream &stream, const Tensor &x, const Tensor &b, Tensor into) {
  const TensorChecks check(stream, "bias_gelu_forward");
  check_bias(check, x, b);
  RowsCall call(check, "bias_gelu", Pass::Fwd);
  call.input("x", x);
  const Tensor y = call.output("y", into);
  check.apart({{"y", &y}}, {{"x", &x}, {"b", &b}});
  call.run({}, b);
  return y;
}

BiasGeluBackward bias_gelu_backward(Stream &stream, const Tensor &x, const Tensor &b, const Tensor &dy,
                                    BiasGeluBackward into) {
  const TensorChecks check(stream, "bias_gelu_backward");
  check_bias(check, x, b);
  RowsCall call(check, "bias_gelu", Pass::Bwd);
  call.input("x", x);
  call.input("dy", dy);
  into.dx = call.output("dx", into.dx);
  into.db = check.output("db", into.db, x.dtype, b.shape);
  check.apart({{"dx", &into.dx}, {"db", &into.db}}, {{"x", &x}, {"b", &b}, {"dy", &dy}});
  call.run({}, b, into.db);
  return into;
}

} // namespace fla
