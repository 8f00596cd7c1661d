// What an author assumes of an index makes accesses wide and unmasked. The virtual GPU checks it, other machines do not.
// RUN: tile-opt %s -tile-analyze-access | FileCheck %s --check-prefix=FACTS
// RUN: tile-opt %s -tile-to-lane=arch=sm_90a | FileCheck %s --check-prefix=GPU
// RUN: tile-opt %s -tile-to-lane=arch=simt | FileCheck %s --check-prefix=SIMT

// FACTS-LABEL: @columns
// GPU-LABEL: @columns
// SIMT-LABEL: @columns
func.func @columns(%x: !tile.ptr<bf16> {tile.align = 16 : i64}, %y: !tile.ptr<bf16> {tile.align = 16 : i64}, %i: index, %n: index)
    attributes {tile.kernel, tile.warps = 1 : i32} {
  %c1 = arith.constant 1 : index
  // SIMT: %[[REST:.*]] = arith.remsi %[[I:.*]], %{{.*}} : index
  // SIMT: %[[MULTIPLE:.*]] = arith.cmpi eq, %[[REST]]
  // SIMT: %[[LEAST:.*]] = arith.cmpi sge, %[[I]]
  // SIMT: %[[MOST:.*]] = arith.cmpi sle, %[[I]]
  // SIMT: lane.assume %{{.*}}, %[[I]] "a multiple of 8, at least 8 and at most 4096"
  // GPU-NOT: assume
  %j = tile.assume %i {divisible = 8 : i64, at_least = 8 : i64, at_most = 4096 : i64}
  %v = tile.make_view %x, [], [] : <bf16> -> <8192xbf16, strides = [1], align = 16>
  %w = tile.make_view %y, [], [] : <bf16> -> <8192xbf16, strides = [1], align = 16>
  // FACTS: tile.load {{.*}} {aligned = 8 : i64, inside = array<i1: true>, nonnegative = array<i1: true>}
  // GPU: lane.load per_lane %{{[^ ]*}}, %{{[^ ]*}}] {align = 16 : i64
  // SIMT: lane.load per_lane %{{[^ ]*}}, %{{[^ ]*}}] {align = 16 : i64
  %t = tile.load %v[%j] : <8192xbf16, strides = [1], align = 16> -> tensor<512xbf16>
  // 8 less: still a multiple of 8 and not negative.
  %c8 = arith.constant 8 : index
  %k = arith.subi %j, %c8 : index
  // FACTS: tile.store {{.*}} {aligned = 8 : i64, inside = array<i1: true>, nonnegative = array<i1: true>}
  tile.store %t, %w[%k] : tensor<512xbf16>, <8192xbf16, strides = [1], align = 16>
  return
}

// What is assumed of a loop's variable adds to what its bounds say.
// FACTS-LABEL: @loop
func.func @loop(%x: !tile.ptr<f32> {tile.align = 16 : i64}, %n: index) attributes {tile.kernel, tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.make_view %x, [%n], [] : <f32> -> <?x2xf32, strides = [2, 1], align = 16>
  scf.for %i = %c0 to %n step %c1 {
    %j = tile.assume %i {divisible = 2 : i64}
    // FACTS: tile.load {{.*}} {aligned = 4 : i64, inside = array<i1: true, true>, nonnegative = array<i1: true, true>}
    %t = tile.load %v[%j, %c0] : <?x2xf32, strides = [2, 1], align = 16> -> tensor<1x2xf32>
    tile.store %t, %v[%j, %c0] : tensor<1x2xf32>, <?x2xf32, strides = [2, 1], align = 16>
  }
  return
}
