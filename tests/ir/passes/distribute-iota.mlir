// Numbers of elements: what registers, lanes and warps add, in integers of any width.
// RUN: tile-opt %s -tile-distribute -canonicalize -cse | FileCheck %s

#gpu = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>
#i = #tile.layout<[128], reg = [[1]], lane = [[2], [4], [8], [16], [32]], warp = [[64]]>
#b = #tile.layout<[2], reg = [], lane = [[1], [0], [0], [0], [0]], warp = [[0]]>
module attributes {tile.target = #gpu} {
// CHECK-LABEL: @iotas
func.func @iotas(%p: !tile.ptr<i64>, %q: !tile.ptr<i32>, %h: !tile.ptr<i8>, %m: !tile.ptr<i1>) {
  %c0 = arith.constant 0 : index
  // CHECK: %[[L:.*]] = lane.id
  // CHECK: %[[L2:.*]] = arith.muli %[[L]], %c2_i32
  // CHECK: %[[W:.*]] = lane.warp_id
  // CHECK: %[[W64:.*]] = arith.muli %[[W]], %c64_i32
  // CHECK: %[[A:.*]] = arith.ori %[[L2]], %[[W64]]
  // CHECK: %[[A1:.*]] = arith.addi %[[A]], %c1_i32
  %a = tile.iota : tensor<128xi32, #i>
  // CHECK: %[[B:.*]] = arith.extui %[[A]] : i32 to i64
  // CHECK: %[[B1:.*]] = arith.extui %[[A1]] : i32 to i64
  %b = tile.iota : tensor<128xi64, #i>
  // CHECK: %[[C:.*]] = arith.trunci %[[A]] : i32 to i8
  // CHECK: %[[C1:.*]] = arith.trunci %[[A1]] : i32 to i8
  %c = tile.iota : tensor<128xi8, #i>
  // CHECK: %[[D0:.*]] = arith.andi %[[L]], %c1_i32
  // CHECK: %[[D:.*]] = arith.trunci %[[D0]] : i32 to i1
  %d = tile.iota : tensor<2xi1, #b>
  %v = tile.make_view %p, [], [] : !tile.ptr<i64> -> !tile.view<128xi64, strides = [1], align = 16>
  %w = tile.make_view %q, [], [] : !tile.ptr<i32> -> !tile.view<128xi32, strides = [1], align = 16>
  %x = tile.make_view %h, [], [] : !tile.ptr<i8> -> !tile.view<128xi8, strides = [1], align = 16>
  %y = tile.make_view %m, [], [] : !tile.ptr<i1> -> !tile.view<2xi1, strides = [1], align = 16>
  // CHECK: lane.store per_lane %[[A]], %[[A1]] to {{.*}} {align = 8 : i64
  tile.store %a, %w[%c0] {aligned = 4, inside = array<i1: true>} : tensor<128xi32, #i>, !tile.view<128xi32, strides = [1], align = 16>
  // CHECK: lane.store per_lane %[[B]], %[[B1]] to {{.*}} {align = 16 : i64
  tile.store %b, %v[%c0] {aligned = 2, inside = array<i1: true>} : tensor<128xi64, #i>, !tile.view<128xi64, strides = [1], align = 16>
  // CHECK: lane.store per_lane %[[C]], %[[C1]] to {{.*}} {align = 2 : i64
  tile.store %c, %x[%c0] {aligned = 16, inside = array<i1: true>} : tensor<128xi8, #i>, !tile.view<128xi8, strides = [1], align = 16>
  // CHECK: lane.store per_lane %[[D]] to
  tile.store %d, %y[%c0] {aligned = 16, inside = array<i1: true>} : tensor<2xi1, #b>, !tile.view<2xi1, strides = [1], align = 16>
  return
}
}
