// Fibers by ucontext. The address sanitizer is told of every switch.
#include "runtime/simt/Fiber.h"

#include "compiler/support/Error.h"

#include <cstdint>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define TILE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TILE_ASAN 1
#endif
#endif
#ifdef TILE_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace tile::runtime::simt {
namespace {

constexpr size_t kStack = size_t(1) << 20; ///< mapped as it is used
constexpr size_t kGuard = size_t(64) << 10;

void before_switch([[maybe_unused]] void **save, [[maybe_unused]] const void *stack, [[maybe_unused]] size_t bytes) {
#ifdef TILE_ASAN
  __sanitizer_start_switch_fiber(save, stack, bytes);
#endif
}

void after_switch([[maybe_unused]] void *saved, [[maybe_unused]] const void **from, [[maybe_unused]] size_t *bytes) {
#ifdef TILE_ASAN
  __sanitizer_finish_switch_fiber(saved, from, bytes);
#endif
}

} // namespace

Fiber::Fiber() {
  void *memory = mmap(nullptr, kGuard + kStack, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) throw DeviceError("simt: there is no memory for the stack of a warp");
  memory_ = static_cast<char *>(memory);
  mprotect(memory_, kGuard, PROT_NONE); // a frame too large ends the process there and harms nothing else
  getcontext(&inside_);
}

Fiber::~Fiber() {
  munmap(memory_, kGuard + kStack);
}

void Fiber::start(void (*body)(void *), void *argument) {
  body_ = body;
  argument_ = argument;
  is_done_ = false;
  fake_stack_ = nullptr;
  inside_.uc_stack.ss_sp = memory_ + kGuard;
  inside_.uc_stack.ss_size = kStack;
  inside_.uc_link = nullptr;
  // makecontext passes ints only.
  const auto self = reinterpret_cast<uintptr_t>(this);
  makecontext(&inside_, reinterpret_cast<void (*)()>(&Fiber::enter), 2, unsigned(self), unsigned(uint64_t(self) >> 32));
}

void Fiber::enter(unsigned low, unsigned high) {
  auto *self = reinterpret_cast<Fiber *>(uintptr_t(uint64_t(high) << 32 | low));
  after_switch(nullptr, &self->outer_stack_, &self->outer_bytes_);
  self->body_(self->argument_);
  self->is_done_ = true;
  before_switch(nullptr, self->outer_stack_, self->outer_bytes_); // nothing is kept of this stack
  setcontext(&self->outside_);
}

void Fiber::resume() {
  void *mine = nullptr;
  before_switch(&mine, memory_ + kGuard, kStack);
  swapcontext(&outside_, &inside_);
  after_switch(mine, nullptr, nullptr);
}

void Fiber::yield() {
  before_switch(&fake_stack_, outer_stack_, outer_bytes_);
  swapcontext(&inside_, &outside_);
  after_switch(fake_stack_, &outer_stack_, &outer_bytes_);
}

} // namespace tile::runtime::simt
