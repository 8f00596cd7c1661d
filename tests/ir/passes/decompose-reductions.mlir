// A reduction becomes the steps its layout calls for: registers, lanes and, through a conversion, warps.
// RUN: tile-opt %s -tile-decompose-reductions | FileCheck %s

#row = #tile.layout<[4, 256], reg = [[0, 1], [0, 2], [0, 4]], lane = [[0, 8], [0, 16], [0, 32], [0, 64], [0, 128]], warp = [[1, 0], [2, 0]]>
#rowr = #tile.layout<[4], reg = [], lane = [[0], [0], [0], [0], [0]], warp = [[1], [2]]>
#reg = #tile.layout<[32, 4], reg = [[0, 1], [0, 2]], lane = [[1, 0], [2, 0], [4, 0], [8, 0], [16, 0]], warp = [[0, 0]]>
#regr = #tile.layout<[32], reg = [], lane = [[1], [2], [4], [8], [16]], warp = [[0]]>
#col = #tile.layout<[1, 1024], reg = [[0, 1], [0, 2]], lane = [[0, 4], [0, 8], [0, 16], [0, 32], [0, 64]], warp = [[0, 128], [0, 256], [0, 512]]>
#one = #tile.layout<[1], reg = [], lane = [[0], [0], [0], [0], [0]], warp = [[0], [0], [0]]>
#w32 = #tile.layout<[1, 1024], reg = [], lane = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16]], warp = [[0, 32], [0, 64], [0, 128], [0, 256], [0, 512]]>
#one5 = #tile.layout<[1], reg = [], lane = [[0], [0], [0], [0], [0]], warp = [[0], [0], [0], [0], [0]]>
#down = #tile.layout<[4, 256], reg = [[0, 32], [0, 64], [0, 128]], lane = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16]], warp = [[1, 0], [2, 0]]>
#downr = #tile.layout<[256], reg = [[32]], lane = [[1], [2], [4], [8], [16]], warp = [[64], [128]]>
#flat = #tile.layout<[4, 1], reg = [[1, 0]], lane = [[2, 0]], warp = []>
#flatr = #tile.layout<[4], reg = [[1]], lane = [[2]], warp = []>

// CHECK-DAG: #[[PARTS:.*]] = #tile.layout<[1, 8], reg = [], lane = {{\[}}[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]], warp = {{\[}}[0, 1], [0, 2], [0, 4]]>
// CHECK-DAG: #[[TOGETHER:.*]] = #tile.layout<[1, 8], reg = {{\[}}[0, 1], [0, 2], [0, 4]], lane = {{.*}}, warp = {{\[}}[0, 0], [0, 0], [0, 0]]>
// CHECK-DAG: #[[INLANES:.*]] = #tile.layout<[1, 32], reg = [], lane = {{\[}}[0, 1], [0, 2], [0, 4], [0, 8], [0, 16]], warp = {{\[}}[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]]>
// CHECK-DAG: #[[COLUMNS:.*]] = #tile.layout<[4, 256], reg = {{\[}}[0, 32], [1, 0], [2, 0]], lane = {{\[}}[0, 1], [0, 2], [0, 4], [0, 8], [0, 16]], warp = {{\[}}[0, 64], [0, 128]]>

// Only registers hold several elements of the dimension.
// CHECK-LABEL: @registers
// CHECK-SAME: %[[T:[^:]*]]:
func.func @registers(%t: tensor<32x4xf32, #reg>) -> tensor<32xf32, #regr> {
  // CHECK: %[[A:.*]] = tile.reduce_registers sum %[[T]] 1 : {{.*}} -> tensor<32x1xf32, #{{.*}}>
  // CHECK-NEXT: %[[D:.*]] = tile.drop_dim %[[A]] 1
  // CHECK-NEXT: return %[[D]]
  %r = tile.reduce sum %t 1 : tensor<32x4xf32, #reg> -> tensor<32xf32, #regr>
  return %r : tensor<32xf32, #regr>
}

// A row a warp.
// CHECK-LABEL: @lanes
// CHECK-SAME: %[[T:[^:]*]]:
func.func @lanes(%t: tensor<4x256xf32, #row>) -> tensor<4xf32, #rowr> {
  // CHECK: %[[A:.*]] = tile.reduce_registers max %[[T]] 1 : {{.*}} -> tensor<4x32xf32, #[[LANES:.*]]>
  // CHECK-NEXT: %[[B:.*]] = tile.reduce_lanes max %[[A]] 1 : tensor<4x32xf32, #[[LANES]]> -> tensor<4x1xf32, #{{.*}}>
  // CHECK-NEXT: %[[D:.*]] = tile.drop_dim %[[B]] 1
  // CHECK-NEXT: return %[[D]]
  %r = tile.reduce max %t 1 : tensor<4x256xf32, #row> -> tensor<4xf32, #rowr>
  return %r : tensor<4xf32, #rowr>
}

// A row over eight warps: what they found comes together in the registers of every lane.
// CHECK-LABEL: @warps
// CHECK-SAME: %[[T:[^:]*]]:
func.func @warps(%t: tensor<1x1024xf32, #col>) -> tensor<1xf32, #one> {
  // CHECK: %[[A:.*]] = tile.reduce_registers sum %[[T]] 1 : {{.*}} -> tensor<1x256xf32, #{{.*}}>
  // CHECK-NEXT: %[[B:.*]] = tile.reduce_lanes sum %[[A]] 1 : {{.*}} -> tensor<1x8xf32, #[[PARTS]]>
  // CHECK-NEXT: %[[C:.*]] = tile.convert_layout %[[B]] : tensor<1x8xf32, #[[PARTS]]> -> tensor<1x8xf32, #[[TOGETHER]]>
  // CHECK-NEXT: %[[E:.*]] = tile.reduce_registers sum %[[C]] 1 : {{.*}} -> tensor<1x1xf32, #{{.*}}>
  // CHECK-NEXT: %[[D:.*]] = tile.drop_dim %[[E]] 1
  // CHECK-NEXT: return %[[D]]
  %r = tile.reduce sum %t 1 : tensor<1x1024xf32, #col> -> tensor<1xf32, #one>
  return %r : tensor<1xf32, #one>
}

