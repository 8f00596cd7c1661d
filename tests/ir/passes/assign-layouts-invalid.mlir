// What no layout can be given to is refused before anything is changed.
// RUN: tile-opt %s -split-input-file -verify-diagnostics -allow-unregistered-dialect -tile-assign-layouts

#gpu = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>
module {
  // expected-error @+1 {{tile-assign-layouts needs the module's attribute tile.target: run tile-set-target first}}
  func.func @f() {
    return
  }
}

// -----

#gpu = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>
module attributes {tile.target = #gpu} {
  // expected-error @+1 {{argument 1 is a tile; kernels load theirs}}
  func.func @f(%n: index, %t: tensor<4xf32>) {
    return
  }
}

// -----

#gpu = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>
module attributes {tile.target = #gpu} {
  func.func @f(%x: f32) {
    // expected-error @+1 {{a constant tile is the same number in every element}}
    %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
    %t = tile.splat %x : f32 -> tensor<2xf32>
    %u = arith.addf %t, %c : tensor<2xf32>
    return
  }
}

// -----

#gpu = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>
module attributes {tile.target = #gpu} {
  func.func @f() {
    // expected-error @+1 {{the extents of a tile are powers of two, not 3 ('tensor<3xf32>')}}
    %c = arith.constant dense<1.0> : tensor<3xf32>
    %u = arith.addf %c, %c : tensor<3xf32>
    return
  }
}

// -----

#gpu = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>
module attributes {tile.target = #gpu} {
  func.func @f(%x: f32) {
    %t = tile.splat %x : f32 -> tensor<2xf32>
    // expected-error @+1 {{'test.cast' cannot work on tiles}}
    %d = "test.cast"(%t) : (tensor<2xf32>) -> tensor<2xf32>
    return
  }
}

// -----

#gpu = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>
module attributes {tile.target = #gpu} {
  func.func @f() {
    // expected-error @+1 {{a tile holds integers or floats of 1, 8, 16, 32 or 64 bits, not 'index' ('tensor<4xindex>')}}
    %c = arith.constant dense<1> : tensor<4xindex>
    %u = arith.addi %c, %c : tensor<4xindex>
    return
  }
}

// -----

#gpu = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>
module attributes {tile.target = #gpu} {
  func.func @f(%x: i32) {
    %t = tile.splat %x : i32 -> tensor<4xi32>
    // expected-error @+1 {{'arith.mulsi_extended' cannot work on tiles}}
    %lo, %hi = arith.mulsi_extended %t, %t : tensor<4xi32>
    return
  }
}

// -----

#gpu = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>
module attributes {tile.target = #gpu} {
  func.func @f(%x: f32) -> tensor<4xf32> {
    %t = tile.splat %x : f32 -> tensor<4xf32>
    // expected-error @+1 {{'func.return' cannot work on tiles}}
    return %t : tensor<4xf32>
  }
}

// -----

#gpu = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>
module attributes {tile.target = #gpu} {
  func.func @f(%x: f32, %b: i1) {
    %t = tile.splat %x : f32 -> tensor<4xf32>
    // expected-error @+1 {{'scf.while' cannot work on tiles}}
    %r = scf.while (%a = %t) : (tensor<4xf32>) -> tensor<4xf32> {
      scf.condition(%b) %a : tensor<4xf32>
    } do {
    ^bb0(%a: tensor<4xf32>):
      scf.yield %a : tensor<4xf32>
    }
    return
  }
}

// -----

#gpu = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>
#l = #tile.layout<[32], reg = [], lane = [[1], [2], [4], [8], [16]], warp = []>
module attributes {tile.target = #gpu} {
  func.func @f(%x: f32) {
    %t = tile.splat %x : f32 -> tensor<32xf32, #l>
    // expected-error @+1 {{tiles have been laid out already}}
    %d = tile.convert_layout %t : tensor<32xf32, #l> -> tensor<32xf32, #l>
    return
  }
}

// -----

#gpu = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>
module attributes {tile.target = #gpu} {
  func.func @f() {
    // expected-error @+1 {{a tile has a rank; 'tensor<*xf32>' has none}}
    %t = "test.tile"() : () -> tensor<*xf32>
    return
  }
}

// -----

#gpu = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>
module attributes {tile.target = #gpu} {
  func.func @f() {
    // expected-error @+1 {{the extents of a tile are powers of two, not unknown ('tensor<?xf32>')}}
    %t = "test.tile"() : () -> tensor<?xf32>
    return
  }
}
