// The unfused cross-entropy on a GPU: which of the elementary kernels run, in which order, over which grids.
#include "modules/common/CudaSteps.h"
#include "modules/common/Rows.h"
#include "modules/cross_entropy/cuda_kernels.h"
#include "modules/cross_entropy/problem.h"

#include <algorithm>

namespace fla::cross_entropy {

namespace {

class Steps : public cuda::Steps {
public:
  using cuda::Steps::Steps;

  /// A kernel that folds every row.
  void fold(const char *kernel, std::vector<std::string> tensors) {
    add(kernel, {grid(rows_)}, std::move(tensors), {rows_, cols_});
  }
  /// A kernel over one number a row, which takes `tensors`, rows and then `more`.
  void rows(const char *kernel, std::vector<std::string> tensors, std::vector<ArgValue> more = {}) {
    more.insert(more.begin(), rows_);
    add(kernel, {grid(ceil_div(rows_, kThreads))}, std::move(tensors), std::move(more));
  }
  /// A kernel of one block, also where there are no rows.
  void one(const char *kernel, std::vector<std::string> tensors, std::vector<ArgValue> values) {
    add(kernel, {1}, std::move(tensors), std::move(values));
  }
  int64_t count() const { return rows_; }
};

/// The steps of one case, in order.
struct Writer {
  const Spec &spec;
  Steps &steps;
  double e = spec.label_smoothing;

  bool transforms() const { return spec.logit_scale != 1 || spec.softcap != 0; }

  void prepare() {
    steps.rows("kinds", {"targets", "unfused_kind"}, {spec.classes, spec.ignore_index});
    if (spec.class_weights)
      steps.rows("gather_weights", {"targets", "unfused_kind", "weight", "unfused_weight"});
    else
      steps.rows("count_targets", {"unfused_kind", "unfused_weight"});
    if (spec.smooths() && spec.class_weights)
      steps.one("sum_all", {"weight", "unfused_weight_sum"}, {spec.classes});
    else if (spec.smooths())
      steps.one("constant", {"unfused_weight_sum"}, {int64_t(1), double(spec.classes)});
    if (!transforms()) return;
    steps.elements("scale_logits", {"logits", "unfused_y"}, {spec.logit_scale});
    if (spec.softcap != 0) steps.elements("cap_logits", {"unfused_y"}, {spec.softcap});
  }

  /// unfused_logp = y - a number for each row
  void subtract(const char *of_rows) {
    if (transforms())
      steps.elements("subtract_rows_f32", {"unfused_y", of_rows, "unfused_logp"});
    else
      steps.elements("subtract_rows_t", {"logits", of_rows, "unfused_logp"});
  }

  void log_softmax() {
    if (transforms())
      steps.fold("row_max_f32", {"unfused_y", "unfused_max"});
    else
      steps.fold("row_max_t", {"logits", "unfused_max"});
    subtract("unfused_max");
    steps.fold("row_sum_exp", {"unfused_logp", "unfused_sum"});
    steps.rows("logarithm", {"unfused_sum", "unfused_log"});
    steps.rows("add_unless_ignored", {"unfused_max", "unfused_log", "unfused_kind", "lse"});
    steps.elements("subtract_rows_f32", {"unfused_logp", "unfused_log", "unfused_logp"});
  }

  void losses() {
    const char *loss = spec.is_reduced() ? "unfused_loss" : "loss", *z = spec.is_reduced() ? "unfused_z" : "z_loss";
    steps.rows("gather_losses", {"targets", "unfused_kind", "unfused_weight", "unfused_logp", loss},
               {spec.classes, 1 - e});
    if (spec.smooths()) {
      if (spec.class_weights)
        steps.fold("row_sum_weighted", {"unfused_logp", "weight", "unfused_all"});
      else
        steps.fold("row_sum", {"unfused_logp", "unfused_all"});
      steps.rows("add_smoothing", {"unfused_all", "unfused_kind", loss}, {e / double(spec.classes)});
    }
    if (spec.has_z()) {
      steps.rows("squares", {"lse", "unfused_kind", z}, {spec.lse_square_scale});
      steps.rows("add", {z, loss});
    }
    if (spec.is_mean()) steps.one("sum_all", {"unfused_weight", "total_weight"}, {steps.count()});
    if (!spec.is_reduced()) return;
    reduce(loss, "loss");
    if (spec.has_z()) reduce(z, "z_loss");
  }

  void reduce(const char *of_rows, const char *to) {
    steps.one("sum_all", {of_rows, to}, {steps.count()});
    if (spec.is_mean()) steps.one("divide", {"total_weight", to}, {int64_t(1)});
  }

  /// The gradient from unfused_logp; `given`: upstream gradients are.
  void gradient(bool given) {
    steps.elements("exponential", {"unfused_logp"});
    if (spec.smooths() || spec.class_weights || spec.has_z()) {
      steps.rows("factors_of_p",
                 {"unfused_weight", spec.smooths() ? "unfused_weight_sum" : "unfused_weight", "lse", "unfused_factor"},
                 {1 - e, e / double(spec.classes), 2 * spec.lse_square_scale});
      steps.elements("scale_rows", {"unfused_factor", "unfused_logp"});
    }
    if (spec.smooths()) {
      const double share = e / double(spec.classes);
      if (spec.class_weights)
        steps.elements("subtract_weights", {"weight", "unfused_logp"}, {share});
      else
        steps.elements("subtract_constant", {"unfused_logp"}, {share});
    }
    steps.rows("subtract_at_targets", {"targets", "unfused_kind", "unfused_weight", "unfused_logp"},
               {spec.classes, 1 - e});
    if (spec.softcap != 0) steps.elements("slope_of_cap", {"unfused_y", "unfused_logp"}, {spec.softcap});
    // A tensor that is not there is not read.
    steps.rows(
        "upstreams",
        {given ? "dloss" : "unfused_weight", spec.is_mean() ? "total_weight" : "unfused_weight", "unfused_upstream"},
        {int64_t(spec.is_reduced() ? 0 : 1), int64_t(given), int64_t(spec.is_mean()), spec.logit_scale});
    steps.elements("finish_gradient",
                   {"unfused_logp", "unfused_upstream", "unfused_kind", spec.in_place ? "logits" : "dlogits"});
  }
};

} // namespace

CudaReference CrossEntropyProblem::cuda_reference() const {
  CudaReference reference;
  reference.source = std::string(cuda::kElements) + kCudaKernels;
  reference.options = cuda::options(spec_.dtype);
  Steps steps(reference, spec_.dtype, rows_, spec_.classes);
  Writer write{spec_, steps};
  reference.workspace.push_back(scratch("unfused_logp", {rows_, spec_.classes}));
  if (write.transforms()) reference.workspace.push_back(scratch("unfused_y", {rows_, spec_.classes}));
  if (spec_.smooths()) reference.workspace.push_back(scratch("unfused_weight_sum", {1}));
  for (const char *name : {"unfused_kind", "unfused_weight", "unfused_max", "unfused_sum", "unfused_log", "unfused_all",
                           "unfused_loss", "unfused_z", "unfused_factor", "unfused_upstream"})
    reference.workspace.push_back(scratch(name, {rows_}));

  write.prepare();
  if (runs_forward()) {
    write.log_softmax();
    write.losses();
  } else {
    write.subtract("lse");
  }
  if (runs_backward()) write.gradient(!runs_forward());
  return reference;
}

} // namespace fla::cross_entropy
