// compile() and emit(): what an artifact says of its kernel, and how the two kinds of failure look.
#include "compiler/Compiler.h"
#include "compiler/dsl/Impl.h"
#include "compiler/support/Error.h"

#include "mlir/Parser/Parser.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <regex>
#include <sstream>
#include <thread>

namespace tile::test {
namespace {

using testing::HasSubstr;

/// y = x * by, four rows of 256 a program.
Kernel scale() {
  KernelBuilder k("scale", {.warps = 4});
  View x = k.input("x", bf16, {k.runtime("rows", 4), 256});
  View y = k.output("y", bf16, {x.extent(0), 256});
  Scalar by = k.scalar("by", f32);
  Index row = k.program_id(0) * 4;
  Tile v = x.load({row, 0}, {4, 256}).to(f32);
  y.store({row, 0}, (v * by).to(bf16));
  return k.finish();
}

const Target &gpu() {
  static const Target target = Target::nvvm("sm_90a");
  return target;
}

TEST(Compile, FillsTheArtifact) {
  for (const Target &target : {gpu(), Target::host(), Target::simt()}) {
    Artifact a = compile(scale(), target);
    EXPECT_EQ(a.entry, "scale");
    EXPECT_EQ(a.target.arch, target.arch);
    EXPECT_EQ(a.warps, std::min(4, target.max_warps)) << target.arch;
    ASSERT_EQ(a.params.size(), 4u);
    EXPECT_EQ(a.params[0].name, "rows");
    EXPECT_EQ(a.params[0].kind, Param::Kind::Index);
    EXPECT_EQ(a.params[0].divisible, 4u);
    EXPECT_EQ(a.param_bytes, a.params.back().offset + a.params.back().size);
    for (const Param &p : a.params) EXPECT_EQ(p.offset % p.size, 0u) << p.name;
    EXPECT_GT(a.times.passes, 0);
    EXPECT_GT(a.times.translate, 0);
    EXPECT_GT(a.times.optimize, 0);
    EXPECT_GT(a.times.codegen, 0);
    EXPECT_EQ(a.code.starts_with("\x7f"
                                 "ELF"),
              target.is_on_cpu());
    EXPECT_EQ(a.sites.size(), target.kind == Target::Kind::Simt ? 2 : 0) << target.arch;
  }
}

TEST(Compile, GivesTheSameCodeOnAllThreads) {
  Kernel kernel = scale();
  std::string ptx = compile(kernel, gpu()).code, object = compile(kernel, Target::host()).code;
  std::vector<std::thread> threads;
  std::vector<int> same(4);
  for (size_t t = 0; t < same.size(); ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5; ++i)
        same[t] += compile(kernel, gpu()).code == ptx && compile(kernel, Target::host()).code == object;
    });
  for (std::thread &t : threads) t.join();
  EXPECT_THAT(same, testing::Each(5));
}

TEST(Compile, EmitsEveryStage) {
  EXPECT_THAT(emit(scale(), gpu(), Stage::Tile), HasSubstr("tile.load"));
  EXPECT_THAT(emit(scale(), gpu(), Stage::Layout), HasSubstr("#tile.layout"));
  EXPECT_THAT(emit(scale(), gpu(), Stage::Lane), HasSubstr("lane.load per_lane"));
  EXPECT_THAT(emit(scale(), gpu(), Stage::Llvm), HasSubstr("define ptx_kernel void @scale"));
  EXPECT_THAT(emit(scale(), gpu(), Stage::Code), HasSubstr(".entry scale("));
  EXPECT_THAT(emit(scale(), Target::host(), Stage::Lane), HasSubstr("lane.load contiguous"));
  EXPECT_THAT(emit(scale(), Target::host(), Stage::Code), HasSubstr("scale:"));
}

TEST(Compile, RefusesMoreArgumentsThanDriversTake) {
  KernelBuilder k("wide");
  for (int i = 0; i < 600; ++i) k.runtime("n" + std::to_string(i));
  Kernel kernel = k.finish();
  try {
    compile(kernel, gpu());
    FAIL();
  } catch (const UserError &e) {
    EXPECT_STREQ(e.what(), "kernel 'wide' has 4800 bytes of arguments; accepted: up to 4096");
  }
}

/// The words of the UserError that compiling throws.
std::string refusal(const Kernel &kernel, const Target &target) {
  try {
    compile(kernel, target);
  } catch (const UserError &e) {
    return e.what();
  }
  return "no error on " + target.arch;
}

