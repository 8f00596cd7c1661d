// Kernels and their arguments.
#include "Misuse.h"

using namespace tile;

namespace {

TEST(ArgumentErrors, KernelNames) {
  MISUSE(KernelBuilder(""), "kernel name ''", "C identifier");
  MISUSE(KernelBuilder("2fast"), "'2fast'", "C identifier");
  MISUSE(KernelBuilder("a b"), "'a b'", "letters, digits and _");
}

TEST(ArgumentErrors, Warps) {
  MISUSE(KernelBuilder("k", {.warps = 0}), "'k'", "0 warps", "1, 2, 4, 8, 16 or 32");
  MISUSE(KernelBuilder("k", {.warps = 3}), "3 warps");
  MISUSE(KernelBuilder("k", {.warps = 64}), "64 warps");
}

TEST(ArgumentErrors, Registers) {
  MISUSE(KernelBuilder("k", {.registers = 16}), "'k'", "16 registers", "24 to 255");
  MISUSE(KernelBuilder("k", {.registers = 256}), "256 registers");
  MISUSE(KernelBuilder("k", {.registers = -1}), "-1 registers");
}

TEST(ArgumentErrors, ArgumentNames) {
  KernelBuilder k("k");
  k.runtime("n");
  MISUSE(k.runtime("n"), "'k' already has an argument named 'n'");
  MISUSE(k.scalar("n", f32), "already has an argument named 'n'");
  MISUSE(k.input("n", f32, {64}), "already has an argument named 'n'");
  MISUSE(k.runtime("x-y"), "'x-y'", "C identifier");
  MISUSE(k.scalar("", f32), "''", "C identifier");
}

TEST(ArgumentErrors, PromisesAndDTypes) {
  KernelBuilder k("k");
  MISUSE(k.runtime("n", 0), "'n'", "divisible by 0", "1 to 2^31-1");
  MISUSE(k.runtime("n", int64_t(1) << 31), "divisible by 2147483648");
  MISUSE(k.scalar("flag", DType::i1), "'flag'", "i1", "pass an i32");
}

TEST(ArgumentErrors, Views) {
  KernelBuilder k("k");
  Index n = k.runtime("n");
  MISUSE(k.input("x", f32, {}), "'x' has 0 dimensions", "1 to 3");
  MISUSE(k.input("x", f32, {n, n, n, n}), "'x' has 4 dimensions", "1 to 3");
  MISUSE(k.input("x", f32, {n, 0}), "'x' has the extent 0", "at least 1");
  MISUSE(k.input("x", f32, {n, -4}), "the extent -4");
  MISUSE(k.input("x", f32, {n, 64}, {.strides = {64}}), "2 dimensions and 1 strides");
  MISUSE(k.input("x", f32, {n, 64}, {.strides = {-64, 1}}), "the stride -64", "at least 0");
  MISUSE(k.output("x", f32, {n, 64}, {.strides = {0, 1}}), "the stride 0", "written", "at least 1");
  MISUSE(k.input("x", f32, {n, 64}, {.align = 12}), "'x'", "12 bytes", "power of two");
  MISUSE(k.input("x", f32, {n, 64}, {.align = 2}), "2 bytes", "at least the 4 bytes", "f32");
  MISUSE(k.input("x", f32, {n, 64}, {.align = -16}), "-16 bytes");
  MISUSE(k.input("x", f32, {n, int64_t(1) << 40, int64_t(1) << 40}), "does not fit into the 64 bits");
}

TEST(ArgumentErrors, ViewsThatReachTooFar) {
  constexpr int64_t kFar = int64_t(1) << 31;
  KernelBuilder k("k");
  Index n = k.runtime("n");
  MISUSE(k.input("x", f32, {kFar, kFar, kFar}), "'x' of the extents [2147483648, 2147483648, 2147483648]",
         "strides [4611686018427387904, 2147483648, 1]", "2^62 bytes", "accepted: less");
  MISUSE(k.input("x", bf16, {n, INT64_MAX}), "extents [?, 9223372036854775807]", "2^62 bytes");
  MISUSE(k.input("x", i64, {2, n}, {.strides = {int64_t(1) << 60, 1}}), "extents [2, ?]",
         "strides [1152921504606846976");
  k.input("x", f32, {n, int64_t(1) << 40}); // far enough for anyone
}

TEST(ArgumentErrors, RefusedArgumentsLeaveTheNameFree) {
  KernelBuilder k("k");
  MISUSE(k.input("x", f32, {64}, {.align = 3}), "3 bytes");
  k.output("x", f32, {64}).store({0}, k.zeros({64}, f32));
  EXPECT_NE(k.finish().str().find("tile.name = \"x\""), std::string::npos);
}

TEST(ArgumentErrors, Programs) {
  KernelBuilder k("k");
  MISUSE(k.program_id(3), "no axis 3", "0, 1 and 2");
  MISUSE(k.program_id(-1), "no axis -1");
  MISUSE(k.num_programs(7), "no axis 7");
}

} // namespace
