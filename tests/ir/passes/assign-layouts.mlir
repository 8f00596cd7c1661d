// Which layouts tiles get on a GPU: from the largest access, spread over all that can share it without moving data.
// RUN: tile-opt %s -tile-assign-layouts | FileCheck %s

// CHECK-DAG: #[[ROWS:.*]] = #tile.layout<[4, 1024], reg = {{\[}}[0, 1], [0, 2], [0, 4], [0, 256], [0, 512]], lane = {{\[}}[0, 8], [0, 16], [0, 32], [0, 64], [0, 128]], warp = {{\[}}[1, 0], [2, 0]]>
// CHECK-DAG: #[[SLICE:.*]] = #tile.layout<[1024], reg = {{\[}}[1], [2], [4], [256], [512]], lane = {{\[}}[8], [16], [32], [64], [128]], warp = {{\[}}[0], [0]]>
// CHECK-DAG: #[[SLICE2:.*]] = #tile.layout<[1, 1024], reg = {{\[}}[0, 1], [0, 2], [0, 4], [0, 256], [0, 512]], lane = {{.*}}, warp = {{\[}}[0, 0], [0, 0]]>
// CHECK-DAG: #[[COLS:.*]] = #tile.layout<[1, 1024], reg = {{\[}}[0, 1], [0, 2]], lane = {{\[}}[0, 4], [0, 8], [0, 16], [0, 32], [0, 64]], warp = {{\[}}[0, 128], [0, 256], [0, 512]]>
// CHECK-DAG: #[[ONE:.*]] = #tile.layout<[1], reg = [], lane = {{\[}}[0], [0], [0], [0], [0]], warp = {{\[}}[0], [0], [0]]>
// CHECK-DAG: #[[PLAIN:.*]] = #tile.layout<[64], reg = [], lane = {{\[}}[1], [2], [4], [8], [16]], warp = {{\[}}[32]]>
// CHECK-DAG: #[[NONE:.*]] = #tile.layout<[], reg = [], lane = {{\[}}[], [], [], [], []], warp = {{\[}}[]]>
// CHECK-DAG: #[[SMALL:.*]] = #tile.layout<[4], reg = [], lane = {{\[}}[1], [2], [0], [0], [0]], warp = {{\[}}[0]]>
// CHECK-DAG: #[[WIDE:.*]] = #tile.layout<[256], reg = {{\[}}[1], [2]], lane = {{\[}}[4], [8], [16], [32], [64]], warp = {{\[}}[128]]>
// CHECK-DAG: #[[MAX:.*]] = #tile.layout<[4, 256], reg = {{\[}}[0, 32], [0, 64], [0, 128]], lane = {{\[}}[0, 1], [0, 2], [0, 4], [0, 8], [0, 16]], warp = {{\[}}[1, 0], [2, 0]]>
// CHECK-DAG: #[[GIVEN:.*]] = #tile.layout<[4], reg = [], lane = {{\[}}[0], [0], [0], [0], [0]], warp = {{\[}}[1], [2]]>
// CHECK-DAG: #[[SHARED:.*]] = #tile.layout<[256], reg = {{\[}}[32]], lane = {{\[}}[1], [2], [4], [8], [16]], warp = {{\[}}[64], [128]]>
// CHECK-DAG: #[[WANTED:.*]] = #tile.layout<[1, 256], reg = {{\[}}[0, 32], [0, 64], [0, 128]], lane = {{.*}}, warp = {{\[}}[0, 0], [0, 0]]>
// CHECK-DAG: #[[CUBE:.*]] = #tile.layout<[4, 8, 64], reg = {{\[}}[0, 0, 1], [0, 0, 2], [0, 2, 0], [0, 4, 0]], lane = {{\[}}[0, 0, 4], [0, 0, 8], [0, 0, 16], [0, 0, 32], [0, 1, 0]], warp = {{\[}}[1, 0, 0], [2, 0, 0]]>

