// A conversion that crosses warps goes through scratch; one inside a warp stays for a renaming or a shuffle.
// RUN: tile-opt %s -tile-decompose-conversions | FileCheck %s

#blocked = #tile.layout<[16], reg = [[1], [2]], lane = [[4]], warp = [[8]]>
#striped = #tile.layout<[16], reg = [[2], [4]], lane = [[1]], warp = [[8]]>
#renamed = #tile.layout<[16], reg = [[2], [1]], lane = [[4]], warp = [[8]]>
#shuffled = #tile.layout<[8], reg = [[2]], lane = [[1], [4]], warp = []>
#plain = #tile.layout<[8], reg = [[2]], lane = [[4], [1]], warp = []>
#crossed = #tile.layout<[16], reg = [[1], [2]], lane = [[8]], warp = [[4]]>
#copied = #tile.layout<[16], reg = [[1], [2], [4], [8]], lane = [[0]], warp = [[0]]>

// CHECK-LABEL: @rename
func.func @rename(%t: tensor<16xf32, #blocked>) -> tensor<16xf32, #renamed> {
  // CHECK-NOT: scratch
  // CHECK: tile.convert_layout
  // CHECK-NOT: scratch
  %c = tile.convert_layout %t : tensor<16xf32, #blocked> -> tensor<16xf32, #renamed>
  return %c : tensor<16xf32, #renamed>
}

// CHECK-LABEL: @shuffle
func.func @shuffle(%t: tensor<8xf32, #plain>) -> tensor<8xf32, #shuffled> {
  // CHECK-NOT: scratch
  // CHECK: tile.convert_layout
  // CHECK-NOT: scratch
  %c = tile.convert_layout %t : tensor<8xf32, #plain> -> tensor<8xf32, #shuffled>
  return %c : tensor<8xf32, #shuffled>
}

// CHECK-LABEL: @crossed
// CHECK-SAME: %[[T:.*]]: tensor<16xf32, #[[FROM:.*]]>) -> tensor<16xf32, #[[TO:.*]]> {
func.func @crossed(%t: tensor<16xf32, #blocked>) -> tensor<16xf32, #crossed> {
  // CHECK-NEXT: %[[S:.*]] = tile.scratch_alloc : <16xf32>
  // CHECK-NEXT: tile.scratch_store %[[T]], %[[S]] : tensor<16xf32, #[[FROM]]>
  // CHECK-NEXT: %[[L:.*]] = tile.scratch_load %[[S]] : <16xf32> -> tensor<16xf32, #[[TO]]>
  // CHECK-NEXT: return %[[L]]
  %c = tile.convert_layout %t : tensor<16xf32, #blocked> -> tensor<16xf32, #crossed>
  return %c : tensor<16xf32, #crossed>
}

// The same warp, but what one register is to get lies in two: no shuffle does that.
// CHECK-LABEL: @two_registers
func.func @two_registers(%t: tensor<16xf32, #blocked>) -> tensor<16xf32, #striped> {
  // CHECK: tile.scratch_alloc
  // CHECK-NOT: convert_layout
  %c = tile.convert_layout %t : tensor<16xf32, #blocked> -> tensor<16xf32, #striped>
  return %c : tensor<16xf32, #striped>
}

// A copy for everyone.
// CHECK-LABEL: @everywhere
func.func @everywhere(%t: tensor<16xi1, #blocked>) -> tensor<16xi1, #copied> {
  // CHECK: tile.scratch_alloc : <16xi1>
  // CHECK-NOT: convert_layout
  %c = tile.convert_layout %t : tensor<16xi1, #blocked> -> tensor<16xi1, #copied>
  return %c : tensor<16xi1, #copied>
}

// Stored one after the other: both through scratch before either is stored, so that one barrier will do.
// CHECK-LABEL: @stored
// CHECK-SAME: %[[A:.*]]: tensor<16xf32, {{.*}}>, %[[B:.*]]: tensor<16xf32, {{.*}}>, %[[Y:.*]]: !tile.view
func.func @stored(%a: tensor<16xf32, #blocked>, %b: tensor<16xf32, #blocked>,
                  %y: !tile.view<16xf32, strides = [1], align = 4>, %i: index) {
  // CHECK: tile.scratch_store %[[A]]
  // CHECK-NEXT: tile.scratch_store %[[B]]
  // CHECK-NEXT: %[[C:.*]] = tile.scratch_load
  // CHECK-NEXT: %[[D:.*]] = tile.scratch_load
  // CHECK-NEXT: tile.store %[[C]]
  // CHECK-NEXT: tile.store %[[D]]
  %c = tile.convert_layout %a : tensor<16xf32, #blocked> -> tensor<16xf32, #crossed>
  tile.store %c, %y[%i] : tensor<16xf32, #crossed>, !tile.view<16xf32, strides = [1], align = 4>
  %d = tile.convert_layout %b : tensor<16xf32, #blocked> -> tensor<16xf32, #crossed>
  tile.store %d, %y[%i] : tensor<16xf32, #crossed>, !tile.view<16xf32, strides = [1], align = 4>
  return
}
