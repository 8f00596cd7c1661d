// Layouts spread through changes of shape, and through operands that are combined together.
// RUN: tile-opt %s -split-input-file -tile-assign-layouts -canonicalize | FileCheck %s

module attributes {tile.target = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>} {
// A reshape between two accesses is free.
// CHECK-LABEL: @reshape
// CHECK-NOT: convert_layout
// CHECK: return
func.func @reshape(%p: !tile.ptr<f32>, %q: !tile.ptr<f32>) attributes {tile.kernel, tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : index
  %v = tile.make_view %p, [], [] : <f32> -> <4x256xf32, strides = [256, 1], align = 16>
  %w = tile.make_view %q, [], [] : <f32> -> <1024xf32, strides = [1], align = 16>
  %t = tile.load %v[%c0, %c0] {inside = array<i1: true, true>, aligned = 4 : i64} : <4x256xf32, strides = [256, 1], align = 16> -> tensor<4x256xf32>
  %r = tile.reshape %t : tensor<4x256xf32> -> tensor<1024xf32>
  tile.store %r, %w[%c0] {inside = array<i1: true>, aligned = 4 : i64} : tensor<1024xf32>, <1024xf32, strides = [1], align = 16>
  return
}

// Both sides of a transpose are accessed row by row: what lies between is converted, once.
// CHECK-LABEL: @transpose
// CHECK: %[[T:.*]] = tile.load
// CHECK: %[[C:.*]] = tile.convert_layout %[[T]]
// CHECK: %[[R:.*]] = tile.transpose %[[C]] [1, 0]
// CHECK: tile.store %[[R]]
// CHECK-NOT: convert_layout
// CHECK: return
func.func @transpose(%p: !tile.ptr<f32>, %q: !tile.ptr<f32>) attributes {tile.kernel, tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : index
  %v = tile.make_view %p, [], [] : <f32> -> <64x64xf32, strides = [64, 1], align = 16>
  %w = tile.make_view %q, [], [] : <f32> -> <64x64xf32, strides = [64, 1], align = 16>
  %t = tile.load %v[%c0, %c0] {inside = array<i1: true, true>, aligned = 4 : i64} : <64x64xf32, strides = [64, 1], align = 16> -> tensor<64x64xf32>
  %r = tile.transpose %t [1, 0] : tensor<64x64xf32> -> tensor<64x64xf32>
  tile.store %r, %w[%c0, %c0] {inside = array<i1: true, true>, aligned = 4 : i64} : tensor<64x64xf32>, <64x64xf32, strides = [64, 1], align = 16>
  return
}

// A transpose that meets no access of its own follows its source; a reduction over it moves nothing.
// CHECK-LABEL: @transposed_sum
// CHECK: tile.transpose
// CHECK-NOT: convert_layout
// CHECK: tile.reduce sum
func.func @transposed_sum(%p: !tile.ptr<f32>, %q: !tile.ptr<f32>) attributes {tile.kernel, tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : index
  %v = tile.make_view %p, [], [] : <f32> -> <64x64xf32, strides = [64, 1], align = 16>
  %w = tile.make_view %q, [], [] : <f32> -> <64xf32, strides = [1], align = 16>
  %t = tile.load %v[%c0, %c0] {inside = array<i1: true, true>, aligned = 4 : i64} : <64x64xf32, strides = [64, 1], align = 16> -> tensor<64x64xf32>
  %r = tile.transpose %t [1, 0] : tensor<64x64xf32> -> tensor<64x64xf32>
  %s = tile.reduce sum %r 0 : tensor<64x64xf32> -> tensor<64xf32>
  tile.store %s, %w[%c0] {inside = array<i1: true>, aligned = 4 : i64} : tensor<64xf32>, <64xf32, strides = [1], align = 16>
  return
}

// Two halves of which each fills all warps make one tile in registers.
// CHECK-LABEL: @concat
// CHECK: tile.concat
// CHECK: %{{.*}}, %[[H:.*]] = tile.split
// CHECK-NOT: convert_layout
// CHECK: tile.store %[[H]]
func.func @concat(%p: !tile.ptr<f32>, %q: !tile.ptr<f32>) attributes {tile.kernel, tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : index
  %v = tile.make_view %p, [], [] : <f32> -> <1024xf32, strides = [1], align = 16>
  %w = tile.make_view %q, [], [] : <f32> -> <1024xf32, strides = [1], align = 16>
  %t = tile.load %v[%c0] {inside = array<i1: true>, aligned = 4 : i64} : <1024xf32, strides = [1], align = 16> -> tensor<1024xf32>
  %n = arith.negf %t : tensor<1024xf32>
  %c = tile.concat %t, %n 0 : tensor<1024xf32> -> tensor<2048xf32>
  %s:2 = tile.split %c 0 : tensor<2048xf32> -> tensor<1024xf32>
  tile.store %s#1, %w[%c0] {inside = array<i1: true>, aligned = 4 : i64} : tensor<1024xf32>, <1024xf32, strides = [1], align = 16>
  return
}

// The index takes the layout of the value that it goes with, and the function stays without.
// CHECK-LABEL: @together
// CHECK-NOT: convert_layout
// CHECK: tile.reduce_with {{.*}} : (tensor<4x256xf32, #[[L:.*]]>, tensor<4x256xi32, #[[L]]>) -> (tensor<4xf32, #[[R:.*]]>, tensor<4xi32, #[[R]]>) {
// CHECK-NEXT: ^bb0(%{{.*}}: tensor<f32>, %{{.*}}: tensor<i32>, %{{.*}}: tensor<f32>, %{{.*}}: tensor<i32>):
func.func @together(%p: !tile.ptr<f32>, %q: !tile.ptr<i32>) attributes {tile.kernel, tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : index
  %v = tile.make_view %p, [], [] : <f32> -> <4x256xf32, strides = [256, 1], align = 16>
  %w = tile.make_view %q, [], [] : <i32> -> <4xi32, strides = [1], align = 16>
  %t = tile.load %v[%c0, %c0] {inside = array<i1: true, true>, aligned = 4 : i64} : <4x256xf32, strides = [256, 1], align = 16> -> tensor<4x256xf32>
  %i = tile.iota : tensor<256xi32>
  %e = tile.expand_dims %i 0 : tensor<256xi32> -> tensor<1x256xi32>
  %b = tile.broadcast %e : tensor<1x256xi32> -> tensor<4x256xi32>
  %r:2 = tile.reduce_with %t, %b axis 1 : (tensor<4x256xf32>, tensor<4x256xi32>) -> (tensor<4xf32>, tensor<4xi32>) {
  ^bb0(%x: tensor<f32>, %m: tensor<i32>, %y: tensor<f32>, %n: tensor<i32>):
    %g = arith.cmpf ogt, %x, %y : tensor<f32>
    %s = arith.select %g, %x, %y : tensor<i1>, tensor<f32>
    %k = arith.select %g, %m, %n : tensor<i1>, tensor<i32>
    tile.yield %s, %k : tensor<f32>, tensor<i32>
  }
  tile.store %r#1, %w[%c0] {inside = array<i1: true>, aligned = 4 : i64} : tensor<4xi32>, <4xi32, strides = [1], align = 16>
  return
}
}
