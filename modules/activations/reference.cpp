#include "modules/activations/reference.h"

#include <set>

namespace fla::activations {

namespace {

class Planner {
public:
  explicit Planner(const ActivationProblem &problem) : problem_(problem), a_(*problem.spec().activation) {}

  ReferencePlan plan(bool forward, bool backward) {
    if (a_.biased()) step({"add", {"x", "b"}, "sum"});
    if (forward) finish_forward();
    if (backward) finish_backward();
    return std::move(plan_);
  }

private:
  void finish_forward() {
    const bool ends_with_f = a_.form == Form::Plain || a_.biased();
    for (Elementary e : a_.value_steps) {
      if (ends_with_f && e.out == "value") e.out = "y";
      step(std::move(e));
    }
    if (a_.scaled()) step({"scale", {"value"}, "y"});
    if (a_.gated()) step({"multiply", {"value", "y"}, "z"});
  }

  void finish_backward() {
    if (a_.gated()) {
      for (const Elementary &e : a_.value_steps) step(e);
      if (problem_.spec().again) step({"multiply", {"value", "y"}, "z"});
      step({"multiply", {"dz", "value"}, "dy"});
    }
    for (const Elementary &e : a_.derivative_steps) step(e);
    if (a_.gated()) {
      step({"multiply", {"dz", "y"}, "dvalue"});
      step({"multiply", {"dvalue", "derivative"}, "dx"});
    } else if (a_.scaled()) {
      step({"scale", {"dy"}, "dvalue"});
      step({"multiply", {"dvalue", "derivative"}, "dx"});
    } else if (a_.biased()) {
      step({"multiply", {"dy", "derivative"}, kSummed});
      step({"scale", {kSummed}, "dx"});
      plan_.sums_columns = true;
    } else {
      step({"multiply", {"dy", "derivative"}, "dx"});
    }
  }

  /// Adds a step unless its result is there already, as eager code keeps it for its backward.
  void step(Elementary e) {
    if (!done_.insert(e.out).second) return;
    ReferenceStep next{&function_named(e.function), {}, {}};
    if (a_.scaled()) next.constant = problem_.scale();
    if (int(e.in.size()) != next.function->operands)
      throw tile::InternalError("activations: " + std::string(e.function) + " takes another number of operands");
    // The activation is one of x + b where there is a b.
    for (std::string &name : e.in) {
      const bool is_x = a_.biased() && e.function != "add" && name == "x";
      next.in.push_back(operand(is_x ? "sum" : name));
    }
    next.out = operand(e.out);
    plan_.steps.push_back(std::move(next));
  }

  bool is_argument(const std::string &name) const {
    return name == "x" || name == "y" || name == "z" || name == "dx" || name == "dy" || name == "dz";
  }

  StepOperand operand(const std::string &name) {
    const int64_t cols = problem_.cols();
    const DType dtype = problem_.spec().dtype;
    if (name == "b") return {name, dtype, 0, 0};
    if (is_argument(name)) {
      const Placement place = problem_.placement(name);
      return {place.tensor, dtype, place.stride, place.offset};
    }
    const std::string tensor = name == kSummed ? name : "unfused_" + name;
    if (scratch_.insert(tensor).second) plan_.workspace.push_back(scratch(tensor, {problem_.rows(), cols}));
    return {tensor, tile::f32, cols, 0};
  }

  const ActivationProblem &problem_;
  const Activation &a_;
  ReferencePlan plan_;
  std::set<std::string> done_, scratch_;
};

} // namespace

ReferencePlan reference_plan(const ActivationProblem &problem, bool forward, bool backward) {
  return Planner(problem).plan(forward, backward);
}

} // namespace fla::activations
