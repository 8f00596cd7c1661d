// Integers of all lanes are combined by one op, also where the author wrote the function; of some of them, and real
// numbers, by a butterfly.
// RUN: tile-opt %s -tile-distribute -canonicalize -cse | FileCheck %s

#gpu = #tile.target<"nvvm", arch = "sm_90a", lanes = 4, vector_bytes = 16, native_bf16 = true>
#all = #tile.layout<[4], reg = [], lane = [[1], [2]], warp = []>
#half = #tile.layout<[2], reg = [], lane = [[1], [0]], warp = []>
#one = #tile.layout<[1], reg = [], lane = [[0], [0]], warp = []>
!v = !tile.view<4xi32, strides = [1], align = 16>
!h = !tile.view<2xi32, strides = [1], align = 16>
!w = !tile.view<1xi32, strides = [1], align = 16>

module attributes {tile.target = #gpu} {
// CHECK-LABEL: @integers
// CHECK: %[[A:.*]] = lane.load
// CHECK: lane.reduce min %[[A]] : i32 -> i32
// CHECK: lane.reduce or %[[A]] : i32 -> i32
// CHECK-NOT: lane.shuffle_xor
// CHECK: return
func.func @integers(%p: !tile.ptr<i32>) attributes {tile.kernel, tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : index
  %v = tile.make_view %p, [], [] : !tile.ptr<i32> -> !v
  %w = tile.make_view %p, [], [] : !tile.ptr<i32> -> !w
  %a = tile.load %v[%c0] {aligned = 1, inside = array<i1: true>} : !v -> tensor<4xi32, #all>
  %b = tile.reduce_lanes min %a 0 : tensor<4xi32, #all> -> tensor<1xi32, #one>
  tile.store %b, %w[%c0] {aligned = 1, inside = array<i1: true>} : tensor<1xi32, #one>, !w
  %c = tile.reduce_lanes_with %a axis 0 symmetric : (tensor<4xi32, #all>) -> tensor<1xi32, #one> {
  ^bb0(%x: tensor<i32>, %y: tensor<i32>):
    %z = arith.ori %y, %x : tensor<i32>
    tile.yield %z : tensor<i32>
  }
  tile.store %c, %w[%c0] {aligned = 1, inside = array<i1: true>} : tensor<1xi32, #one>, !w
  return
}

// CHECK-LABEL: @some
// CHECK-NOT: lane.reduce
// CHECK: lane.shuffle_xor
// CHECK: arith.minsi
// CHECK: lane.shuffle_xor
// CHECK: arith.subi
func.func @some(%p: !tile.ptr<i32>) attributes {tile.kernel, tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : index
  %v = tile.make_view %p, [], [] : !tile.ptr<i32> -> !v
  %h = tile.make_view %p, [], [] : !tile.ptr<i32> -> !h
  %w = tile.make_view %p, [], [] : !tile.ptr<i32> -> !w
  %a = tile.load %h[%c0] {aligned = 1, inside = array<i1: true>} : !h -> tensor<2xi32, #half>
  %b = tile.reduce_lanes min %a 0 : tensor<2xi32, #half> -> tensor<1xi32, #one>
  tile.store %b, %w[%c0] {aligned = 1, inside = array<i1: true>} : tensor<1xi32, #one>, !w
  %d = tile.load %v[%c0] {aligned = 1, inside = array<i1: true>} : !v -> tensor<4xi32, #all>
  %c = tile.reduce_lanes_with %d axis 0 : (tensor<4xi32, #all>) -> tensor<1xi32, #one> {
  ^bb0(%x: tensor<i32>, %y: tensor<i32>):
    %z = arith.subi %x, %y : tensor<i32>
    tile.yield %z : tensor<i32>
  }
  tile.store %c, %w[%c0] {aligned = 1, inside = array<i1: true>} : tensor<1xi32, #one>, !w
  return
}
}
