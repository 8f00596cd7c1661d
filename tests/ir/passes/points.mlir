// Gather, scatter and atomic addition: one access of one element for each register, all under the mask of what lies in
// the view; offsets are 32-bit in views that are known to be small, and 64-bit in others. Tiles of indices and the tile
// that is moved have one layout.
// RUN: tile-opt %s -tile-to-lane=arch=sm_90a | FileCheck %s --check-prefix=GPU
// RUN: tile-opt %s -tile-to-lane=arch=simt | FileCheck %s --check-prefix=SIMT

// GPU-LABEL: @move
// SIMT-LABEL: @move
func.func @move(%x: !tile.ptr<f32>, %y: !tile.ptr<f32>, %z: !tile.ptr<i32> {tile.align = 16 : i64}, %n: index, %row: index)
    attributes {tile.kernel, tile.warps = 2 : i32} {
  %c0 = arith.constant 0 : index
  %small = tile.make_view %x, [], [] : <f32> -> <3x50xf32, strides = [50, 1], align = 4>
  %large = tile.make_view %y, [%n], [] : <f32> -> <?xf32, strides = [2], align = 4>
  %v = tile.make_view %z, [], [] : <i32> -> <128xi32, strides = [1], align = 16>
  // GPU: lane.load per_lane {{.*}} -> (i32, i32)
  %i = tile.load %v[%c0] : <128xi32, strides = [1], align = 16> -> tensor<128xi32>
  // GPU: arith.cmpi ult, %{{.*}}, %{{.*}} : index
  // GPU-COUNT-2: lane.load per_lane %{{.*}} mask %{{.*}} {align = 4 : i64, cache = #tile<cache keep>, offset = 0 : i64} : (!tile.ptr<f32>, index, i32, i1) -> f32
  // SIMT-COUNT-2: lane.load per_lane {{.*}}keep{{.*}} : (!tile.ptr<f32>, index, vector<32xi32>, vector<32xi1>) -> vector<32xf32>
  %g = tile.gather %small[%row, %i] {cache = #tile<cache keep>} : <3x50xf32, strides = [50, 1], align = 4>, (index, tensor<128xi32>) -> tensor<128xf32>
  // GPU: arith.extsi %{{.*}} : i32 to i64
  // GPU: arith.muli %{{.*}} : i64
  // GPU-COUNT-2: lane.store per_lane %{{.*}} mask %{{.*}} {align = 4 : i64, offset = 0 : i64} : f32, !tile.ptr<f32>, index, i64, i1
  tile.scatter %g, %large[%i] : tensor<128xf32>, <?xf32, strides = [2], align = 4>, (tensor<128xi32>)
  // GPU-COUNT-2: lane.atomic_add per_lane %{{.*}} mask %{{.*}} : f32, !tile.ptr<f32>, index, i64, i1
  // SIMT-COUNT-2: lane.atomic_add per_lane %{{.*}} mask %{{.*}} : vector<32xf32>, !tile.ptr<f32>, index, vector<32xi64>, vector<32xi1>
  tile.atomic_add %g, %large[%i] : tensor<128xf32>, <?xf32, strides = [2], align = 4>, (tensor<128xi32>)
  return
}

// Lanes and warps that hold one element add it once: 16 elements in 64 lanes.
// GPU-LABEL: @owners
func.func @owners(%x: !tile.ptr<i64>) attributes {tile.kernel, tile.warps = 2 : i32} {
  %v = tile.make_view %x, [], [] : <i64> -> <16xi64, strides = [1], align = 8>
  %i = tile.iota : tensor<16xi32>
  %one = arith.constant dense<1> : tensor<16xi64>
  // GPU: %[[LANE:.*]] = lane.id
  // GPU: %[[COPY:.*]] = arith.andi %[[LANE]], %c16_i32
  // GPU: arith.cmpi eq, %[[COPY]], %c0_i32
  // GPU: lane.warp_id
  // GPU: lane.atomic_add per_lane %{{.*}} mask
  tile.atomic_add %one, %v[%i] : tensor<16xi64>, <16xi64, strides = [1], align = 8>, (tensor<16xi32>)
  return
}
