// Every op and attribute of the lane dialect, the example of its documentation among them: what is printed parses to
// the same again, and so does the generic form.
// RUN: tile-opt %s | FileCheck %s
// RUN: tile-opt %s | tile-opt | FileCheck %s
// RUN: tile-opt %s -mlir-print-op-generic | tile-opt | FileCheck %s

// CHECK-LABEL: @ids
func.func @ids() -> (i32, vector<16xi32>, i64, vector<8xi64>, i32) {
  // CHECK: lane.id : i32
  %0 = lane.id : i32
  // CHECK: lane.id : vector<16xi32>
  %1 = lane.id : vector<16xi32>
  // CHECK: lane.id : i64
  %2 = lane.id : i64
  // CHECK: lane.id : vector<8xi64>
  %3 = lane.id : vector<8xi64>
  // CHECK: lane.warp_id
  %4 = lane.warp_id
  return %0, %1, %2, %3, %4 : i32, vector<16xi32>, i64, vector<8xi64>, i32
}

// CHECK-LABEL: @lanes
func.func @lanes(%x: f32, %m: i1, %v: vector<4xf32>) -> f32 {
  // CHECK: %[[S:.*]] = lane.splat %{{.*}} : f32 -> vector<16xf32>
  %0 = lane.splat %x : f32 -> vector<16xf32>
  // CHECK: lane.splat %{{.*}} : i1 -> vector<16xi1>
  %1 = lane.splat %m : i1 -> vector<16xi1>
  // CHECK: lane.splat %{{.*}} : f32 -> f32
  %2 = lane.splat %x : f32 -> f32
  // CHECK: lane.first %[[S]] : vector<16xf32> -> f32
  %3 = lane.first %0 : vector<16xf32> -> f32
  // CHECK: lane.shuffle_xor %{{.*}}, 16 : f32
  %4 = lane.shuffle_xor %3, 16 : f32
  // CHECK: lane.shuffle_xor %{{.*}}, 3 : vector<4xf32>
  %5 = lane.shuffle_xor %v, 3 : vector<4xf32>
  // CHECK: lane.permute %{{.*}}, [1, 0, 3, 2] : vector<4xf32>
  %6 = lane.permute %5, [1, 0, 3, 2] : vector<4xf32>
  // CHECK: lane.permute %{{.*}}, [2, 2, 2, 2] : f32
  %7 = lane.permute %x, [2, 2, 2, 2] : f32
  return %7 : f32
}

// CHECK-LABEL: @loads
func.func @loads(%p: !tile.ptr<f32>, %base: index, %lane: i32, %lanes: vector<16xi64>, %m: i1, %ms: vector<16xi1>) {
  // CHECK: lane.load per_lane %{{.*}}[%{{.*}}, %{{.*}}] mask %{{.*}} {align = 16 : i64, offset = 0 : i64} : (!tile.ptr<f32>, index, i32, i1) -> (f32, f32, f32, f32)
  %0:4 = lane.load per_lane %p[%base, %lane] mask %m {align = 16, offset = 0} : (!tile.ptr<f32>, index, i32, i1) -> (f32, f32, f32, f32)
  // CHECK: lane.load per_lane %{{.*}}[%{{.*}}, %{{.*}}] mask %{{.*}} {align = 8 : i64, offset = -2 : i64} : (!tile.ptr<f32>, index, vector<16xi64>, vector<16xi1>) -> (vector<16xf32>, vector<16xf32>)
  %1:2 = lane.load per_lane %p[%base, %lanes] mask %ms {align = 8, offset = -2} : (!tile.ptr<f32>, index, vector<16xi64>, vector<16xi1>) -> (vector<16xf32>, vector<16xf32>)
  // CHECK: lane.load contiguous %{{.*}}[%{{.*}}] {align = 4 : i64, offset = 16 : i64} : (!tile.ptr<f32>, index) -> vector<16xf32>
  %2 = lane.load contiguous %p[%base] {align = 4, offset = 16} : (!tile.ptr<f32>, index) -> vector<16xf32>
  // CHECK: lane.load uniform %{{.*}}[%{{.*}}] mask %{{.*}} {align = 4 : i64, offset = 0 : i64} : (!tile.ptr<f32>, index, i1) -> f32
  %3 = lane.load uniform %p[%base] mask %m {align = 4, offset = 0} : (!tile.ptr<f32>, index, i1) -> f32
  return
}

// CHECK-LABEL: @stores
func.func @stores(%p: !tile.ptr<f32>, %base: index, %lane: i32, %m: i1, %ms: vector<16xi1>, %x: f32, %v: vector<16xf32>) {
  // CHECK: lane.store contiguous %{{.*}} to %{{.*}}[%{{.*}}] {align = 4 : i64, offset = 16 : i64} : vector<16xf32>, !tile.ptr<f32>, index
  lane.store contiguous %v to %p[%base] {align = 4, offset = 16} : vector<16xf32>, !tile.ptr<f32>, index
  // CHECK: lane.store per_lane %{{.*}}, %{{.*}} to %{{.*}}[%{{.*}}, %{{.*}}] mask %{{.*}} {align = 8 : i64, offset = 0 : i64} : f32, f32, !tile.ptr<f32>, index, i32, i1
  lane.store per_lane %x, %x to %p[%base, %lane] mask %m {align = 8, offset = 0} : f32, f32, !tile.ptr<f32>, index, i32, i1
  // CHECK: lane.store uniform %{{.*}} to %{{.*}}[%{{.*}}] mask %{{.*}} {align = 4 : i64, offset = 0 : i64} : f32, !tile.ptr<f32>, index, i1
  lane.store uniform %x to %p[%base] mask %m {align = 4, offset = 0} : f32, !tile.ptr<f32>, index, i1
  return
}

// CHECK-LABEL: @scratch
func.func @scratch(%lane: i32, %m: i1, %lanes: vector<16xi32>) {
  // CHECK: %[[V:.*]]:2 = lane.scratch_load %{{.*}} {offset = 0 : i64} : i32 -> f32, f32
  %v:2 = lane.scratch_load %lane {offset = 0} : i32 -> f32, f32
  // CHECK: lane.scratch_store %[[V]]#0, %[[V]]#1 to %{{.*}} {offset = 8 : i64} : f32, f32, i32
  lane.scratch_store %v#0, %v#1 to %lane {offset = 8} : f32, f32, i32
  // CHECK: lane.scratch_pointer {offset = 64 : i64} : <f32>
  %scratch = lane.scratch_pointer {offset = 64 : i64} : !tile.ptr<f32>
  // CHECK: lane.barrier
  lane.barrier
  // CHECK: lane.scratch_store %[[V]]#0 to %{{.*}} mask %{{.*}} {offset = 0 : i64} : f32, i32, i1
  lane.scratch_store %v#0 to %lane mask %m {offset = 0} : f32, i32, i1
  // CHECK: lane.scratch_load %{{.*}} {offset = 4 : i64} : vector<16xi32> -> vector<16xf32>
  %w = lane.scratch_load %lanes {offset = 4} : vector<16xi32> -> vector<16xf32>
  return
}
