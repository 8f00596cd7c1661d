func.func @inc(%x: !tile.ptr<f32>) attributes {tile.kernel} {
  %p = tile.program_id 0
  %one = arith.constant 1.0 : f32
  %v = lane.load uniform %x[%p] {align = 4 : i64, offset = 0 : i64} : (!tile.ptr<f32>, index) -> f32
  %r = arith.addf %v, %one : f32
  lane.store uniform %r to %x[%p] {align = 4 : i64, offset = 0 : i64} : f32, !tile.ptr<f32>, index
  return
}
