// RUN: tile-opt %s -split-input-file -lane-to-llvm=arch=sm_90a | FileCheck %s

// Eight bf16 are four words; a masked access is predicated, with its address as a memory operand.
// CHECK-LABEL: llvm.func @masked
// CHECK-SAME: %[[X:.*]]: !llvm.ptr<1> {llvm.align = 16 : i64}, %[[N:.*]]: i64
// CHECK-SAME: nvvm.kernel, nvvm.reqntid = array<i32: 64>
// CHECK: %[[ROW:.*]] = llvm.getelementptr %[[X]][{{.*}}] : (!llvm.ptr<1>, i64) -> !llvm.ptr<1>, i16
// CHECK: %[[LANE:.*]] = llvm.getelementptr %[[ROW]][{{.*}}] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i16
// CHECK: %[[AT:.*]] = llvm.getelementptr %[[LANE]]
// CHECK: llvm.inline_asm has_side_effects operand_attrs = [{elementtype = vector<4xi32>}, {}]
// CHECK-SAME: @$5 ld.global.v4.b32 {$0,$1,$2,$3}, $4;
// CHECK-SAME: "=&r,=&r,=&r,=&r,*m,b" %[[AT]]
// CHECK: llvm.inline_asm has_side_effects operand_attrs = [{}, {elementtype = vector<4xi32>}, {}, {}, {}, {}]
// CHECK-SAME: "@$1 st.global.v4.b32 $0, {$2,$3,$4,$5};", "*m,b,r,r,r,r"
func.func @masked(%x: !tile.ptr<bf16> {tile.align = 16 : i64}, %n: index)
    attributes {tile.kernel, tile.warps = 2 : i32} {
  %p = tile.program_id 0
  %l = lane.id : i32
  %m = arith.cmpi slt, %p, %n : index
  %v:8 = lane.load per_lane %x[%p, %l] mask %m {align = 16 : i64, offset = 64 : i64}
    : (!tile.ptr<bf16>, index, i32, i1) -> (bf16, bf16, bf16, bf16, bf16, bf16, bf16, bf16)
  lane.store per_lane %v#7, %v#6, %v#5, %v#4, %v#3, %v#2, %v#1, %v#0 to %x[%p, %l] mask %m
    {align = 16 : i64, offset = 0 : i64}
    : bf16, bf16, bf16, bf16, bf16, bf16, bf16, bf16, !tile.ptr<bf16>, index, i32, i1
  return
}

// -----

// LLVM would take a load into the branch that its value is used in; one that is to be early stays where it is.
// CHECK-LABEL: llvm.func @early
// CHECK: llvm.inline_asm has_side_effects
// CHECK-SAME: "ld.global.v2.b32 {$0,$1}, $2;", "=&r,=&r,*m"
func.func @early(%x: !tile.ptr<bf16> {tile.align = 16 : i64}) attributes {tile.kernel, tile.warps = 1 : i32} {
  %p = tile.program_id 0
  %l = lane.id : i32
  %v:4 = lane.load per_lane %x[%p, %l] {align = 8 : i64, early, offset = 0 : i64}
    : (!tile.ptr<bf16>, index, i32) -> (bf16, bf16, bf16, bf16)
  lane.store per_lane %v#3, %v#2, %v#1, %v#0 to %x[%p, %l] {align = 8 : i64, offset = 0 : i64}
    : bf16, bf16, bf16, bf16, !tile.ptr<bf16>, index, i32
  return
}

// -----

// In a loop, what does not move with it comes first and is frozen.
// CHECK-LABEL: llvm.func @moving
// CHECK-SAME: %[[X:.*]]: !llvm.ptr<1> {llvm.align = 16 : i64}
// CHECK: %[[FIXED:.*]] = llvm.mul
// CHECK: %[[SUM:.*]] = llvm.add %[[FIXED]], %[[MOVING:.*]] : i64
// CHECK: %[[ROW:.*]] = llvm.getelementptr %[[X]][%[[FIXED]]] : (!llvm.ptr<1>, i64) -> !llvm.ptr<1>, f32
// CHECK: %[[LANE:.*]] = llvm.getelementptr %[[ROW]][{{.*}}] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
// CHECK: %[[ONE:.*]] = llvm.freeze %[[LANE]] : !llvm.ptr<1>
// CHECK: %[[STEP:.*]] = llvm.getelementptr %[[ONE]][%[[MOVING]]] : (!llvm.ptr<1>, i64) -> !llvm.ptr<1>, f32
// CHECK: %[[AT:.*]] = llvm.getelementptr %[[STEP]]
// CHECK: llvm.load %[[AT]]
func.func @moving(%x: !tile.ptr<f32> {tile.align = 16 : i64}, %n: index) attributes {tile.kernel, tile.warps = 1 : i32} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %p = tile.program_id 0
  %l = lane.id : i32
  %fixed = arith.muli %p, %n : index
  scf.for %t = %c0 to %n step %c1 {
    %moving = arith.muli %t, %c64 : index
    %base = arith.addi %fixed, %moving : index
    %v = lane.load per_lane %x[%base, %l] {align = 4 : i64, offset = 64 : i64} : (!tile.ptr<f32>, index, i32) -> f32
    lane.store per_lane %v to %x[%base, %l] {align = 4 : i64, offset = 0 : i64} : f32, !tile.ptr<f32>, index, i32
  }
  return
}

