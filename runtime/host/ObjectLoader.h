// Turns ELF object bytes into a function of this process. The only part of the runtime that knows LLVM; none of it
// shows in this header.
#pragma once

#include "compiler/Compiler.h"

#include <cstdint>
#include <memory>
#include <string>

namespace tile::runtime {

/// The entry of a host artifact: runs programs begin..end-1 of a grid (see Artifact).
using HostEntry = void (*)(const void *args, int64_t begin, int64_t end, int64_t grid_x, int64_t grid_y,
                           int64_t grid_z);

/// Code in memory, until destroyed.
class LoadedObject {
public:
  virtual ~LoadedObject() = default;
  HostEntry entry = nullptr;
};

/// Thread-safe. Objects are kept apart: two may define the same names. They may use the C library's functions.
class ObjectLoader {
public:
  virtual ~ObjectLoader() = default;
  /// DeviceError with the linker's words when the object cannot be loaded or does not define the artifact's entry.
  virtual std::unique_ptr<LoadedObject> load(const Artifact &artifact) = 0;
  /// Loaded objects keep what they need of the loader.
  static std::shared_ptr<ObjectLoader> create();
};

/// Of the requirements that code called by this thread has not met since the last call: the first, as "file:line: "
/// and words. Empty when all were met.
std::string take_failure();

/// "ORC JIT, LLVM 22.1.3"
std::string object_loader_version();

} // namespace tile::runtime
