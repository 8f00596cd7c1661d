// A secondary touches no memory before the kernel before it has ended; a primary lets the next start at once.
// RUN: tile-opt %s -lane-to-llvm=arch=sm_90a -emit=ptx -o %t.ptx
// RUN: FileCheck %s < %t.ptx
// RUN: %if ptxas %{ %ptxas -arch=sm_90a %t.ptx -o %t.cubin %}
// RUN: tile-opt %s -lane-to-llvm=arch=sm_89 -emit=ptx | FileCheck %s --check-prefix=OLD

// CHECK: .visible .entry both(
// CHECK-NOT: {{ld|st}}.global
// CHECK: griddepcontrol.launch_dependents;
// CHECK-NOT: {{ld|st}}.global
// CHECK: griddepcontrol.wait;
// CHECK: ld.global
// CHECK: st.global

// Before sm_90 a kernel cannot be started before the last one has ended.
// OLD-NOT: griddepcontrol
func.func @both(%x: !tile.ptr<f32> {tile.align = 4 : i64})
    attributes {tile.kernel, tile.warps = 1 : i32, tile.primary, tile.secondary} {
  %p = tile.program_id 0
  %l = lane.id : i32
  %m = arith.constant true
  %v = lane.load per_lane %x[%p, %l] mask %m {align = 4 : i64, offset = 0 : i64} : (!tile.ptr<f32>, index, i32, i1) -> f32
  %w = arith.addf %v, %v : f32
  lane.store per_lane %w to %x[%p, %l] mask %m {align = 4 : i64, offset = 0 : i64}
    : f32, !tile.ptr<f32>, index, i32, i1
  return
}
