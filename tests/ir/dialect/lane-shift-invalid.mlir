// RUN: tile-opt %s -split-input-file -verify-diagnostics

func.func @nowhere(%s: f32) {
  // expected-error @below {{'lane.shift' op distance 0 in a warp of 32 lanes}}
  %0 = lane.shift %s, 0 : f32
  return
}

// -----

func.func @beyond(%v: vector<8xf32>) {
  // expected-error @below {{'lane.shift' op distance -8 in a warp of 8 lanes}}
  %0 = lane.shift %v, -8 : vector<8xf32>
  return
}
