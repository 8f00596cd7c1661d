// A loop of several stages loads ahead; on the host it does not.
// RUN: tile-opt %s --pass-pipeline='builtin.module(tile-set-target{arch=sm_90a},func.func(tile-pipeline-loops),canonicalize)' | FileCheck %s
// RUN: tile-opt %s --pass-pipeline='builtin.module(tile-set-target{arch=host},func.func(tile-pipeline-loops))' | FileCheck %s --check-prefix=HOST

!v = !tile.view<?x1024xf32, strides = [1024, 1], align = 16>

// HOST-LABEL: func @rows
// HOST: scf.for
// HOST-NOT: tile.stages
// HOST: tile.load
// HOST-NOT: tile.load
// HOST: func @stay

// CHECK-LABEL: func @rows
// CHECK-SAME: %[[P:[a-z0-9]+]]: !tile.ptr<f32>
// CHECK: %[[ANY:.*]] = arith.cmpi sgt, %[[N:.*]], %c0 : index
// CHECK: %[[FIRST:.*]]:2 = scf.if %[[ANY]]
// CHECK:   tile.load %{{.*}}[%c0, %c0] {inside = array<i1: true, true>}
// CHECK:   arith.select
// CHECK:   tile.load
// CHECK: else
// CHECK:   scf.yield %[[ZERO:.*]], %[[ZERO]]
// CHECK: scf.for %[[I:.*]] = %c0 to %[[N]] step %c1 iter_args(%[[A:.*]] = %{{.*}}, %[[NOW:.*]] = %[[FIRST]]#0, %[[THEN:.*]] = %[[FIRST]]#1)
// CHECK-DAG:   %[[I2:.*]] = arith.addi %[[I]], %c2
// CHECK-DAG:   %[[IN:.*]] = arith.cmpi slt, %[[I2]], %[[N]]
// CHECK-DAG:   %[[AT:.*]] = arith.select %[[IN]], %[[I2]], %[[I]]
// CHECK:   %[[NEXT:.*]] = tile.load %{{.*}}[%[[AT]], %c0] {early, inside = array<i1: true, true>}
// CHECK:   %[[S:.*]] = arith.addf %[[A]], %[[NOW]]
// CHECK:   scf.yield %[[S]], %[[THEN]], %[[NEXT]]
func.func @rows(%p: !tile.ptr<f32>, %n: index, %out: !tile.ptr<f32>) attributes {tile.kernel, tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant dense<0.0> : tensor<1x1024xf32>
  %v = tile.make_view %p, [%n], [] : !tile.ptr<f32> -> !v
  %w = tile.make_view %out, [%c1], [] : !tile.ptr<f32> -> !v
  %sum = scf.for %i = %c0 to %n step %c1 iter_args(%a = %zero) -> tensor<1x1024xf32> {
    %t = tile.load %v[%i, %c0] {inside = array<i1: true, true>} : !v -> tensor<1x1024xf32>
    %s = arith.addf %a, %t : tensor<1x1024xf32>
    scf.yield %s : tensor<1x1024xf32>
  } {tile.stages = 3 : i32}
  tile.store %sum, %w[%c0, %c0] : tensor<1x1024xf32>, !v
  return
}

// What depends on carried values, or is the same in every iteration, stays where it is.
// CHECK-LABEL: func @stay
// CHECK: scf.for {{.*}} iter_args(%{{[a-z0-9]+}} = %{{[a-z0-9]+}}) -> (index)
// CHECK-COUNT-2: tile.load
// CHECK-NOT: tile.load
func.func @stay(%p: !tile.ptr<f32>, %n: index) attributes {tile.kernel, tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.make_view %p, [%n], [] : !tile.ptr<f32> -> !v
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %c0) -> index {
    %t = tile.load %v[%a, %c0] : !v -> tensor<1x1024xf32>
    %u = tile.load %v[%c1, %c0] : !v -> tensor<1x1024xf32>
    %s = arith.addf %t, %u : tensor<1x1024xf32>
    tile.store %s, %v[%i, %c0] : tensor<1x1024xf32>, !v
    %b = arith.addi %a, %c1 : index
    scf.yield %b : index
  } {tile.stages = 2 : i32}
  return
}

