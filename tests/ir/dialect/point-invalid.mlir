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

// -----

func.func @f(%v: !tile.view<4x8xf32, strides = [8, 1], align = 4>, %t: tensor<16xi32>) {
  // expected-error @+1 {{a view of rank 2 needs as many indices, not 1}}
  %x = tile.gather %v[%t] : !tile.view<4x8xf32, strides = [8, 1], align = 4>, (tensor<16xi32>) -> tensor<16xf32>
  return
}

// -----

func.func @f(%v: !tile.view<8xf32, strides = [1], align = 4>, %t: tensor<16xi32>) {
  // expected-error @+1 {{a tile of 'f16' of a view of 'f32'}}
  %x = tile.gather %v[%t] : !tile.view<8xf32, strides = [1], align = 4>, (tensor<16xi32>) -> tensor<16xf16>
  return
}

// -----

func.func @f(%v: !tile.view<8xf32, strides = [1], align = 4>, %t: tensor<8xi32>) {
  // expected-error @+1 {{shape and layout are the same}}
  %x = tile.gather %v[%t] : !tile.view<8xf32, strides = [1], align = 4>, (tensor<8xi32>) -> tensor<16xf32>
  return
}

// -----

func.func @f(%v: !tile.view<8xf32, strides = [1], align = 4>, %t: tensor<16xf32>) {
  // expected-error @+1 {{an index or a tile of i32 or i64}}
  %x = tile.gather %v[%t] : !tile.view<8xf32, strides = [1], align = 4>, (tensor<16xf32>) -> tensor<16xf32>
  return
}

// -----

func.func @f(%v: !tile.view<8xf32, strides = [1], align = 4>, %t: tensor<15xi32>) {
  // expected-error @+1 {{power}}
  %x = tile.gather %v[%t] : !tile.view<8xf32, strides = [1], align = 4>, (tensor<15xi32>) -> tensor<15xf32>
  return
}

// -----

func.func @f(%v: !tile.view<8xf32, strides = [1], align = 4>, %t: tensor<16xi32>, %x: tensor<16xf32>) {
  // expected-error @+1 {{'inside' has an entry for each dimension}}
  tile.scatter %x, %v[%t] {inside = array<i1>} : tensor<16xf32>, !tile.view<8xf32, strides = [1], align = 4>, (tensor<16xi32>)
  return
}

// -----

func.func @f(%v: !tile.view<8xbf16, strides = [1], align = 4>, %t: tensor<16xi32>, %x: tensor<16xbf16>) {
  // expected-error @+1 {{adds f32, i32 or i64, not 'bf16'}}
  tile.atomic_add %x, %v[%t] : tensor<16xbf16>, !tile.view<8xbf16, strides = [1], align = 4>, (tensor<16xi32>)
  return
}

// -----

func.func @f(%i: index) {
  // expected-error @+1 {{at least 3 and at most 2}}
  %x = tile.assume %i {at_least = 3 : i64, at_most = 2 : i64}
  return
}

// -----

func.func @f(%i: index) {
  // expected-error @+1 {{whose value is positive}}
  %x = tile.assume %i {divisible = 0 : i64}
  return
}

// -----

func.func @f(%p: !tile.ptr<f16>, %b: index, %v: f16) {
  // expected-error @+1 {{adds f32, i32 or i64, not 'f16'}}
  lane.atomic_add uniform %v to %p[%b] : f16, !tile.ptr<f16>, index
  return
}

// -----

func.func @f(%p: !tile.ptr<f32>, %b: index, %v: f32) {
  // expected-error @+1 {{a lane offset is given for per_lane, and only there}}
  lane.atomic_add per_lane %v to %p[%b] : f32, !tile.ptr<f32>, index
  return
}
