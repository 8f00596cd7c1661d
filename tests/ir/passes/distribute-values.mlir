// What happens between accesses, on a machine whose lanes are threads (here four): one op for each register.
// RUN: tile-opt %s -tile-distribute -canonicalize -cse | FileCheck %s

#gpu = #tile.target<"nvvm", arch = "sm_90a", lanes = 4, vector_bytes = 16, native_bf16 = true>
#v = #tile.layout<[16], reg = [[1], [2]], lane = [[4], [8]], warp = [[0]]>
#v1 = #tile.layout<[1, 16], reg = [[0, 1], [0, 2]], lane = [[0, 4], [0, 8]], warp = [[0, 0]]>
#t = #tile.layout<[2, 16], reg = [[0, 1], [0, 2]], lane = [[0, 4], [0, 8]], warp = [[1, 0]]>
#p = #tile.layout<[2, 4], reg = [], lane = [[0, 1], [0, 2]], warp = [[1, 0]]>
#q = #tile.layout<[2, 1], reg = [], lane = [[0, 0], [0, 0]], warp = [[1, 0]]>
#swap = #tile.layout<[16], reg = [[2], [1]], lane = [[4], [8]], warp = [[0]]>
#perm = #tile.layout<[16], reg = [[1], [2]], lane = [[8], [4]], warp = [[0]]>
#mixed = #tile.layout<[16], reg = [[1], [4]], lane = [[8], [2]], warp = [[0]]>
#zero = #tile.layout<[], reg = [], lane = [[], []], warp = [[]]>
#one = #tile.layout<[1], reg = [], lane = [[0], [0]], warp = [[0]]>

