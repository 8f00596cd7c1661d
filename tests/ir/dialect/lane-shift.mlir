// lane.shift: what is printed parses to the same again, and so does the generic form.
// RUN: tile-opt %s | FileCheck %s
// RUN: tile-opt %s -mlir-print-op-generic | tile-opt | FileCheck %s

// CHECK-LABEL: @shift
func.func @shift(%s: f32, %v: vector<16xi1>) -> (f32, vector<16xi1>) {
  // CHECK: lane.shift %{{.*}}, 16 : f32
  %0 = lane.shift %s, 16 : f32
  // CHECK: lane.shift %{{.*}}, -4 : vector<16xi1>
  %1 = lane.shift %v, -4 : vector<16xi1>
  return %0, %1 : f32, vector<16xi1>
}
