// A scalar load is one access of a uniform address on every machine, masked only where nothing is known of the index;
// a tile of rank 0 is a number.
// RUN: tile-opt %s -tile-analyze-access | FileCheck %s --check-prefix=FACTS
// RUN: tile-opt %s -tile-to-lane=arch=sm_90a | FileCheck %s
// RUN: tile-opt %s -tile-to-lane=arch=host | FileCheck %s
// RUN: tile-opt %s -tile-to-lane=arch=simt | FileCheck %s

// CHECK-LABEL: @known
func.func @known(%x: !tile.ptr<i64>, %y: !tile.ptr<i64>, %n: index) attributes {tile.kernel, tile.warps = 2 : i32} {
  %c2 = arith.constant 2 : index
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = tile.make_view %x, [%n], [] : <i64> -> <?x3xi64, strides = [3, 1], align = 8>
  scf.for %i = %c0 to %n step %c1 {
    // FACTS: tile.load_scalar {{.*}} {inside = array<i1: true, true>}
    // CHECK: lane.load uniform %{{.*}}[%{{[^ ]*}}] {align = 8 : i64, offset = 0 : i64} : (!tile.ptr<i64>, index) -> i64
    %s = tile.load_scalar %v[%i, %c2] : <?x3xi64, strides = [3, 1], align = 8> -> i64
    %o = tile.make_view %y, [], [] : <i64> -> <1xi64, strides = [1], align = 8>
    %t = tile.splat %s : i64 -> tensor<1xi64>
    tile.store %t, %o[%c0] : tensor<1xi64>, <1xi64, strides = [1], align = 8>
  }
  return
}



// CHECK-LABEL: @unknown
func.func @unknown(%x: !tile.ptr<f32>, %y: !tile.ptr<f32>, %n: index, %m: index) attributes {tile.kernel, tile.warps = 2 : i32} {
  %c0 = arith.constant 0 : index
  %v = tile.make_view %x, [%n], [] : <f32> -> <?xf32, strides = [1], align = 4>
  %o = tile.make_view %y, [], [] : <f32> -> <1xf32, strides = [1], align = 4>
  // FACTS: tile.load_scalar {{.*}} {inside = array<i1: false>}
  // CHECK: %[[IN:.*]] = arith.cmpi ult, %{{.*}}, %{{.*}} : index
  // CHECK: %[[S:.*]] = lane.load uniform %{{.*}}[%{{[^ ]*}}] mask %[[IN]] {{.*}} : (!tile.ptr<f32>, index, i1) -> f32
  %s = tile.load_scalar %v[%m] : <?xf32, strides = [1], align = 4> -> f32
  %a = tile.splat %s : f32 -> tensor<f32>
  %b = arith.addf %a, %a : tensor<f32>
  // CHECK: %[[B:.*]] = arith.addf %[[S]], %[[S]] : f32
  %c = tile.to_scalar %b : tensor<f32> -> f32
  // CHECK: arith.cmpf ogt, %[[B]], %{{.*}} : f32
  // CHECK-NEXT: scf.if
  %zero = arith.constant 0.0 : f32
  %positive = arith.cmpf ogt, %c, %zero : f32
  scf.if %positive {
    %t = tile.splat %c : f32 -> tensor<1xf32>
    tile.store %t, %o[%c0] : tensor<1xf32>, <1xf32, strides = [1], align = 4>
  }
  return
}
