// Eight bf16, widened, computed on, narrowed: one load, one operation each, four conversions, one store, no branch.
// RUN: tile-opt %s -lane-to-llvm=arch=sm_90a -emit=ptx -o %t.ptx
// RUN: FileCheck %s < %t.ptx
// RUN: %if ptxas %{ %ptxas -arch=sm_90a %t.ptx -o %t.cubin %}

// CHECK: .version 8.0
// CHECK: .target sm_90a
// CHECK: .visible .entry scale(
// CHECK-NEXT: .param .u64 .ptr .global .align 16 scale_param_0,
// CHECK-NEXT: .param .u64 scale_param_1,
// CHECK-NEXT: .param .f32 scale_param_2
// CHECK: .reqntid 32
// CHECK-NEXT: .maxnreg 64
// CHECK-NOT: griddepcontrol
// CHECK-NOT: bra
// CHECK: ld.global.v4.b32
// CHECK-COUNT-8: {{and|shl}}.b32 {{.*}}, {{-65536|16}};
// CHECK-COUNT-8: mul.f32
// CHECK-COUNT-4: cvt.rn.bf16x2.f32
// CHECK-NOT: bra
// CHECK: st.global.v4.b32
func.func @scale(%x: !tile.ptr<bf16> {tile.align = 16 : i64}, %n: index, %by: f32)
    attributes {tile.kernel, tile.warps = 1 : i32, tile.registers = 64 : i32} {
  %p = tile.program_id 0
  %l = lane.id : i32
  %c8 = arith.constant 8 : i32
  %at = arith.muli %l, %c8 : i32
  %m = arith.cmpi slt, %p, %n : index
  %v:8 = lane.load per_lane %x[%p, %at] mask %m {align = 16 : i64, offset = 0 : i64}
    : (!tile.ptr<bf16>, index, i32, i1) -> (bf16, bf16, bf16, bf16, bf16, bf16, bf16, bf16)
  %e0 = arith.extf %v#0 : bf16 to f32
  %e1 = arith.extf %v#1 : bf16 to f32
  %e2 = arith.extf %v#2 : bf16 to f32
  %e3 = arith.extf %v#3 : bf16 to f32
  %e4 = arith.extf %v#4 : bf16 to f32
  %e5 = arith.extf %v#5 : bf16 to f32
  %e6 = arith.extf %v#6 : bf16 to f32
  %e7 = arith.extf %v#7 : bf16 to f32
  %f0 = arith.mulf %e0, %by : f32
  %f1 = arith.mulf %e1, %by : f32
  %f2 = arith.mulf %e2, %by : f32
  %f3 = arith.mulf %e3, %by : f32
  %f4 = arith.mulf %e4, %by : f32
  %f5 = arith.mulf %e5, %by : f32
  %f6 = arith.mulf %e6, %by : f32
  %f7 = arith.mulf %e7, %by : f32
  %g0 = arith.truncf %f0 : f32 to bf16
  %g1 = arith.truncf %f1 : f32 to bf16
  %g2 = arith.truncf %f2 : f32 to bf16
  %g3 = arith.truncf %f3 : f32 to bf16
  %g4 = arith.truncf %f4 : f32 to bf16
  %g5 = arith.truncf %f5 : f32 to bf16
  %g6 = arith.truncf %f6 : f32 to bf16
  %g7 = arith.truncf %f7 : f32 to bf16
  lane.store per_lane %g0, %g1, %g2, %g3, %g4, %g5, %g6, %g7 to %x[%p, %at] mask %m {align = 16 : i64, offset = 0 : i64}
    : bf16, bf16, bf16, bf16, bf16, bf16, bf16, bf16, !tile.ptr<bf16>, index, i32, i1
  return
}