// -----

// Without a mask it is a plain load; it is as wide as its alignment permits.
// CHECK-LABEL: llvm.func @aligned
// CHECK-COUNT-2: llvm.load %{{.*}} {alignment = 8 : i64} : !llvm.ptr<1> -> vector<2xi32>
// CHECK-NOT: llvm.load
// CHECK: llvm.store %{{.*}}, %{{.*}} {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<1>
func.func @aligned(%x: !tile.ptr<f32>) attributes {tile.kernel, tile.warps = 1 : i32} {
  %p = tile.program_id 0
  %l = lane.id : i32
  %v:4 = lane.load per_lane %x[%p, %l] {align = 8 : i64, offset = 0 : i64}
    : (!tile.ptr<f32>, index, i32) -> (f32, f32, f32, f32)
  lane.store per_lane %v#0, %v#1, %v#2, %v#3 to %x[%p, %l] {align = 16 : i64, offset = 0 : i64}
    : f32, f32, f32, f32, !tile.ptr<f32>, index, i32
  return
}

// -----

// Elements of one and of eight bytes.
// CHECK-LABEL: llvm.func @sizes
// CHECK: llvm.load %{{.*}} {alignment = 4 : i64} : !llvm.ptr<1> -> i32
// CHECK: llvm.icmp "ne" %{{.*}} : i8
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<2xi64>
// CHECK: "mov.b16 $0, 0;\0A\09@$2 ld.global.u8 $0, $1;", "=&h,*m,b"
func.func @sizes(%b: !tile.ptr<i1>, %w: !tile.ptr<i64>, %m: i1) attributes {tile.kernel, tile.warps = 1 : i32} {
  %p = tile.program_id 0
  %l = lane.id : i32
  %v:4 = lane.load per_lane %b[%p, %l] {align = 4 : i64, offset = 0 : i64}
    : (!tile.ptr<i1>, index, i32) -> (i1, i1, i1, i1)
  %x:2 = lane.load per_lane %w[%p, %l] {align = 16 : i64, offset = 0 : i64}
    : (!tile.ptr<i64>, index, i32) -> (i64, i64)
  %o = lane.load per_lane %b[%p, %l] mask %m {align = 1 : i64, offset = 0 : i64}
    : (!tile.ptr<i1>, index, i32, i1) -> i1
  lane.store per_lane %v#0, %v#1, %v#2, %o to %b[%p, %l] {align = 4 : i64, offset = 0 : i64}
    : i1, i1, i1, i1, !tile.ptr<i1>, index, i32
  lane.store per_lane %x#1, %x#0 to %w[%p, %l] {align = 16 : i64, offset = 0 : i64} : i64, i64, !tile.ptr<i64>, index, i32
  return
}

// -----

// Scratch is one shared array.
// CHECK: llvm.mlir.global internal @scratch_scratch() {addr_space = 3 : i32, alignment = 16 : i64} : !llvm.array<1024 x i8>
// CHECK-LABEL: llvm.func @scratch
// CHECK: "@$1 st.shared.b32 $0, $2;"
// CHECK: nvvm.barrier0
// CHECK: llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xi32>
func.func @scratch(%y: !tile.ptr<f32>, %x: f32, %m: i1)
    attributes {tile.kernel, tile.warps = 2 : i32, tile.scratch = 1024 : i64} {
  %p = tile.program_id 0
  %l = lane.id : i32
  lane.scratch_store %x to %l mask %m {offset = 512 : i64} : f32, i32, i1
  lane.barrier
  %v:4 = lane.scratch_load %l {offset = 512 : i64} : i32 -> f32, f32, f32, f32
  lane.store per_lane %v#0, %v#1, %v#2, %v#3 to %y[%p, %l] {align = 16 : i64, offset = 0 : i64}
    : f32, f32, f32, f32, !tile.ptr<f32>, index, i32
  return
}