// CHECK-DAG: #[[COPIES:.*]] = #tile.layout<[16], reg = {{\[}}[4], [8]], lane = {{\[}}[0], [0], [0], [0], [0]], warp = {{\[}}[1], [2]]>
// CHECK-DAG: #[[SPREAD:.*]] = #tile.layout<[16], reg = [], lane = {{\[}}[1], [2], [4], [8], [0]], warp = {{\[}}[0], [0]]>

!v = !tile.view<?x1024xbf16, strides = [1024, 1], align = 16>
!w = !tile.view<1024xbf16, strides = [1], align = 16>
!s = !tile.view<?xf32, strides = [1], align = 16>
!m = !tile.view<4x256xf32, strides = [256, 1], align = 16>
!r = !tile.view<?x256xf32, strides = [256, 1], align = 16>
!c = !tile.view<4x8x64xf32, strides = [512, 64, 1], align = 16>
module attributes {tile.target = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>} {

// A warp a row, 16 bytes a lane; weights take the same columns, copied in every warp.
// CHECK-LABEL: @rows
func.func @rows(%x: !v, %w: !w, %y: !v, %row: index) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : index
  // CHECK: tile.load {{.*}} -> tensor<4x1024xbf16, #[[ROWS]]>
  %t = tile.load %x[%row, %c0] {aligned = 8} : !v -> tensor<4x1024xbf16>
  // CHECK: tile.load {{.*}} -> tensor<1024xbf16, #[[SLICE]]>
  %a = tile.load %w[%c0] {aligned = 8} : !w -> tensor<1024xbf16>
  // CHECK: tile.expand_dims {{.*}} : tensor<1024xbf16, #[[SLICE]]> -> tensor<1x1024xbf16, #[[SLICE2]]>
  %b = tile.expand_dims %a 0 : tensor<1024xbf16> -> tensor<1x1024xbf16>
  // CHECK: tile.broadcast {{.*}} : tensor<1x1024xbf16, #[[SLICE2]]> -> tensor<4x1024xbf16, #[[ROWS]]>
  %c = tile.broadcast %b : tensor<1x1024xbf16> -> tensor<4x1024xbf16>
  // CHECK-NOT: convert_layout
  // CHECK: arith.mulf {{.*}} : tensor<4x1024xbf16, #[[ROWS]]>
  %d = arith.mulf %t, %c : tensor<4x1024xbf16>
  // CHECK: tile.store {{.*}} : tensor<4x1024xbf16, #[[ROWS]]>
  tile.store %d, %y[%row, %c0] {aligned = 8} : tensor<4x1024xbf16>, !v
  return
}

// One row: the warps share its columns, with narrower accesses rather than warps that repeat others.
// CHECK-LABEL: @columns
func.func @columns(%x: !v, %y: !s, %row: index) attributes {tile.warps = 8 : i32} {
  %c0 = arith.constant 0 : index
  // CHECK: tile.load {{.*}} -> tensor<1x1024xbf16, #[[COLS]]>
  %t = tile.load %x[%row, %c0] {aligned = 8} : !v -> tensor<1x1024xbf16>
  %f = arith.extf %t : tensor<1x1024xbf16> to tensor<1x1024xf32>
  // CHECK: tile.reduce sum {{.*}} : tensor<1x1024xf32, #[[COLS]]> -> tensor<1xf32, #[[ONE]]>
  %r = tile.reduce sum %f 1 : tensor<1x1024xf32> -> tensor<1xf32>
  // CHECK: tile.store {{.*}} : tensor<1xf32, #[[ONE]]>
  tile.store %r, %y[%row] : tensor<1xf32>, !s
  return
}

// Without an access: lanes side by side.
// CHECK-LABEL: @no_access
func.func @no_access(%x: f32) attributes {tile.warps = 2 : i32} {
  // CHECK: tile.splat %{{.*}} : f32 -> tensor<64xf32, #[[PLAIN]]>
  %t = tile.splat %x : f32 -> tensor<64xf32>
  %u = arith.addf %t, %t : tensor<64xf32>
  // CHECK: tile.reduce sum {{.*}} : tensor<64xf32, #[[PLAIN]]> -> tensor<f32, #[[NONE]]>
  %r = tile.reduce sum %u 0 : tensor<64xf32> -> tensor<f32>
  return
}

