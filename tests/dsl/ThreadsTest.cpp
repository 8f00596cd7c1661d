// Several threads build kernels at once over the one context: the same IR as one thread alone, and each its own errors.
#include "compiler/dsl/Impl.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

using namespace tile;

namespace {

Kernel build(int64_t width) {
  KernelBuilder k("threads_" + std::to_string(width));
  View x = k.input("x", bf16, {k.runtime("rows"), width});
  View y = k.output("y", bf16, {x.extent(0), width});
  Tile v = x.load({k.program_id(0), 0}, {1, width}).to(f32);
  Tile s = k.loop(0, width, 1).carry(v)([&](Index i, Tile t) { return t * double(width) + i.to(f32); });
  y.store({k.program_id(0), 0}, (s / sum(v, Axis(1)).expand(Axis(1))).to(bf16));
  return k.finish();
}

TEST(Threads, BuildTheSameKernelsAsOneAlone) {
  constexpr int kThreads = 8, kWidths = 12;
  std::vector<std::vector<std::string>> built(kThreads);
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int round = 0; round < 10; ++round)
        for (int w = 0; w < kWidths; ++w) {
          std::string text = build(int64_t(1) << w).str();
          if (round == 0) built[size_t(t)].push_back(text);
          try {
            build(3);
          } catch (const UserError &) {
            ++refused;
          }
        }
    });
  for (std::thread &t : threads) t.join();
  EXPECT_EQ(refused, kThreads * kWidths * 10);
  for (int w = 0; w < kWidths; ++w) {
    std::string alone = build(int64_t(1) << w).str();
    for (const auto &mine : built) EXPECT_EQ(mine[size_t(w)], alone);
  }
}

TEST(Threads, ShareOneKernel) {
  Kernel kernel = build(64);
  std::string alone = kernel.str();
  std::atomic<int> same = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, kernel] {
      for (int round = 0; round < 50; ++round) {
        mlir::OwningOpRef<mlir::ModuleOp> copy = copyOf(kernel);
        same += kernel.str() == alone && kernelFrom(std::move(copy)).str() == alone;
      }
    });
  for (std::thread &t : threads) t.join();
  EXPECT_EQ(same, 8 * 50);
}

TEST(Threads, DiagnosticsStayWithTheirThread) {
  std::vector<std::string> texts(8);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < texts.size(); ++t)
    threads.emplace_back([&texts, t] {
      DiagnosticCapture capture(context());
      for (int n = 0; n < 100; ++n)
        mlir::emitError(mlir::FileLineColLoc::get(&context(), "mine.cpp", unsigned(t), 1)) << "thread " << t;
      texts[t] = capture.text();
    });
  for (std::thread &t : threads) t.join();
  for (size_t t = 0; t < texts.size(); ++t) {
    std::string line = "mine.cpp:" + std::to_string(t) + ": thread " + std::to_string(t) + "\n", expected;
    for (int n = 0; n < 100; ++n) expected += line;
    EXPECT_EQ(texts[t], expected);
  }
}

} // namespace
