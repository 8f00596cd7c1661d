// The activations of the module, each written once: what the kernels compute, what is true, and of which elementary
// functions the unfused references are made. Everything else in this folder is the same for all of them.
#pragma once

#include "compiler/dsl/Kernel.h"
#include "modules/activations/elementary.h"

#include <string_view>
#include <vector>

namespace fla::activations {

/// How an op uses its activation f.
enum class Form : uint8_t {
  Plain,  ///< y = f(x)
  Scaled, ///< y = f(x) / temperature
  Biased, ///< y = f(x + b), b of [D]
  Gated,  ///< z = f(x) * y
};

struct Activation {
  std::string_view op;
  Form form;
  std::string_view summary; ///< for --list
  tile::Tile (*forward)(const tile::Tile &x);
  /// What backward passes differentiate, where a forward that is shorter than this has no good slope; null: forward.
  tile::Tile (*differentiated)(const tile::Tile &x) = nullptr;
  double (*value)(double x);      ///< f
  double (*derivative)(double x); ///< f', by hand; where f has a corner, what PyTorch takes
  /// Steps from "x" to "value", and on from there to "derivative"; a step whose result is there already is left out.
  std::vector<Elementary> value_steps, derivative_steps;
  bool light = false;   ///< hardly an instruction
  bool costly = false;  ///< so many instructions that a GPU wants more warps rather than more elements of each
  bool crowded = false; ///< so many constants that they leave fewer registers for elements
  bool wide_backward = false; ///< so many constants in its derivative that two accesses of a lane should share them

  bool gated() const { return form == Form::Gated; }
  bool biased() const { return form == Form::Biased; }
  bool scaled() const { return form == Form::Scaled; }
};

const std::vector<Activation> &activations();
const Activation &activation_named(std::string_view op); ///< InternalError for an op that is not there

} // namespace fla::activations
