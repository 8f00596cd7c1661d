// Every op, type and attribute of the tile dialect, the example of its documentation among them: what is printed parses
// to the same again, and so does the generic form.
// RUN: tile-opt %s -split-input-file | FileCheck %s
// RUN: tile-opt %s -split-input-file | tile-opt -split-input-file | FileCheck %s
// RUN: tile-opt %s -split-input-file -mlir-print-op-generic | tile-opt -split-input-file | FileCheck %s

// CHECK: module attributes {tile.target = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>}
module attributes {tile.target = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>} {
  // CHECK: func.func @kernel(%{{.*}}: !tile.ptr<bf16> {tile.align = 16 : i64, tile.name = "x"},
  // CHECK-SAME: %{{.*}}: index {tile.divisible = 8 : i64, tile.name = "rows"}, %{{.*}}: f32 {tile.name = "eps"})
  // CHECK-SAME: attributes {tile.kernel, tile.registers = 96 : i32, tile.scratch = 4096 : i64, tile.warps = 4 : i32}
  func.func @kernel(%x: !tile.ptr<bf16> {tile.name = "x", tile.align = 16 : i64},
                    %rows: index {tile.name = "rows", tile.divisible = 8 : i64}, %eps: f32 {tile.name = "eps"})
      attributes {tile.kernel, tile.warps = 4 : i32, tile.registers = 96 : i32, tile.scratch = 4096 : i64} {
    return
  }
}

// -----

