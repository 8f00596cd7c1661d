// A function with a stack of its own that runs until it yields, and can then be resumed.
#pragma once

#include <cstddef>
#include <ucontext.h>

namespace tile::runtime::simt {

class Fiber {
public:
  Fiber();
  ~Fiber();
  Fiber(const Fiber &) = delete;
  Fiber &operator=(const Fiber &) = delete;

  /// The next resume() calls body(argument) from its start. What an earlier body had not finished is dropped: its
  /// frames are not unwound.
  void start(void (*body)(void *), void *argument);
  /// Runs the body until it yields or returns; called from outside of it, on one thread from start to end.
  void resume();
  /// Goes back to where resume() was called; called from the body.
  void yield();
  /// Whether the body has returned.
  bool is_done() const { return is_done_; }

private:
  static void enter(unsigned low, unsigned high);

  char *memory_;
  ucontext_t inside_, outside_;
  void (*body_)(void *) = nullptr;
  void *argument_ = nullptr;
  bool is_done_ = true;
  void *fake_stack_ = nullptr;        ///< the address sanitizer's, of the side that does not run
  const void *outer_stack_ = nullptr; ///< the resuming thread's, for the sanitizer
  size_t outer_bytes_ = 0;
};

} // namespace tile::runtime::simt
