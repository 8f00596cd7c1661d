// A machine whose lanes are elements of vectors: what is the same in all lanes is a number, rows are vector accesses.
// RUN: tile-opt %s -tile-distribute -canonicalize -cse | FileCheck %s

#cpu = #tile.target<"simd", arch = "znver4", lanes = 4, vector_bytes = 16, native_bf16 = true>
#row = #tile.layout<[2, 8], reg = [[0, 4], [1, 0]], lane = [[0, 1], [0, 2]], warp = []>
#r4 = #tile.layout<[2, 4], reg = [[1, 0]], lane = [[0, 1], [0, 2]], warp = []>
#r1 = #tile.layout<[2, 1], reg = [[1, 0]], lane = [[0, 0], [0, 0]], warp = []>
#r0 = #tile.layout<[2], reg = [[1]], lane = [[0], [0]], warp = []>
#small = #tile.layout<[2, 2], reg = [], lane = [[0, 1], [1, 0]], warp = []>
#two = #tile.layout<[2], reg = [], lane = [[1], [0]], warp = []>
#v = #tile.layout<[8], reg = [[4]], lane = [[1], [2]], warp = []>
#back = #tile.layout<[8], reg = [[4]], lane = [[2], [1]], warp = []>

!x = !tile.view<?x7xf32, strides = [8, 1], align = 16>
!y = !tile.view<?xf32, strides = [1], align = 16>
!i = !tile.view<8xi32, strides = [1], align = 16>
module attributes {tile.target = #cpu} {

// CHECK-LABEL: @rows
// CHECK-SAME: %[[P:[^:]*]]: !tile.ptr<f32>, %[[Q:[^:]*]]: !tile.ptr<f32>, %[[N:[^:]*]]: index, %[[R:[^:]*]]: index
func.func @rows(%p: !tile.ptr<f32>, %q: !tile.ptr<f32>, %n: index, %r: index) {
  %c0 = arith.constant 0 : index
  %v = tile.make_view %p, [%n], [] : !tile.ptr<f32> -> !x
  %y = tile.make_view %q, [%n], [] : !tile.ptr<f32> -> !y
  // The test of a row is one number for all lanes, that of columns one for each.
  // CHECK: %[[ID:.*]] = lane.id : vector<4xi32>
  // CHECK: %[[ROW0:.*]] = arith.cmpi slt, %[[R]], %[[N]] : index
  // CHECK: %[[SEVEN:.*]] = lane.splat %c7_i32 : i32 -> vector<4xi32>
  // CHECK: %[[COL0:.*]] = arith.cmpi slt, %[[ID]], %[[SEVEN]] : vector<4xi32>
  // CHECK: %[[ROW0S:.*]] = lane.splat %[[ROW0]] : i1 -> vector<4xi1>
  // CHECK: %[[M:.*]] = arith.andi %[[ROW0S]], %[[COL0]] : vector<4xi1>
  // CHECK: %[[A:.*]] = lane.load contiguous %[[P]][%{{.*}}] mask %[[M]] {align = 4 : i64, offset = 0 : i64} : {{.*}} -> vector<4xf32>
  // CHECK: %[[B:.*]] = lane.load contiguous %[[P]]{{.*}} {align = 4 : i64, offset = 4 : i64}
  // CHECK: %[[NEXT:.*]] = arith.addi %[[R]], %c1 : index
  // CHECK: %[[ROW1:.*]] = arith.cmpi slt, %[[NEXT]], %[[N]] : index
  // CHECK: lane.load contiguous %[[P]]{{.*}} {align = 4 : i64, offset = 8 : i64}
  // CHECK: lane.load contiguous %[[P]]{{.*}} {align = 4 : i64, offset = 12 : i64}
  %t = tile.load %v[%r, %c0] {aligned = 1, inside = array<i1: false, false>, nonnegative = array<i1: true, true>} : !x -> tensor<2x8xf32, #row>
  // CHECK: %[[AB:.*]] = arith.addf %[[A]], %[[B]] : vector<4xf32>
  %a = tile.reduce_registers sum %t 1 : tensor<2x8xf32, #row> -> tensor<2x4xf32, #r4>
  // CHECK: %[[S1:.*]] = lane.shuffle_xor %[[AB]], 1 : vector<4xf32>
  // CHECK: %[[AB1:.*]] = arith.addf %[[AB]], %[[S1]]
  // CHECK: %[[S2:.*]] = lane.shuffle_xor %[[AB1]], 2 : vector<4xf32>
  // CHECK: %[[AB2:.*]] = arith.addf %[[AB1]], %[[S2]]
  // CHECK: %[[SUM0:.*]] = lane.first %[[AB2]] : vector<4xf32> -> f32
  // CHECK: %[[SUM1:.*]] = lane.first
  %b = tile.reduce_lanes sum %a 1 : tensor<2x4xf32, #r4> -> tensor<2x1xf32, #r1>
  %c = tile.drop_dim %b 1 : tensor<2x1xf32, #r1> -> tensor<2xf32, #r0>
  // CHECK: lane.store uniform %[[SUM0]] to %[[Q]][%[[R]]] mask %[[ROW0]] {align = 4 : i64, offset = 0 : i64} : f32
  // CHECK: lane.store uniform %[[SUM1]] to %[[Q]][%[[R]]] mask %[[ROW1]] {align = 4 : i64, offset = 1 : i64} : f32
  tile.store %c, %y[%r] {aligned = 1, inside = array<i1: false>, nonnegative = array<i1: true>} : tensor<2xf32, #r0>, !y
  // CHECK: %[[SPREAD:.*]] = lane.splat %[[SUM0]] : f32 -> vector<4xf32>
  // CHECK: %[[D:.*]] = arith.subf %[[A]], %[[SPREAD]] : vector<4xf32>
  %d = tile.broadcast %b : tensor<2x1xf32, #r1> -> tensor<2x8xf32, #row>
  %e = arith.subf %t, %d : tensor<2x8xf32, #row>
  // CHECK: lane.store contiguous %[[D]] to %[[P]][%c0] {align = {{[0-9]+}} : i64, offset = 0 : i64} : vector<4xf32>
  tile.store %e, %v[%c0, %c0] {aligned = 4, inside = array<i1: true, true>} : tensor<2x8xf32, #row>, !x
  return
}

// Lanes that are no neighbours in memory: an address for each.
// CHECK-LABEL: @gather
func.func @gather(%p: !tile.ptr<f32>, %s: index) {
  %c0 = arith.constant 0 : index
  %v = tile.make_view %p, [], [] : !tile.ptr<f32> -> !tile.view<2x2xf32, strides = [5, 1], align = 4>
  // CHECK: %[[ID:.*]] = lane.id : vector<4xi32>
  // CHECK: %[[ROW:.*]] = arith.shrui %[[ID]], %{{.*}} : vector<4xi32>
  // CHECK: %[[R5:.*]] = arith.muli %[[ROW]], %{{.*}} : vector<4xi32>
  // CHECK: %[[COL:.*]] = arith.andi %[[ID]], %{{.*}} : vector<4xi32>
  // CHECK: %[[O:.*]] = arith.addi %[[R5]], %[[COL]] : vector<4xi32>
  // CHECK: lane.load per_lane %{{.*}}[%c0, %[[O]]] {align = 4 : i64, offset = 0 : i64} : {{.*}} -> vector<4xf32>
  %t = tile.load %v[%c0, %c0] {aligned = 1, inside = array<i1: true, true>} : !tile.view<2x2xf32, strides = [5, 1], align = 4> -> tensor<2x2xf32, #small>
  tile.store %t, %v[%c0, %c0] {aligned = 1, inside = array<i1: true, true>} : tensor<2x2xf32, #small>, !tile.view<2x2xf32, strides = [5, 1], align = 4>
  %w = tile.make_view %p, [], [%s] : !tile.ptr<f32> -> !tile.view<8xf32, strides = [?], align = 4>
  // CHECK: %[[O2:.*]] = arith.muli %{{.*}}, %{{.*}} : vector<4xi64>
  // CHECK: lane.load per_lane %{{.*}}[%c0, %[[O2]]]
  // CHECK: %[[S4:.*]] = arith.muli %{{.*}}, %c4 : index
  // CHECK: lane.load per_lane %{{.*}}[%[[S4]], %[[O2]]]
  %u = tile.load %w[%c0] {aligned = 1, inside = array<i1: true>} : !tile.view<8xf32, strides = [?], align = 4> -> tensor<8xf32, #v>
  tile.store %u, %w[%c0] {aligned = 1, inside = array<i1: true>} : tensor<8xf32, #v>, !tile.view<8xf32, strides = [?], align = 4>
  return
}

// Fewer elements than lanes: the lanes that hold copies do not store.
// CHECK-LABEL: @few
func.func @few(%p: !tile.ptr<f32>, %n: index) {
  %c0 = arith.constant 0 : index
  %v = tile.make_view %p, [%n], [] : !tile.ptr<f32> -> !y
  %z = arith.constant dense<2.0> : tensor<2xf32, #two>
  // CHECK: %[[F:.*]] = arith.andi %{{.*}}, %{{.*}} : vector<4xi32>
  // CHECK: %[[OWN:.*]] = arith.cmpi eq, %{{.*}}, %{{.*}} : vector<4xi32>
  // CHECK: lane.store per_lane %{{.*}} to %{{.*}}[%c0, %{{.*}}] mask %[[OWN]] {{.*}} : vector<4xf32>
  tile.store %z, %v[%c0] {aligned = 4, inside = array<i1: true>} : tensor<2xf32, #two>, !y
  return
}

// CHECK-LABEL: @values
func.func @values(%p: !tile.ptr<i32>, %x: i32, %b: i1) {
  %c0 = arith.constant 0 : index
  %v = tile.make_view %p, [], [] : !tile.ptr<i32> -> !i
  // CHECK-DAG: %[[ID:.*]] = lane.id : vector<4xi32>
  // CHECK-DAG: %[[X:.*]] = lane.splat %arg1 : i32 -> vector<4xi32>
  // CHECK: %[[A:.*]] = arith.addi %{{.*}}, %[[X]] : vector<4xi32>
  // CHECK: arith.muli %[[A]], %{{.*}} : vector<4xi32>
  %i = tile.iota : tensor<8xi32, #v>
  %s = tile.splat %x : i32 -> tensor<8xi32, #v>
  %k = arith.constant dense<3> : tensor<8xi32, #v>
  %a = arith.addi %i, %s : tensor<8xi32, #v>
  %d = arith.muli %a, %k : tensor<8xi32, #v>
  // One number decides for all lanes.
  // CHECK: %[[E:.*]] = arith.select %{{.*}}, %{{.*}}, %{{.*}} : vector<4xi32>
  %e = arith.select %b, %d, %k : tensor<8xi32, #v>
  // CHECK: %[[S:.*]] = lane.permute %[[E]], [0, 2, 1, 3] : vector<4xi32>
  // CHECK: lane.store per_lane %[[S]]
  %f = tile.convert_layout %e : tensor<8xi32, #v> -> tensor<8xi32, #back>
  tile.store %f, %v[%c0] {aligned = 4, inside = array<i1: true>} : tensor<8xi32, #back>, !i
  // What is uniform stays a number.
  // CHECK: %[[ONE:.*]] = arith.addi %{{.*}}, %c1_i32 : i32
  // CHECK: lane.store uniform %{{.*}} {align = 4 : i64, offset = 0 : i64} : i32
  // CHECK: lane.store uniform %[[ONE]] {{.*}} {align = 4 : i64, offset = 1 : i64} : i32
  %z = tile.splat %x : i32 -> tensor<2xi32, #r0>
  %j = tile.iota : tensor<2xi32, #r0>
  %g = arith.addi %z, %j : tensor<2xi32, #r0>
  tile.store %g, %v[%c0] {aligned = 4, inside = array<i1: true>} : tensor<2xi32, #r0>, !i
  return
}

// Scratch too: a number is written once, and read by every lane that needs it.
// CHECK-LABEL: @scratch
func.func @scratch(%p: !tile.ptr<f32>, %x: f32, %n: index) {
  %c0 = arith.constant 0 : index
  %v = tile.make_view %p, [%n], [] : !tile.ptr<f32> -> !y
  %t = tile.splat %x : f32 -> tensor<2xf32, #r0>
  %s = tile.scratch_alloc {offset = 16} : !tile.scratch<2xf32>
  // CHECK: lane.scratch_store %{{.*}}, %{{.*}} to %c0_i32 {offset = 16 : i64} : f32, f32, i32
  tile.scratch_store %t, %s : tensor<2xf32, #r0>, !tile.scratch<2xf32>
  tile.barrier
  // CHECK: lane.scratch_load %{{.*}} {offset = 16 : i64} : vector<4xi32> -> vector<4xf32>
  %l = tile.scratch_load %s : !tile.scratch<2xf32> -> tensor<2xf32, #two>
  tile.store %l, %v[%c0] {aligned = 4, inside = array<i1: true>} : tensor<2xf32, #two>, !y
  return
}

// Where lanes lie side by side in scratch, whole vectors are written; seen as a view it is ordinary memory.
// CHECK-LABEL: @scratch_vectors
func.func @scratch_vectors(%p: !tile.ptr<f32>, %n: index) {
  %c0 = arith.constant 0 : index
  %v = tile.make_view %p, [%n], [] : !tile.ptr<f32> -> !y
  %t = tile.load %v[%c0] {aligned = 4, inside = array<i1: true>} : !y -> tensor<8xf32, #v>
  %s = tile.scratch_alloc {offset = 64} : !tile.scratch<8xf32>
  // CHECK: %[[P:.*]] = lane.scratch_pointer {offset = 64 : i64} : <f32>
  // CHECK: lane.store contiguous %{{.*}} to %[[P]][%c0] {align = 64 : i64, offset = 0 : i64}
  // CHECK: lane.store contiguous %{{.*}} to %[[P]][%c0] {align = 16 : i64, offset = 4 : i64}
  tile.scratch_store %t, %s : tensor<8xf32, #v>, !tile.scratch<8xf32>
  // CHECK: lane.scratch_load %{{.*}} {offset = 64 : i64} : vector<4xi32> -> vector<4xf32>
  %l = tile.scratch_load %s : !tile.scratch<8xf32> -> tensor<8xf32, #back>
  tile.store %l, %v[%c0] {aligned = 4, inside = array<i1: true>} : tensor<8xf32, #back>, !y
  %w = tile.scratch_view %s : !tile.scratch<8xf32> -> !tile.view<8xf32, strides = [1], align = 64>
  // CHECK: lane.load contiguous %[[P]][%c0] {align = 16 : i64, offset = 0 : i64}
  %u = tile.load %w[%c0] {aligned = 4, inside = array<i1: true>} : !tile.view<8xf32, strides = [1], align = 64> -> tensor<8xf32, #v>
  tile.store %u, %v[%c0] {aligned = 4, inside = array<i1: true>} : tensor<8xf32, #v>, !y
  return
}
}
