// Arguments, views and accesses.
#include "FileCheck.h"

#include "compiler/dsl/Impl.h"

#include "mlir/Parser/Parser.h"

using namespace tile;

namespace {

TEST(Memory, ArgumentsStandInTheOrderOfTheirDeclaration) {
  KernelBuilder k("arguments", {.warps = 8});
  Index rows = k.runtime("rows", 4);
  Index row = k.program_id(0) * 4; // an op between arguments changes nothing
  View x = k.input("x", bf16, {rows, 1000});
  Scalar eps = k.scalar("eps", f32);
  View y = k.output("y", bf16, {x.extent(0), 1000}, {.align = 32});
  y.store({row, 0}, (x.load({row, 0}, {4, 1024}).to(f32) + eps).to(bf16));
  Kernel kernel = k.finish();
  EXPECT_EQ(kernel.name(), "arguments");
  EXPECT_EQ(kernel.warps(), 8);
  EXPECT_TRUE(matches(kernel, R"(
CHECK: func.func @arguments(%[[ROWS:.*]]: index {tile.divisible = 4 : i64, tile.name = "rows"},
CHECK-SAME: %[[X:.*]]: !tile.ptr<bf16> {tile.align = 16 : i64, tile.name = "x"},
CHECK-SAME: %[[EPS:.*]]: f32 {tile.name = "eps"},
CHECK-SAME: %[[Y:.*]]: !tile.ptr<bf16> {tile.align = 32 : i64, tile.name = "y"})
CHECK-SAME: attributes {tile.kernel, tile.warps = 8 : i32}
CHECK: %[[ROW:.*]] = arith.muli %{{.*}}, %{{.*}} overflow<nsw> : index
CHECK: %[[VX:.*]] = tile.make_view %[[X]], [%[[ROWS]]], [] : <bf16> -> <?x1000xbf16, strides = [1000, 1], align = 16>
CHECK: %[[VY:.*]] = tile.make_view %[[Y]], [%[[ROWS]]], [] : <bf16> -> <?x1000xbf16, strides = [1000, 1], align = 32>
CHECK: %[[T:.*]] = tile.load %[[VX]][%[[ROW]], %{{.*}}] : {{.*}} -> tensor<4x1024xbf16>
CHECK: %[[OUT:.*]] = arith.truncf
CHECK: tile.store %[[OUT]], %[[VY]][%[[ROW]], %{{.*}}]
CHECK: return
)"));
}

TEST(Memory, StridesOfRunTimeExtentsAreTheirProducts) {
  KernelBuilder k("strides");
  Index cols = k.runtime("cols", 8), mid = k.runtime("mid", 3);
  View x = k.input("x", f32, {k.runtime("rows"), mid, cols});
  k.output("y", f32, {1, 1, 1}).store({0, 0, 0}, x.load({0, 0, 0}, {1, 1, 1}));
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: func.func @strides(%[[COLS:[^:]*]]: index {{.*}}, %[[MID:[^:]*]]: index {{.*}}, %[[ROWS:[^:]*]]: index {{.*}},
CHECK: %[[S:.*]] = arith.muli %[[COLS]], %[[MID]] overflow<nsw> : index
CHECK: tile.make_view %{{.*}}, [%[[ROWS]], %[[MID]], %[[COLS]]], [%[[S]], %[[COLS]]]
CHECK-SAME: <?x?x?xf32, strides = [?, ?, 1], align = 16, divisible = 8>
)"));
}

TEST(Memory, APartOfAViewIsTheSameMemoryWithANearerEnd) {
  KernelBuilder k("part");
  Index rows = k.runtime("rows"), end = k.runtime("end");
  View x = k.input("x", f32, {rows, 64}), y = k.output("y", f32, {rows, 64});
  y.below(0, end).store({0, 0}, x.below(0, 4).below(1, 32).load({0, 0}, {8, 64}));
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: func.func @part(%[[ROWS:[^:]*]]: index {{.*}}, %[[END:[^:]*]]: index {{.*}}, %[[X:[^:]*]]: {{.*}}, %[[Y:[^:]*]]:
CHECK: %[[LESS:.*]] = arith.minsi %[[ROWS]], %[[END]] : index
CHECK: %[[PART:.*]] = tile.make_view %[[Y]], [%[[LESS]]], [] : <f32> -> <?x64xf32, strides = [64, 1], align = 16>
CHECK: tile.make_view %[[X]], {{.*}} -> <?x32xf32, strides = [64, 1], align = 16>
CHECK: tile.store %{{.*}}, %[[PART]]
)"));
}

TEST(Memory, GivenStridesCarryTheirPromise) {
  KernelBuilder k("given");
  Index stride = k.runtime("stride", 16);
  View x = k.input("x", f32, {k.runtime("rows"), 64}, {.strides = {stride * 3, 1}});
  View once = k.input("once", f32, {4, 64}, {.strides = {0, 1}, .align = 4});
  k.inout("y", f32, {4, 64}).store({0, 0}, x.load({0, 0}, {4, 64}) + once.load({0, 0}, {4, 64}));
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: <?x64xf32, strides = [?, 1], align = 16, divisible = 48>
CHECK: <4x64xf32, strides = [0, 1], align = 4>
)"));
}

TEST(Memory, BoundsAreAskedOfTheLoadEvenAfterAConversion) {
  KernelBuilder k("bounds");
  View x = k.input("x", bf16, {k.runtime("rows"), 50});
  Index row = k.program_id(0);
  Tile t = x.load({row, 2}, {4, 64}).to(f32);
  View y = k.output("y", DType::i1, {4, 64});
  y.store({0, 0}, t.in_bounds());
  y.store({0, 0}, t.in_bounds(Axis(-1)));
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: %[[ROW:.*]] = tile.program_id 0
CHECK: tile.in_bounds %[[V:.*]][%[[ROW]], %{{.*}}] dims [0, 1] : <?x50xbf16, {{.*}}> -> tensor<4x64xi1>
CHECK: tile.in_bounds %[[V]][%[[ROW]], %{{.*}}] dims [1] : <?x50xbf16, {{.*}}> -> tensor<4x64xi1>
)"));
}

