// What the types, attributes and ops of the tile dialect refuse, and in which words. Layouts: tile-invalid-layouts.mlir.
// RUN: tile-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{a pointer is to integers or floats of 1, 8, 16, 32 or 64 bits, not 'index'}}
func.func private @f(!tile.ptr<index>)

// -----

// expected-error @+1 {{a pointer is to integers or floats of 1, 8, 16, 32 or 64 bits, not 'i24'}}
func.func private @f(!tile.ptr<i24>)

// -----

// expected-error @+1 {{a pointer is to integers or floats of 1, 8, 16, 32 or 64 bits, not 'si32'}}
func.func private @f(!tile.ptr<si32>)

// -----

// expected-error @+1 {{a view has 1 to 3 dimensions, not 4}}
func.func private @f(!tile.view<1x2x3x4xf32, strides = [24, 12, 4, 1], align = 4>)

// -----

// expected-error @+1 {{a view has 1 to 3 dimensions, not 0}}
func.func private @f(!tile.view<f32, strides = [], align = 4>)

// -----

// expected-error @+1 {{a view of 2 dimensions needs as many strides, not 1}}
func.func private @f(!tile.view<4x8xf32, strides = [1], align = 4>)

// -----

// expected-error @+1 {{a view holds integers or floats of 1, 8, 16, 32 or 64 bits, not 'complex<f32>'}}
func.func private @f(!tile.view<4xcomplex<f32>, strides = [1], align = 4>)

// -----

// expected-error @+1 {{strides are not negative, but -1 is}}
func.func private @f(!tile.view<4xf32, strides = [-1], align = 4>)

// -----

// expected-error @+1 {{align = 12 must be a power of two and a multiple of the element's 4 bytes}}
func.func private @f(!tile.view<4xf32, strides = [1], align = 12>)

// -----

// expected-error @+1 {{align = 2 must be a power of two and a multiple of the element's 4 bytes}}
func.func private @f(!tile.view<4xf32, strides = [1], align = 2>)

// -----

// expected-error @+1 {{align = 0 must be a power of two and a multiple of the element's 1 bytes}}
func.func private @f(!tile.view<4xi1, strides = [1], align = 0>)

// -----

// expected-error @+1 {{divisible = 0 must be at least 1}}
func.func private @f(!tile.view<4x8xf32, strides = [?, 1], align = 4, divisible = 0>)

// -----

// expected-error @+1 {{expected 'strides'}}
func.func private @f(!tile.view<4x8xf32, align = 4>)

// -----

// expected-error @+1 {{expected 'divisible'}}
func.func private @f(!tile.view<4x8xf32, strides = [?, 1], align = 4, even>)

// -----

// expected-error @+1 {{scratch holds integers or floats of 1, 8, 16, 32 or 64 bits, not 'index'}}
func.func private @f(!tile.scratch<4xindex>)

// -----

// expected-error @+1 {{scratch holds a tile: the extents of a tile are powers of two, not 6}}
func.func private @f(!tile.scratch<4x6xf32>)

// -----

