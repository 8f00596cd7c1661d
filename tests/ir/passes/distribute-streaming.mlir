// Hints for the caches: `cache` stays on every access, alignment of whole vectors is kept so that a CPU can store
// around its caches, and a prefetch becomes one for each line of 64 bytes, on a CPU alone. `early` stays, too.
// RUN: sed s/MACHINE/simd/ %s | tile-opt -tile-distribute -canonicalize -cse | FileCheck %s --check-prefixes=CHECK,CPU
// RUN: sed s/MACHINE/nvvm/ %s | tile-opt -tile-distribute -canonicalize -cse | FileCheck %s --check-prefixes=CHECK,GPU

#row = #tile.layout<[1, 64], reg = [[0, 16], [0, 32]], lane = [[0, 1], [0, 2], [0, 4], [0, 8]], warp = []>
!x = !tile.view<?x64xbf16, strides = [64, 1], align = 64>
module attributes {tile.target = #tile.target<"MACHINE", arch = "any", lanes = 16, vector_bytes = 64, native_bf16 = true>} {

// CHECK-LABEL: @copy
func.func @copy(%p: !tile.ptr<bf16>, %q: !tile.ptr<bf16>, %n: index, %r: index) {
  %c0 = arith.constant 0 : index
  %x = tile.make_view %p, [%n], [] : !tile.ptr<bf16> -> !x
  %y = tile.make_view %q, [%n], [] : !tile.ptr<bf16> -> !x
  // CPU: lane.prefetch %{{.*}}[%[[B:.*]]] {offset = 0 : i64}
  // CPU: lane.prefetch %{{.*}}[%[[B]]] {offset = 32 : i64}
  // CPU-NOT: lane.prefetch
  // GPU-NOT: lane.prefetch
  tile.prefetch %x[%r, %c0] [1, 64] : !x
  %v = tile.load %x[%r, %c0] {inside = array<i1: true, true>, aligned = 32 : i64, cache = #tile<cache streaming>} : !x -> tensor<1x64xbf16, #row>
  // CPU: lane.load contiguous {{.*}} {align = 64 : i64, cache = #tile<cache streaming>, offset = 0 : i64}
  // CPU: lane.load contiguous {{.*}} {align = 32 : i64, cache = #tile<cache streaming>, offset = 16 : i64}
  // GPU: lane.load per_lane {{.*}}#tile<cache streaming>
  // CHECK-NOT: lane.store {{.*}} mask
  // CPU: lane.store contiguous {{.*}} {align = 64 : i64, cache = #tile<cache streaming>, offset = 0 : i64}
  tile.store %v, %y[%r, %c0] {inside = array<i1: true, true>, aligned = 32 : i64, cache = #tile<cache streaming>} : tensor<1x64xbf16, #row>, !x
  return
}

// CHECK-LABEL: @early
func.func @early(%p: !tile.ptr<bf16>, %q: !tile.ptr<bf16>, %n: index, %r: index) {
  %c0 = arith.constant 0 : index
  %x = tile.make_view %p, [%n], [] : !tile.ptr<bf16> -> !x
  %y = tile.make_view %q, [%n], [] : !tile.ptr<bf16> -> !x
  // CHECK-COUNT-4: lane.load {{.*}} early,
  %v = tile.load %x[%r, %c0] {early, inside = array<i1: true, true>, aligned = 32 : i64} : !x -> tensor<1x64xbf16, #row>
  tile.store %v, %y[%r, %c0] {inside = array<i1: true, true>, aligned = 32 : i64} : tensor<1x64xbf16, #row>, !x
  return
}
}
