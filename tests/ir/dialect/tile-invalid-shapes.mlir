// What masks, changes of shape, reductions and the attributes of kernels refuse, and in which words.
// RUN: tile-opt %s -split-input-file -verify-diagnostics

!v = !tile.view<4x8xf32, strides = [8, 1], align = 16>
func.func @f(%v: !v, %i: index, %t: tensor<8xf32>) {
  // expected-error @+1 {{'tile.store' op a tile of rank 1 of a view of rank 2}}
  tile.store %t, %v[%i, %i] : tensor<8xf32>, !v
  return
}

// -----

!v = !tile.view<4x8xf32, strides = [8, 1], align = 16>
func.func @f(%v: !v, %i: index) {
  // expected-error @+1 {{'tile.in_bounds' op gives a tile of i1}}
  %m = tile.in_bounds %v[%i, %i] dims [1] : !v -> tensor<4x8xi8>
  return
}

// -----

!v = !tile.view<4x8xf32, strides = [8, 1], align = 16>
func.func @f(%v: !v, %i: index) {
  // expected-error @+1 {{'tile.in_bounds' op needs an index and an extent for each dimension of the view}}
  %m = tile.in_bounds %v[%i] dims [0] : !v -> tensor<4x8xi1>
  return
}

// -----

!v = !tile.view<4x8xf32, strides = [8, 1], align = 16>
func.func @f(%v: !v, %i: index) {
  // expected-error @+1 {{'tile.in_bounds' op dimension 2 of a view of rank 2}}
  %m = tile.in_bounds %v[%i, %i] dims [0, 2] : !v -> tensor<4x8xi1>
  return
}

// -----

!v = !tile.view<4x8xf32, strides = [8, 1], align = 16>
func.func @f(%v: !v, %i: index) {
  // expected-error @+1 {{'tile.in_bounds' op names no dimension}}
  %m = tile.in_bounds %v[%i, %i] dims [] : !v -> tensor<4x8xi1>
  return
}

// -----

!v = !tile.view<4x8xf32, strides = [8, 1], align = 16>
func.func @f(%v: !v, %i: index) {
  // expected-error @+1 {{'tile.in_bounds' op 'nonnegative' has an entry for each dimension}}
  %m = tile.in_bounds %v[%i, %i] dims [0] {nonnegative = array<i1: true>} : !v -> tensor<4x8xi1>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'tile.iota' op gives a tile of rank 1 of integers}}
  %i = tile.iota : tensor<4x8xi32>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'tile.iota' op gives a tile of rank 1 of integers}}
  %i = tile.iota : tensor<8xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'tile.iota' op counts to 255, which 'i8' does not hold}}
  %i = tile.iota : tensor<256xi8>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'tile.iota' op counts to 3, which 'i1' does not hold}}
  %i = tile.iota : tensor<4xi1>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'tile.iota' op a tile holds integers or floats of 1, 8, 16, 32 or 64 bits, not 'index'}}
  %i = tile.iota : tensor<8xindex>
  return
}

// -----

func.func @f(%x: f64) {
  // expected-error @+1 {{'tile.splat' op a tile of 'f32' from a number of 'f64'}}
  %t = tile.splat %x : f64 -> tensor<8xf32>
  return
}

// -----

func.func @f(%x: f32) {
  // expected-error @+1 {{'tile.splat' op a tile has at most 3 dimensions, not 4}}
  %t = tile.splat %x : f32 -> tensor<1x1x1x1xf32>
  return
}

// -----

func.func @f(%t: tensor<4xf32>) {
  // expected-error @+1 {{'tile.expand_dims' op inserts a dimension of extent 1 at 1 and changes nothing else}}
  %e = tile.expand_dims %t 1 : tensor<4xf32> -> tensor<1x4xf32>
  return
}

// -----

func.func @f(%t: tensor<f32>) {
  // expected-error @+1 {{'tile.expand_dims' op inserts a dimension of extent 1 at 1 and changes nothing else}}
  %e = tile.expand_dims %t 1 : tensor<f32> -> tensor<1x1xf32>
  return
}

// -----

func.func @f(%t: tensor<4xf32>) {
  // expected-error @+1 {{'tile.expand_dims' op axis 2 of a tile of rank 2}}
  %e = tile.expand_dims %t 2 : tensor<4xf32> -> tensor<4x1xf32>
  return
}

