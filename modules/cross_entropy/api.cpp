// Calls of cross_entropy: checked, then run by options, shape, stride and alignment.
#include "modules/cross_entropy/api.h"

#include "modules/common/PlanKey.h"
#include "modules/common/TensorChecks.h"
#include "modules/cross_entropy/problem.h"

#include <cmath>
#include <limits>

namespace fla {

using cross_entropy::CrossEntropyProblem;
using cross_entropy::Reduction;
using cross_entropy::Spec;

namespace {

Reduction reduction_of(const TensorChecks &check, LossReduction reduction) {
  switch (reduction) {
  case LossReduction::Mean:
    return Reduction::Mean;
  case LossReduction::Sum:
    return Reduction::Sum;
  case LossReduction::None:
    return Reduction::None;
  }
  check.require(false, fmt::format("{} is no LossReduction; accepted: Mean, Sum, None", int(reduction)));
  throw tile::InternalError("a refusal went on");
}

/// A call whose inputs are in order: what all passes share.
class LossCall {
public:
  LossCall(const TensorChecks &check, const Tensor &logits, const Tensor &targets, const CrossEntropyOptions &options)
      : check_(check), logits_(logits), targets_(targets), weight_(options.weight) {
    check.input("logits", logits, TensorChecks::kFloats, 1);
    rows_ = check.rows_of("logits", logits);
    leading_ = TensorChecks::leading(logits);
    check.dense_input("targets", targets, tile::i64, leading_);
    spec_.class_weights = TensorChecks::is_given(weight_);
    if (spec_.class_weights) check.dense_input("weight", weight_, tile::f32, {rows_.cols});
    auto require = [&](bool is_right, std::string_view name, double given, std::string_view accepted) {
      check.require(is_right, fmt::format("{} is {}; accepted: {}", name, given, accepted));
    };
    const double smoothing = options.label_smoothing, scale = options.logit_scale;
    require(smoothing >= 0 && smoothing <= 1, "label_smoothing", smoothing, "0 to 1");
    // The kernels' constants are f32: the options themselves, scale / softcap, and twice the scale of squares.
    auto is_f32 = [](double x) { return std::abs(x) <= std::numeric_limits<float>::max(); };
    require(is_f32(scale), "logit_scale", scale, "finite numbers of f32");
    require(options.softcap >= 0 && is_f32(options.softcap), "softcap", options.softcap,
            "finite numbers from 0 up, of f32");
    if (options.softcap != 0)
      require(is_f32(scale / options.softcap), "logit_scale / softcap", scale / options.softcap,
              "finite numbers of f32");
    require(options.lse_square_scale >= 0 && is_f32(2 * options.lse_square_scale), "lse_square_scale",
            options.lse_square_scale, "finite numbers from 0 up, of which f32 holds twice");
    spec_.dtype = logits.dtype;
    spec_.classes = rows_.cols;
    spec_.ignore_index = options.ignore_index;
    spec_.reduction = reduction_of(check, options.reduction);
    spec_.label_smoothing = smoothing;
    spec_.logit_scale = scale;
    spec_.softcap = options.softcap;
    spec_.lse_square_scale = options.lse_square_scale;
    if (!rows_.is_dense()) spec_.stride_divisor = std::min<int64_t>(rows_.stride & -rows_.stride, 64);
  }

  /// Of the loss: a number, or one a row.
  std::vector<int64_t> result() const { return spec_.is_reduced() ? std::vector<int64_t>{} : leading_; }

  CrossEntropyForward outputs(CrossEntropyForward into) const {
    into.loss = check_.output("loss", into.loss, tile::f32, result());
    into.lse = check_.output("lse", into.lse, tile::f32, leading_);
    into.z_loss = check_.output_if(spec_.has_z(), "z_loss", into.z_loss, tile::f32, result());
    into.total_weight = check_.output_if(spec_.is_mean(), "total_weight", into.total_weight, tile::f32, {});
    check_.apart(
        {{"loss", &into.loss}, {"lse", &into.lse}, {"z_loss", &into.z_loss}, {"total_weight", &into.total_weight}},
        {{"logits", &logits_}, {"targets", &targets_}, {"weight", &weight_}});
    return into;
  }

