// sigmoid and pow, which math lacks or lowers to libm.
// RUN: tile-opt %s -split-input-file -lane-math-policy | FileCheck %s

// One reciprocal and no division.
// CHECK-LABEL: func.func @gpu
// CHECK: llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f32"
// CHECK: %[[E:.*]] = arith.mulf
// CHECK: %[[A:.*]] = arith.addf %[[E]]
// CHECK-NEXT: %[[R:.*]] = llvm.call_intrinsic "llvm.nvvm.rcp.approx.ftz.f"(%[[A]])
// CHECK-NEXT: return %[[R]]
module attributes {tile.target = #tile.target<"nvvm", arch = "sm_80", lanes = 32, vector_bytes = 16, native_bf16 = true>} {
  func.func @gpu(%x: f32) -> f32 {
    %0 = tile.sigmoid %x : f32
    return %0 : f32
  }
}

// -----

// CHECK-LABEL: func.func @power
// CHECK-NOT: math.powf
// CHECK: llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f32"
// CHECK-NOT: math.powf
module attributes {tile.target = #tile.target<"nvvm", arch = "sm_80", lanes = 32, vector_bytes = 16, native_bf16 = true>} {
  func.func @power(%x: f32, %y: f32) -> f32 {
    %0 = math.powf %x, %y : f32
    return %0 : f32
  }
}

// -----

// Any quotient is right to 2 ulps; where nothing can go out of range, a reciprocal does.
// CHECK-LABEL: func.func @quotients
// CHECK: llvm.call_intrinsic "llvm.nvvm.div.full"(%{{.*}}, %{{.*}})
// CHECK: %[[R:.*]] = llvm.call_intrinsic "llvm.nvvm.rcp.approx.ftz.f"
// CHECK-NEXT: arith.mulf %{{.*}}, %[[R]]
// CHECK: llvm.call_intrinsic "llvm.nvvm.rcp.approx.ftz.f"
// CHECK-NEXT: return
module attributes {tile.target = #tile.target<"nvvm", arch = "sm_80", lanes = 32, vector_bytes = 16, native_bf16 = true>} {
  func.func @quotients(%x: f32, %y: f32) -> f32 {
    %one = arith.constant 1.0 : f32
    %0 = arith.divf %x, %y : f32
    %1 = arith.divf %x, %0 fastmath<afn> : f32
    %2 = arith.divf %one, %1 fastmath<afn> : f32
    return %2 : f32
  }
}

// -----

// One division, of numbers that cannot overflow; 16-bit floats by way of f32.
// CHECK-LABEL: func.func @host
// CHECK: arith.extf {{.*}} : vector<16xbf16> to vector<16xf32>
// CHECK-NOT: tile.sigmoid
// CHECK: arith.divf {{.*}} : vector<16xf32>
// CHECK-NOT: math.{{exp|powf}}
// CHECK: arith.truncf {{.*}} : vector<16xf32> to vector<16xbf16>
module attributes {tile.target = #tile.target<"simd", arch = "znver5", lanes = 16, vector_bytes = 64, native_bf16 = true>} {
  func.func @host(%x: vector<16xbf16>, %y: vector<16xbf16>) -> vector<16xbf16> {
    %0 = tile.sigmoid %x : vector<16xbf16>
    %1 = math.powf %0, %y : vector<16xbf16>
    return %1 : vector<16xbf16>
  }
}
