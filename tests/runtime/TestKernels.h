// Kernels for the runtime's tests, made without the project's compiler: from LLVM IR for the host, from PTX for a GPU.
#pragma once

#include "compiler/Compiler.h"

#include <string>
#include <vector>

namespace tile::runtime::test {

/// LLVM IR text to an ELF object for this machine.
std::string object_of(const std::string &ir);

/// A host artifact with this IR's object as its code.
Artifact host_artifact(const std::string &entry, const std::string &ir, std::vector<Param> params,
                       uint32_t param_bytes);

/// `axpy`: y[p] = scale * x[p] + (p % grid_x) for each program p. Parameters x, y: pointers; scale: f32.
Artifact host_axpy();

/// The same for a GPU: thread t of program p does element p * 32 * warps + t of n; adds p % grid_x.
Artifact cuda_axpy(int warps = 1);

} // namespace tile::runtime::test
