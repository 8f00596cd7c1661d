// A problem with the choices of machines whose memory is fast.
#pragma once

#include "modules/common/Rows.h"
#include "runtime/Device.h"
#include "tests/numeric/Wrapped.h"

namespace fla::test {

/// Run as a GPU of one multiprocessor and fast memory would have it: the choices that large cases have there, of few
/// elements. (CPUs have no such choices.)
class OnFastMemory : public Wrapped {
public:
  using Wrapped::Wrapped;

  std::vector<Candidate> candidates(const tile::Target &target, const tile::runtime::DeviceInfo &info) const override {
    tile::runtime::DeviceInfo fast = info;
    fast.units = 1;
    fast.bandwidth = elements_of_a_wave(target, 1, tile::bf16) * 3 * 1000000; // a wave and a half each microsecond
    return Wrapped::candidates(target, fast);
  }
};

} // namespace fla::test
