// RUN: tile-opt %s -split-input-file -lane-math-policy -lane-to-simt | FileCheck %s
// RUN: tile-opt %s -split-input-file -lane-math-policy -lane-to-simt | FileCheck %s --check-prefix=SITES

// Each access is a call of the runtime, with addresses and data on the context's tray, as wide as on a GPU; lanes cross
// by shuffles of a vector; every call has a site, with the author's line.
// SITES: tile.sites = [{align = 16 : i64, bytes = 2 : i64, file = "a.cpp", line = 3 : i64, op = "load", width = 8 : i64}
// SITES-SAME: {align = 16 : i64, bytes = 4 : i64, file = "a.cpp", line = 4 : i64, op = "scratch_store", width = 4 : i64}
// SITES-SAME: {file = "a.cpp", line = 5 : i64, op = "barrier"}
// SITES-SAME: {align = 8 : i64, bytes = 4 : i64, {{.*}}op = "scratch_load", width = 4 : i64}
// SITES-SAME: {align = 4 : i64, bytes = 4 : i64, file = "a.cpp", line = 7 : i64, op = "store", width = 1 : i64}]
// CHECK-LABEL: llvm.func internal @mix_warp
// CHECK-SAME: (%[[X:[^ ]*]]: !llvm.ptr, %[[Y:[^ ]*]]: !llvm.ptr, {{.*}}, %[[WARP:[^ ]*]]: i64, %[[CTX:[^ ]*]]: !llvm.ptr)
// CHECK-SAME: always_inline
// CHECK: %[[LANES:.*]] = llvm.mlir.constant(dense<[0, 1, 2, {{.*}}, 31]> : vector<32xi32>)
// CHECK: llvm.trunc %[[WARP]] : i64 to i32
// CHECK: llvm.ptrtoint %[[X]]
// CHECK: llvm.store %{{.*}}, %{{.*}} {alignment = 64 : i64} : vector<32xi64>, !llvm.ptr
// CHECK: llvm.store %[[X]]
// CHECK: %[[ACCESS:.*]] = llvm.load %{{.*}} : !llvm.ptr -> !llvm.ptr
// CHECK: llvm.call %[[ACCESS]](%[[CTX]], %{{.*}}, %{{.*}}) : !llvm.ptr, (!llvm.ptr, i32, i32) -> ()
// CHECK-COUNT-8: llvm.load %{{.*}} {alignment = 32 : i64} : !llvm.ptr -> vector<32xi16>
// CHECK: llvm.shufflevector %{{.*}} [16, 17, {{.*}}, 15] : vector<32xf32>
// CHECK: llvm.call %{{.*}}(%[[CTX]], %{{.*}}) : !llvm.ptr, (!llvm.ptr, i32) -> ()
// CHECK: llvm.bitcast %{{.*}} : vector<32xi1> to i32
// CHECK-LABEL: llvm.func @mix(
// CHECK-SAME: %[[ARGS:.*]]: !llvm.ptr, %[[CONTEXT:.*]]: !llvm.ptr)
// CHECK: llvm.getelementptr %[[ARGS]][8]
// CHECK: llvm.getelementptr %[[CONTEXT]][16]
// CHECK: llvm.call @mix_warp
module attributes {tile.target = #tile.target<"simt", arch = "simt", lanes = 32, vector_bytes = 16, native_bf16 = false>} {
  func.func @mix(%x: !tile.ptr<bf16>, %y: !tile.ptr<f32>) attributes {tile.kernel, tile.warps = 2 : i32, tile.scratch = 1024 : i64} {
    %p = tile.program_id 0
    %id = lane.id : vector<32xi32>
    %w = lane.warp_id
    %ws = lane.splat %w : i32 -> vector<32xi32>
    %at = arith.addi %id, %ws : vector<32xi32>
    %m = arith.cmpi slt, %id, %ws : vector<32xi32>
    %v:8 = lane.load per_lane %x[%p, %at] {align = 32 : i64, offset = 0 : i64} : (!tile.ptr<bf16>, index, vector<32xi32>)
      -> (vector<32xbf16>, vector<32xbf16>, vector<32xbf16>, vector<32xbf16>, vector<32xbf16>, vector<32xbf16>, vector<32xbf16>, vector<32xbf16>) loc("a.cpp":3:1)
    %f = arith.extf %v#0 : vector<32xbf16> to vector<32xf32>
    %s = lane.shuffle_xor %f, 16 : vector<32xf32>
    lane.scratch_store %s, %s, %s, %s to %id {offset = 0 : i64} : vector<32xf32>, vector<32xf32>, vector<32xf32>, vector<32xf32>, vector<32xi32> loc("a.cpp":4:1)
    lane.barrier loc("a.cpp":5:1)
    %r:4 = lane.scratch_load %id {offset = 8 : i64} : vector<32xi32> -> vector<32xf32>, vector<32xf32>, vector<32xf32>, vector<32xf32>
    lane.store per_lane %r#0 to %y[%p, %id] mask %m {align = 4 : i64, offset = 0 : i64} : vector<32xf32>, !tile.ptr<f32>, index, vector<32xi32>, vector<32xi1> loc("a.cpp":7:1)
    return
  }
}
