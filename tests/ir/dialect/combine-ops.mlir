// Reductions and scans with a function of their own, and changes of shape: what is printed parses to the same again, and
// so does the generic form.
// RUN: tile-opt %s | FileCheck %s
// RUN: tile-opt %s | tile-opt | FileCheck %s
// RUN: tile-opt %s -mlir-print-op-generic | tile-opt | FileCheck %s

#row = #tile.layout<[4, 256], reg = [[0, 1], [0, 2], [0, 128]], lane = [[0, 4], [0, 8], [0, 16], [0, 32], [0, 64]], warp = [[1, 0], [2, 0]]>
#rowp = #tile.layout<[4, 32], reg = [], lane = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16]], warp = [[1, 0], [2, 0]]>
#rowl = #tile.layout<[4, 1], reg = [], lane = [[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]], warp = [[1, 0], [2, 0]]>
#line = #tile.layout<[256], reg = [[128]], lane = [[1], [2], [4], [8], [16]], warp = [[32], [64]]>
#total = #tile.layout<[8], reg = [[4]], lane = [[0], [0], [0], [0], [0]], warp = [[1], [2]]>
#blocks = #tile.layout<[8], reg = [[1], [2], [4]], lane = [[0], [0], [0], [0], [0]], warp = [[0], [0]]>
#turned = #tile.layout<[256, 4], reg = [[1, 0], [2, 0], [128, 0]], lane = [[4, 0], [8, 0], [16, 0], [32, 0], [64, 0]], warp = [[0, 1], [0, 2]]>
#flat = #tile.layout<[1024], reg = [[1], [2], [128]], lane = [[4], [8], [16], [32], [64]], warp = [[256], [512]]>
#half = #tile.layout<[4, 128], reg = [[0, 1], [0, 2]], lane = [[0, 4], [0, 8], [0, 16], [0, 32], [0, 64]], warp = [[1, 0], [2, 0]]>

// CHECK-LABEL: @functions
// CHECK-SAME: %[[F:[^:]*]]: tensor<4x64xf32>, %[[I:[^:]*]]: tensor<4x64xi32>, %[[S:[^:]*]]: f32, %[[N:[^:]*]]: i32
func.func @functions(%f: tensor<4x64xf32>, %i: tensor<4x64xi32>, %s: f32, %n: i32) {
  // CHECK: tile.reduce_with %[[F]] axis 1 symmetric : (tensor<4x64xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: ^bb0(%[[A:.*]]: tensor<f32>, %[[B:.*]]: tensor<f32>):
  // CHECK-NEXT: %[[C:.*]] = arith.addf %[[A]], %[[B]] : tensor<f32>
  // CHECK-NEXT: tile.yield %[[C]] : tensor<f32>
  %0 = tile.reduce_with %f axis 1 symmetric : (tensor<4x64xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = arith.addf %a, %b : tensor<f32>
    tile.yield %c : tensor<f32>
  }
  // CHECK: tile.reduce_with %[[F]], %[[I]] axis 0 captures %[[S]] : (tensor<4x64xf32>, tensor<4x64xi32>, f32) -> (tensor<64xf32>, tensor<64xi32>) {
  // CHECK-NEXT: ^bb0({{.*}}: tensor<f32>, {{.*}}: tensor<i32>, {{.*}}: tensor<f32>, {{.*}}: tensor<i32>, %[[X:.*]]: f32):
  // CHECK-NEXT: tile.splat %[[X]] : f32 -> tensor<f32>
  %1:2 = tile.reduce_with %f, %i axis 0 captures %s : (tensor<4x64xf32>, tensor<4x64xi32>, f32) -> (tensor<64xf32>, tensor<64xi32>) {
  ^bb0(%a: tensor<f32>, %j: tensor<i32>, %b: tensor<f32>, %k: tensor<i32>, %x: f32):
    %t = tile.splat %x : f32 -> tensor<f32>
    %c = arith.mulf %a, %t : tensor<f32>
    %d = arith.addf %c, %b : tensor<f32>
    tile.yield %d, %j : tensor<f32>, tensor<i32>
  }
  // CHECK: tile.scan %[[I]] axis 1 symmetric reverse exclusive %[[N]] : (tensor<4x64xi32>, i32) -> tensor<4x64xi32> {
  %2 = tile.scan %i axis 1 symmetric reverse exclusive %n : (tensor<4x64xi32>, i32) -> tensor<4x64xi32> {
  ^bb0(%a: tensor<i32>, %b: tensor<i32>):
    %c = arith.addi %a, %b : tensor<i32>
    tile.yield %c : tensor<i32>
  }
  return
}