// A tile smaller than a warp: as many lanes as there are elements, the others hold copies.
// CHECK-LABEL: @small
func.func @small(%x: !s, %row: index) attributes {tile.warps = 2 : i32} {
  // CHECK: tile.load {{.*}} -> tensor<4xf32, #[[SMALL]]>
  %t = tile.load %x[%row] {aligned = 4} : !s -> tensor<4xf32>
  // CHECK: tile.store {{.*}} : tensor<4xf32, #[[SMALL]]>
  tile.store %t, %x[%row] : tensor<4xf32>, !s
  return
}

// What costs nothing is made again for each use, and a constant that is stored takes the layout of its store.
// CHECK-LABEL: @constants
func.func @constants(%x: !s, %n: index, %f: f32) attributes {tile.warps = 2 : i32} {
  %one = arith.constant dense<1.0> : tensor<256xf32>
  %two = tile.splat %f : f32 -> tensor<256xf32>
  // CHECK: %[[T:.*]] = tile.load {{.*}} -> tensor<256xf32, #[[WIDE]]>
  %t = tile.load %x[%n] {aligned = 4} : !s -> tensor<256xf32>
  // CHECK: %[[ONE1:.*]] = arith.constant dense<1.000000e+00> : tensor<256xf32, #[[WIDE]]>
  // CHECK: arith.addf %[[T]], %[[ONE1]]
  %u = arith.addf %t, %one : tensor<256xf32>
  // CHECK: %[[TWO1:.*]] = tile.splat %{{.*}} : f32 -> tensor<256xf32, #[[WIDE]]>
  // CHECK: %[[U:.*]] = arith.addf %{{.*}}, %[[TWO1]]
  %w = arith.addf %u, %two : tensor<256xf32>
  tile.store %w, %x[%n] {aligned = 4} : tensor<256xf32>, !s
  // CHECK: %[[ONE2:.*]] = arith.constant dense<1.000000e+00> : tensor<256xf32, #[[WIDE]]>
  // CHECK: tile.store %[[ONE2]]
  tile.store %one, %x[%n] {aligned = 4} : tensor<256xf32>, !s
  return
}

// A reduction over rows shares its columns out among the warps it sets free; the use needs all of them in each.
// CHECK-LABEL: @conflict
func.func @conflict(%x: !m, %y: !s, %n: index) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : index
  %t = tile.load %x[%c0, %c0] {aligned = 1} : !m -> tensor<4x256xf32>
  // CHECK: %[[R:.*]] = tile.reduce sum {{.*}} : tensor<4x256xf32, #[[MAX]]> -> tensor<256xf32, #[[SHARED]]>
  %r = tile.reduce sum %t 0 : tensor<4x256xf32> -> tensor<256xf32>
  %b = tile.expand_dims %r 0 : tensor<256xf32> -> tensor<1x256xf32>
  // CHECK: %[[C:.*]] = tile.convert_layout %{{.*}} -> tensor<1x256xf32, #[[WANTED]]>
  // CHECK: tile.broadcast %[[C]] : {{.*}} -> tensor<4x256xf32, #[[MAX]]>
  %d = tile.broadcast %b : tensor<1x256xf32> -> tensor<4x256xf32>
  %e = arith.subf %t, %d : tensor<4x256xf32>
  // CHECK: %[[S:.*]] = tile.reduce sum {{.*}} : tensor<4x256xf32, #[[MAX]]> -> tensor<4xf32, #[[GIVEN]]>
  // CHECK: tile.store %[[S]]
  %s = tile.reduce sum %e 1 : tensor<4x256xf32> -> tensor<4xf32>
  tile.store %s, %y[%n] : tensor<4xf32>, !s
  return
}

