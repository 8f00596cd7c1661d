// RUN: tile-opt %s -split-input-file -lane-math-policy -lane-to-simd | FileCheck %s

// The entry unpacks the block of arguments once, then runs a range of programs.
// CHECK-LABEL: llvm.func internal @copy_program
// CHECK-SAME: (%[[X:.*]]: !llvm.ptr {llvm.align = 16 : i64}, %[[N:.*]]: i32, %[[PX:[^ ]*]]: i64, {{.*}}: i64, {{.*}}: i64, {{.*}}: i64, {{.*}}: i64, {{.*}}: i64, {{.*}}: !llvm.ptr)
// CHECK-SAME: always_inline
// CHECK: llvm.intr.masked.load %{{.*}}, %[[M:.*]], %{{.*}} {alignment = 4 : i32} : (!llvm.ptr, vector<16xi1>, vector<16xi16>) -> vector<16xi16>
// CHECK: llvm.intr.masked.store %{{.*}}, %{{.*}}, %[[M]] {alignment = 2 : i32}
// CHECK-LABEL: llvm.func @copy(
// CHECK-SAME: %[[ARGS:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64, %[[GX:.*]]: i64, %{{.*}}: i64, %{{.*}}: i64
// CHECK: llvm.getelementptr %[[ARGS]][0]
// CHECK: llvm.getelementptr %[[ARGS]][8]
// CHECK: llvm.br ^[[LOOP:.*]](%[[BEGIN]] : i64)
// CHECK: ^[[LOOP]](%[[P:.*]]: i64):
// CHECK: llvm.icmp "slt" %[[P]], %[[END]]
// CHECK: llvm.urem %[[P]], %[[GX]]
// CHECK: llvm.call @copy_program
// CHECK: llvm.br ^[[LOOP]]({{.*}}) {loop_annotation
module attributes {tile.target = #tile.target<"simd", arch = "znver5", lanes = 16, vector_bytes = 64, native_bf16 = true>} {
  func.func @copy(%x: !tile.ptr<bf16> {tile.align = 16 : i64}, %n: i32) attributes {tile.kernel, tile.warps = 1 : i32} {
    %p = tile.program_id 0
    %id = lane.id : vector<16xi32>
    %limit = lane.splat %n : i32 -> vector<16xi32>
    %m = arith.cmpi slt, %id, %limit : vector<16xi32>
    %v = lane.load contiguous %x[%p] mask %m {align = 4 : i64, offset = 32 : i64}
      : (!tile.ptr<bf16>, index, vector<16xi1>) -> vector<16xbf16>
    lane.store contiguous %v to %x[%p] mask %m {align = 2 : i64, offset = 0 : i64}
      : vector<16xbf16>, !tile.ptr<bf16>, index, vector<16xi1>
    return
  }
}

// -----

// A machine without masked accesses to 16 bits takes the plain one where all lanes are in.
// CHECK-LABEL: llvm.func internal @edge_program
// CHECK: %[[ALL:.*]] = "llvm.intr.vector.reduce.and"
// CHECK: llvm.cond_br %[[ALL]]
// CHECK: llvm.load %{{.*}} {alignment = 2 : i64} : !llvm.ptr -> vector<8xi16>
// CHECK: llvm.intr.masked.load
module attributes {tile.target = #tile.target<"simd", arch = "haswell", lanes = 8, vector_bytes = 32, native_bf16 = false>} {
  func.func @edge(%x: !tile.ptr<bf16>, %y: !tile.ptr<f32>, %m: i1) attributes {tile.kernel, tile.warps = 1 : i32} {
    %p = tile.program_id 0
    %mask = lane.splat %m : i1 -> vector<8xi1>
    %v = lane.load contiguous %x[%p] mask %mask {align = 2 : i64, offset = 0 : i64}
      : (!tile.ptr<bf16>, index, vector<8xi1>) -> vector<8xbf16>
    %f = arith.extf %v : vector<8xbf16> to vector<8xf32>
    %b = arith.truncf %f : vector<8xf32> to vector<8xbf16>
    lane.store contiguous %b to %x[%p] mask %mask {align = 2 : i64, offset = 0 : i64}
      : vector<8xbf16>, !tile.ptr<bf16>, index, vector<8xi1>
    return
  }
}

// -----

// Lanes with addresses of their own gather and scatter; what crosses lanes is a shuffle; uniform values are scalars.
// CHECK-LABEL: llvm.func internal @lanes_program
// CHECK: llvm.intr.masked.gather %{{.*}} : (vector<4x!llvm.ptr>, vector<4xi1>, vector<4xf32>) -> vector<4xf32>
// CHECK: llvm.shufflevector %{{.*}} [2, 3, 0, 1] : vector<4xf32>
// CHECK: llvm.shufflevector %{{.*}} [1, 0, 3, 2] : vector<4xf32>
// CHECK: llvm.extractelement
// CHECK: llvm.intr.masked.scatter
// CHECK: llvm.store %{{.*}} {alignment = 4 : i64} : f32, !llvm.ptr
module attributes {tile.target = #tile.target<"simd", arch = "generic", lanes = 4, vector_bytes = 16, native_bf16 = false>} {
  func.func @lanes(%x: !tile.ptr<f32>) attributes {tile.kernel, tile.warps = 1 : i32} {
    %p = tile.program_id 0
    %id = lane.id : vector<4xi32>
    %v = lane.load per_lane %x[%p, %id] {align = 4 : i64, offset = 0 : i64}
      : (!tile.ptr<f32>, index, vector<4xi32>) -> vector<4xf32>
    %a = lane.shuffle_xor %v, 2 : vector<4xf32>
    %b = lane.permute %a, [1, 0, 3, 2] : vector<4xf32>
    lane.barrier
    %f = lane.first %b : vector<4xf32> -> f32
    lane.store per_lane %b to %x[%p, %id] {align = 4 : i64, offset = 8 : i64}
      : vector<4xf32>, !tile.ptr<f32>, index, vector<4xi32>
    lane.store uniform %f to %x[%p] {align = 4 : i64, offset = 16 : i64} : f32, !tile.ptr<f32>, index
    return
  }
}
