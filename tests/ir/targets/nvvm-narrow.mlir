// A kernel of many narrow accesses asks for one program at a time, so that its registers are not spilled for the sake of
// more; one with a number of registers of its own, or with wide accesses, does not.
// RUN: tile-opt %s -split-input-file -lane-to-llvm=arch=sm_90a | FileCheck %s

// CHECK-LABEL: llvm.func @narrow
// CHECK-SAME: nvvm.minctasm = 1
func.func @narrow(%x: !tile.ptr<f16>, %n: index) attributes {tile.kernel, tile.warps = 1 : i32} {
  %l = lane.id : i32
  %v0 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 0 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v1 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 1 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v2 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 2 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v3 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 3 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v4 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 4 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v5 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 5 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v6 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 6 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v7 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 7 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v8 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 8 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v9 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 9 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v10 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 10 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v11 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 11 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v12 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 12 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v13 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 13 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v14 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 14 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v15 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 15 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v16 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 16 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v17 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 17 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v18 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 18 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v19 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 19 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v20 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 20 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v21 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 21 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v22 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 22 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v23 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 23 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v24 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 24 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v25 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 25 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v26 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 26 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v27 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 27 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v28 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 28 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v29 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 29 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v30 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 30 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v31 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 31 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  return
}

// -----

// CHECK-LABEL: llvm.func @numbered
// CHECK-NOT: nvvm.minctasm
// CHECK-SAME: nvvm.maxnreg = 96
func.func @numbered(%x: !tile.ptr<f16>, %n: index) attributes {tile.kernel, tile.warps = 1 : i32, tile.registers = 96 : i32} {
  %l = lane.id : i32
  %v0 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 0 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v1 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 1 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v2 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 2 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v3 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 3 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v4 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 4 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v5 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 5 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v6 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 6 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v7 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 7 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v8 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 8 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v9 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 9 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v10 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 10 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v11 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 11 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v12 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 12 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v13 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 13 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v14 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 14 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v15 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 15 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v16 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 16 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v17 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 17 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v18 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 18 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v19 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 19 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v20 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 20 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v21 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 21 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v22 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 22 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v23 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 23 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v24 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 24 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v25 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 25 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v26 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 26 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v27 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 27 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v28 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 28 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v29 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 29 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v30 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 30 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  %v31 = lane.load per_lane %x[%n, %l] {align = 2 : i64, offset = 31 : i64} : (!tile.ptr<f16>, index, i32) -> f16
  return
}

// -----

// CHECK-LABEL: llvm.func @wide
// CHECK-NOT: nvvm.minctasm
func.func @wide(%x: !tile.ptr<f16>, %n: index) attributes {tile.kernel, tile.warps = 1 : i32} {
  %l = lane.id : i32
  %v0:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 0 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v1:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 2 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v2:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 4 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v3:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 6 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v4:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 8 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v5:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 10 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v6:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 12 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v7:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 14 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v8:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 16 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v9:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 18 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v10:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 20 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v11:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 22 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v12:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 24 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v13:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 26 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v14:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 28 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v15:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 30 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v16:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 32 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v17:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 34 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v18:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 36 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v19:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 38 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v20:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 40 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v21:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 42 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v22:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 44 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v23:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 46 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v24:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 48 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v25:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 50 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v26:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 52 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v27:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 54 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v28:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 56 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v29:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 58 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v30:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 60 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  %v31:2 = lane.load per_lane %x[%n, %l] {align = 4 : i64, offset = 62 : i64} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
  return
}