TEST(Memory, BoundsStayWithATileThatDropsLeadingOnes) {
  KernelBuilder k("bounds");
  View x = k.input("x", bf16, {k.runtime("n"), 4, 50});
  Tile t = reshape(x.load({k.program_id(0), 2, 3}, {1, 4, 64}), {4, 64}).to(f32);
  View y = k.output("y", DType::i1, {4, 64});
  y.store({0, 0}, t.in_bounds());
  y.store({0, 0}, t.in_bounds(Axis(1)));
  EXPECT_TRUE(matches(k.finish(), R"(
CHECK: %[[ALL:.*]] = tile.in_bounds %{{.*}} dims [0, 1, 2] : <?x4x50xbf16, {{.*}}> -> tensor<1x4x64xi1>
CHECK: tile.reshape %[[ALL]] : tensor<1x4x64xi1> -> tensor<4x64xi1>
CHECK: %[[COLUMNS:.*]] = tile.in_bounds %{{.*}} dims [2] : <?x4x50xbf16, {{.*}}> -> tensor<1x4x64xi1>
CHECK: tile.reshape %[[COLUMNS]]
)"));
}

TEST(Memory, EveryOpKnowsItsLine) {
  KernelBuilder k("lines");
  View y = k.output("y", f32, {64});
  Tile x = k.zeros({64}, f32);
  unsigned line = __LINE__ + 1;
  y.store({0}, x * x);
  Kernel kernel = k.finish();
  int found = 0;
  moduleOf(kernel).walk([&](mlir::arith::MulFOp op) {
    auto at = mlir::cast<mlir::FileLineColLoc>(op.getLoc());
    EXPECT_EQ(at.getFilename().getValue(), __FILE__);
    EXPECT_EQ(at.getLine(), line);
    ++found;
  });
  EXPECT_EQ(found, 1);
}

TEST(Memory, AKernelIsReadBackFromItsText) {
  KernelBuilder k("again", {.warps = 2});
  k.output("y", f32, {64}).store({0}, k.full({64}, 0.5, f32));
  Kernel kernel = k.finish();
  Kernel copy = kernelFrom(mlir::parseSourceString<mlir::ModuleOp>(kernel.str(), &context()));
  EXPECT_EQ(copy.name(), "again");
  EXPECT_EQ(copy.warps(), 2);
  EXPECT_EQ(copy.str(), kernel.str());
}

TEST(Memory, WhatIsNotOneKernelIsOurBug) {
  auto refusal = [](const char *text) {
    try {
      kernelFrom(mlir::parseSourceString<mlir::ModuleOp>(text, &context()));
    } catch (const InternalError &e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  EXPECT_EQ(refusal("module {}"), "the module holds no function with the attribute tile.kernel");
  EXPECT_EQ(refusal("func.func @k() attributes {tile.kernel} { return }"),
            "the kernel 'k' lacks the attribute tile.warps");
  EXPECT_EQ(refusal("func.func @k() attributes {tile.kernel, tile.warps = 1 : i32} { return }\n"
                    "func.func @l() attributes {tile.kernel, tile.warps = 1 : i32} { return }"),
            "the module holds more than one kernel; it must hold exactly one");
}

TEST(Memory, ACompilationChangesItsOwnCopy) {
  KernelBuilder k("copied");
  k.output("y", f32, {64}).store({0}, k.full({64}, 0.5, f32));
  Kernel kernel = k.finish();
  std::string before = kernel.str();
  mlir::OwningOpRef<mlir::ModuleOp> copy = copyOf(kernel);
  (*copy->getOps<mlir::func::FuncOp>().begin()).setName("changed");
  EXPECT_EQ(kernel.str(), before);
}

} // namespace
