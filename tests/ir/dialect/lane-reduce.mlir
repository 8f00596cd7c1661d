// lane.reduce: what is printed parses to the same again, and so does the generic form.
// RUN: tile-opt %s | FileCheck %s
// RUN: tile-opt %s -mlir-print-op-generic | tile-opt | FileCheck %s

// CHECK-LABEL: @reduce
func.func @reduce(%s: i32, %l: i64, %v: vector<16xi32>) -> (i32, i32, i64, i64, i32, i32) {
  // CHECK: lane.reduce min %{{.*}} : i32 -> i32
  %0 = lane.reduce min %s : i32 -> i32
  // CHECK: lane.reduce add %{{.*}} : vector<16xi32> -> i32
  %1 = lane.reduce add %v : vector<16xi32> -> i32
  // CHECK: lane.reduce max %{{.*}} : i64 -> i64
  %2 = lane.reduce max %l : i64 -> i64
  // CHECK: lane.reduce or %{{.*}} : i64 -> i64
  %3 = lane.reduce or %l : i64 -> i64
  // CHECK: lane.reduce and
  %4 = lane.reduce and %s : i32 -> i32
  // CHECK: lane.reduce xor
  %5 = lane.reduce xor %s : i32 -> i32
  return %0, %1, %2, %3, %4, %5 : i32, i32, i64, i64, i32, i32
}