// CHECK-LABEL: @rank3
func.func @rank3(%x: !c) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : index
  // CHECK: tile.load {{.*}} -> tensor<4x8x64xf32, #[[CUBE]]>
  %t = tile.load %x[%c0, %c0, %c0] {aligned = 4} : !c -> tensor<4x8x64xf32>
  tile.store %t, %x[%c0, %c0, %c0] {aligned = 4} : tensor<4x8x64xf32>, !c
  return
}

// What a reduction leaves in every lane is stored by one of them: where that would be four accesses or more, ...
// CHECK-LABEL: @copies
func.func @copies(%x: !r, %y: !s, %n: index) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : index
  %t = tile.load %x[%c0, %c0] {aligned = 8} : !r -> tensor<16x256xf32>
  // CHECK: %[[R:.*]] = tile.reduce sum {{.*}} -> tensor<16xf32, #[[COPIES]]>
  // CHECK: %[[C:.*]] = tile.convert_layout %[[R]] : tensor<16xf32, #[[COPIES]]> -> tensor<16xf32, #[[SPREAD]]>
  // CHECK: tile.store %[[C]]
  %r = tile.reduce sum %t 1 : tensor<16x256xf32> -> tensor<16xf32>
  tile.store %r, %y[%n] {aligned = 4} : tensor<16xf32>, !s
  return
}

// ... not for two, ...
// CHECK-LABEL: @few_copies
func.func @few_copies(%x: !r, %y: !s, %n: index) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : index
  %t = tile.load %x[%c0, %c0] {aligned = 8} : !r -> tensor<8x256xf32>
  // CHECK-NOT: convert_layout
  %r = tile.reduce sum %t 1 : tensor<8x256xf32> -> tensor<8xf32>
  tile.store %r, %y[%n] {aligned = 4} : tensor<8xf32>, !s
  return
}

// ... nor where the lane has neighbours, which are one access, ...
// CHECK-LABEL: @neighbours
func.func @neighbours(%x: !r, %y: !s, %n: index) attributes {tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : index
  %t = tile.load %x[%c0, %c0] {aligned = 8} : !r -> tensor<4x256xf32>
  // CHECK-NOT: convert_layout
  %r = tile.reduce sum %t 1 : tensor<4x256xf32> -> tensor<4xf32>
  tile.store %r, %y[%n] {aligned = 4} : tensor<4xf32>, !s
  return
}

// ... but so where these may lie anywhere.
// CHECK-LABEL: @anywhere
func.func @anywhere(%x: !r, %y: !s, %n: index) attributes {tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : index
  %t = tile.load %x[%c0, %c0] {aligned = 8} : !r -> tensor<4x256xf32>
  // CHECK: convert_layout
  %r = tile.reduce sum %t 1 : tensor<4x256xf32> -> tensor<4xf32>
  tile.store %r, %y[%n] {aligned = 1} : tensor<4xf32>, !s
  return
}

// However many there are, ...
// CHECK-LABEL: @many_copies
func.func @many_copies(%x: !r, %y: !s, %n: index) attributes {tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : index
  %t = tile.load %x[%c0, %c0] {aligned = 8} : !r -> tensor<64x256xf32>
  // CHECK: convert_layout
  %r = tile.reduce sum %t 1 : tensor<64x256xf32> -> tensor<64xf32>
  tile.store %r, %y[%n] {aligned = 1} : tensor<64xf32>, !s
  return
}

// ... but not in a loop, of which each iteration would wait for all warps.
// CHECK-LABEL: @copies_in_loop
func.func @copies_in_loop(%x: !r, %y: !s, %n: index, %step: index) attributes {tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : index
  scf.for %i = %c0 to %n step %step {
    %t = tile.load %x[%i, %c0] {aligned = 8} : !r -> tensor<16x256xf32>
    // CHECK-NOT: convert_layout
    %r = tile.reduce sum %t 1 : tensor<16x256xf32> -> tensor<16xf32>
    tile.store %r, %y[%i] {aligned = 4} : tensor<16xf32>, !s
  }
  return
}
}