TEST(Compile, RefusesMoreSharedMemoryThanAProgramHas) {
  KernelBuilder k("turn", {.warps = 4});
  View x = k.input("x", f32, {128, 128}), y = k.output("y", f32, {128, 128});
  Tile v = x.load({0, 0}, {128, 128});
  y.store({0, 0}, transpose(v, {1, 0}));
  const Kernel kernel = k.finish();
  for (const Target &target : {gpu(), Target::simt()}) {
    EXPECT_THAT(refusal(kernel, target),
                testing::ContainsRegex("CompileTest.cpp:[0-9]+: kernel 'turn' needs 65536 bytes of shared "
                                       "memory a program on .*; accepted: up to 49152"));
  }
}

// On a GPU; the host works on it in a loop.
TEST(Compile, RefusesMoreElementsThanThreadsCanHold) {
  KernelBuilder k("huge", {.warps = 1});
  View x = k.input("x", f32, {1 << 20}), y = k.output("y", f32, {1 << 20});
  y.store({0}, x.load({0}, {1 << 20}) + 1);
  const Kernel kernel = k.finish();
  for (const Target &target : {gpu(), Target::simt()}) {
    EXPECT_THAT(refusal(kernel, target),
                testing::ContainsRegex("CompileTest.cpp:[0-9]+: kernel 'huge' has a tile of 1048576 "
                                       "elements, 32768 in each of 32 threads; accepted: up to 1024"));
  }
}

// What a large tile's loops hand to one another lies on the stack.
TEST(Compile, RefusesMoreStackThanAHostThreadHas) {
  constexpr int64_t kCols = 1 << 20;
  KernelBuilder k("deep", {.warps = 1});
  View x = k.input("x", f32, {kCols}), y = k.output("y", f32, {kCols});
  Tile a = exp(x.load({0}, {kCols})), b = exp(a);
  Tile shares = a / sum(a, Axis(0)).expand(Axis(0)) + b / sum(b, Axis(0)).expand(Axis(0));
  y.store({0}, shares);
  EXPECT_THAT(
      refusal(k.finish(), Target::host()),
      testing::ContainsRegex("CompileTest.cpp:[0-9]+: kernel 'deep' needs [0-9]+ bytes of stack a program on the "
                             "host; accepted: up to 6291456"));
}

TEST(Compile, WritesAReproducerThatFailsAlikeWhenAPassFails) {
  auto module = mlir::parseSourceString<mlir::ModuleOp>(R"(
    func.func @broken(%p: !tile.ptr<f32> {tile.name = "p", tile.align = 16 : i64}) attributes {tile.kernel, tile.warps = 1 : i32} {
      %c0 = arith.constant 0 : index
      %v = tile.make_view %p, [], [] : <f32> -> <256xf32, strides = [1], align = 16>
      %t = tile.load %v[%c0] : <256xf32, strides = [1], align = 16> -> tensor<256xf32>
      %s = math.sin %t : tensor<256xf32>
      tile.store %s, %v[%c0] : tensor<256xf32>, <256xf32, strides = [1], align = 16>
      return
    })",
                                                        &context());
  ASSERT_TRUE(module);
  Kernel kernel = kernelFrom(std::move(module));
  std::string message;
  try {
    compile(kernel, gpu());
  } catch (const InternalError &e) {
    message = e.what();
  }
  EXPECT_THAT(message, HasSubstr("compiling kernel 'broken' for sm_90a: a pass failed"));
  EXPECT_THAT(message, HasSubstr("'math.sin' op has no lowering without a call to libm"));
  std::smatch found;
  ASSERT_TRUE(std::regex_search(message, found, std::regex("reproducer: tile-opt --run-reproducer (.*)"))) << message;
  std::string path = found[1];
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  const std::string replayed = path + ".log";
  const int status = std::system((TILE_OPT " --run-reproducer " + path + " >/dev/null 2>" + replayed).c_str());
  EXPECT_NE(status, 0);
  std::stringstream said;
  said << std::ifstream(replayed).rdbuf();
  EXPECT_THAT(said.str(), HasSubstr("'math.sin' op has no lowering without a call to libm"));
  std::filesystem::remove(replayed);
  std::filesystem::remove(path);
  EXPECT_THAT(text.str(), HasSubstr("tile.load"));
  EXPECT_THAT(text.str(), HasSubstr("mlir_reproducer"));
  EXPECT_THAT(text.str(), HasSubstr("tile-set-target{arch=sm_90a}"));
  EXPECT_THAT(text.str(), HasSubstr("lane-to-nvvm"));
}

} // namespace
} // namespace tile::test
