// What may be approximate is one instruction on a GPU.
// RUN: tile-opt %s -tile-set-target=arch=sm_90a -lane-math-policy | FileCheck %s

// CHECK-LABEL: func.func @fast
// CHECK: llvm.call_intrinsic "llvm.nvvm.lg2.approx.ftz.f"
// CHECK: llvm.call_intrinsic "llvm.nvvm.rcp.approx.ftz.f"
// CHECK: llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f32"
// CHECK-NEXT: %[[ONE:.*]] = arith.constant 1.0
// CHECK-NEXT: %[[SUM:.*]] = arith.addf %{{.*}}, %[[ONE]]
// CHECK-NEXT: llvm.call_intrinsic "llvm.nvvm.rcp.approx.ftz.f"(%[[SUM]])
// CHECK-NOT: math.log2
// CHECK-NOT: tile.sigmoid
// CHECK: return
func.func @fast(%x: f32) -> (f32, f32, f32) {
  %one = arith.constant 1.0 : f32
  %0 = math.log2 %x fastmath<afn> : f32
  %1 = arith.divf %one, %x fastmath<afn> : f32
  %2 = tile.sigmoid fast %x : f32
  return %0, %1, %2 : f32, f32, f32
}
