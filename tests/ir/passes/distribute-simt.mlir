// RUN: tile-opt %s -tile-to-lane=arch=simt | FileCheck %s
// RUN: tile-opt %s -tile-to-lane=arch=sm_90a | FileCheck %s --check-prefix=GPU

// The virtual GPU makes the accesses of a GPU, with the same widths, offsets and owners; a lane value is a vector.
// GPU-LABEL: func.func @rows
// GPU: lane.load per_lane {{.*}} {align = 16 : i64, offset = 0 : i64} : {{.*}} -> (bf16, bf16, bf16, bf16, bf16, bf16, bf16, bf16)
// GPU-COUNT-5: lane.shuffle_xor
// GPU: lane.scratch_store %{{.*}} mask %{{.*}} {offset = 0 : i64} : f32
// GPU: lane.barrier
// GPU: lane.scratch_load %{{.*}} {offset = 0 : i64} : i32 -> f32, f32, f32, f32
// GPU: lane.store per_lane %{{.*}} mask %{{.*}} {align = 4 : i64, offset = 0 : i64} : f32
// CHECK-LABEL: func.func @rows
// CHECK: lane.load per_lane {{.*}} {align = 16 : i64, offset = 0 : i64} : {{.*}} -> (vector<32xbf16>, {{.*}}, vector<32xbf16>)
// CHECK-COUNT-5: lane.shuffle_xor
// CHECK: lane.scratch_store %{{.*}} mask %{{.*}} {offset = 0 : i64} : vector<32xf32>
// CHECK: lane.barrier
// CHECK: lane.scratch_load %{{.*}} {offset = 0 : i64} : vector<32xi32> -> vector<32xf32>, vector<32xf32>, vector<32xf32>, vector<32xf32>
// CHECK: lane.store per_lane %{{.*}} mask %{{.*}} {align = 4 : i64, offset = 0 : i64} : vector<32xf32>
func.func @rows(%x: !tile.ptr<bf16> {tile.align = 16 : i64}, %y: !tile.ptr<f32> {tile.align = 16 : i64}, %n: index)
    attributes {tile.kernel, tile.warps = 4 : i32} {
  %c0 = arith.constant 0 : index
  %p = tile.program_id 0
  %v = tile.make_view %x, [%n], [] : <bf16> -> <?x1024xbf16, strides = [1024, 1], align = 16>
  %o = tile.make_view %y, [%n], [] : <f32> -> <?xf32, strides = [1], align = 16>
  %t = tile.load %v[%p, %c0] : <?x1024xbf16, strides = [1024, 1], align = 16> -> tensor<1x1024xbf16>
  %f = arith.extf %t : tensor<1x1024xbf16> to tensor<1x1024xf32>
  %s = tile.reduce sum %f 1 : tensor<1x1024xf32> -> tensor<1xf32>
  tile.store %s, %o[%p] : tensor<1xf32>, <?xf32, strides = [1], align = 16>
  return
}
