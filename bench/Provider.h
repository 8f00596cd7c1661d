// One way to do the work of a problem on a device, ready to run: everything is compiled, loaded and bound before.
#pragma once

#include "bench/Session.h"

namespace fla::bench {

/// What it took to make a provider ready.
struct Preparation {
  double compile_ms = 0; ///< to machine code, or to PTX where the driver goes on from there
  double load_ms = 0;    ///< by the driver or the linker
  double total() const { return compile_ms + load_ms; }
};

class Provider {
public:
  virtual ~Provider() = default;
  /// Enqueues all launches of the work, once. On the host they are done when this returns.
  virtual void enqueue(tile::runtime::Stream &) = 0;
  virtual int launches() const = 0;
  virtual Workspace *workspace() { return nullptr; }
  const Preparation &preparation() const { return preparation_; }

protected:
  Preparation preparation_;
};

} // namespace fla::bench
