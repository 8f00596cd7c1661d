// Stores around the cache and prefetches, to the last instruction.
// RUN: tile-opt %s --lane-to-llvm=arch=sm_90a --emit=ptx | FileCheck %s --check-prefix=PTX

// PTX: ld.global.cs
// PTX: st.global.cs
// PTX: @%p{{[0-9]+}} st.global.cs
func.func @copy(%p: !tile.ptr<f32> {tile.name = "p", tile.align = 16 : i64}, %m: index {tile.name = "m"}) attributes {tile.kernel, tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : index
  %id = lane.id : i32
  %i = arith.index_cast %m : index to i32
  %mask = arith.cmpi slt, %id, %i : i32
  %v = lane.load per_lane %p[%c0, %id] {align = 4, cache = #tile<cache streaming>, offset = 0} : (!tile.ptr<f32>, index, i32) -> f32
  lane.store per_lane %v to %p[%c0, %id] {align = 4, cache = #tile<cache streaming>, offset = 64} : f32, !tile.ptr<f32>, index, i32
  lane.store per_lane %v to %p[%c0, %id] mask %mask {align = 4, cache = #tile<cache streaming>, offset = 128} : f32, !tile.ptr<f32>, index, i32, i1
  return
}
