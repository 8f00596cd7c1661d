// Layouts of what loops carry and branches give: one all along.
// RUN: tile-opt %s -tile-assign-layouts | FileCheck %s

// CHECK-DAG: #[[L:.*]] = #tile.layout<[256], reg = {{\[}}[1], [2]], lane = {{\[}}[4], [8], [16], [32], [64]], warp = {{\[}}[128]]>
// CHECK-DAG: #[[F:.*]] = #tile.layout<[], reg = [], lane = {{\[}}[], [], [], [], []], warp = {{\[}}[]]>

!s = !tile.view<?xf32, strides = [1], align = 16>
module attributes {tile.target = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>} {

// Carried: a sum that starts as a constant, a splat that becomes a constant, a mask, and what the second was.
// CHECK-LABEL: @carried
func.func @carried(%x: !s, %n: index, %f: f32) attributes {tile.warps = 2 : i32} {
  %c0 = arith.constant 0 : index
  %c256 = arith.constant 256 : index
  %zero = arith.constant dense<0.0> : tensor<256xf32>
  %one = arith.constant dense<1.0> : tensor<256xf32>
  %all = arith.constant dense<true> : tensor<256xi1>
  %sp = tile.splat %f : f32 -> tensor<256xf32>
  // CHECK: scf.for {{.*}} -> (tensor<256xf32, #[[L]]>, tensor<256xf32, #[[L]]>, tensor<256xi1, #[[L]]>, tensor<256xf32, #[[L]]>)
  %r:4 = scf.for %i = %c0 to %n step %c256 iter_args(%acc = %zero, %k = %sp, %m = %all, %z = %zero)
      -> (tensor<256xf32>, tensor<256xf32>, tensor<256xi1>, tensor<256xf32>) {
    %t = tile.load %x[%i] {aligned = 4} : !s -> tensor<256xf32>
    %in = tile.in_bounds %x[%i] dims [0] : !s -> tensor<256xi1>
    %s = arith.select %m, %t, %zero : tensor<256xi1>, tensor<256xf32>
    %a = arith.addf %acc, %s : tensor<256xf32>
    // CHECK: %[[ONE:.*]] = arith.constant dense<1.000000e+00> : tensor<256xf32, #[[L]]>
    // CHECK: %[[IN:.*]] = tile.in_bounds {{.*}} -> tensor<256xi1, #[[L]]>
    // CHECK: scf.yield %{{.*}}, %[[ONE]], %[[IN]], %{{.*}} : tensor<256xf32, #[[L]]>, tensor<256xf32, #[[L]]>, tensor<256xi1, #[[L]]>, tensor<256xf32, #[[L]]>
    scf.yield %a, %one, %in, %k : tensor<256xf32>, tensor<256xf32>, tensor<256xi1>, tensor<256xf32>
  }
  %s1 = arith.addf %r#0, %r#1 : tensor<256xf32>
  // CHECK: arith.select {{.*}} : tensor<256xi1, #[[L]]>, tensor<256xf32, #[[L]]>
  %s2 = arith.select %r#2, %s1, %r#3 : tensor<256xi1>, tensor<256xf32>
  // CHECK-NOT: convert_layout
  // CHECK: tile.store
  tile.store %s2, %x[%c0] {aligned = 4} : tensor<256xf32>, !s
  return
}

// What a loop moves decides, although more is read before it: 4 weights of each column, of which one is picked.
// CHECK-LABEL: @loops_first
func.func @loops_first(%w: !tile.view<256x4xf32, strides = [4, 1], align = 16>, %x: !s, %n: index)
    attributes {tile.warps = 2 : i32} {
  %c0 = arith.constant 0 : index
  %c256 = arith.constant 256 : index
  %weights = tile.load %w[%c0, %c0] {aligned = 4} : !tile.view<256x4xf32, strides = [4, 1], align = 16> -> tensor<256x4xf32>
  // CHECK: %[[SUM:.*]] = tile.reduce sum
  // CHECK: %[[SCALE:.*]] = tile.convert_layout %[[SUM]] : {{.*}} -> tensor<256xf32, #[[L]]>
  %scale = tile.reduce sum %weights 1 : tensor<256x4xf32> -> tensor<256xf32>
  scf.for %i = %c0 to %n step %c256 {
    // CHECK: tile.load %arg1{{.*}} -> tensor<256xf32, #[[L]]>
    %t = tile.load %x[%i] {aligned = 4} : !s -> tensor<256xf32>
    // CHECK: arith.mulf %{{.*}}, %[[SCALE]] : tensor<256xf32, #[[L]]>
    %y = arith.mulf %t, %scale : tensor<256xf32>
    tile.store %y, %x[%i] {aligned = 4} : tensor<256xf32>, !s
  }
  return
}

// A carried tile that nothing outside uses, and tiles swapped at each turn.
// CHECK-LABEL: @swapped
func.func @swapped(%x: !s, %n: index) attributes {tile.warps = 2 : i32} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant dense<0.0> : tensor<256xf32>
  // CHECK: scf.for {{.*}} -> (tensor<256xf32, #[[L]]>, tensor<256xf32, #[[L]]>)
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %zero, %b = %zero) -> (tensor<256xf32>, tensor<256xf32>) {
    %t = tile.load %x[%i] {aligned = 4} : !s -> tensor<256xf32>
    %u = arith.addf %t, %b : tensor<256xf32>
    // CHECK: scf.yield %{{.*}}, %{{.*}} : tensor<256xf32, #[[L]]>, tensor<256xf32, #[[L]]>
    scf.yield %b, %u : tensor<256xf32>, tensor<256xf32>
  }
  return
}