// Over 32 warps: in lanes, so that no lane reads 32 numbers.
// CHECK-LABEL: @many_warps
// CHECK-SAME: %[[T:[^:]*]]:
func.func @many_warps(%t: tensor<1x1024xi32, #w32>) -> tensor<1xi32, #one5> {
  // CHECK-NOT: reduce_registers
  // CHECK: %[[B:.*]] = tile.reduce_lanes min %[[T]] 1 : {{.*}} -> tensor<1x32xi32, #{{.*}}>
  // CHECK-NEXT: %[[C:.*]] = tile.convert_layout %[[B]] : {{.*}} -> tensor<1x32xi32, #[[INLANES]]>
  // CHECK-NEXT: %[[E:.*]] = tile.reduce_lanes min %[[C]] 1 : {{.*}} -> tensor<1x1xi32, #{{.*}}>
  // CHECK-NEXT: %[[D:.*]] = tile.drop_dim %[[E]] 1
  // CHECK-NEXT: return %[[D]]
  %r = tile.reduce min %t 1 : tensor<1x1024xi32, #w32> -> tensor<1xi32, #one5>
  return %r : tensor<1xi32, #one5>
}

// Over rows that lie in different warps: the columns are shared out among the warps set free.
// CHECK-LABEL: @rows
// CHECK-SAME: %[[T:[^:]*]]:
func.func @rows(%t: tensor<4x256xf32, #down>) -> tensor<256xf32, #downr> {
  // CHECK: %[[C:.*]] = tile.convert_layout %[[T]] : {{.*}} -> tensor<4x256xf32, #[[COLUMNS]]>
  // CHECK-NEXT: %[[E:.*]] = tile.reduce_registers product %[[C]] 0 : {{.*}} -> tensor<1x256xf32, #{{.*}}>
  // CHECK-NEXT: %[[D:.*]] = tile.drop_dim %[[E]] 0
  // CHECK-NEXT: return %[[D]]
  %r = tile.reduce product %t 0 : tensor<4x256xf32, #down> -> tensor<256xf32, #downr>
  return %r : tensor<256xf32, #downr>
}

// Extent 1: nothing to combine.
// CHECK-LABEL: @nothing
// CHECK-SAME: %[[T:[^:]*]]:
func.func @nothing(%t: tensor<4x1xf32, #flat>) -> tensor<4xf32, #flatr> {
  // CHECK-NEXT: %[[D:.*]] = tile.drop_dim %[[T]] 1
  // CHECK-NEXT: return %[[D]]
  %r = tile.reduce sum %t 1 : tensor<4x1xf32, #flat> -> tensor<4xf32, #flatr>
  return %r : tensor<4xf32, #flatr>
}

// Copies in other lanes are not combined again: the lanes that hold them are no partners.
#copies = #tile.layout<[1, 8], reg = [[0, 1]], lane = [[0, 2], [0, 0], [0, 4]], warp = []>
#copies1 = #tile.layout<[1], reg = [], lane = [[0], [0], [0]], warp = []>
// CHECK-LABEL: @copies
func.func @copies(%t: tensor<1x8xf32, #copies>) -> tensor<1xf32, #copies1> {
  // CHECK: tile.reduce_registers sum {{.*}} -> tensor<1x4xf32, #{{.*}}>
  // CHECK-NEXT: tile.reduce_lanes sum {{.*}} -> tensor<1x1xf32, #{{.*}}>
  // CHECK-NOT: convert_layout
  // CHECK: return
  %r = tile.reduce sum %t 1 : tensor<1x8xf32, #copies> -> tensor<1xf32, #copies1>
  return %r : tensor<1xf32, #copies1>
}

// A reduction of a reduction, down to one number.
#grid = #tile.layout<[2, 4], reg = [[0, 1]], lane = [[0, 2], [1, 0]], warp = []>
#grid1 = #tile.layout<[2], reg = [], lane = [[0], [1]], warp = []>
#grid0 = #tile.layout<[], reg = [], lane = [[], []], warp = []>
// CHECK-LABEL: @twice
func.func @twice(%t: tensor<2x4xf32, #grid>) -> tensor<f32, #grid0> {
  // CHECK: tile.reduce_registers sum {{.*}} 1
  // CHECK-NEXT: tile.reduce_lanes sum {{.*}} 1
  // CHECK-NEXT: tile.drop_dim {{.*}} 1 : {{.*}} -> tensor<2xf32
  // CHECK-NEXT: tile.reduce_lanes sum {{.*}} 0
  // CHECK-NEXT: tile.drop_dim {{.*}} 0 : {{.*}} -> tensor<f32
  // CHECK-NEXT: return
  %r = tile.reduce sum %t 1 : tensor<2x4xf32, #grid> -> tensor<2xf32, #grid1>
  %s = tile.reduce sum %r 0 : tensor<2xf32, #grid1> -> tensor<f32, #grid0>
  return %s : tensor<f32, #grid0>
}
