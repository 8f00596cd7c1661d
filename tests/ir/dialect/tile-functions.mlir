// Functions of elements: what is printed parses to the same again; tiles and lane values alike; only of floats.
// RUN: tile-opt %s -split-input-file -verify-diagnostics | FileCheck %s
// RUN: tile-opt %s -split-input-file -verify-diagnostics | tile-opt -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @functions
// CHECK: tile.sigmoid %{{.*}} : tensor<4x1024xf32>
// CHECK: tile.sigmoid %{{.*}} : vector<16xf32>
// CHECK: tile.sigmoid %{{.*}} : f32
// CHECK: tile.sigmoid fast %{{.*}} : f32
func.func @functions(%m: tensor<4x1024xf32>, %v: vector<16xf32>, %x: f32) {
  %0 = tile.sigmoid %m : tensor<4x1024xf32>
  %1 = tile.sigmoid %v : vector<16xf32>
  %2 = tile.sigmoid %x : f32
  %3 = tile.sigmoid fast %x : f32
  return
}

// -----

func.func @integers(%m: tensor<4xi32>) {
  // expected-error @below {{operand #0 must be floating-point-like, but got 'tensor<4xi32>'}}
  %0 = tile.sigmoid %m : tensor<4xi32>
  return
}

// -----

func.func @narrowing(%m: tensor<4xf32>) {
  // expected-error @below {{requires the same type for all operands and results}}
  %0 = "tile.sigmoid"(%m) : (tensor<4xf32>) -> tensor<4xf16>
  return
}
