// Loops that leave a view in their last iterations alone become whole steps without masks and the rest with them.
// RUN: tile-opt %s --pass-pipeline='builtin.module(tile-set-target{arch=x86-64-v3},func.func(tile-peel-loops,tile-analyze-access),cse,canonicalize)' | FileCheck %s
// RUN: tile-opt %s --pass-pipeline='builtin.module(tile-set-target{arch=sm_90a},func.func(tile-peel-loops))' | FileCheck %s --check-prefix=GPU

!static = !tile.view<1000xf32, strides = [1], align = 64>
!some = !tile.view<?xf32, strides = [1], align = 64>

// Known bounds: 896 is the last multiple of 128. What is carried goes from one loop to the other, which runs once.
// CHECK-LABEL: func @known
// CHECK: %[[SUM:.*]] = scf.for %{{.*}} = %c0 to %c896 step %c128
// CHECK: tile.load {{.*}} inside = array<i1: true>
// CHECK-NOT: scf.for
// CHECK: %[[LAST:.*]] = tile.load %{{.*}}[%c896] {{.*}} inside = array<i1: false>
// CHECK: %[[ALL:.*]] = arith.addf %[[SUM]], %[[LAST]]
// CHECK: return %[[ALL]]
// GPU-LABEL: func @known
// GPU: scf.for
// GPU-NOT: scf.for
// GPU: return
func.func @known(%p: !tile.ptr<f32> {tile.align = 64 : i64}) -> tensor<128xf32> {
  %c0 = arith.constant 0 : index
  %c128 = arith.constant 128 : index
  %c1000 = arith.constant 1000 : index
  %zero = arith.constant dense<0.0> : tensor<128xf32>
  %v = tile.make_view %p, [], [] : !tile.ptr<f32> -> !static
  %s = scf.for %i = %c0 to %c1000 step %c128 iter_args(%sum = %zero) -> tensor<128xf32> {
    %t = tile.load %v[%i] : !static -> tensor<128xf32>
    %next = arith.addf %sum, %t : tensor<128xf32>
    scf.yield %next : tensor<128xf32>
  }
  return %s : tensor<128xf32>
}

// Known when the kernel runs. Where each element stands for itself the rest takes a vector a step, to the end of what
// the last step would have reached.
// CHECK-LABEL: func @unknown
// CHECK-SAME: (%{{.*}}, %{{.*}}, %[[N:.*]]: index, %[[TO:.*]]: index)
// CHECK: %[[LEAST:.*]] = arith.minsi %[[TO]], %[[N]]
// CHECK: %[[MOST:.*]] = arith.maxsi %[[LEAST]], %c0
// CHECK: %[[STEPS:.*]] = arith.divui %[[MOST]], %c128
// CHECK: %[[WHOLE:.*]] = arith.muli %[[STEPS]], %c128
// CHECK: scf.for %{{.*}} = %c0 to %[[WHOLE]] step %c128
// CHECK: tile.prefetch
// CHECK: tile.load {{.*}} inside = array<i1: true>{{.*}} -> tensor<128xf32>
// CHECK: tile.store {{.*}} inside = array<i1: true>
// CHECK: arith.addi %{{.*}}, %c127
// CHECK: %[[END:.*]] = arith.addi %[[WHOLE]], %{{.*}}
// CHECK: scf.for %{{.*}} = %[[WHOLE]] to %[[END]] step %c8
// CHECK-NOT: tile.prefetch
// CHECK: tile.load {{.*}} inside = array<i1: false>{{.*}} -> tensor<8xf32>
// CHECK: arith.mulf {{.*}} : tensor<8xf32>
// CHECK: tile.store {{.*}} inside = array<i1: false>
func.func @unknown(%p: !tile.ptr<f32> {tile.align = 64 : i64}, %q: !tile.ptr<f32> {tile.align = 64 : i64}, %n: index,
                   %to: index) {
  %c0 = arith.constant 0 : index
  %c128 = arith.constant 128 : index
  %three = arith.constant dense<3.0> : tensor<128xf32>
  %x = tile.make_view %p, [%n], [] : !tile.ptr<f32> -> !some
  %y = tile.make_view %q, [%n], [] : !tile.ptr<f32> -> !some
  scf.for %i = %c0 to %to step %c128 {
    %ahead = arith.addi %i, %c128 : index
    tile.prefetch %x[%ahead] [128] : !some
    %t = tile.load %x[%i] : !some -> tensor<128xf32>
    %u = arith.mulf %t, %three : tensor<128xf32>
    tile.store %u, %y[%i] : tensor<128xf32>, !some
  }
  return
}

// Nothing to win: whole steps already, also where that is known of multiples alone; one whole step; tiles that reach
// into the next step, of which more than the last may be outside.
// CHECK-LABEL: func @kept
// CHECK-COUNT-4: scf.for
// CHECK-NOT: scf.for
// CHECK: return
func.func @kept(%p: !tile.ptr<f32> {tile.align = 64 : i64}, %n: index {tile.divisible = 128}) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c128 = arith.constant 128 : index
  %c896 = arith.constant 896 : index
  %c512 = arith.constant 512 : index
  %c1000 = arith.constant 1000 : index
  %v = tile.make_view %p, [], [] : !tile.ptr<f32> -> !static
  %w = tile.make_view %p, [%n], [] : !tile.ptr<f32> -> !some
  scf.for %i = %c0 to %c896 step %c128 {
    %t = tile.load %v[%i] : !static -> tensor<128xf32>
    tile.store %t, %v[%i] : tensor<128xf32>, !static
  }
  scf.for %i = %c0 to %n step %c128 {
    %t = tile.load %w[%i] : !some -> tensor<128xf32>
    tile.store %t, %w[%i] : tensor<128xf32>, !some
  }
  scf.for %i = %c0 to %c1000 step %c512 {
    %t = tile.load %v[%i] : !static -> tensor<512xf32>
    tile.store %t, %v[%i] : tensor<512xf32>, !static
  }
  scf.for %i = %c0 to %c1000 step %c8 {
    %t = tile.load %v[%i] : !static -> tensor<128xf32>
    tile.store %t, %v[%i] : tensor<128xf32>, !static
  }
  return
}
