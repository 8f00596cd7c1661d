// The waiting kernel is PTX by hand, of an ISA version and architecture that every supported driver can compile.
#include "runtime/cuda/Hold.h"

#include "compiler/support/Error.h"

#include <atomic>
#include <fmt/format.h>

namespace tile::runtime {
namespace {

constexpr uint64_t kPatienceNs = 2'000'000'000;

constexpr const char *kWaitPtx = R"(
.version 7.0
.target sm_70
.address_size 64

// Until the flag has reached `ticket` (modulo 2^32), or `patience` nanoseconds are over.
.visible .entry wait_for_release(.param .u64 flag, .param .u32 ticket, .param .u64 patience)
{
  .reg .pred %released, %too_long;
  .reg .u32 %ticket, %value;
  .reg .u64 %flag, %patience, %start, %now;
  ld.param.u64 %flag, [flag];
  ld.param.u32 %ticket, [ticket];
  ld.param.u64 %patience, [patience];
  mov.u64 %start, %globaltimer;
LOOK:
  ld.volatile.global.u32 %value, [%flag];
  sub.u32 %value, %value, %ticket;
  setp.ge.s32 %released, %value, 0;
  @%released bra DONE;
  mov.u64 %now, %globaltimer;
  sub.u64 %now, %now, %start;
  setp.gt.u64 %too_long, %now, %patience;
  @%too_long bra DONE;
  nanosleep.u32 200;
  bra LOOK;
DONE:
  ret;
}
)";

} // namespace

struct Holder::Token {
  std::shared_ptr<Holder> holder;
  size_t flag;
  uint32_t ticket;
  ~Token() { holder->release(flag, ticket); }
};

Holder::Holder(std::shared_ptr<CudaContext> context)
    : module_(std::move(context), kWaitPtx, "the kernel that holds a stream back"),
      wait_(module_.function("wait_for_release")) {
  const Driver &d = module_.context()->driver();
  void *host = nullptr;
  d.check(d.memHostAlloc(&host, kFlags * sizeof(uint32_t), CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_PORTABLE),
          "allocating host memory that the GPU can see");
  flags_ = static_cast<volatile uint32_t *>(host);
  for (size_t i = 0; i < kFlags; ++i) flags_[i] = 0;
  if (CUresult r = d.memHostGetDevicePointer(&device_flags_, host, 0); r != CUDA_SUCCESS) {
    d.memFreeHost(host);
    d.fail(r, "finding the GPU's address of host memory");
  }
}

Holder::~Holder() {
  const CudaContext &context = *module_.context();
  if (!context.try_make_current()) return;
  context.driver().ctxSynchronize(); // a kernel may still look at its flag
  context.driver().memFreeHost(const_cast<uint32_t *>(flags_));
}

size_t Holder::take_flag() {
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < kFlags; ++i)
    if (!is_taken_[i]) {
      is_taken_[i] = true;
      ++tickets_[i];
      return i;
    }
  throw UserError(fmt::format("at most {} holds of a device can be alive at a time", kFlags));
}

void Holder::release(size_t flag, uint32_t ticket) noexcept {
  flags_[flag] = ticket;
  std::atomic_thread_fence(std::memory_order_seq_cst); // out of the store buffer now, not at the next convenience
  std::lock_guard lock(mutex_);
  is_taken_[flag] = false;
}

std::shared_ptr<void> Holder::hold(CUstream stream) {
  const size_t flag = take_flag();
  auto token = std::make_shared<Token>(shared_from_this(), flag, tickets_[flag]);
  CUdeviceptr address = device_flags_ + flag * sizeof(uint32_t);
  uint64_t patience = kPatienceNs;
  void *arguments[] = {&address, &token->ticket, &patience};
  const CudaContext &context = *module_.context();
  context.make_current();
  context.driver().check(context.driver().launchKernel(wait_, 1, 1, 1, 1, 1, 1, 0, stream, arguments, nullptr),
                         "holding a stream");
  return token;
}

} // namespace tile::runtime
