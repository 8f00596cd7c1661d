// From the words of a command line to the problems they name. Everything that can be wrong with the words is found
// here, before anything is measured or printed.
#pragma once

#include "bench/Options.h"
#include "modules/common/Problem.h"

#include <memory>
#include <string>
#include <vector>

namespace fla::bench {

/// One problem to run, and the words for it.
struct Item {
  std::string module, op;
  Pass pass = Pass::Fwd;
  Case shape;
  DType dtype = DType::bf16;
  std::shared_ptr<const Problem> problem;

  std::string str() const; ///< "layer_norm fwd N=4096,D=1024 bf16"
};

/// The problems of `select`, in the order op, pass, dtype, case. UserError for a word that names nothing (it lists
/// what there is), an op without the pass that was asked for, or a case that is malformed or out of range.
std::vector<Item> plan(const Selection &select);

/// UserError when `item` with all that measuring it needs does not fit into the memory of `device` or of this
/// computer.
void require_memory(const Item &item, const tile::runtime::Device &device);

/// Bytes of this computer's memory that programs can still have; 0 when unknown.
int64_t available_host_memory();

} // namespace fla::bench
