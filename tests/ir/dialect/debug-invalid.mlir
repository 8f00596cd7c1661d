// What prints and requirements refuse, and in which words.
// RUN: tile-opt %s -split-input-file -verify-diagnostics

func.func @f(%i: index) {
  // expected-error @+1 {{has 2 places for 1 values}}
  tile.print "{} {}" (%i : index)
  return
}

// -----

func.func @f(%t: tensor<4xf32>, %u: tensor<8xf32>) {
  // expected-error @+1 {{prints tiles of one shape and layout}}
  tile.print "{} {}" (%t, %u : tensor<4xf32>, tensor<8xf32>)
  return
}

// -----

func.func @f(%t: tensor<5xf32>) {
  // expected-error @+1 {{power}}
  tile.print "{}" (%t : tensor<5xf32>)
  return
}

// -----

func.func @f(%t: tensor<4xf32>) {
  // expected-error @+1 {{must be 1-bit signless integer or tensor of 1-bit signless integer values}}
  tile.require %t, "x" : tensor<4xf32>
  return
}
