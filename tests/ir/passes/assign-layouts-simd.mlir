// Which layouts tiles get on a vector machine: lanes are neighbours, and all else is registers.
// RUN: tile-opt %s -tile-assign-layouts | FileCheck %s

// CHECK-DAG: #[[ROWS:.*]] = #tile.layout<[4, 64], reg = {{\[}}[0, 16], [0, 32], [1, 0], [2, 0]], lane = {{\[}}[0, 1], [0, 2], [0, 4], [0, 8]], warp = []>
// CHECK-DAG: #[[SLICE:.*]] = #tile.layout<[64], reg = {{\[}}[16], [32]], lane = {{\[}}[1], [2], [4], [8]], warp = []>
// CHECK-DAG: #[[UNIFORM:.*]] = #tile.layout<[4], reg = {{\[}}[1], [2]], lane = {{\[}}[0], [0], [0], [0]], warp = []>
// CHECK-DAG: #[[GATHER:.*]] = #tile.layout<[4, 4], reg = [], lane = {{\[}}[0, 1], [0, 2], [1, 0], [2, 0]], warp = []>

!v = !tile.view<?x64xbf16, strides = [64, 1], align = 16>
!w = !tile.view<64xbf16, strides = [1], align = 16>
!s = !tile.view<?xf32, strides = [1], align = 16>
!n = !tile.view<4x4xf32, strides = [4, 1], align = 16>
module attributes {tile.target = #tile.target<"simd", arch = "znver4", lanes = 16, vector_bytes = 64, native_bf16 = true>} {

// CHECK-LABEL: @rows
func.func @rows(%x: !v, %w: !w, %y: !s, %row: index) attributes {tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : index
  // CHECK: tile.load {{.*}} -> tensor<4x64xbf16, #[[ROWS]]>
  %t = tile.load %x[%row, %c0] {aligned = 8} : !v -> tensor<4x64xbf16>
  // CHECK: tile.load {{.*}} -> tensor<64xbf16, #[[SLICE]]>
  %a = tile.load %w[%c0] {aligned = 8} : !w -> tensor<64xbf16>
  %b = tile.expand_dims %a 0 : tensor<64xbf16> -> tensor<1x64xbf16>
  %c = tile.broadcast %b : tensor<1x64xbf16> -> tensor<4x64xbf16>
  %d = arith.mulf %t, %c : tensor<4x64xbf16>
  %f = arith.extf %d : tensor<4x64xbf16> to tensor<4x64xf32>
  // A number a row is the same in all lanes.
  // CHECK: %[[R:.*]] = tile.reduce sum {{.*}} : tensor<4x64xf32, #[[ROWS]]> -> tensor<4xf32, #[[UNIFORM]]>
  %r = tile.reduce sum %f 1 : tensor<4x64xf32> -> tensor<4xf32>
  // CHECK: tile.store %[[R]], {{.*}} : tensor<4xf32, #[[UNIFORM]]>
  tile.store %r, %y[%row] : tensor<4xf32>, !s
  return
}

// Rows shorter than a vector share one.
// CHECK-LABEL: @narrow
func.func @narrow(%x: !n) attributes {tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : index
  // CHECK: tile.load {{.*}} -> tensor<4x4xf32, #[[GATHER]]>
  %t = tile.load %x[%c0, %c0] {aligned = 4} : !n -> tensor<4x4xf32>
  tile.store %t, %x[%c0, %c0] {aligned = 4} : tensor<4x4xf32>, !n
  return
}
}
