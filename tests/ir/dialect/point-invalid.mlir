// What the ops that reach single elements refuse, and in which words.
// RUN: tile-opt %s -split-input-file -verify-diagnostics

func.func @f(%v: !tile.view<4x8xf32, strides = [8, 1], align = 4>, %i: index) {
  // expected-error @+1 {{a view of rank 2 needs as many indices, not 1}}
  %x = tile.load_scalar %v[%i] : !tile.view<4x8xf32, strides = [8, 1], align = 4> -> f32
  return
}

// -----

func.func @f(%v: !tile.view<4xf32, strides = [1], align = 4>, %i: index) {
  // expected-error @+1 {{a number of 'i32' of a view of 'f32'}}
  %x = tile.load_scalar %v[%i] : !tile.view<4xf32, strides = [1], align = 4> -> i32
  return
}

// -----

func.func @f(%v: !tile.view<4xf32, strides = [1], align = 4>, %i: index) {
  // expected-error @+1 {{'inside' has an entry for each dimension}}
  %x = tile.load_scalar %v[%i] {inside = array<i1: true, true>} : !tile.view<4xf32, strides = [1], align = 4> -> f32
  return
}

// -----

func.func @f(%t: tensor<1xf32>) {
  // expected-error @+1 {{takes a tile of rank 0, not of 1}}
  %x = tile.to_scalar %t : tensor<1xf32> -> f32
  return
}

// -----

func.func @f(%t: tensor<f32>) {
  // expected-error @+1 {{a number of 'i32' from a tile of 'f32'}}
  %x = tile.to_scalar %t : tensor<f32> -> i32
  return
}