  void check_saved(const CrossEntropyForward &saved, const Tensor &dloss) const {
    check_.dense_input("lse", saved.lse, tile::f32, leading_);
    if (spec_.is_mean()) check_.dense_input("total_weight", saved.total_weight, tile::f32, {});
    check_.dense_input("dloss", dloss, tile::f32, result());
  }

  /// The gradient: apart from everything, or the logits.
  Tensor gradient(const Tensor &into, const CrossEntropyForward &others, const Tensor &dloss = {}) {
    spec_.in_place = into.data && into.data == logits_.data;
    if (spec_.in_place) {
      check_.input("dlogits", into, {logits_.dtype});
      check_.shape("dlogits", into, logits_.shape);
      if (check_.rows_of("dlogits", into).stride != rows_.stride)
        check_.refuse("dlogits", into, "in place of the logits, their strides");
      apart(into, others, dloss, {});
      return into;
    }
    const Tensor dlogits = check_.output("dlogits", into, logits_.dtype, logits_.shape);
    apart(dlogits, others, dloss, logits_);
    return dlogits;
  }

  void run(Pass pass, const CrossEntropyForward &f, const Tensor &dloss, const Tensor &dlogits) {
    spec_.align = TensorChecks::alignment({&logits_, &dlogits});
    const Spec &s = spec_;
    const std::string key =
        plan_key(check_.op(), s.dtype, rows_.rows, s.classes, rows_.stride, s.align, s.ignore_index, int(s.reduction),
                 s.label_smoothing, s.logit_scale, s.softcap, s.lse_square_scale, s.class_weights, s.in_place);
    check_.stream().run(key,
                        [&] {
                          return std::make_unique<CrossEntropyProblem>(s, pass, rows_.rows, cross_entropy::TargetMix{},
                                                                       rows_.stride);
                        },
                        {{"logits", logits_.data},
                         {"targets", targets_.data},
                         {"weight", weight_.data},
                         {"loss", f.loss.data},
                         {"lse", f.lse.data},
                         {"z_loss", f.z_loss.data},
                         {"total_weight", f.total_weight.data},
                         {"dloss", dloss.data},
                         {"dlogits", dlogits.data}});
  }

private:
  void apart(const Tensor &dlogits, const CrossEntropyForward &f, const Tensor &dloss, const Tensor &logits) const {
    check_.apart({{"dlogits", &dlogits}}, {{"logits", &logits},
                                           {"targets", &targets_},
                                           {"weight", &weight_},
                                           {"loss", &f.loss},
                                           {"lse", &f.lse},
                                           {"z_loss", &f.z_loss},
                                           {"total_weight", &f.total_weight},
                                           {"dloss", &dloss}});
  }

  const TensorChecks &check_;
  const Tensor &logits_, &targets_, &weight_;
  RowsOfTensor rows_;
  std::vector<int64_t> leading_;
  Spec spec_;
};

} // namespace

CrossEntropyForward cross_entropy_forward(Stream &stream, const Tensor &logits, const Tensor &targets,
                                          const CrossEntropyOptions &options, CrossEntropyForward into) {
  const TensorChecks check(stream, "cross_entropy_forward");
  LossCall call(check, logits, targets, options);
  into = call.outputs(into);
  call.run(Pass::Fwd, into, {}, {});
  return into;
}

Tensor cross_entropy_backward(Stream &stream, const Tensor &logits, const Tensor &targets,
                              const CrossEntropyForward &saved, const Tensor &dloss, const CrossEntropyOptions &options,
                              Tensor into) {
  const TensorChecks check(stream, "cross_entropy_backward");
  LossCall call(check, logits, targets, options);
  call.check_saved(saved, dloss);
  into = call.gradient(into, saved, dloss);
  call.run(Pass::Bwd, saved, dloss, into);
  return into;
}

CrossEntropyBoth cross_entropy_forward_backward(Stream &stream, const Tensor &logits, const Tensor &targets,
                                                const CrossEntropyOptions &options, CrossEntropyBoth into) {
  const TensorChecks check(stream, "cross_entropy_forward_backward");
  LossCall call(check, logits, targets, options);
  into.forward = call.outputs(into.forward);
  into.dlogits = call.gradient(into.dlogits, into.forward);
  call.run(Pass::FwdBwd, into.forward, {}, into.dlogits);
  return into;
}

} // namespace fla