// -----

func.func @f(%t: tensor<4x2x2xf32>) {
  // expected-error @+1 {{'tile.expand_dims' op a tile has at most 3 dimensions, not 4}}
  %e = tile.expand_dims %t 0 : tensor<4x2x2xf32> -> tensor<1x4x2x2xf32>
  return
}

// -----

func.func @f(%t: tensor<4x2xf32>) {
  // expected-error @+1 {{'tile.drop_dim' op removes the dimension of extent 1 at 1 and changes nothing else}}
  %e = tile.drop_dim %t 1 : tensor<4x2xf32> -> tensor<4xf32>
  return
}

// -----

func.func @f(%t: tensor<4x1xf32>) {
  // expected-error @+1 {{'tile.drop_dim' op removes the dimension of extent 1 at 1 and changes nothing else}}
  %e = tile.drop_dim %t 1 : tensor<4x1xf32> -> tensor<4xbf16>
  return
}

// -----

func.func @f(%t: tensor<f32>) {
  // expected-error @+1 {{'tile.drop_dim' op axis 0 of a tile of rank 0}}
  %e = tile.drop_dim %t 0 : tensor<f32> -> tensor<f32>
  return
}

// -----

func.func @f(%t: tensor<4x2xf32>) {
  // expected-error @+1 {{'tile.broadcast' op repeats dimensions of extent 1 and changes nothing else}}
  %b = tile.broadcast %t : tensor<4x2xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%t: tensor<4xf32>) {
  // expected-error @+1 {{'tile.broadcast' op repeats dimensions of extent 1 and changes nothing else}}
  %b = tile.broadcast %t : tensor<4xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%t: tensor<4x2xf32>) {
  // expected-error @+1 {{'tile.reduce' op axis 2 of a tile of rank 2}}
  %r = tile.reduce sum %t 2 : tensor<4x2xf32> -> tensor<4xf32>
  return
}

// -----

func.func @f(%t: tensor<4x2xf32>) {
  // expected-error @+1 {{'tile.reduce' op removes dimension 1 and changes nothing else}}
  %r = tile.reduce sum %t 1 : tensor<4x2xf32> -> tensor<2xf32>
  return
}

// -----

func.func @f(%t: tensor<4x2xf32>) {
  // expected-error @+1 {{'tile.reduce' op removes dimension 1 and changes nothing else}}
  %r = tile.reduce sum %t 1 : tensor<4x2xf32> -> tensor<4xf64>
  return
}

// -----

func.func @f(%t: tensor<4x2xi1>) {
  // expected-error @+1 {{'tile.reduce' op combines numbers, not i1; extend them first}}
  %r = tile.reduce max %t 1 : tensor<4x2xi1> -> tensor<4xi1>
  return
}

// -----

func.func @f(%t: tensor<4x2xf32>) {
  // expected-error @+2 {{expected ::tile::ir::Combine to be one of: sum, max, min, product}}
  // expected-error @+1 {{failed to parse}}
  %r = tile.reduce mean %t 1 : tensor<4x2xf32> -> tensor<4xf32>
  return
}

// -----

// expected-error @+1 {{'tile.kernel' is for functions}}
module attributes {tile.kernel} {}

// -----

// expected-error @+1 {{a kernel has no results; it stores them}}
func.func private @f() -> f32 attributes {tile.kernel}

// -----

// expected-error @+1 {{argument 1 of a kernel is a pointer, an index or a number, not 'tensor<4xf32>'}}
func.func private @f(%n: index, %t: tensor<4xf32>) attributes {tile.kernel}

// -----

// expected-error @+1 {{'tile.warps' is a power of two, at most 32, not 3}}
func.func private @f() attributes {tile.kernel, tile.warps = 3 : i32}

// -----

// expected-error @+1 {{'tile.warps' is a power of two, at most 32, not 64}}
func.func private @f() attributes {tile.kernel, tile.warps = 64 : i32}

// -----

// expected-error @+1 {{'tile.registers' is a number from 24 to 255, not 256 : i32}}
func.func private @f() attributes {tile.kernel, tile.registers = 256 : i32}

// -----