// CHECK: module attributes {tile.target = #tile.target<"simd", arch = "znver4", lanes = 16, vector_bytes = 64, native_bf16 = false>}
module attributes {tile.target = #tile.target<"simd", arch = "znver4", lanes = 16, vector_bytes = 64, native_bf16 = false>} {}

// -----

// CHECK-LABEL: @types
// CHECK-SAME: !tile.ptr<i1>, !tile.ptr<i64>
// CHECK-SAME: !tile.view<?x1024xbf16, strides = [?, 1], align = 16, divisible = 8>
// CHECK-SAME: !tile.view<8xf64, strides = [1], align = 8>
// CHECK-SAME: !tile.view<2x?x4xi8, strides = [0, 4, 1], align = 1>
// CHECK-SAME: !tile.scratch<4x1024xf32>, !tile.scratch<f32>
func.func private @types(!tile.ptr<i1>, !tile.ptr<i64>, !tile.view<?x1024xbf16, strides = [?, 1], align = 16, divisible = 8>,
    !tile.view<8xf64, strides = [1], align = 8, divisible = 1>, !tile.view<2x?x4xi8, strides = [0, 4, 1], align = 1>,
    !tile.scratch<4x1024xf32>, !tile.scratch<f32>)

// -----

// CHECK-LABEL: @programs
func.func @programs() -> (index, index, index, index) {
  // CHECK: tile.program_id 0
  %0 = tile.program_id 0
  // CHECK: tile.program_id 2 {note = "last"}
  %1 = tile.program_id 2 {note = "last"}
  // CHECK: tile.num_programs 0
  %2 = tile.num_programs 0
  // CHECK: tile.num_programs 1
  %3 = tile.num_programs 1
  return %0, %1, %2, %3 : index, index, index, index
}

// -----

// CHECK-LABEL: @memory
// CHECK-SAME: %[[P:[^:]*]]: !tile.ptr<bf16>, %[[Q:[^:]*]]: !tile.ptr<f32>, %[[R:[^:]*]]: index, %[[S:[^:]*]]: index
func.func @memory(%p: !tile.ptr<bf16>, %q: !tile.ptr<f32>, %row: index, %stride: index) -> tensor<4x64xi1> {
  %c0 = arith.constant 0 : index
  // CHECK: %[[V:.*]] = tile.make_view %[[P]], [%[[R]]], [%[[S]]] : <bf16> -> <?x1024xbf16, strides = [?, 1], align = 16, divisible = 8>
  %v = tile.make_view %p, [%row], [%stride] : !tile.ptr<bf16> -> !tile.view<?x1024xbf16, strides = [?, 1], align = 16, divisible = 8>
  // CHECK: %[[T:.*]] = tile.load %[[V]][%[[R]], %[[C:.*]]] : <?x1024xbf16, strides = [?, 1], align = 16, divisible = 8> -> tensor<4x1024xbf16>
  %t = tile.load %v[%row, %c0] : !tile.view<?x1024xbf16, strides = [?, 1], align = 16, divisible = 8> -> tensor<4x1024xbf16>
  // CHECK: tile.store %[[T]], %[[V]][%[[R]], %[[C]]] : tensor<4x1024xbf16>, <?x1024xbf16, strides = [?, 1], align = 16, divisible = 8>
  tile.store %t, %v[%row, %c0] : tensor<4x1024xbf16>, !tile.view<?x1024xbf16, strides = [?, 1], align = 16, divisible = 8>
  // CHECK: %[[W:.*]] = tile.make_view %[[Q]], [], [] : <f32> -> <4x50xf32, strides = [50, 1], align = 16>
  %w = tile.make_view %q, [], [] : !tile.ptr<f32> -> !tile.view<4x50xf32, strides = [50, 1], align = 16>
  // CHECK: tile.load %[[W]]{{.*}} {aligned = 2 : i64, inside = array<i1: true, false>, nonnegative = array<i1: true, true>} : <4x50xf32
  %u = tile.load %w[%c0, %c0] {aligned = 2 : i64, inside = array<i1: true, false>, nonnegative = array<i1: true, true>} : !tile.view<4x50xf32, strides = [50, 1], align = 16> -> tensor<4x64xf32>
  // CHECK: tile.store %{{.*}}, %[[W]]{{.*}} {aligned = 1 : i64, inside = array<i1: true, false>, nonnegative = array<i1: false, true>} : tensor<4x64xf32>, <
  tile.store %u, %w[%c0, %c0] {aligned = 1 : i64, inside = array<i1: true, false>, nonnegative = array<i1: false, true>} : tensor<4x64xf32>, !tile.view<4x50xf32, strides = [50, 1], align = 16>
  // CHECK: tile.in_bounds %[[W]][%[[R]], %[[C]]] dims [1] : <4x50xf32, strides = [50, 1], align = 16> -> tensor<4x64xi1>
  %m = tile.in_bounds %w[%row, %c0] dims [1] : !tile.view<4x50xf32, strides = [50, 1], align = 16> -> tensor<4x64xi1>
  // CHECK: tile.prefetch %[[W]][%[[R]], %[[C]]] [1, 50] : <4x50xf32, strides = [50, 1], align = 16>
  tile.prefetch %w[%row, %c0] [1, 50] : !tile.view<4x50xf32, strides = [50, 1], align = 16>
  // CHECK: tile.in_bounds %[[W]][%[[R]], %[[C]]] dims [0, 1] {nonnegative = array<i1: false, true>} : <4x50
  %n = tile.in_bounds %w[%row, %c0] dims [0, 1] {nonnegative = array<i1: false, true>} : !tile.view<4x50xf32, strides = [50, 1], align = 16> -> tensor<4x64xi1>
  %o = arith.andi %m, %n : tensor<4x64xi1>
  return %o : tensor<4x64xi1>
}

// -----

// CHECK-LABEL: @shape
func.func @shape(%eps: f32, %m: tensor<4xf32>, %t: tensor<4x1024xf32>, %s: tensor<f32>) -> tensor<f32> {
  // CHECK: tile.iota : tensor<64xi32>
  %i = tile.iota : tensor<64xi32>
  // CHECK: tile.iota : tensor<128xi8>
  %i8 = tile.iota : tensor<128xi8>
  // CHECK: tile.iota : tensor<2xi1>
  %i1 = tile.iota : tensor<2xi1>
  // CHECK: tile.splat %{{.*}} : f32 -> tensor<4xf32>
  %0 = tile.splat %eps : f32 -> tensor<4xf32>
  // CHECK: tile.splat %{{.*}} : f32 -> tensor<f32>
  %1 = tile.splat %eps : f32 -> tensor<f32>
  // CHECK: %[[C:.*]] = tile.expand_dims %{{.*}} 1 : tensor<4xf32> -> tensor<4x1xf32>
  %2 = tile.expand_dims %m 1 : tensor<4xf32> -> tensor<4x1xf32>
  // CHECK: tile.expand_dims %{{.*}} 0 : tensor<f32> -> tensor<1xf32>
  %3 = tile.expand_dims %s 0 : tensor<f32> -> tensor<1xf32>
  // CHECK: tile.drop_dim %[[C]] 1 : tensor<4x1xf32> -> tensor<4xf32>
  %4 = tile.drop_dim %2 1 : tensor<4x1xf32> -> tensor<4xf32>
  // CHECK: tile.broadcast %[[C]] : tensor<4x1xf32> -> tensor<4x1024xf32>
  %5 = tile.broadcast %2 : tensor<4x1xf32> -> tensor<4x1024xf32>
  // CHECK: tile.reduce sum %{{.*}} 1 : tensor<4x1024xf32> -> tensor<4xf32>
  %6 = tile.reduce sum %t 1 : tensor<4x1024xf32> -> tensor<4xf32>
  // CHECK: tile.reduce max %{{.*}} 0 : tensor<4x1024xf32> -> tensor<1024xf32>
  %7 = tile.reduce max %t 0 : tensor<4x1024xf32> -> tensor<1024xf32>
  // CHECK: tile.reduce min
  %8 = tile.reduce min %7 0 : tensor<1024xf32> -> tensor<f32>
  // CHECK: tile.reduce product
  %9 = tile.reduce product %6 0 : tensor<4xf32> -> tensor<f32>
  return %9 : tensor<f32>
}

// -----

// Layouts print as aliases at the top; one of rank 0 has empty coordinates.
// CHECK-DAG: #[[L:layout[0-9]*]] = #tile.layout<[1, 256], reg = {{\[}}[0, 1], [0, 2], [0, 4]], lane = {{\[}}[0, 8], [0, 16], [0, 32], [0, 64], [0, 128]], warp = []>
// CHECK-DAG: #[[P:layout[0-9]*]] = #tile.layout<[1, 32], reg = [], lane = {{\[}}[0, 1], [0, 2], [0, 4], [0, 8], [0, 16]], warp = []>
// CHECK-DAG: #[[Q:layout[0-9]*]] = #tile.layout<[1, 1], reg = [], lane = {{\[}}[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]], warp = []>
// CHECK-DAG: #[[Z:layout[0-9]*]] = #tile.layout<[], reg = [], lane = {{\[}}[], []], warp = {{\[}}[]]>
#l = #tile.layout<[1, 256], reg = [[0, 1], [0, 2], [0, 4]], lane = [[0, 8], [0, 16], [0, 32], [0, 64], [0, 128]], warp = []>
#p = #tile.layout<[1, 32], reg = [], lane = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16]], warp = []>
#q = #tile.layout<[1, 1], reg = [], lane = [[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]], warp = []>
#z = #tile.layout<[], reg = [], lane = [[], []], warp = [[]]>
// CHECK-LABEL: @steps
// CHECK-SAME: tensor<1x256xf32, #[[L]]>
// CHECK-SAME: tensor<f32, #[[Z]]>
func.func @steps(%t: tensor<1x256xf32, #l>, %z: tensor<f32, #z>) -> tensor<1x1xf32, #q> {
  // CHECK: tile.reduce_registers sum %{{.*}} 1 : tensor<1x256xf32, #[[L]]> -> tensor<1x32xf32, #[[P]]>
  %p = tile.reduce_registers sum %t 1 : tensor<1x256xf32, #l> -> tensor<1x32xf32, #p>
  // CHECK: tile.reduce_lanes max %{{.*}} 1 : tensor<1x32xf32, #[[P]]> -> tensor<1x1xf32, #[[Q]]>
  %q = tile.reduce_lanes max %p 1 : tensor<1x32xf32, #p> -> tensor<1x1xf32, #q>
  return %q : tensor<1x1xf32, #q>
}

// -----

// A layout as the documentation has it; lanes may hold copies, and need not be in order.
// CHECK-DAG: #[[D:layout[0-9]*]] = #tile.layout<[4, 256], reg = {{.*}}, warp = {{\[}}[1, 0], [2, 0]]>
// CHECK-DAG: #[[B:layout[0-9]*]] = #tile.layout<[4], reg = {{\[}}[1]], lane = {{\[}}[2], [0]], warp = [{{.*}}]>
#doc = #tile.layout<[4, 256], reg = [[0, 1], [0, 2], [0, 4]], lane = [[0, 8], [0, 16], [0, 32], [0, 64], [0, 128]], warp = [[1, 0], [2, 0]]>
#b = #tile.layout<[4], reg = [[1]], lane = [[2], [0]], warp = [[0]]>
#c = #tile.layout<[4], reg = [], lane = [[1], [2]], warp = [[0]]>
// CHECK-LABEL: @scratch
func.func @scratch(%a: tensor<4xf32, #b>, %d: tensor<4x256xf32, #doc>) -> tensor<4xf32, #b> {
  // CHECK: %[[C:.*]] = tile.convert_layout %{{.*}} : tensor<4xf32, #[[B]]> -> tensor<4xf32, #
  %c = tile.convert_layout %a : tensor<4xf32, #b> -> tensor<4xf32, #c>
  // CHECK: %[[S:.*]] = tile.scratch_alloc : <4xf32>
  %s = tile.scratch_alloc : !tile.scratch<4xf32>
  // CHECK: tile.scratch_view %[[S]] : <4xf32> -> <4xf32, strides = [1], align = 64>
  %sv = tile.scratch_view %s : !tile.scratch<4xf32> -> !tile.view<4xf32, strides = [1], align = 64>
  // CHECK: tile.scratch_alloc {offset = 16 : i64} : <4x256xf32>
  %s2 = tile.scratch_alloc {offset = 16 : i64} : !tile.scratch<4x256xf32>
  // CHECK: tile.scratch_store %[[C]], %[[S]] : tensor<4xf32, #{{.*}}>, <4xf32>
  tile.scratch_store %c, %s : tensor<4xf32, #c>, !tile.scratch<4xf32>
  // CHECK: tile.barrier
  tile.barrier
  // CHECK: tile.scratch_load %[[S]] : <4xf32> -> tensor<4xf32, #[[B]]>
  %l = tile.scratch_load %s : !tile.scratch<4xf32> -> tensor<4xf32, #b>
  return %l : tensor<4xf32, #b>
}

// -----

// Shape changes keep the layout's parts in place.
// CHECK-LABEL: @laid_out_shapes
#v = #tile.layout<[8], reg = [[1]], lane = [[2], [4]], warp = [[0]]>
#e = #tile.layout<[1, 8], reg = [[0, 1]], lane = [[0, 2], [0, 4]], warp = [[0, 0]]>
#t = #tile.layout<[2, 8], reg = [[0, 1]], lane = [[0, 2], [0, 4]], warp = [[1, 0]]>
func.func @laid_out_shapes(%v: tensor<8xf32, #v>) -> tensor<8xf32, #v> {
  // CHECK: tile.expand_dims %{{.*}} 0 : tensor<8xf32, #{{.*}}> -> tensor<1x8xf32, #
  %e = tile.expand_dims %v 0 : tensor<8xf32, #v> -> tensor<1x8xf32, #e>
  // CHECK: tile.broadcast %{{.*}} : tensor<1x8xf32, #{{.*}}> -> tensor<2x8xf32, #
  %t = tile.broadcast %e : tensor<1x8xf32, #e> -> tensor<2x8xf32, #t>
  // CHECK: tile.drop_dim %{{.*}} 0 : tensor<1x8xf32, #{{.*}}> -> tensor<8xf32, #
  %d = tile.drop_dim %e 0 : tensor<1x8xf32, #e> -> tensor<8xf32, #v>
  return %d : tensor<8xf32, #v>
}
