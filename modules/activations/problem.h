// One case of an activation op. Each kind of answer that a Problem gives is a file of its own.
#pragma once

#include "modules/activations/spec.h"
#include "modules/common/Problem.h"

#include <map>
#include <string>
#include <vector>

namespace fla::activations {

struct Options {
  double temperature = 1; ///< of logsigmoid
  /// Gated: x and y are the left and the right half of one tensor xy [N, 2D], dx and dy those of dxy.
  bool packed = false;
  /// Gated, backward: z is an output too.
  bool again = false;
  /// Elements from row to row of the tensors of that name: x, y, dy, dz, dx, z. Absent: D.
  std::map<std::string, int64_t, std::less<>> strides = {};
  int align = 16; ///< bytes, a power of two from an element's size up, that divide the address of every tensor
};

/// Where rows of D elements lie: row i of a kernel's argument begins at element i * stride + offset of a tensor.
struct Placement {
  std::string tensor;
  int64_t stride, offset;
};

class ActivationProblem : public Problem {
public:
  ActivationProblem(const Activation &activation, DType dtype, Pass pass, int64_t rows, int64_t cols, Options = {});

  std::vector<TensorDesc> tensors() const override;
  int64_t bytes() const override;
  std::vector<Candidate> candidates(const tile::Target &, const tile::runtime::DeviceInfo &) const override;
  CudaReference cuda_reference() const override;
  HostReference host_reference() const override;
  void oracle(const std::map<std::string, std::vector<double>> &in,
              std::map<std::string, std::vector<double>> &out) const override;
  Tolerance tolerance(std::string_view output) const override;
  int64_t items() const override { return rows_; }
  std::unique_ptr<Problem> part(int64_t count, const std::map<std::string, std::vector<double>> &) const override {
    return std::make_unique<ActivationProblem>(*spec_.activation, spec_.dtype, pass_, count, spec_.cols, options_);
  }

  const Spec &spec() const { return spec_; }
  int64_t rows() const { return rows_; }
  int64_t cols() const { return spec_.cols; }
  double scale() const { return 1 / options_.temperature; }

  // The arguments that are tensors of rows, by the kernels' names.
  std::vector<std::string> forward_inputs() const;
  std::string forward_output() const { return spec_.activation->gated() ? "z" : "y"; }
  std::vector<std::string> backward_inputs() const;
  std::vector<std::string> backward_outputs() const;
  Placement placement(const std::string &argument) const;

private:
  bool runs_forward() const { return pass_ != Pass::Bwd; }
  bool runs_backward() const { return pass_ != Pass::Fwd; }

  Spec spec_;
  Pass pass_;
  int64_t rows_;
  Options options_;
};

} // namespace fla::activations