// What the loop stores, it does not load ahead.
// CHECK-LABEL: func @in_place
// CHECK: scf.for
// CHECK: tile.load
// CHECK: tile.store
// CHECK-NOT: tile.load
func.func @in_place(%p: !tile.ptr<f32>, %n: index) attributes {tile.kernel, tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.make_view %p, [%n], [] : !tile.ptr<f32> -> !v
  %w = tile.make_view %p, [%n], [] : !tile.ptr<f32> -> !v
  scf.for %i = %c0 to %n step %c1 {
    %t = tile.load %v[%i, %c0] : !v -> tensor<1x1024xf32>
    %s = arith.addf %t, %t : tensor<1x1024xf32>
    %next = arith.addi %i, %c1 : index
    tile.store %s, %w[%next, %c0] : tensor<1x1024xf32>, !v
  } {tile.stages = 2 : i32}
  return
}

// A reduction before the loop does not wait for memory alone: the first loads are on their way before it and what it is
// of, with what their place is computed by.
// CHECK-LABEL: func @after_reduction
// CHECK: %[[END:.*]] = arith.minsi
// CHECK: arith.cmpi sgt, %[[END]], %c0
// CHECK: %[[FIRST:.*]] = scf.if
// CHECK: tile.load
// CHECK: tile.reduce
// CHECK: scf.for {{.*}} to %[[END]] {{.*}} = %[[FIRST]]
func.func @after_reduction(%p: !tile.ptr<f32>, %n: index, %m: index, %out: !tile.ptr<f32>) attributes {tile.kernel, tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.make_view %p, [%n], [] : !tile.ptr<f32> -> !v
  %w = tile.make_view %out, [%n], [] : !tile.ptr<f32> -> !v
  %t = tile.load %v[%m, %c0] : !v -> tensor<1x1024xf32>
  %r = tile.reduce max %t 1 : tensor<1x1024xf32> -> tensor<1xf32>
  %e = tile.expand_dims %r 1 : tensor<1xf32> -> tensor<1x1xf32>
  %b = tile.broadcast %e : tensor<1x1xf32> -> tensor<1x1024xf32>
  %end = arith.minsi %n, %m : index
  scf.for %i = %c0 to %end step %c1 {
    %u = tile.load %v[%i, %c0] : !v -> tensor<1x1024xf32>
    %s = arith.addf %u, %b : tensor<1x1024xf32>
    tile.store %s, %w[%i, %c0] : tensor<1x1024xf32>, !v
  } {tile.stages = 2 : i32}
  return
}

// They stay behind a store, which may change what they load, and behind the reduction that their place comes from.
// CHECK-LABEL: func @not_before
// CHECK: tile.store
// CHECK: scf.if
// CHECK: tile.reduce
// CHECK: scf.for
// CHECK: tile.reduce
// CHECK: tile.to_scalar
// CHECK: scf.if
// CHECK: scf.for
func.func @not_before(%p: !tile.ptr<f32>, %n: index, %out: !tile.ptr<f32>) attributes {tile.kernel, tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.make_view %p, [%n], [] : !tile.ptr<f32> -> !v
  %w = tile.make_view %out, [%n], [] : !tile.ptr<f32> -> !v
  %t = tile.load %v[%c0, %c0] : !v -> tensor<1x1024xf32>
  tile.store %t, %w[%c1, %c0] : tensor<1x1024xf32>, !v
  %r = tile.reduce max %t 1 : tensor<1x1024xf32> -> tensor<1xf32>
  %e = tile.expand_dims %r 1 : tensor<1xf32> -> tensor<1x1xf32>
  %b = tile.broadcast %e : tensor<1x1xf32> -> tensor<1x1024xf32>
  scf.for %i = %c0 to %n step %c1 {
    %u = tile.load %v[%i, %c0] : !v -> tensor<1x1024xf32>
    %s = arith.addf %u, %b : tensor<1x1024xf32>
    tile.store %s, %w[%i, %c0] : tensor<1x1024xf32>, !v
  } {tile.stages = 2 : i32}
  %whole = tile.reduce sum %r 0 : tensor<1xf32> -> tensor<f32>
  %number = arith.fptosi %whole : tensor<f32> to tensor<i32>
  %scalar = tile.to_scalar %number : tensor<i32> -> i32
  %end = arith.index_cast %scalar : i32 to index
  scf.for %i = %c0 to %end step %c1 {
    %u = tile.load %v[%i, %c0] : !v -> tensor<1x1024xf32>
    tile.store %u, %w[%i, %c0] : tensor<1x1024xf32>, !v
  } {tile.stages = 2 : i32}
  return
}
