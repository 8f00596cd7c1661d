// What cannot be distributed, and which pass is missing.
// RUN: tile-opt %s -split-input-file -verify-diagnostics -tile-distribute

// expected-error @+1 {{tile-distribute needs the module's attribute tile.target: run tile-set-target first}}
module {
}

// -----

module attributes {tile.target = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>} {
  func.func @f(%x: f32) {
    // expected-error @+1 {{a tile without a layout; tile-assign-layouts comes before tile-distribute}}
    %t = tile.splat %x : f32 -> tensor<32xf32>
    return
  }
}

// -----

#l = #tile.layout<[32], reg = [[16]], lane = [[1], [2], [4], [8]], warp = []>
module attributes {tile.target = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>} {
  func.func @f(%x: f32) {
    // expected-error @+1 {{a tile for 16 lanes on a machine of 32}}
    %t = tile.splat %x : f32 -> tensor<32xf32, #l>
    return
  }
}

// -----

module attributes {tile.target = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>} {
  // expected-error @+1 {{argument 1 is a pointer, an index or a number, not '!tile.view<4xf32, strides = [1], align = 4>'}}
  func.func @f(%n: index, %v: !tile.view<4xf32, strides = [1], align = 4>) {
    return
  }
}

// -----

#l = #tile.layout<[4], reg = [], lane = [[1], [2]], warp = []>
#r = #tile.layout<[], reg = [], lane = [[], []], warp = []>
module attributes {tile.target = #tile.target<"nvvm", arch = "x", lanes = 4, vector_bytes = 16, native_bf16 = true>} {
  func.func @f(%x: f32) {
    %t = tile.splat %x : f32 -> tensor<4xf32, #l>
    // expected-error @+1 {{'tile.reduce' op is left; tile-decompose-reductions comes before tile-distribute}}
    %s = tile.reduce sum %t 0 : tensor<4xf32, #l> -> tensor<f32, #r>
    return
  }
}

// -----

#l = #tile.layout<[4], reg = [[1]], lane = [[2]], warp = [[0]]>
#m = #tile.layout<[4], reg = [], lane = [[2]], warp = [[1]]>
module attributes {tile.target = #tile.target<"nvvm", arch = "x", lanes = 2, vector_bytes = 16, native_bf16 = true>} {
  func.func @f(%x: f32) {
    %t = tile.splat %x : f32 -> tensor<4xf32, #l>
    // expected-error @+1 {{'tile.convert_layout' op crosses warps; tile-decompose-conversions comes before tile-distribute}}
    %c = tile.convert_layout %t : tensor<4xf32, #l> -> tensor<4xf32, #m>
    return
  }
}

// -----

#l = #tile.layout<[4], reg = [[1]], lane = [[2]], warp = []>
module attributes {tile.target = #tile.target<"nvvm", arch = "x", lanes = 2, vector_bytes = 16, native_bf16 = true>} {
  func.func @f(%x: f32) {
    %t = tile.splat %x : f32 -> tensor<4xf32, #l>
    // expected-error @+1 {{'tile.scratch_alloc' op has no offset; tile-allocate-scratch comes before tile-distribute}}
    %s = tile.scratch_alloc : !tile.scratch<4xf32>
    tile.scratch_store %t, %s : tensor<4xf32, #l>, !tile.scratch<4xf32>
    return
  }
}

// -----

#l = #tile.layout<[4], reg = [[1]], lane = [[3]], warp = []>
module attributes {tile.target = #tile.target<"nvvm", arch = "x", lanes = 2, vector_bytes = 16, native_bf16 = true>} {
  func.func @f() {
    // expected-error @+2 {{has a layout whose registers, lanes and warps share coordinate bits: [4] reg=[[1]] lane=[[3]] warp=[]}}
    // expected-error @+1 {{failed to legalize operation 'tile.iota'}}
    %t = tile.iota : tensor<4xi32, #l>
    return
  }
}

// -----

#l = #tile.layout<[2], reg = [], lane = [[1]], warp = []>
module attributes {tile.target = #tile.target<"nvvm", arch = "x", lanes = 2, vector_bytes = 16, native_bf16 = true>} {
  func.func @f() {
    // expected-error @+1 {{failed to legalize operation 'arith.constant'}}
    %t = arith.constant dense<[1, 2]> : tensor<2xi32, #l>
    %u = arith.addi %t, %t : tensor<2xi32, #l>
    return
  }
}