!w = !tile.view<16xf32, strides = [1], align = 16>
!m = !tile.view<16xi1, strides = [1], align = 16>
!x = !tile.view<2x16xf32, strides = [16, 1], align = 16>
!y = !tile.view<2x1xf32, strides = [1, 1], align = 16>
!d = !tile.view<?xf32, strides = [1], align = 16>
module attributes {tile.target = #gpu} {

// CHECK-LABEL: @elementwise
// CHECK-SAME: %[[P:[^:]*]]: !tile.ptr<f32>, %[[N:[^:]*]]: f32, %[[B:[^:]*]]: i1
func.func @elementwise(%p: !tile.ptr<f32>, %x: f32, %b: i1) {
  %c0 = arith.constant 0 : index
  %w = tile.make_view %p, [], [] : !tile.ptr<f32> -> !w
  // CHECK: %[[T:.*]]:4 = lane.load
  %t = tile.load %w[%c0] {aligned = 4, inside = array<i1: true>} : !w -> tensor<16xf32, #v>
  %s = tile.splat %x : f32 -> tensor<16xf32, #v>
  // Flags and predicates stay.
  // CHECK: %[[U0:.*]] = arith.mulf %[[T]]#0, %[[N]] fastmath<contract> : f32
  // CHECK: arith.mulf %[[T]]#3, %[[N]] fastmath<contract> : f32
  %u = arith.mulf %t, %s fastmath<contract> : tensor<16xf32, #v>
  // CHECK: %[[C0:.*]] = arith.cmpf olt, %[[U0]], %[[T]]#0 : f32
  %c = arith.cmpf olt, %u, %t : tensor<16xf32, #v>
  // CHECK: %[[D0:.*]] = arith.select %[[C0]], %[[U0]], %[[T]]#0 : f32
  %d = arith.select %c, %u, %t : tensor<16xi1, #v>, tensor<16xf32, #v>
  // A number decides for all elements.
  // CHECK-COUNT-4: arith.select %[[B]], %{{.*}}, %[[T]]#{{[0-3]}} : f32
  %e = arith.select %b, %d, %t : tensor<16xf32, #v>
  // CHECK-COUNT-4: math.exp
  %f = math.exp %e : tensor<16xf32, #v>
  // CHECK-COUNT-4: arith.truncf {{.*}} : f32 to bf16
  %g = arith.truncf %f : tensor<16xf32, #v> to tensor<16xbf16, #v>
  // CHECK-COUNT-4: arith.extf
  %h = arith.extf %g : tensor<16xbf16, #v> to tensor<16xf32, #v>
  tile.store %h, %w[%c0] {aligned = 4, inside = array<i1: true>} : tensor<16xf32, #v>, !w
  return
}

// i1 lies in memory as bytes: 16 of them would fit one access, a lane has four.
// CHECK-LABEL: @booleans
func.func @booleans(%p: !tile.ptr<i1>) {
  %c0 = arith.constant 0 : index
  %w = tile.make_view %p, [], [] : !tile.ptr<i1> -> !m
  // CHECK: %[[T:.*]]:4 = lane.load {{.*}} {align = 4 : i64, offset = 0 : i64} : {{.*}} -> (i1, i1, i1, i1)
  %t = tile.load %w[%c0] {aligned = 16, inside = array<i1: true>} : !m -> tensor<16xi1, #v>
  %k = arith.constant dense<true> : tensor<16xi1, #v>
  // CHECK: arith.xori %[[T]]#0, %true : i1
  %n = arith.xori %t, %k : tensor<16xi1, #v>
  tile.store %n, %w[%c0] {aligned = 16, inside = array<i1: true>} : tensor<16xi1, #v>, !m
  return
}

// Loops and branches carry registers, views their parts.
// CHECK-LABEL: @control
func.func @control(%p: !tile.ptr<f32>, %n: index, %b: i1) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %w = tile.make_view %p, [%n], [] : !tile.ptr<f32> -> !d
  %z = arith.constant dense<0.0> : tensor<16xf32, #v>
  // CHECK: %[[R:.*]]:4 = scf.for {{.*}} iter_args(%[[A0:.*]] = %cst, %{{.*}} = %cst, %{{.*}} = %cst, %{{.*}} = %cst) -> (f32, f32, f32, f32)
  %r = scf.for %i = %c0 to %n step %c16 iter_args(%a = %z) -> (tensor<16xf32, #v>) {
    // CHECK: %[[T:.*]]:4 = lane.load per_lane {{.*}} mask
    %t = tile.load %w[%i] {aligned = 4, nonnegative = array<i1: true>} : !d -> tensor<16xf32, #v>
    // CHECK: arith.addf %[[A0]], %[[T]]#0
    %u = arith.addf %a, %t : tensor<16xf32, #v>
    scf.yield %u : tensor<16xf32, #v>
  }
  // CHECK: %[[S0:.*]] = arith.select %{{.*}}, %[[R]]#0, %cst : f32
  // CHECK: %[[S3:.*]] = arith.select %{{.*}}, %[[R]]#3, %cst : f32
  // CHECK: scf.if
  // CHECK: lane.store per_lane %cst, %cst, %cst, %cst
  %s = scf.if %b -> tensor<16xf32, #v> {
    tile.store %z, %w[%c0] {aligned = 4, inside = array<i1: true>} : tensor<16xf32, #v>, !d
    scf.yield %r : tensor<16xf32, #v>
  } else {
    scf.yield %z : tensor<16xf32, #v>
  }
  // CHECK: lane.store per_lane %[[S0]], %{{.*}}, %{{.*}}, %[[S3]]
  tile.store %s, %w[%c0] {aligned = 4, inside = array<i1: true>} : tensor<16xf32, #v>, !d
  return
}

