// What conversions and scratch refuse, and in which words.
// RUN: tile-opt %s -split-input-file -verify-diagnostics

#l = #tile.layout<[4], reg = [[1]], lane = [[2]], warp = []>
func.func @f(%t: tensor<4xf32, #l>) {
  // expected-error @+1 {{'tile.convert_layout' op needs tiles that carry layouts}}
  %c = tile.convert_layout %t : tensor<4xf32, #l> -> tensor<4xf32>
  return
}

// -----

#l = #tile.layout<[4], reg = [[1]], lane = [[2]], warp = []>
#m = #tile.layout<[4], reg = [], lane = [[1], [2]], warp = []>
func.func @f(%t: tensor<4xf32, #l>) {
  // expected-error @+1 {{'tile.convert_layout' op from 2 lanes and 1 warps to 4 and 1}}
  %c = tile.convert_layout %t : tensor<4xf32, #l> -> tensor<4xf32, #m>
  return
}

// -----

#l = #tile.layout<[4], reg = [[1]], lane = [[2]], warp = []>
#m = #tile.layout<[4], reg = [[1]], lane = [[2]], warp = [[0]]>
func.func @f(%t: tensor<4xf32, #l>) {
  // expected-error @+1 {{'tile.convert_layout' op from 2 lanes and 1 warps to 2 and 2}}
  %c = tile.convert_layout %t : tensor<4xf32, #l> -> tensor<4xf32, #m>
  return
}

// -----

#l = #tile.layout<[4], reg = [[1]], lane = [[2]], warp = []>
#m = #tile.layout<[2, 2], reg = [[0, 1]], lane = [[1, 0]], warp = []>
func.func @f(%t: tensor<4xf32, #l>) {
  // expected-error @+1 {{'tile.convert_layout' op requires the same shape for all operands and results}}
  %c = tile.convert_layout %t : tensor<4xf32, #l> -> tensor<2x2xf32, #m>
  return
}

// -----

#l = #tile.layout<[4], reg = [[1]], lane = [[2]], warp = []>
func.func @f(%t: tensor<4xf32, #l>) {
  // expected-error @+1 {{'tile.convert_layout' op requires the same element type for all operands and results}}
  %c = tile.convert_layout %t : tensor<4xf32, #l> -> tensor<4xi32, #l>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'tile.scratch_alloc' op 'offset' is not negative}}
  %s = tile.scratch_alloc {offset = -16 : i64} : !tile.scratch<4xf32>
  return
}

// -----

func.func @f(%t: tensor<4xf32>) {
  %s = tile.scratch_alloc : !tile.scratch<4xf32>
  // expected-error @+1 {{'tile.scratch_store' op needs tiles that carry layouts}}
  tile.scratch_store %t, %s : tensor<4xf32>, !tile.scratch<4xf32>
  return
}

// -----

#l = #tile.layout<[4], reg = [[1]], lane = [[2]], warp = []>
func.func @f(%t: tensor<4xf32, #l>) {
  %s = tile.scratch_alloc : !tile.scratch<4xi32>
  // expected-error @+1 {{'tile.scratch_store' op the tile and its scratch differ in shape or element type}}
  tile.scratch_store %t, %s : tensor<4xf32, #l>, !tile.scratch<4xi32>
  return
}

// -----

#l = #tile.layout<[4], reg = [[1]], lane = [[2]], warp = []>
func.func @f() {
  %s = tile.scratch_alloc : !tile.scratch<8xf32>
  // expected-error @+1 {{'tile.scratch_load' op the tile and its scratch differ in shape or element type}}
  %t = tile.scratch_load %s : !tile.scratch<8xf32> -> tensor<4xf32, #l>
  return
}

// -----

#l = #tile.layout<[4], reg = [[1]], lane = [[2]], warp = []>
func.func @f(%s: !tile.scratch<4xf32>) {
  // expected-error @+1 {{'tile.scratch_load' op scratch comes straight from tile.scratch_alloc}}
  %t = tile.scratch_load %s : !tile.scratch<4xf32> -> tensor<4xf32, #l>
  return
}

// -----

func.func @f(%s: !tile.scratch<4xf32>) {
  // expected-error @+1 {{'tile.scratch_view' op scratch comes straight from tile.scratch_alloc}}
  %v = tile.scratch_view %s : !tile.scratch<4xf32> -> !tile.view<4xf32, strides = [1], align = 64>
  return
}

// -----

func.func @f() {
  %s = tile.scratch_alloc : !tile.scratch<4xf32>
  // expected-error @+1 {{'tile.scratch_view' op the view and its scratch differ in shape or element type}}
  %v = tile.scratch_view %s : !tile.scratch<4xf32> -> !tile.view<8xf32, strides = [1], align = 64>
  return
}

// -----

func.func @f() {
  %s = tile.scratch_alloc : !tile.scratch<2x4xf32>
  // expected-error @+1 {{'tile.scratch_view' op the view of scratch is dense}}
  %v = tile.scratch_view %s : !tile.scratch<2x4xf32> -> !tile.view<2x4xf32, strides = [8, 1], align = 64>
  return
}

// -----

func.func @f() {
  %s = tile.scratch_alloc : !tile.scratch<4xf32>
  // expected-error @+1 {{'tile.scratch_view' op scratch is aligned to 64 bytes, not 128}}
  %v = tile.scratch_view %s : !tile.scratch<4xf32> -> !tile.view<4xf32, strides = [1], align = 128>
  return
}
