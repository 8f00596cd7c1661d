// RUN: tile-opt %s -split-input-file -verify-diagnostics

func.func @another(%v: vector<8xi32>) {
  // expected-error @below {{'lane.reduce' op lanes of 'vector<8xi32>' combined to a value of 'i64'}}
  %0 = lane.reduce add %v : vector<8xi32> -> i64
  return
}

// -----

func.func @real(%s: f32) {
  // expected-error @below {{'lane.reduce' op operand #0 must be an integer lane value}}
  %0 = lane.reduce max %s : f32 -> i32
  return
}

// -----

func.func @function(%s: i32) {
  // expected-error @+2 {{to be one of: add, min, max, and, or, xor}}
  // expected-error @+1 {{failed to parse Lane_ReduceKindAttr parameter 'value'}}
  %0 = lane.reduce minus %s : i32 -> i32
  return
}