// expected-error @+1 {{'tile.registers' is a number from 24 to 255, not "all"}}
func.func private @f() attributes {tile.kernel, tile.registers = "all"}

// -----

// expected-error @+1 {{'tile.primary' is for kernels}}
func.func @no_kernel() attributes {tile.primary} {
  return
}

// -----

// expected-error @+1 {{'tile.secondary' has no value, not "early"}}
func.func @no_mark() attributes {tile.kernel, tile.warps = 1 : i32, tile.secondary = "early"} {
  return
}

// -----

// expected-error @+1 {{'tile.warps' is an integer, not "four"}}
func.func private @f() attributes {tile.kernel, tile.warps = "four"}

// -----

// expected-error @+1 {{'tile.scratch' is a number of bytes, not -4 : i64}}
func.func private @f() attributes {tile.kernel, tile.scratch = -4 : i64}

// -----

// expected-error @+1 {{no attribute 'tile.wraps' is known for an op}}
func.func private @f() attributes {tile.kernel, tile.wraps = 4 : i32}

// -----

// expected-error @+1 {{'tile.target' stands on the module}}
func.func private @f() attributes {tile.target = #tile.target<"nvvm", arch = "sm_80", lanes = 32, vector_bytes = 16, native_bf16 = true>}

// -----

// expected-error @+1 {{'tile.target' is a #tile.target, not "sm_80"}}
module attributes {tile.target = "sm_80"} {}

// -----

// expected-error @+1 {{argument 0: 'tile.name' is a string, not 4 : i64}}
func.func private @f(index {tile.name = 4})

// -----

// expected-error @+1 {{argument 1: 'tile.align' is a power of two, not 24 : i64}}
func.func private @f(index, !tile.ptr<f32> {tile.align = 24})

// -----

// expected-error @+1 {{argument 0: 'tile.align' is for a pointer}}
func.func private @f(index {tile.align = 16})

// -----

// expected-error @+1 {{argument 0: 'tile.divisible' is for an index}}
func.func private @f(!tile.ptr<f32> {tile.divisible = 16})

// -----

// expected-error @+1 {{argument 0: 'tile.divisible' is at least 1, not 0 : i64}}
func.func private @f(index {tile.divisible = 0})

// -----

// expected-error @+1 {{argument 0: no attribute 'tile.divisor' is known for an argument}}
func.func private @f(index {tile.divisor = 8})

// -----

func.func @prefetch_rank(%v: !tile.view<4x8xf32, strides = [8, 1], align = 16>, %i: index) {
  // expected-error @+1 {{'tile.prefetch' op needs an index and an extent for each of the 2 dimensions of the view}}
  tile.prefetch %v[%i] [1] : !tile.view<4x8xf32, strides = [8, 1], align = 16>
  return
}

// -----

func.func @prefetch_extent(%v: !tile.view<4x8xf32, strides = [8, 1], align = 16>, %i: index) {
  // expected-error @+1 {{'tile.prefetch' op an extent is at least 1, not 0}}
  tile.prefetch %v[%i, %i] [1, 0] : !tile.view<4x8xf32, strides = [8, 1], align = 16>
  return
}

// -----

func.func @anew_is_for_widening(%x: tensor<4xf32>) {
  // expected-error @+1 {{'tile.anew' is for arith.extf}}
  %y = arith.negf %x {tile.anew = 1 : i32} : tensor<4xf32>
  return
}

// -----

func.func @anew_has_a_number(%x: tensor<4xbf16>) {
  // expected-error @+1 {{'tile.anew' is a number from 1 to 4, not unit}}
  %y = arith.extf %x {tile.anew} : tensor<4xbf16> to tensor<4xf32>
  return
}

// -----

func.func @anew_counts_from_one(%x: tensor<4xbf16>) {
  // expected-error @+1 {{'tile.anew' is a number from 1 to 4, not 0 : i32}}
  %y = arith.extf %x {tile.anew = 0 : i32} : tensor<4xbf16> to tensor<4xf32>
  return
}

// -----

func.func @anew_ends_at_four(%x: tensor<4xbf16>) {
  // expected-error @+1 {{'tile.anew' is a number from 1 to 4, not 5 : i32}}
  %y = arith.extf %x {tile.anew = 5 : i32} : tensor<4xbf16> to tensor<4xf32>
  return
}
