// The launches of a candidate, compiled and loaded: bound to tensors by name, then enqueued as often as one likes.
#pragma once

#include "modules/common/Problem.h"

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace fla {

/// From a kernel to something that can be launched.
using KernelLoader = std::function<std::shared_ptr<tile::runtime::Executable>(const tile::Kernel &)>;

class Launches {
public:
  Launches(const Candidate &, const KernelLoader &);
  /// Takes the address of each tensor that an argument names. UserError for an address that the code cannot use.
  void bind(const std::function<const void *(std::string_view)> &address);
  /// Enqueues all of them, in order; does nothing but launch. `bind` comes first.
  void enqueue(tile::runtime::Stream &stream) {
    for (Step &step : steps_) step.executable->launch(stream, step.grid, step.block);
  }
  int count() const { return int(steps_.size()); }

private:
  struct Step {
    std::shared_ptr<tile::runtime::Executable> executable;
    tile::runtime::Grid grid;
    tile::runtime::Arguments args;
    std::vector<Arg> tensors; ///< the arguments that name one
    const void *block = nullptr;
  };
  std::vector<Step> steps_;
};

} // namespace fla
