// What is known of each access: where it stays inside its view, whether it may start before it, how it is aligned.
// RUN: tile-opt %s -tile-analyze-access | FileCheck %s

!rows = !tile.view<?x1024xbf16, strides = [1024, 1], align = 16>
!odd = !tile.view<?x1001xbf16, strides = [1001, 1], align = 16>
!padded = !tile.view<?x1001xbf16, strides = [1008, 1], align = 16>
!unaligned = !tile.view<4x1024xbf16, strides = [1024, 1], align = 2>
!strided = !tile.view<?x1024xbf16, strides = [?, 1], align = 16, divisible = 8>
!vec = !tile.view<1024xf32, strides = [1], align = 16>
!wide = !tile.view<1024xf32, strides = [1], align = 4096>
!gap = !tile.view<64x64xf32, strides = [128, 2], align = 16>
!dyn = !tile.view<?xf32, strides = [1], align = 16>

// Static columns are inside whatever the rows are.
// CHECK-LABEL: @rows
func.func @rows(%v: !rows) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %p = tile.program_id 0
  %row = arith.muli %p, %c4 : index
  // CHECK: tile.load {{.*}} {aligned = 8 : i64, inside = array<i1: false, true>, nonnegative = array<i1: true, true>}
  %t = tile.load %v[%row, %c0] : !rows -> tensor<4x1024xbf16>
  // CHECK: tile.store {{.*}} {aligned = 8 : i64, inside = array<i1: false, true>, nonnegative = array<i1: true, true>}
  tile.store %t, %v[%row, %c0] : tensor<4x1024xbf16>, !rows
  // Two columns further a 4-byte access is the widest; it leaves the view at the end.
  // CHECK: tile.load {{.*}} {aligned = 2 : i64, inside = array<i1: false, false>
  %c2 = arith.constant 2 : index
  %u = tile.load %v[%row, %c2] : !rows -> tensor<4x1024xbf16>
  // Just inside.
  // CHECK: tile.load {{.*}} {aligned = 8 : i64, inside = array<i1: false, true>
  %c512 = arith.constant 512 : index
  %w = tile.load %v[%row, %c512] : !rows -> tensor<4x512xbf16>
  return
}

// An odd extent makes rows start anywhere; a padded row is aligned, but a wide access would straddle its end.
// CHECK-LABEL: @odd
func.func @odd(%o: !odd, %p: !padded) {
  %c0 = arith.constant 0 : index
  // CHECK: tile.load {{.*}} {aligned = 1 : i64, inside = array<i1: false, false>
  %a = tile.load %o[%c0, %c0] : !odd -> tensor<4x1024xbf16>
  // One row alone starts where the view does.
  // CHECK: tile.load {{.*}} {aligned = 8 : i64, inside = array<i1: false, true>
  %b = tile.load %o[%c0, %c0] : !odd -> tensor<1x512xbf16>
  // CHECK: tile.load {{.*}} {aligned = 1 : i64, inside = array<i1: false, false>
  %c = tile.load %p[%c0, %c0] : !padded -> tensor<4x1024xbf16>
  // CHECK: tile.load {{.*}} {aligned = 8 : i64, inside = array<i1: false, true>
  %d = tile.load %p[%c0, %c0] : !padded -> tensor<4x512xbf16>
  return
}

// CHECK-LABEL: @base
func.func @base(%u: !unaligned, %w: !wide, %g: !gap) {
  %c0 = arith.constant 0 : index
  // CHECK: tile.load {{.*}} {aligned = 1 : i64, inside = array<i1: true, true>
  %a = tile.load %u[%c0, %c0] : !unaligned -> tensor<4x1024xbf16>
  // Nothing needs more than 128 bytes.
  // CHECK: tile.load {{.*}} {aligned = 32 : i64, inside = array<i1: true>
  %b = tile.load %w[%c0] : !wide -> tensor<1024xf32>
  // CHECK: tile.load {{.*}} {aligned = 4 : i64, inside = array<i1: true, true>
  %c = tile.load %g[%c0, %c0] : !gap -> tensor<4x64xf32>
  return
}

// Stride known at run time: what the type and the value promise, whichever is more.
// CHECK-LABEL: @strides
func.func @strides(%p: !tile.ptr<bf16>, %n: index, %s: index {tile.divisible = 4}, %t: index {tile.divisible = 8}) {
  %c0 = arith.constant 0 : index
  %v = tile.make_view %p, [%n], [%s] : !tile.ptr<bf16> -> !strided
  // CHECK: tile.load {{.*}} {aligned = 8 : i64, inside = array<i1: false, true>
  %a = tile.load %v[%c0, %c0] : !strided -> tensor<4x1024xbf16>
  %w = tile.make_view %p, [%n], [%s] : !tile.ptr<bf16> -> !tile.view<?x1024xbf16, strides = [?, 1], align = 16>
  // CHECK: tile.load {{.*}} {aligned = 4 : i64
  %b = tile.load %w[%c0, %c0] : !tile.view<?x1024xbf16, strides = [?, 1], align = 16> -> tensor<4x1024xbf16>
  %x = tile.make_view %p, [%n], [%t] : !tile.ptr<bf16> -> !tile.view<?x1024xbf16, strides = [?, 1], align = 16, divisible = 3>
  // CHECK: tile.load {{.*}} {aligned = 8 : i64
  %c = tile.load %x[%c0, %c0] : !tile.view<?x1024xbf16, strides = [?, 1], align = 16, divisible = 3> -> tensor<4x1024xbf16>
  return
}

// A dynamic extent divides the alignment only where the access may leave the view there.
// CHECK-LABEL: @extents
func.func @extents(%p: !tile.ptr<f32>, %n: index {tile.divisible = 2}, %m: index) {
  %c0 = arith.constant 0 : index
  %v = tile.make_view %p, [%n], [] : !tile.ptr<f32> -> !dyn
  // CHECK: tile.load {{.*}} {aligned = 2 : i64, inside = array<i1: false>
  %a = tile.load %v[%c0] : !dyn -> tensor<128xf32>
  %w = tile.make_view %p, [%m], [] : !tile.ptr<f32> -> !dyn
  // CHECK: tile.load {{.*}} {aligned = 1 : i64, inside = array<i1: false>
  %b = tile.load %w[%c0] : !dyn -> tensor<128xf32>
  return
}

// A view that comes through an argument or a branch: its type is all that is known.
// CHECK-LABEL: @unknown_view
func.func @unknown_view(%v: !dyn, %w: !dyn, %b: i1) {
  %c0 = arith.constant 0 : index
  %x = arith.select %b, %v, %w : !dyn
  // CHECK: tile.load {{.*}} {aligned = 1 : i64, inside = array<i1: false>, nonnegative = array<i1: true>}
  %a = tile.load %x[%c0] : !dyn -> tensor<128xf32>
  return
}

// A tile may start before its view.
// CHECK-LABEL: @negative
func.func @negative(%v: !vec) {
  %c3 = arith.constant 3 : index
  %cm4 = arith.constant -4 : index
  %p = tile.program_id 0
  %i = arith.subi %p, %c3 : index
  // CHECK: tile.load {{.*}} {aligned = 1 : i64, inside = array<i1: false>, nonnegative = array<i1: false>}
  %a = tile.load %v[%i] : !vec -> tensor<128xf32>
  // CHECK: tile.load {{.*}} {aligned = 4 : i64, inside = array<i1: false>, nonnegative = array<i1: false>}
  %b = tile.load %v[%cm4] : !vec -> tensor<128xf32>
  return
}
