// What every module's candidates must be, without a device.
#pragma once

#include "modules/common/Problem.h"

namespace fla::test {

/// A machine of that kind, as far as candidates depend on it.
tile::Target machine_of(tile::Target::Kind kind);

/// All candidates build, under names of their own, and their launches bind each argument to something that exists.
void expect_candidates_build(const Problem &problem, const tile::Target &target);

} // namespace fla::test