// Changes of shape rename registers; steps of a reduction are a tree, then a butterfly after which all lanes agree.
// CHECK-LABEL: @shapes
func.func @shapes(%p: !tile.ptr<f32>) {
  %c0 = arith.constant 0 : index
  %w = tile.make_view %p, [], [] : !tile.ptr<f32> -> !w
  %x = tile.make_view %p, [], [] : !tile.ptr<f32> -> !x
  %y = tile.make_view %p, [], [] : !tile.ptr<f32> -> !y
  // CHECK: %[[A:.*]]:4 = lane.load
  %a = tile.load %w[%c0] {aligned = 4, inside = array<i1: true>} : !w -> tensor<16xf32, #v>
  %b = tile.expand_dims %a 0 : tensor<16xf32, #v> -> tensor<1x16xf32, #v1>
  %c = tile.broadcast %b : tensor<1x16xf32, #v1> -> tensor<2x16xf32, #t>
  // CHECK: lane.store per_lane %[[A]]#0, %[[A]]#1, %[[A]]#2, %[[A]]#3
  tile.store %c, %x[%c0, %c0] {aligned = 4, inside = array<i1: true, true>} : tensor<2x16xf32, #t>, !x
  // CHECK-DAG: %[[S02:.*]] = arith.addf %[[A]]#0, %[[A]]#2
  // CHECK-DAG: %[[S13:.*]] = arith.addf %[[A]]#1, %[[A]]#3
  // CHECK: %[[S:.*]] = arith.addf %[[S02]], %[[S13]]
  %d = tile.reduce_registers sum %c 1 : tensor<2x16xf32, #t> -> tensor<2x4xf32, #p>
  // CHECK: %[[O1:.*]] = lane.shuffle_xor %[[S]], 1
  // CHECK: %[[M1:.*]] = arith.maximumf %[[S]], %[[O1]]
  // CHECK: %[[O2:.*]] = lane.shuffle_xor %[[M1]], 2
  // CHECK: %[[M2:.*]] = arith.maximumf %[[M1]], %[[O2]]
  %e = tile.reduce_lanes max %d 1 : tensor<2x4xf32, #p> -> tensor<2x1xf32, #q>
  // CHECK: %[[L:.*]] = arith.andi %{{.*}}, %c3_i32
  // CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[L]], %c0_i32
  // CHECK: lane.store per_lane %[[M2]] to %{{.*}} mask %[[FIRST]]
  tile.store %e, %y[%c0, %c0] {aligned = 1, inside = array<i1: true, true>} : tensor<2x1xf32, #q>, !y
  return
}

// How other numbers combine.
// CHECK-LABEL: @combines
func.func @combines(%x: i32, %f: f32, %p: !tile.ptr<i32>, %g: !tile.ptr<f32>) {
  %c0 = arith.constant 0 : index
  %y = tile.make_view %p, [], [] : !tile.ptr<i32> -> !tile.view<2x1xi32, strides = [1, 1], align = 4>
  %i = tile.splat %x : i32 -> tensor<2x4xi32, #p>
  // CHECK: lane.reduce add
  %a = tile.reduce_lanes sum %i 1 : tensor<2x4xi32, #p> -> tensor<2x1xi32, #q>
  // CHECK: lane.reduce max
  %b = tile.reduce_lanes max %i 1 : tensor<2x4xi32, #p> -> tensor<2x1xi32, #q>
  // CHECK: lane.reduce min
  %c = tile.reduce_lanes min %i 1 : tensor<2x4xi32, #p> -> tensor<2x1xi32, #q>
  // CHECK: arith.muli
  %d = tile.reduce_lanes product %i 1 : tensor<2x4xi32, #p> -> tensor<2x1xi32, #q>
  tile.store %a, %y[%c0, %c0] : tensor<2x1xi32, #q>, !tile.view<2x1xi32, strides = [1, 1], align = 4>
  tile.store %b, %y[%c0, %c0] : tensor<2x1xi32, #q>, !tile.view<2x1xi32, strides = [1, 1], align = 4>
  tile.store %c, %y[%c0, %c0] : tensor<2x1xi32, #q>, !tile.view<2x1xi32, strides = [1, 1], align = 4>
  tile.store %d, %y[%c0, %c0] : tensor<2x1xi32, #q>, !tile.view<2x1xi32, strides = [1, 1], align = 4>
  %z = tile.make_view %g, [], [] : !tile.ptr<f32> -> !y
  %r = tile.splat %f : f32 -> tensor<2x4xf32, #p>
  // CHECK: arith.minimumf
  %s = tile.reduce_lanes min %r 1 : tensor<2x4xf32, #p> -> tensor<2x1xf32, #q>
  // CHECK: arith.mulf
  %t = tile.reduce_lanes product %r 1 : tensor<2x4xf32, #p> -> tensor<2x1xf32, #q>
  tile.store %s, %z[%c0, %c0] : tensor<2x1xf32, #q>, !y
  tile.store %t, %z[%c0, %c0] : tensor<2x1xf32, #q>, !y
  return
}

