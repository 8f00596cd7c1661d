// RUN: tile-opt %s -split-input-file -lane-math-policy | FileCheck %s

// CHECK-LABEL: func.func @gpu
// CHECK: llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f32"
// CHECK: llvm.call_intrinsic "llvm.nvvm.rsqrt.approx.f"
// CHECK: math.sqrt
// CHECK-NOT: math.{{exp|rsqrt|tanh|log}}
module attributes {tile.target = #tile.target<"nvvm", arch = "sm_80", lanes = 32, vector_bytes = 16, native_bf16 = true>} {
  func.func @gpu(%x: f32) -> f32 {
    %0 = math.exp2 %x : f32
    %1 = math.rsqrt %0 : f32
    %2 = math.sqrt %1 : f32
    %3 = math.tanh %2 : f32
    %4 = math.log1p %3 : f32
    return %4 : f32
  }
}

// -----

// CHECK-LABEL: func.func @host
// CHECK-NOT: math.{{exp|rsqrt|tanh|log}}
// CHECK: math.sqrt
// CHECK: arith.divf {{.*}} : vector<16xf32>
// CHECK: return
module attributes {tile.target = #tile.target<"simd", arch = "znver5", lanes = 16, vector_bytes = 64, native_bf16 = true>} {
  func.func @host(%x: vector<16xf32>) -> vector<16xf32> {
    %0 = math.exp %x : vector<16xf32>
    %1 = math.rsqrt %0 : vector<16xf32>
    return %1 : vector<16xf32>
  }
}

// -----

// 16-bit math and bf16 arithmetic are done in f32; f16 arithmetic is the machine's.
// CHECK-LABEL: func.func @narrow
// CHECK: arith.mulf {{.*}} : f32
// CHECK: arith.truncf {{.*}} : f32 to bf16
// CHECK: math.sqrt {{.*}} : f32
// CHECK: arith.truncf {{.*}} : f32 to f16
// CHECK: arith.mulf {{.*}} : f16
module attributes {tile.target = #tile.target<"nvvm", arch = "sm_80", lanes = 32, vector_bytes = 16, native_bf16 = true>} {
  func.func @narrow(%x: bf16, %h: f16) -> (bf16, f16) {
    %0 = arith.mulf %x, %x : bf16
    %1 = math.sqrt %h : f16
    %2 = arith.mulf %1, %h : f16
    return %0, %2 : bf16, f16
  }
}

// -----

// Without conversion instructions bf16 is rounded with integers.
// CHECK-LABEL: func.func @turing
// CHECK-NOT: arith.truncf
// CHECK: arith.trunci {{.*}} : i32 to i16
module attributes {tile.target = #tile.target<"nvvm", arch = "sm_75", lanes = 32, vector_bytes = 16, native_bf16 = false>} {
  func.func @turing(%x: f32) -> bf16 {
    %0 = arith.truncf %x : f32 to bf16
    return %0 : bf16
  }
}
