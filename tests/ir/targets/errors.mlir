// RUN: tile-opt %s -split-input-file -verify-diagnostics -lane-to-llvm=arch=sm_90a

// expected-error @+1 {{is no kernel: a kernel has a body and returns nothing}}
func.func @returns(%x: f32) -> f32 {
  return %x : f32
}

// -----

func.func @unsupported(%x: f32, %y: !tile.ptr<f32>) attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{has no lowering without a call to libm}}
  %0 = math.sin %x : f32
  lane.store uniform %0 to %y[%c0] {align = 4 : i64, offset = 0 : i64} : f32, !tile.ptr<f32>, index
  return
}

// -----

// expected-error @+1 {{a module to lower has exactly one function, the kernel}}
module {
}