// expected-error @+1 {{a target is "nvvm", "simd" or "simt", not "tpu"}}
module attributes {tile.target = #tile.target<"tpu", arch = "v5", lanes = 32, vector_bytes = 16, native_bf16 = true>} {}

// -----

// expected-error @+1 {{a warp has a power of two of lanes, at most 64, not 24}}
module attributes {tile.target = #tile.target<"simd", arch = "x", lanes = 24, vector_bytes = 16, native_bf16 = true>} {}

// -----

// expected-error @+1 {{a warp has a power of two of lanes, at most 64, not 128}}
module attributes {tile.target = #tile.target<"simd", arch = "x", lanes = 128, vector_bytes = 16, native_bf16 = true>} {}

// -----

// expected-error @+1 {{vector_bytes is a power of two, not 0}}
module attributes {tile.target = #tile.target<"simd", arch = "x", lanes = 16, vector_bytes = 0, native_bf16 = true>} {}

// -----

func.func @f() -> index {
  // expected-error @+1 {{'tile.program_id' op attribute 'axis' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative whose maximum value is 2}}
  %0 = tile.program_id 3
  return %0 : index
}

// -----

func.func @f(%p: !tile.ptr<f32>) {
  // expected-error @+1 {{'tile.make_view' op a pointer to 'f32' as a view of 'bf16'}}
  %v = tile.make_view %p, [], [] : !tile.ptr<f32> -> !tile.view<8xbf16, strides = [1], align = 16>
  return
}

// -----

func.func @f(%p: !tile.ptr<f32>, %n: index) {
  // expected-error @+1 {{'tile.make_view' op needs 1 extents, not 0}}
  %v = tile.make_view %p, [], [] : !tile.ptr<f32> -> !tile.view<?x8xf32, strides = [8, 1], align = 16>
  return
}

// -----

func.func @f(%p: !tile.ptr<f32>, %n: index) {
  // expected-error @+1 {{'tile.make_view' op needs 0 strides, not 1}}
  %v = tile.make_view %p, [%n], [%n] : !tile.ptr<f32> -> !tile.view<?x8xf32, strides = [8, 1], align = 16>
  return
}

// -----

!v = !tile.view<4x8xf32, strides = [8, 1], align = 16>
func.func @f(%v: !v, %i: index) {
  // expected-error @+1 {{'tile.load' op a view of rank 2 needs as many indices, not 1}}
  %t = tile.load %v[%i] : !v -> tensor<4x8xf32>
  return
}

// -----

!v = !tile.view<4x8xf32, strides = [8, 1], align = 16>
func.func @f(%v: !v, %i: index) {
  // expected-error @+1 {{'tile.load' op a tile of rank 1 of a view of rank 2}}
  %t = tile.load %v[%i, %i] : !v -> tensor<8xf32>
  return
}

// -----

!v = !tile.view<4x8xf32, strides = [8, 1], align = 16>
func.func @f(%v: !v, %i: index) {
  // expected-error @+1 {{'tile.load' op a tile of 'bf16' of a view of 'f32'}}
  %t = tile.load %v[%i, %i] : !v -> tensor<4x8xbf16>
  return
}

// -----

!v = !tile.view<4x8xf32, strides = [8, 1], align = 16>
func.func @f(%v: !v, %i: index) {
  // expected-error @+1 {{'tile.load' op the extents of a tile are powers of two, not 6}}
  %t = tile.load %v[%i, %i] : !v -> tensor<4x6xf32>
  return
}

// -----

!v = !tile.view<4x8xf32, strides = [8, 1], align = 16>
func.func @f(%v: !v, %i: index) {
  // expected-error @+1 {{'tile.load' op the extents of a tile are powers of two, not 0}}
  %t = tile.load %v[%i, %i] : !v -> tensor<4x0xf32>
  return
}

// -----

!v = !tile.view<4x8xf32, strides = [8, 1], align = 16>
func.func @f(%v: !v, %i: index) {
  // expected-error @+1 {{'tile.load' op result #0 must be a tile (a tensor of static shape), but got 'tensor<?x8xf32>'}}
  %t = tile.load %v[%i, %i] : !v -> tensor<?x8xf32>
  return
}

// -----

!v = !tile.view<4x8xf32, strides = [8, 1], align = 16>
func.func @f(%v: !v, %i: index) {
  // expected-error @+1 {{'tile.load' op a tile has at most 2^20 elements, not 2^21}}
  %t = tile.load %v[%i, %i] : !v -> tensor<2x1048576xf32>
  return
}

// -----

!v = !tile.view<4x8xf32, strides = [8, 1], align = 16>
func.func @f(%v: !v, %i: index) {
  // expected-error @+1 {{'tile.load' op 'inside' has an entry for each dimension}}
  %t = tile.load %v[%i, %i] {inside = array<i1: true>} : !v -> tensor<4x8xf32>
  return
}

// -----

!v = !tile.view<4x8xf32, strides = [8, 1], align = 16>
func.func @f(%v: !v, %i: index) {
  // expected-error @+1 {{'tile.load' op 'nonnegative' has an entry for each dimension}}
  %t = tile.load %v[%i, %i] {nonnegative = array<i1: true, true, true>} : !v -> tensor<4x8xf32>
  return
}

// -----

!v = !tile.view<4x8xf32, strides = [8, 1], align = 16>
func.func @f(%v: !v, %i: index, %t: tensor<4x8xf32>) {
  // expected-error @+1 {{'tile.store' op 'aligned' is a power of two}}
  tile.store %t, %v[%i, %i] {aligned = 3 : i64} : tensor<4x8xf32>, !v
  return
}

// -----

func.func @f(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @+1 {{'tile.stages' is a number from 1 to 8, not 9 : i32}}
  scf.for %i = %c0 to %n step %c1 {
  } {tile.stages = 9 : i32}
  return
}

// -----

// expected-error @+1 {{'tile.stages' is for loops}}
func.func @f() attributes {tile.stages = 2 : i32} {
  return
}
