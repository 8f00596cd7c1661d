// Compilations, timed: warm, as the first of a process, and many at once.
#pragma once

#include "compiler/Compiler.h"
#include "compiler/dsl/Kernel.h"

#include <cstddef>
#include <vector>

namespace fla::bench {

struct CompileTime {
  double wall_ms = 0;
  double cpu_ms = 0;        ///< of the thread: the same on a machine at rest, and less where others want its cores too
  tile::CompileTimes parts; ///< of cpu_ms
  size_t code_bytes = 0;
};

/// Of one compilation, here and now.
CompileTime time_compilation(const tile::Kernel &, const tile::Target &);

/// The medians of `reps` compilations after one that is not counted.
CompileTime time_warm(const tile::Kernel &, const tile::Target &, int reps);

/// The same of a process that has not compiled anything: a copy of this one, made here. InternalError unless it ends
/// well. This process must not have compiled, or what is measured is not cold.
CompileTime time_cold(const tile::Kernel &, const tile::Target &);

/// Milliseconds until `kernels` are all compiled by `threads` threads, each taking the next one: the best of a few.
double time_all(const std::vector<tile::Kernel> &kernels, const tile::Target &, int threads);

} // namespace fla::bench
