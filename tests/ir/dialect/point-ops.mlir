// The ops that reach single elements: what is printed parses to the same again, and so does the generic form.
// RUN: tile-opt %s | FileCheck %s
// RUN: tile-opt %s | tile-opt | FileCheck %s
// RUN: tile-opt %s -mlir-print-op-generic | tile-opt | FileCheck %s
// RUN: tile-opt %s -canonicalize | FileCheck %s --check-prefix=FOLD

!ints = !tile.view<?xi32, strides = [1], align = 16>
!halves = !tile.view<?x8xbf16, strides = [8, 1], align = 16>

// CHECK-LABEL: @load_scalar
func.func @load_scalar(%v: !ints, %w: !halves, %i: index) -> (i32, bf16) {
  // CHECK: tile.load_scalar %{{.*}}[%{{.*}}] : <?xi32, strides = [1], align = 16> -> i32
  %x = tile.load_scalar %v[%i] : !ints -> i32
  // CHECK: tile.load_scalar %{{.*}}[%{{.*}}, %{{.*}}] {inside = array<i1: false, true>} : {{.*}} -> bf16
  %y = tile.load_scalar %w[%i, %i] {inside = array<i1: false, true>} : !halves -> bf16
  return %x, %y : i32, bf16
}

// CHECK-LABEL: @to_scalar
// FOLD-LABEL: @to_scalar
func.func @to_scalar(%t: tensor<f32>, %x: f32) -> (f32, f32, i1) {
  // CHECK: tile.to_scalar %{{.*}} : tensor<f32> -> f32
  // FOLD: %[[S:.*]] = tile.to_scalar
  %s = tile.to_scalar %t : tensor<f32> -> f32
  %splat = tile.splat %x : f32 -> tensor<f32>
  %y = tile.to_scalar %splat : tensor<f32> -> f32
  %yes = arith.constant dense<true> : tensor<i1>
  %z = tile.to_scalar %yes : tensor<i1> -> i1
  // FOLD: return %[[S]], %arg1, %true
  return %s, %y, %z : f32, f32, i1
}