// A carried tile that the loop's own reduction contradicts: converted where it is yielded, the same outside as inside.
// CHECK-LABEL: @contradicted
func.func @contradicted(%x: !s, %n: index) attributes {tile.warps = 2 : i32} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %t = tile.load %x[%c0] {aligned = 4} : !s -> tensor<256xf32>
  // CHECK: scf.for {{.*}} -> (tensor<256xf32, #[[L]]>)
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %t) -> (tensor<256xf32>) {
    %e = tile.expand_dims %a 0 : tensor<256xf32> -> tensor<1x256xf32>
    %b = tile.broadcast %e : tensor<1x256xf32> -> tensor<2x256xf32>
    // CHECK: tile.reduce sum {{.*}} -> tensor<256xf32, #[[G:.*]]>
    // CHECK: %[[C:.*]] = tile.convert_layout %{{.*}} : tensor<256xf32, #[[G]]> -> tensor<256xf32, #[[L]]>
    // CHECK: scf.yield %[[C]] : tensor<256xf32, #[[L]]>
    %s = tile.reduce sum %b 0 : tensor<2x256xf32> -> tensor<256xf32>
    scf.yield %s : tensor<256xf32>
  }
  tile.store %r, %x[%c0] {aligned = 4} : tensor<256xf32>, !s
  return
}

// CHECK-LABEL: @branches
func.func @branches(%x: !s, %b: i1) attributes {tile.warps = 2 : i32} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<256xf32>
  %t = tile.load %x[%c0] {aligned = 4} : !s -> tensor<256xf32>
  // CHECK: %[[R:.*]]:2 = scf.if %{{.*}} -> (tensor<256xf32, #[[L]]>, tensor<f32, #[[F]]>)
  %r:2 = scf.if %b -> (tensor<256xf32>, tensor<f32>) {
    // CHECK: %[[S:.*]] = tile.reduce sum {{.*}} -> tensor<f32, #[[F]]>
    %s = tile.reduce sum %t 0 : tensor<256xf32> -> tensor<f32>
    // CHECK: scf.yield %{{.*}}, %[[S]] : tensor<256xf32, #[[L]]>, tensor<f32, #[[F]]>
    scf.yield %t, %s : tensor<256xf32>, tensor<f32>
  } else {
    // CHECK: %[[Z:.*]] = arith.constant dense<0.000000e+00> : tensor<256xf32, #[[L]]>
    // CHECK: %[[O:.*]] = arith.constant dense<1.000000e+00> : tensor<f32, #[[F]]>
    %one = arith.constant dense<1.0> : tensor<f32>
    // CHECK: scf.yield %[[Z]], %[[O]]
    scf.yield %zero, %one : tensor<256xf32>, tensor<f32>
  }
  // A number decides for the whole tile.
  // CHECK: arith.select %{{.*}}, %[[R]]#0, %{{.*}} : tensor<256xf32, #[[L]]>
  %u = arith.select %b, %r#0, %zero : tensor<256xf32>
  tile.store %u, %x[%c0] {aligned = 4} : tensor<256xf32>, !s
  return
}
}
