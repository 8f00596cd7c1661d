// Shows the stages of a kernel's way to machine code. Needs no GPU: a GPU's architecture is a name.
#pragma once

#include "bench/Options.h"
#include "modules/common/Problem.h"

#include <iosfwd>
#include <string>
#include <vector>

namespace fla::bench {

/// "host", "simt", or what Target::nvvm takes.
tile::Target target_named(const std::string &arch);

/// What a machine of `target` is like where there is none to ask: candidates are chosen by it.
tile::runtime::DeviceInfo typical_machine(const tile::Target &target);

/// Writes one stage of the kernels of one candidate.
int emit(const EmitOptions &, std::ostream &out);

} // namespace fla::bench