// CHECK-LABEL: @steps
func.func @steps(%t: tensor<4x256xf32, #row>, %v: tensor<256xf32, #line>, %b: tensor<8xf32, #blocks>) {
  // CHECK: tile.reduce_registers_with %{{.*}} axis 1 : (tensor<4x256xf32, #{{.*}}>) -> tensor<4x32xf32, #{{.*}}> {
  %0 = tile.reduce_registers_with %t axis 1 : (tensor<4x256xf32, #row>) -> tensor<4x32xf32, #rowp> {
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    tile.yield %x : tensor<f32>
  }
  // CHECK: tile.reduce_lanes_with %{{.*}} axis 1 : (tensor<4x32xf32, #{{.*}}>) -> tensor<4x1xf32, #{{.*}}> {
  %1 = tile.reduce_lanes_with %0 axis 1 : (tensor<4x32xf32, #rowp>) -> tensor<4x1xf32, #rowl> {
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    tile.yield %x : tensor<f32>
  }
  // CHECK: tile.scan_blocks %{{.*}} axis 0 reverse : (tensor<256xf32, #{{.*}}>) -> (tensor<256xf32, #{{.*}}>, tensor<8xf32, #{{.*}}>) {
  %2:2 = tile.scan_blocks %v axis 0 reverse : (tensor<256xf32, #line>) -> (tensor<256xf32, #line>, tensor<8xf32, #total>) {
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    tile.yield %x : tensor<f32>
  }
  // CHECK: tile.scan_carry %{{.*}}, %{{.*}} axis 0 reverse : (tensor<256xf32, #{{.*}}>, tensor<8xf32, #{{.*}}>) -> tensor<256xf32, #{{.*}}> {
  %3 = tile.scan_carry %2#0, %b axis 0 reverse : (tensor<256xf32, #line>, tensor<8xf32, #blocks>) -> tensor<256xf32, #line> {
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    tile.yield %x : tensor<f32>
  }
  return
}

// CHECK-LABEL: @shapes
func.func @shapes(%t: tensor<4x256xf32, #row>, %h: tensor<4x128xf32, #half>) {
  // CHECK: tile.reshape %{{.*}} : tensor<4x256xf32, #{{.*}}> -> tensor<1024xf32, #{{.*}}>
  %0 = tile.reshape %t : tensor<4x256xf32, #row> -> tensor<1024xf32, #flat>
  // CHECK: tile.transpose %{{.*}} [1, 0] : tensor<4x256xf32, #{{.*}}> -> tensor<256x4xf32, #{{.*}}>
  %1 = tile.transpose %t [1, 0] : tensor<4x256xf32, #row> -> tensor<256x4xf32, #turned>
  // CHECK: tile.concat %{{.*}}, %{{.*}} 1 : tensor<4x128xf32, #{{.*}}> -> tensor<4x256xf32, #{{.*}}>
  %2 = tile.concat %h, %h 1 : tensor<4x128xf32, #half> -> tensor<4x256xf32, #row>
  // CHECK: tile.split %{{.*}} 1 : tensor<4x256xf32, #{{.*}}> -> tensor<4x128xf32, #{{.*}}>
  %3:2 = tile.split %2 1 : tensor<4x256xf32, #row> -> tensor<4x128xf32, #half>
  return
}
