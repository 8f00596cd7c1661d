// A module for tests of the arena, in place of the real ones: y = 2x, done right and in every wrong way that validation
// must notice. The test program links this definition of modules() before the registry's.
#include "modules/common/Problem.h"

#include <fmt/format.h>

namespace fla {
namespace {

using namespace tile;

constexpr int64_t kBlock = 256;

/// What is wrong with an op, if anything.
enum class Flaw { None, Factor, Unwritten, Beyond, Input, Mistake, Reference, Device };

Kernel twice(Flaw flaw) {
  KernelBuilder k("twice", {.warps = 1});
  Index n = k.runtime("n");
  View x = k.inout("x", f32, {n});
  View y = k.output("y", f32, {n});
  Index start = k.program_id(0) * kBlock;
  Tile v = x.load({start}, {kBlock});
  if (flaw == Flaw::Mistake) return y.store({start}, v.to(bf16)), k.finish();
  y.store({start}, v * (flaw == Flaw::Factor ? 3.0f : 2.0f));
  if (flaw == Flaw::Input) x.store({start}, v * 2.0f);
  return k.finish();
}

class Twice : public Problem {
public:
  Twice(Flaw flaw, int64_t n) : flaw_(flaw), n_(n) {}

  std::vector<TensorDesc> tensors() const override {
    return {{.name = "x", .dtype = f32, .shape = {n_}, .derive = {}},
            {.name = "y", .dtype = f32, .shape = {n_}, .role = TensorDesc::Role::Output, .derive = {}}};
  }
  int64_t bytes() const override { return 8 * n_; }
  std::vector<Candidate> candidates(const Target &, const runtime::DeviceInfo &) const override {
    if (flaw_ == Flaw::Device) throw DeviceError("the driver's own words");
    // Beyond: the kernel is told of 100 more elements than there are.
    const int64_t told = flaw_ == Flaw::Unwritten ? n_ / 2 : flaw_ == Flaw::Beyond ? n_ + 100 : n_;
    Candidate c{"plain", {}, {}};
    c.launches.push_back({twice(flaw_),
                          {uint32_t((told + kBlock - 1) / kBlock)},
                          {{"n", told}, {"x", std::string("x")}, {"y", std::string("y")}}});
    return {c};
  }
  CudaReference cuda_reference() const override {
    const char *factor = flaw_ == Flaw::Reference ? "3.f" : "2.f";
    return {.source = fmt::format("extern \"C\" __global__ void twice(const float *x, float *y, long long n) {{\n"
                                  "  long long i = blockIdx.x * 256ll + threadIdx.x;\n"
                                  "  if (i < n) y[i] = {} * x[i];\n}}\n",
                                  factor),
            .options = {},
            .workspace = {},
            .steps = {{"twice", {uint32_t((n_ + 255) / 256)}, 256, {std::string("x"), std::string("y"), n_}}}};
  }
  HostReference host_reference() const override {
    const float factor = flaw_ == Flaw::Reference ? 3 : 2;
    return {.workspace = {}, .steps = {[n = n_, factor](const HostReference::Tensors &t) {
                               const auto *x = static_cast<const float *>(t.at("x"));
                               auto *y = static_cast<float *>(t.at("y"));
                               for (int64_t i = 0; i < n; ++i) y[i] = factor * x[i];
                             }}};
  }
  void oracle(const std::map<std::string, std::vector<double>> &in,
              std::map<std::string, std::vector<double>> &out) const override {
    for (size_t i = 0; i < out.at("y").size(); ++i) out.at("y")[i] = 2 * in.at("x")[i];
  }
  Tolerance tolerance(std::string_view) const override { return {0, 1e-7}; }

private:
  Flaw flaw_;
  int64_t n_;
};

const std::pair<const char *, Flaw> kOps[] = {
    {"twice", Flaw::None},  {"factor", Flaw::Factor},   {"unwritten", Flaw::Unwritten}, {"beyond", Flaw::Beyond},
    {"input", Flaw::Input}, {"mistake", Flaw::Mistake}, {"reference", Flaw::Reference}, {"device", Flaw::Device}};

class Fake : public Module {
public:
  std::string_view name() const override { return "fake"; }
  std::vector<OpInfo> ops() const override {
    std::vector<OpInfo> out;
    for (const auto &[op, flaw] : kOps) out.push_back({op, {"N"}, {Pass::Fwd}, "y = 2 x"});
    return out;
  }
  std::vector<DType> dtypes() const override { return {f32}; }
  std::vector<Case> cases(std::string_view, std::string_view) const override { return {{{"N", 1000}}, {{"N", 5000}}}; }
  std::unique_ptr<Problem> problem(std::string_view op, Pass, const Case &c, DType) const override {
    for (const auto &[name, flaw] : kOps)
      if (name == op) return std::make_unique<Twice>(flaw, c["N"]);
    return nullptr;
  }
};

} // namespace

const std::vector<std::unique_ptr<Module>> &modules() {
  static const auto instance = [] {
    std::vector<std::unique_ptr<Module>> all;
    all.push_back(std::make_unique<Fake>());
    return all;
  }();
  return instance;
}

} // namespace fla
