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

// CHECK-LABEL: @points
func.func @points(%v: !halves, %w: !ints, %i: index, %t: tensor<4x16xi64>, %u: tensor<4x16xi32>, %x: tensor<4x16xi32>) {
  // CHECK: tile.gather %{{.*}}[%{{.*}}, %{{.*}}] : {{.*}}, (index, tensor<4x16xi64>) -> tensor<4x16xbf16>
  %g = tile.gather %v[%i, %t] : !halves, (index, tensor<4x16xi64>) -> tensor<4x16xbf16>
  // CHECK: tile.gather {{.*}} {cache = #tile<cache keep>, inside = array<i1: false, false>} : {{.*}} -> tensor<4x16xbf16>
  %h = tile.gather %v[%u, %t] {cache = #tile<cache keep>, inside = array<i1: false, false>} : !halves, (tensor<4x16xi32>, tensor<4x16xi64>) -> tensor<4x16xbf16>
  // CHECK: tile.scatter %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}] : tensor<4x16xbf16>, {{.*}}, (index, tensor<4x16xi64>)
  tile.scatter %g, %v[%i, %t] : tensor<4x16xbf16>, !halves, (index, tensor<4x16xi64>)
  // CHECK: tile.atomic_add %{{.*}}, %{{.*}}[%{{.*}}] : tensor<4x16xi32>, {{.*}}, (tensor<4x16xi32>)
  tile.atomic_add %x, %w[%u] : tensor<4x16xi32>, !ints, (tensor<4x16xi32>)
  return
}

// CHECK-LABEL: @assume
// FOLD-LABEL: @assume
func.func @assume(%i: index) -> (index, index) {
  // CHECK: tile.assume %{{.*}} {at_least = 0 : i64, at_most = 64 : i64, divisible = 8 : i64}
  %j = tile.assume %i {divisible = 8 : i64, at_least = 0 : i64, at_most = 64 : i64}
  %c = arith.constant 16 : index
  // CHECK: tile.assume %{{[a-z0-9]+$}}
  %k = tile.assume %c
  // FOLD: %[[J:.*]] = tile.assume
  // FOLD: return %[[J]], %c16
  return %j, %k : index, index
}

// CHECK-LABEL: @caches
func.func @caches(%v: !ints, %i: index) {
  // CHECK: tile.load {{.*}} {cache = #tile<cache evict_first>} : {{.*}} -> tensor<16xi32>
  %t = tile.load %v[%i] {cache = #tile<cache evict_first>} : !ints -> tensor<16xi32>
  // CHECK: tile.load {{.*}} {early} : {{.*}} -> tensor<16xi32>
  %e = tile.load %v[%i] {early} : !ints -> tensor<16xi32>
  // CHECK: tile.store {{.*}}[%{{.*}}] : tensor<16xi32>
  tile.store %t, %v[%i] {cache = #tile<cache default>} : tensor<16xi32>, !ints
  return
}
