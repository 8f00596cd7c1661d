// Work on tiles of more than 64 vectors becomes loops over strips of them, on the host alone.
// RUN: tile-opt %s --pass-pipeline='builtin.module(tile-set-target{arch=x86-64-v4},func.func(tile-strip-mine),cse,canonicalize)' | FileCheck %s
// RUN: tile-opt %s --pass-pipeline='builtin.module(tile-set-target{arch=sm_90a},func.func(tile-strip-mine))' | FileCheck %s --check-prefix=GPU
// RUN: tile-opt %s --pass-pipeline='builtin.module(tile-set-target{arch=x86-64-v4},func.func(tile-strip-mine,tile-analyze-access),cse,canonicalize)' | FileCheck %s --check-prefix=FACTS

!rows = !tile.view<?x1024xf32, strides = [1024, 1], align = 64>
!long = !tile.view<4x8192xf32, strides = [8192, 1], align = 64>
!line = !tile.view<8192xf32, strides = [1], align = 64>
!short = !tile.view<4xf32, strides = [1], align = 16>

// GPU-NOT: scf.for %{{.*}} = %c0{{.*}} to %c64
// GPU-NOT: scratch

// Whole rows fit into a strip: one loop, nothing kept.
// CHECK-LABEL: func @rows
// CHECK-NOT: scratch
// CHECK: scf.for %[[I:.*]] = %c0 to %c64 step %c1 {
// CHECK-NEXT: %[[ROW:.*]] = arith.addi %{{.*}}, %[[I]]
// CHECK-NEXT: tile.load %{{.*}}[%[[ROW]], %c0] : {{.*}} -> tensor<1x1024xf32>
// CHECK: tile.reduce sum
// CHECK: tile.store %{{.*}}[%[[ROW]], %c0] : tensor<1x1024xf32>
// CHECK-NOT: scf.for
// CHECK: return
// FACTS-LABEL: func @rows
// FACTS: tile.load {{.*}} {aligned = 16 : i64, inside = array<i1: false, true>
func.func @rows(%xp: !tile.ptr<f32> {tile.align = 64 : i64}, %yp: !tile.ptr<f32> {tile.align = 64 : i64}, %n: index) {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %p = tile.program_id 0
  %row = arith.muli %p, %c64 : index
  %x = tile.make_view %xp, [%n], [] : !tile.ptr<f32> -> !rows
  %y = tile.make_view %yp, [%n], [] : !tile.ptr<f32> -> !rows
  %t = tile.load %x[%row, %c0] : !rows -> tensor<64x1024xf32>
  %s = tile.reduce sum %t 1 : tensor<64x1024xf32> -> tensor<64xf32>
  %e = tile.expand_dims %s 1 : tensor<64xf32> -> tensor<64x1xf32>
  %b = tile.broadcast %e : tensor<64x1xf32> -> tensor<64x1024xf32>
  %o = arith.divf %t, %b : tensor<64x1024xf32>
  tile.store %o, %y[%row, %c0] : tensor<64x1024xf32>, !rows
  return
}

// A row is longer than a strip: the reduction's loop carries partial sums. What is cheap is loaded again; exp is kept.
// CHECK-LABEL: func @softmax
// CHECK: scf.for %[[R:.*]] = %c0 to %c4 step %c1 {
// CHECK: %[[MAX:.*]] = scf.for %[[I:.*]] = %c0 to %c8192 step %c128 iter_args(%[[A:.*]] = %{{.*}}) -> (tensor<1x128xf32>) {
// CHECK:   %[[T:.*]] = tile.load %{{.*}}[%[[R]], %[[I]]] : {{.*}} -> tensor<1x128xf32>
// CHECK:   arith.maximumf %[[A]], %[[T]]
// CHECK: tile.reduce max %[[MAX]] 1 : tensor<1x128xf32> -> tensor<1xf32>
// CHECK: %[[ROOM:.*]] = tile.scratch_view
// CHECK: %[[SUM:.*]] = scf.for %[[J:.*]] = %c0 to %c8192 step %c128
// CHECK:   tile.load %{{.*}}[%[[R]], %[[J]]]
// CHECK:   %[[E:.*]] = math.exp
// CHECK:   tile.store %[[E]], %[[ROOM]][%c0, %[[J]]]
// CHECK:   arith.addf
// CHECK: tile.reduce sum %[[SUM]]
// CHECK: scf.for %[[K:.*]] = %c0 to %c8192 step %c256 {
// CHECK:   tile.load %[[ROOM]][%c0, %[[K]]]
// CHECK:   arith.divf
// CHECK:   tile.store
// CHECK: return
// FACTS-LABEL: func @softmax
// FACTS: tile.load {{.*}} {aligned = 16 : i64, inside = array<i1: true, true>
func.func @softmax(%xp: !tile.ptr<f32> {tile.align = 64 : i64}, %yp: !tile.ptr<f32> {tile.align = 64 : i64}) {
  %c0 = arith.constant 0 : index
  %x = tile.make_view %xp, [], [] : !tile.ptr<f32> -> !long
  %y = tile.make_view %yp, [], [] : !tile.ptr<f32> -> !long
  %t = tile.load %x[%c0, %c0] : !long -> tensor<4x8192xf32>
  %m = tile.reduce max %t 1 : tensor<4x8192xf32> -> tensor<4xf32>
  %me = tile.expand_dims %m 1 : tensor<4xf32> -> tensor<4x1xf32>
  %mb = tile.broadcast %me : tensor<4x1xf32> -> tensor<4x8192xf32>
  %d = arith.subf %t, %mb : tensor<4x8192xf32>
  %e = math.exp %d : tensor<4x8192xf32>
  %s = tile.reduce sum %e 1 : tensor<4x8192xf32> -> tensor<4xf32>
  %se = tile.expand_dims %s 1 : tensor<4xf32> -> tensor<4x1xf32>
  %sb = tile.broadcast %se : tensor<4x1xf32> -> tensor<4x8192xf32>
  %o = arith.divf %e, %sb : tensor<4x8192xf32>
  tile.store %o, %y[%c0, %c0] : tensor<4x8192xf32>, !long
  return
}

