// A scalar load is a plain load of one address, which is predicated where the index may lie outside; a branch on it is
// a branch.
// RUN: tile-opt %s -tile-to-llvm=arch=sm_90a -emit=ptx -o %t.ptx
// RUN: FileCheck %s < %t.ptx
// RUN: %if ptxas %{ %ptxas -arch=sm_90a %t.ptx -o %t.cubin %}

// CHECK-LABEL: .entry scalars
// CHECK: setp.lt.u64
// CHECK: @%p{{[0-9]+}} ld.global.b32
// CHECK: @%p{{[0-9]+}} bra
// CHECK: ld.global.b32
// CHECK: st.global
func.func @scalars(%x: !tile.ptr<i32>, %y: !tile.ptr<i32>, %n: index, %m: index) attributes {tile.kernel, tile.warps = 2 : i32} {
  %c0 = arith.constant 0 : index
  %v = tile.make_view %x, [%n], [] : <i32> -> <?xi32, strides = [1], align = 4>
  %o = tile.make_view %y, [], [] : <i32> -> <1xi32, strides = [1], align = 4>
  %w = tile.make_view %x, [], [] : <i32> -> <4xi32, strides = [1], align = 4>
  %s = tile.load_scalar %v[%m] : <?xi32, strides = [1], align = 4> -> i32
  %zero = arith.constant 0 : i32
  %positive = arith.cmpi sgt, %s, %zero : i32
  scf.if %positive {
    %c3 = arith.constant 3 : index
    %u = tile.load_scalar %w[%c3] : <4xi32, strides = [1], align = 4> -> i32
    %t = tile.splat %u : i32 -> tensor<1xi32>
    tile.store %t, %o[%c0] : tensor<1xi32>, <1xi32, strides = [1], align = 4>
  }
  return
}
