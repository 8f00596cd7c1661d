// Reductions and scans by a function, from layouts to lanes.
// RUN: tile-opt %s -pass-pipeline='builtin.module(func.func(tile-decompose-reductions,tile-decompose-scans,tile-decompose-conversions,tile-allocate-scratch,tile-insert-barriers,tile-verify-barriers))' | FileCheck %s
// RUN: tile-opt %s -pass-pipeline='builtin.module(func.func(tile-decompose-reductions,tile-decompose-scans,tile-decompose-conversions,tile-allocate-scratch,tile-insert-barriers),tile-distribute,cse,canonicalize)' | FileCheck %s --check-prefix=LANE

#row = #tile.layout<[1, 1024], reg = [[0, 1], [0, 2]], lane = [[0, 4], [0, 8], [0, 16], [0, 32], [0, 64]], warp = [[0, 128], [0, 256], [0, 512]]>
#one = #tile.layout<[1], reg = [], lane = [[0], [0], [0], [0], [0]], warp = [[0], [0], [0]]>

module attributes {tile.target = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>} {

// Two operands cross warps behind one barrier.
// CHECK-LABEL: @reduce
// CHECK: tile.reduce_registers_with
// CHECK: tile.reduce_lanes_with
// CHECK: tile.scratch_store
// CHECK-NEXT: tile.scratch_store
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.scratch_load
// CHECK-NEXT: tile.scratch_load
// CHECK-NEXT: tile.reduce_registers_with
// CHECK-NOT: tile.barrier
// CHECK: return
// A shuffle for each lane bit and operand, no choices for a symmetric function.
// LANE-LABEL: @reduce
// LANE-COUNT-10: lane.shuffle_xor
// LANE-NOT: lane.shuffle_xor
// LANE-NOT: arith.select
// LANE: lane.barrier
// LANE: return
func.func @reduce(%a: !tile.ptr<f32>, %b: !tile.ptr<i32>, %c: !tile.ptr<f32>, %d: !tile.ptr<i32>) attributes {tile.kernel, tile.warps = 8 : i32} {
  %c0 = arith.constant 0 : index
  %va = tile.make_view %a, [], [] : <f32> -> <1x1024xf32, strides = [1024, 1], align = 16>
  %vb = tile.make_view %b, [], [] : <i32> -> <1x1024xi32, strides = [1024, 1], align = 16>
  %vc = tile.make_view %c, [], [] : <f32> -> <1xf32, strides = [1], align = 16>
  %vd = tile.make_view %d, [], [] : <i32> -> <1xi32, strides = [1], align = 16>
  %x = tile.load %va[%c0, %c0] {inside = array<i1: true, true>, aligned = 4 : i64} : <1x1024xf32, strides = [1024, 1], align = 16> -> tensor<1x1024xf32, #row>
  %y = tile.load %vb[%c0, %c0] {inside = array<i1: true, true>, aligned = 4 : i64} : <1x1024xi32, strides = [1024, 1], align = 16> -> tensor<1x1024xi32, #row>
  %r:2 = tile.reduce_with %x, %y axis 1 symmetric : (tensor<1x1024xf32, #row>, tensor<1x1024xi32, #row>) -> (tensor<1xf32, #one>, tensor<1xi32, #one>) {
  ^bb0(%e: tensor<f32>, %i: tensor<i32>, %f: tensor<f32>, %j: tensor<i32>):
    %s = arith.addf %e, %f : tensor<f32>
    %t = arith.addi %i, %j : tensor<i32>
    tile.yield %s, %t : tensor<f32>, tensor<i32>
  }
  tile.store %r#0, %vc[%c0] {inside = array<i1: true>, aligned = 1 : i64} : tensor<1xf32, #one>, <1xf32, strides = [1], align = 16>
  tile.store %r#1, %vd[%c0] {inside = array<i1: true>, aligned = 1 : i64} : tensor<1xi32, #one>, <1xi32, strides = [1], align = 16>
  return
}

// Of the warps' totals all lanes get all; a program needs one barrier.
// CHECK-LABEL: @scan
// CHECK: tile.scan_blocks {{.*}} -> (tensor<1x1024xf32, #{{.*}}>, tensor<1x8xf32, #{{.*}}>)
// CHECK: tile.scratch_store
// CHECK-NEXT: tile.barrier
// CHECK-NEXT: tile.scratch_load {{.*}} -> tensor<1x8xf32, #{{.*}}>
// CHECK: tile.scan_blocks {{.*}} -> tensor<1x8xf32, #{{.*}}>
// CHECK: tile.scan_carry
// CHECK-NOT: tile.barrier
// CHECK: return
// Five shifts add up, one brings what is before a lane, and one broadcast its warp's total.
// LANE-LABEL: @scan
// LANE-COUNT-6: lane.shift
// LANE: lane.permute
// LANE-NOT: lane.shift
// LANE-NOT: lane.permute
// LANE: return
func.func @scan(%a: !tile.ptr<f32>, %b: !tile.ptr<f32>) attributes {tile.kernel, tile.warps = 8 : i32} {
  %c0 = arith.constant 0 : index
  %va = tile.make_view %a, [], [] : <f32> -> <1x1024xf32, strides = [1024, 1], align = 16>
  %vb = tile.make_view %b, [], [] : <f32> -> <1x1024xf32, strides = [1024, 1], align = 16>
  %x = tile.load %va[%c0, %c0] {inside = array<i1: true, true>, aligned = 4 : i64} : <1x1024xf32, strides = [1024, 1], align = 16> -> tensor<1x1024xf32, #row>
  %r = tile.scan %x axis 1 : (tensor<1x1024xf32, #row>) -> tensor<1x1024xf32, #row> {
  ^bb0(%e: tensor<f32>, %f: tensor<f32>):
    %s = arith.addf %e, %f : tensor<f32>
    tile.yield %s : tensor<f32>
  }
  tile.store %r, %vb[%c0, %c0] {inside = array<i1: true, true>, aligned = 4 : i64} : tensor<1x1024xf32, #row>, <1x1024xf32, strides = [1024, 1], align = 16>
  return
}

}