// What a loop carries lies in scratch, and each iteration goes over it in strips, once.
// CHECK-LABEL: func @carried
// CHECK: %[[ROOM:.*]] = tile.scratch_view
// CHECK: scf.for %{{.*}} = %c0 to %c8192
// CHECK:   tile.store %{{.*}}, %[[ROOM]]
// CHECK: scf.for %[[I:.*]] = %c0 to %c4 step %c1 {
// CHECK-NEXT: scf.for %[[J:.*]] = %c0 to %c8192 step %c256 {
// CHECK:     %[[A:.*]] = tile.load %[[ROOM]][%[[J]]]
// CHECK:     %[[S:.*]] = arith.addf %[[A]]
// CHECK:     tile.store %[[S]], %[[ROOM]][%[[J]]]
// CHECK-NEXT: }
// CHECK-NEXT: }
// CHECK: scf.for
// CHECK:   tile.load %[[ROOM]]
// CHECK:   tile.store
func.func @carried(%xp: !tile.ptr<f32> {tile.align = 64 : i64}, %yp: !tile.ptr<f32> {tile.align = 64 : i64}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %x = tile.make_view %xp, [], [] : !tile.ptr<f32> -> !long
  %y = tile.make_view %yp, [], [] : !tile.ptr<f32> -> !line
  %zero = arith.constant dense<0.0> : tensor<8192xf32>
  %sum = scf.for %i = %c0 to %c4 step %c1 iter_args(%a = %zero) -> tensor<8192xf32> {
    %t = tile.load %x[%i, %c0] : !long -> tensor<1x8192xf32>
    %f = tile.reshape %t : tensor<1x8192xf32> -> tensor<8192xf32>
    %b = arith.addf %a, %f : tensor<8192xf32>
    scf.yield %b : tensor<8192xf32>
  }
  tile.store %sum, %y[%c0] : tensor<8192xf32>, !line
  return
}

// A scan needs its tile whole, and stays; what comes before it is made whole for it.
// CHECK-LABEL: func @scan
// CHECK: tile.scan {{.*}} tensor<8192xf32>
// CHECK: scf.for
// CHECK: tile.store %{{.*}} : tensor<256xf32>
func.func @scan(%xp: !tile.ptr<f32> {tile.align = 64 : i64}, %yp: !tile.ptr<f32> {tile.align = 64 : i64}) {
  %c0 = arith.constant 0 : index
  %x = tile.make_view %xp, [], [] : !tile.ptr<f32> -> !line
  %y = tile.make_view %yp, [], [] : !tile.ptr<f32> -> !line
  %t = tile.load %x[%c0] : !line -> tensor<8192xf32>
  %s = tile.scan %t axis 0 symmetric : (tensor<8192xf32>) -> tensor<8192xf32> {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = arith.addf %a, %b : tensor<f32>
    tile.yield %c : tensor<f32>
  }
  %o = arith.mulf %s, %t : tensor<8192xf32>
  tile.store %o, %y[%c0] : tensor<8192xf32>, !line
  return
}

// What is stored before it is loaded again at another place keeps its order: two loops.
// CHECK-LABEL: func @order
// CHECK: scf.for
// CHECK:   tile.store
// CHECK: scf.for
// CHECK:   tile.load %[[V:[0-9]+]][%c1, %{{.*}}]
// CHECK:   tile.store %{{.*}}, %[[V]][%c2
func.func @order(%xp: !tile.ptr<f32> {tile.align = 64 : i64}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %x = tile.make_view %xp, [], [] : !tile.ptr<f32> -> !long
  %a = tile.load %x[%c0, %c0] : !long -> tensor<1x8192xf32>
  tile.store %a, %x[%c1, %c0] : tensor<1x8192xf32>, !long
  %b = tile.load %x[%c1, %c0] : !long -> tensor<1x8192xf32>
  %c = arith.addf %b, %b : tensor<1x8192xf32>
  tile.store %c, %x[%c2, %c0] : tensor<1x8192xf32>, !long
  return
}
