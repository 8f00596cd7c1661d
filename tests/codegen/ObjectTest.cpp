// The host's object code: nothing it needs from outside, and one symbol it offers.
#include "tests/codegen/Lower.h"

#include "compiler/support/Error.h"

#include "llvm/Object/ObjectFile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tile::test {
namespace {

/// Everything that is known to end in a call to libm or the compiler's runtime when left to LLVM.
const char *const kEverything = R"(
  func.func @everything(%x: !tile.ptr<bf16>, %y: !tile.ptr<f16>, %z: !tile.ptr<f32>, %n: index) attributes {tile.kernel, tile.scratch = 65536 : i64} {
    %c0 = arith.constant 0 : index
    %w = arith.constant $W : index
    scf.for %i = %c0 to %n step %w {
      %a = lane.load contiguous %x[%i] {align = 2 : i64, offset = 0 : i64} : (!tile.ptr<bf16>, index) -> vector<$Wxbf16>
      %f0 = arith.extf %a : vector<$Wxbf16> to vector<$Wxf32>
      %f1 = math.exp %f0 : vector<$Wxf32>
      %f2 = math.exp2 %f1 : vector<$Wxf32>
      %f3 = math.log %f2 : vector<$Wxf32>
      %f4 = math.log2 %f3 : vector<$Wxf32>
      %f5 = math.log1p %f4 : vector<$Wxf32>
      %f6 = math.tanh %f5 : vector<$Wxf32>
      %f7 = math.erf %f6 : vector<$Wxf32>
      %f8 = math.rsqrt %f7 : vector<$Wxf32>
      %f9 = math.sqrt %f8 : vector<$Wxf32>
      %fa = math.absf %f9 : vector<$Wxf32>
      %fb = math.fma %fa, %f9, %f8 : vector<$Wxf32>
      %fc = arith.maximumf %fb, %f0 : vector<$Wxf32>
      %fd = arith.remsi %i, %w : index
      %id = lane.id : vector<$Wxi32>
      lane.scratch_store %fc to %id {offset = 0 : i64} : vector<$Wxf32>, vector<$Wxi32>
      %g = lane.scratch_load %id {offset = 0 : i64} : vector<$Wxi32> -> vector<$Wxf32>
      %h = arith.truncf %g : vector<$Wxf32> to vector<$Wxf16>
      %b = arith.truncf %g : vector<$Wxf32> to vector<$Wxbf16>
      %t = math.tanh %b : vector<$Wxbf16>
      %zero = arith.constant dense<0.0> : vector<$Wxf32>
      lane.store contiguous %h to %y[%i] {align = 2 : i64, offset = 0 : i64} : vector<$Wxf16>, !tile.ptr<f16>, index
      lane.store contiguous %t to %x[%i] {align = 2 : i64, offset = 0 : i64} : vector<$Wxbf16>, !tile.ptr<bf16>, index
      lane.store contiguous %zero to %z[%i] {align = 4 : i64, offset = 0 : i64} : vector<$Wxf32>, !tile.ptr<f32>, index
    }
    return
  })";

struct Object : testing::TestWithParam<Target> {};

TEST_P(Object, NeedsNothingFromOutside) {
  Artifact a = lower(fill(kEverything, GetParam()), GetParam());
  auto buffer = llvm::MemoryBuffer::getMemBufferCopy(a.code);
  auto object = llvm::object::ObjectFile::createObjectFile(*buffer);
  ASSERT_TRUE(bool(object)) << toString(object.takeError());
  std::vector<std::string> undefined, global;
  for (const llvm::object::SymbolRef &symbol : (*object)->symbols()) {
    uint32_t flags = cantFail(symbol.getFlags());
    std::string name = cantFail(symbol.getName()).str();
    if (name.empty()) continue;
    if (flags & llvm::object::SymbolRef::SF_Undefined)
      undefined.push_back(name);
    else if (flags & llvm::object::SymbolRef::SF_Global)
      global.push_back(name);
  }
  EXPECT_THAT(undefined, testing::IsEmpty());
  EXPECT_THAT(global, testing::ElementsAre("everything"));
}

TEST_P(Object, IsTheSameEveryTime) {
  std::string lane = fill(kEverything, GetParam());
  EXPECT_EQ(lower(lane, GetParam()).code, lower(lane, GetParam()).code);
}

INSTANTIATE_TEST_SUITE_P(Each, Object, testing::ValuesIn(vectorMachines()),
                         [](const auto &info) { return std::to_string(info.param.lanes) + "lanes"; });

TEST(Params, LieAsInTheArgumentBlock) {
  Artifact a = lower(R"(
    func.func @k(%p: !tile.ptr<bf16> {tile.name = "p", tile.align = 32 : i64}, %a: f32 {tile.name = "a"}, %n: index {tile.name = "n", tile.divisible = 8 : i64}, %h: f16, %j: i32) attributes {tile.kernel, tile.warps = 4 : i32} {
      return
    })",
                     Target::nvvm("sm_80"));
  ASSERT_EQ(a.params.size(), 5u);
  std::vector<uint32_t> offsets;
  for (const Param &p : a.params) offsets.push_back(p.offset);
  EXPECT_THAT(offsets, testing::ElementsAre(0, 8, 16, 24, 28));
  EXPECT_EQ(a.param_bytes, 32u);
  EXPECT_EQ(a.params[0].name, "p");
  EXPECT_EQ(a.params[0].align, 32u);
  EXPECT_EQ(a.params[2].divisible, 8u);
  EXPECT_EQ(a.params[3].dtype, f16);
  EXPECT_EQ(a.warps, 4);
}

TEST(HostTarget, HasOneWarpOfVectorLanes) {
  Target host = Target::host();
  EXPECT_EQ(host.kind, Target::Kind::Simd);
  EXPECT_EQ(host.max_warps, 1);
  EXPECT_EQ(host.lanes * 4, host.vector_bytes);
  Artifact a = lower("func.func @k() attributes {tile.kernel, tile.warps = 8 : i32} { return }", host);
  EXPECT_EQ(a.warps, 1);
}

TEST(Stages, HaveNames) {
  EXPECT_EQ(stage_named("lane"), Stage::Lane);
  EXPECT_EQ(stage_named("ptx"), Stage::Code);
  EXPECT_EQ(stage_named("asm"), Stage::Code);
  try {
    stage_named("sass");
    FAIL();
  } catch (const UserError &e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("'sass'; accepted: tile, layout, lane, llvm, ptx"));
  }
}

} // namespace
} // namespace tile::test
