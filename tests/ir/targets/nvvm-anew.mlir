// A 16-bit float that is widened anew is not taken for what was widened before: the word it came in stays whole. Nor is
// the first time taken for the second: the zeros of the lower half come from another byte of the 0.
// RUN: tile-opt %s -split-input-file -lane-to-llvm=arch=sm_90a | FileCheck %s

// CHECK-LABEL: llvm.func @anew
// CHECK-DAG: %[[ZERO:[0-9]+]] = llvm.mlir.constant(0 : i32) : i32
// CHECK-DAG: %[[LOWER:[0-9]+]] = llvm.mlir.constant(4164 : i32) : i32
// CHECK: llvm.call_intrinsic "llvm.nvvm.prmt"(%[[WORD:[0-9]+]], %{{[0-9]+}}, %[[LOWER]])
// CHECK: %[[UPPER:[0-9]+]] = llvm.mlir.constant(12868 : i32) : i32
// CHECK: llvm.call_intrinsic "llvm.nvvm.prmt"(%[[WORD]], %{{[0-9]+}}, %[[UPPER]])
func.func @anew(%x: !tile.ptr<bf16>, %y: !tile.ptr<f32>, %n: index) attributes {tile.kernel, tile.warps = 1 : i32} {
  %l = lane.id : i32
  %v:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 0 : i64}
      : (!tile.ptr<bf16>, index, i32) -> (bf16, bf16)
  %a = arith.extf %v#0 {tile.anew = 1 : i32} : bf16 to f32
  %b = arith.extf %v#1 {tile.anew = 1 : i32} : bf16 to f32
  lane.store per_lane %a, %b to %y[%n, %l] {align = 8 : i64, offset = 0 : i64} : f32, f32, !tile.ptr<f32>, index, i32
  return
}

// -----

// CHECK-LABEL: llvm.func @anew_again
// CHECK: %[[FIRST:[0-9]+]] = llvm.mlir.constant(4164 : i32) : i32
// CHECK: llvm.call_intrinsic "llvm.nvvm.prmt"({{.*}}, %[[FIRST]])
// CHECK: %[[SECOND:[0-9]+]] = llvm.mlir.constant(4181 : i32) : i32
// CHECK: llvm.call_intrinsic "llvm.nvvm.prmt"({{.*}}, %[[SECOND]])
// CHECK: %[[FOURTH:[0-9]+]] = llvm.mlir.constant(12919 : i32) : i32
// CHECK: llvm.call_intrinsic "llvm.nvvm.prmt"({{.*}}, %[[FOURTH]])
func.func @anew_again(%x: !tile.ptr<bf16>, %y: !tile.ptr<f32>, %n: index) attributes {tile.kernel, tile.warps = 1 : i32} {
  %l = lane.id : i32
  %v:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 0 : i64}
      : (!tile.ptr<bf16>, index, i32) -> (bf16, bf16)
  %a = arith.extf %v#0 {tile.anew = 1 : i32} : bf16 to f32
  %b = arith.extf %v#0 {tile.anew = 2 : i32} : bf16 to f32
  %c = arith.extf %v#1 {tile.anew = 4 : i32} : bf16 to f32
  %d = arith.addf %a, %b : f32
  lane.store per_lane %d, %c to %y[%n, %l] {align = 8 : i64, offset = 0 : i64} : f32, f32, !tile.ptr<f32>, index, i32
  return
}