// A conversion inside a warp renames registers or permutes lanes.
// CHECK-LABEL: @convert
func.func @convert(%p: !tile.ptr<f32>) {
  %c0 = arith.constant 0 : index
  %w = tile.make_view %p, [], [] : !tile.ptr<f32> -> !w
  // CHECK: %[[A:.*]]:4 = lane.load
  %a = tile.load %w[%c0] {aligned = 4, inside = array<i1: true>} : !w -> tensor<16xf32, #v>
  // Registers are stored in the order of memory, which is that of the first layout.
  // CHECK: lane.store per_lane %[[A]]#0, %[[A]]#1, %[[A]]#2, %[[A]]#3
  %b = tile.convert_layout %a : tensor<16xf32, #v> -> tensor<16xf32, #swap>
  tile.store %b, %w[%c0] {aligned = 4, inside = array<i1: true>} : tensor<16xf32, #swap>, !w
  // CHECK: %[[C0:.*]] = lane.permute %[[A]]#0, [0, 2, 1, 3] : f32
  // CHECK: %[[C3:.*]] = lane.permute %[[A]]#3, [0, 2, 1, 3] : f32
  // CHECK: lane.store per_lane %[[C0]], %{{.*}}, %{{.*}}, %[[C3]]
  %c = tile.convert_layout %a : tensor<16xf32, #v> -> tensor<16xf32, #perm>
  tile.store %c, %w[%c0] {aligned = 4, inside = array<i1: true>} : tensor<16xf32, #perm>, !w
  return
}

// Scratch is row-major: four elements at once in one layout are twice two in the other. One of two warps writes.
// CHECK-LABEL: @scratch
func.func @scratch(%p: !tile.ptr<f32>) {
  %c0 = arith.constant 0 : index
  %w = tile.make_view %p, [], [] : !tile.ptr<f32> -> !w
  // CHECK: %[[A:.*]]:4 = lane.load
  %a = tile.load %w[%c0] {aligned = 4, inside = array<i1: true>} : !w -> tensor<16xf32, #v>
  %s = tile.scratch_alloc {offset = 32} : !tile.scratch<16xf32>
  // CHECK: lane.scratch_store %[[A]]#0, %[[A]]#1, %[[A]]#2, %[[A]]#3 to %{{.*}} mask %{{.*}} {offset = 32 : i64}
  tile.scratch_store %a, %s : tensor<16xf32, #v>, !tile.scratch<16xf32>
  // CHECK-NEXT: lane.barrier
  tile.barrier
  // CHECK: %[[B:.*]]:2 = lane.scratch_load %[[O:.*]] {offset = 32 : i64} : i32 -> f32, f32
  // CHECK: %[[C:.*]]:2 = lane.scratch_load %[[O]] {offset = 48 : i64} : i32 -> f32, f32
  %b = tile.scratch_load %s : !tile.scratch<16xf32> -> tensor<16xf32, #mixed>
  // CHECK: lane.store per_lane %[[B]]#0, %[[B]]#1 to
  // CHECK: lane.store per_lane %[[C]]#0, %[[C]]#1 to
  tile.store %b, %w[%c0] {aligned = 4, inside = array<i1: true>} : tensor<16xf32, #mixed>, !w
  return
}

// A tile of rank 0 is one number in every lane.
// CHECK-LABEL: @rank0
func.func @rank0(%p: !tile.ptr<f32>, %x: f32) {
  %c0 = arith.constant 0 : index
  %w = tile.make_view %p, [], [] : !tile.ptr<f32> -> !w
  %s = tile.splat %x : f32 -> tensor<f32, #zero>
  %k = arith.constant dense<2.0> : tensor<f32, #zero>
  // CHECK: %[[U:.*]] = arith.mulf %{{.*}}, %cst : f32
  %u = arith.mulf %s, %k : tensor<f32, #zero>
  %e = tile.expand_dims %u 0 : tensor<f32, #zero> -> tensor<1xf32, #one>
  // CHECK: lane.store per_lane %[[U]] to %{{.*}}[%c0, %c0_i32] mask
  tile.store %e, %w[%c0] {aligned = 4, inside = array<i1: true>} : tensor<1xf32, #one>, !w
  return
}
}
