// Lane IR as text, through the lowering and the code generator of a machine; for the host, on to a function.
#pragma once

#include "compiler/Compiler.h"
#include "runtime/host/ObjectLoader.h"

#include <memory>
#include <string>
#include <vector>

namespace tile::test {

/// The artifact of the one kernel in `lane` (without what only a Kernel knows). Throws std::runtime_error with the
/// diagnostics of a pass that fails.
Artifact lower(const std::string &lane, const Target &target);

/// The vector machines this CPU can run code for: itself first, then smaller ones.
std::vector<Target> vectorMachines();

/// A kernel on one of them.
class HostKernel {
public:
  HostKernel(const std::string &lane, const Target &target);
  /// Runs all programs of a grid.
  void run(const void *args, int64_t x, int64_t y = 1, int64_t z = 1) const;

private:
  std::shared_ptr<runtime::ObjectLoader> loader_;
  std::unique_ptr<runtime::LoadedObject> object_;
};

/// Replaces every $W by the lanes of `target`, every $OP by `op` and every $T by `type`.
std::string fill(std::string text, const Target &target, const std::string &op = "", const std::string &type = "");

} // namespace tile::test
