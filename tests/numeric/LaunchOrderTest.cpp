// Launches of one stream, one right behind the other: each sees all that the one before has written. A GPU starts a
// secondary while the kernel before it still runs, so what keeps these in order is code.
#include "tests/numeric/Launch.h"

#include <array>

namespace fla::test {
namespace {

using namespace tile;

constexpr int64_t kBlock = 128;

/// Program p makes block p of y from the block of x as far from the end, which another program wrote: one more.
Kernel next_generation() {
  KernelBuilder k("next_generation", {.warps = 1, .primary = true, .secondary = true});
  const Index programs = k.runtime("programs");
  View x = k.input("x", i32, {programs, kBlock}), y = k.output("y", i32, {programs, kBlock});
  const Index p = k.program_id(0);
  y.store({p, 0}, x.load({programs - 1 - p, 0}, {1, kBlock}) + 1);
  return k.finish();
}

class LaunchOrder : public testing::TestWithParam<std::string> {
protected:
  /// Two buffers of `programs` blocks that take turns: the first holds the number of each element at the beginning.
  struct Turns {
    std::unique_ptr<runtime::Executable> kernel;
    std::array<runtime::Buffer, 2> buffers;
    std::array<std::unique_ptr<runtime::Arguments>, 2> args;
  };
  static Turns turns(Machine &machine, int64_t programs) {
    runtime::Device &device = machine.device();
    Turns t{device.load(compile(next_generation(), device.target())), {}, {}};
    std::vector<int32_t> numbers(size_t(programs * kBlock));
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = int32_t(i);
    for (runtime::Buffer &b : t.buffers) {
      b = device.allocate(numbers.size() * sizeof(int32_t));
      device.upload(b.data(), numbers.data(), b.bytes());
    }
    for (size_t turn : {0, 1}) {
      t.args[turn] = std::make_unique<runtime::Arguments>(t.kernel->artifact());
      t.args[turn]->set("programs", programs);
      t.args[turn]->set("x", static_cast<const void *>(t.buffers[turn].data()));
      t.args[turn]->set("y", static_cast<const void *>(t.buffers[1 - turn].data()));
    }
    return t;
  }
  static void launch(Turns &t, runtime::Stream &stream, int64_t programs, int generations) {
    for (int i = 0; i < generations; ++i)
      t.kernel->launch(stream, {uint32_t(programs)}, t.args[size_t(i % 2)]->block());
  }
  /// After an even number of generations every block is where it was.
  static void expect_aged(Machine &machine, const Turns &t, int64_t programs, int generations) {
    std::vector<int32_t> numbers(size_t(programs * kBlock));
    machine.device().download(numbers.data(), t.buffers[0].data(), t.buffers[0].bytes());
    for (size_t i = 0; i < numbers.size(); ++i)
      ASSERT_EQ(numbers[i], int32_t(i) + generations) << "element " << i << " of " << programs << " programs";
  }
};

constexpr int64_t kPrograms[] = {1, 100, 5000};

TEST_P(LaunchOrder, EachLaunchSeesWhatTheOneBeforeWrote) {
  MACHINE_OR_SKIP(GetParam());
  for (int64_t programs : kPrograms) {
    Turns t = turns(machine, programs);
    launch(t, machine.stream(), programs, 60);
    machine.stream().synchronize();
    expect_aged(machine, t, programs, 60);
  }
}

TEST_P(LaunchOrder, SoDoesEachOfARecording) {
  MACHINE_OR_SKIP(GetParam());
  for (int64_t programs : kPrograms) {
    Turns t = turns(machine, programs);
    auto recording =
        machine.device().record(machine.stream(), [&](runtime::Stream &stream) { launch(t, stream, programs, 10); });
    for (int i = 0; i < 6; ++i) recording->enqueue(machine.stream());
    machine.stream().synchronize();
    expect_aged(machine, t, programs, 60);
  }
}

TEST_P(LaunchOrder, AndWhatIsNoKernelToo) {
  MACHINE_OR_SKIP(GetParam());
  constexpr int64_t kMany = 5000;
  Turns t = turns(machine, kMany);
  auto work = [&](runtime::Stream &stream) {
    machine.device().fill(stream, t.buffers[0].data(), 1, t.buffers[0].bytes());
    t.kernel->launch(stream, {uint32_t(kMany)}, t.args[0]->block());
  };
  auto expect_filled = [&] {
    std::vector<int32_t> numbers(size_t(kMany * kBlock));
    machine.device().download(numbers.data(), t.buffers[1].data(), t.buffers[1].bytes());
    for (size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], 0x01010102) << "element " << i;
  };
  work(machine.stream());
  machine.stream().synchronize();
  expect_filled();
  machine.device().fill(machine.stream(), t.buffers[1].data(), 0, t.buffers[1].bytes());
  auto recording = machine.device().record(machine.stream(), work);
  for (int i = 0; i < 3; ++i) recording->enqueue(machine.stream());
  machine.stream().synchronize();
  expect_filled();
}

INSTANTIATE_TEST_SUITE_P(Machines, LaunchOrder, testing::Values("host", "simt", "cuda"),
                         [](const auto &info) { return info.param; });

} // namespace
} // namespace fla::test
