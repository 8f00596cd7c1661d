// Prints and requirements: what is printed parses to the same again, and so does the generic form.
// RUN: tile-opt %s | FileCheck %s
// RUN: tile-opt %s | tile-opt | FileCheck %s
// RUN: tile-opt %s -mlir-print-op-generic | tile-opt | FileCheck %s

// CHECK-LABEL: @debug
func.func @debug(%t: tensor<4xf32>, %m: tensor<4xi1>, %i: index, %x: f32, %c: i1, %v: vector<8xf32>, %w: vector<8xi1>) {
  // CHECK: tile.print "{} of row {}, {}"(%{{.*}}, %{{.*}}, %{{.*}} : tensor<4xf32>, index, f32)
  tile.print "{} of row {}, {}" (%t, %i, %x : tensor<4xf32>, index, f32)
  // CHECK: tile.print "here"
  tile.print "here"
  // CHECK: tile.require %{{.*}}, "positive" : tensor<4xi1>
  tile.require %m, "positive" : tensor<4xi1>
  // CHECK: tile.require %{{.*}}, "in range" : i1
  tile.require %c, "in range" : i1
  // CHECK: lane.print "lane {}, {}"(%{{.*}}, %{{.*}} : vector<8xf32>, index) mask %{{.*}} : vector<8xi1>
  lane.print "lane {}, {}" (%v, %i : vector<8xf32>, index) mask %w : vector<8xi1>
  // CHECK: lane.print "here"
  lane.print "here"
  // CHECK: lane.require %{{.*}}, "positive" : vector<8xi1>
  lane.require %w, "positive" : vector<8xi1>
  return
}
