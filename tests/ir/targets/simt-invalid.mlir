// RUN: tile-opt %s -split-input-file -verify-diagnostics -lane-to-simt

module attributes {tile.target = #tile.target<"simt", arch = "simt", lanes = 32, vector_bytes = 16, native_bf16 = false>} {
  func.func @contiguous(%x: !tile.ptr<f32>) attributes {tile.kernel} {
    %p = tile.program_id 0
    // expected-error @+2 {{gives each lane its own address (per_lane), or all the same (uniform), on this machine}}
    // expected-error @+1 {{failed to legalize}}
    %v = lane.load contiguous %x[%p] {align = 4 : i64, offset = 0 : i64} : (!tile.ptr<f32>, index) -> vector<32xf32>
    return
  }
}

// -----

module attributes {tile.target = #tile.target<"simt", arch = "simt", lanes = 32, vector_bytes = 16, native_bf16 = false>} {
  func.func @scalar(%x: !tile.ptr<f32>) attributes {tile.kernel, tile.scratch = 4 : i64} {
    %c = arith.constant 0 : i32
    // expected-error @+2 {{is of vectors of 32 lanes on this machine}}
    // expected-error @+1 {{failed to legalize}}
    %v = lane.scratch_load %c {offset = 0 : i64} : i32 -> f32
    return
  }
}
