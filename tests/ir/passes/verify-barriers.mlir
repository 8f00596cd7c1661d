// A missing barrier is an error, said once at the access that comes too early.
// RUN: tile-opt %s -split-input-file -verify-diagnostics -tile-verify-barriers

#l = #tile.layout<[8], reg = [[1]], lane = [[2], [4]], warp = []>
func.func @store_load(%t: tensor<8xf32, #l>) {
  %a = tile.scratch_alloc {offset = 0} : !tile.scratch<8xf32>
  tile.scratch_store %t, %a : tensor<8xf32, #l>, !tile.scratch<8xf32>
  // expected-error @+1 {{conflicts with an earlier access to the same scratch; a barrier is missing}}
  %ta = tile.scratch_load %a : !tile.scratch<8xf32> -> tensor<8xf32, #l>
  return
}

// -----

#l = #tile.layout<[8], reg = [[1]], lane = [[2], [4]], warp = []>
func.func @load_store(%t: tensor<8xf32, #l>) {
  %a = tile.scratch_alloc {offset = 0} : !tile.scratch<8xf32>
  %b = tile.scratch_alloc {offset = 16} : !tile.scratch<8xf32>
  %ta = tile.scratch_load %a : !tile.scratch<8xf32> -> tensor<8xf32, #l>
  // expected-error @+1 {{conflicts with an earlier access to the same scratch; a barrier is missing}}
  tile.scratch_store %t, %b : tensor<8xf32, #l>, !tile.scratch<8xf32>
  return
}

// -----

#l = #tile.layout<[8], reg = [[1]], lane = [[2], [4]], warp = []>
func.func @store_store(%t: tensor<8xf32, #l>) {
  %a = tile.scratch_alloc {offset = 0} : !tile.scratch<8xf32>
  tile.scratch_store %t, %a : tensor<8xf32, #l>, !tile.scratch<8xf32>
  // expected-error @+1 {{conflicts with an earlier access to the same scratch; a barrier is missing}}
  tile.scratch_store %t, %a : tensor<8xf32, #l>, !tile.scratch<8xf32>
  return
}

// -----

// Only the second iteration is wrong.
#l = #tile.layout<[8], reg = [[1]], lane = [[2], [4]], warp = []>
func.func @next_iteration(%t: tensor<8xf32, #l>, %lo: index, %hi: index, %step: index) {
  scf.for %i = %lo to %hi step %step {
    %a = tile.scratch_alloc {offset = 0} : !tile.scratch<8xf32>
    // expected-error @+1 {{conflicts with an earlier access to the same scratch; a barrier is missing}}
    tile.scratch_store %t, %a : tensor<8xf32, #l>, !tile.scratch<8xf32>
    tile.barrier
    %ta = tile.scratch_load %a : !tile.scratch<8xf32> -> tensor<8xf32, #l>
  }
  return
}

// -----

// Both iterations are wrong at the same place: said once.
#l = #tile.layout<[8], reg = [[1]], lane = [[2], [4]], warp = []>
func.func @each_iteration(%t: tensor<8xf32, #l>, %lo: index, %hi: index, %step: index) {
  scf.for %i = %lo to %hi step %step {
    %a = tile.scratch_alloc {offset = 0} : !tile.scratch<8xf32>
    tile.barrier
    tile.scratch_store %t, %a : tensor<8xf32, #l>, !tile.scratch<8xf32>
    // expected-error @+1 {{conflicts with an earlier access to the same scratch; a barrier is missing}}
    %ta = tile.scratch_load %a : !tile.scratch<8xf32> -> tensor<8xf32, #l>
  }
  return
}

// -----

// A barrier in one branch is none for the other.
#l = #tile.layout<[8], reg = [[1]], lane = [[2], [4]], warp = []>
func.func @one_branch(%t: tensor<8xf32, #l>, %x: i1) {
  %a = tile.scratch_alloc {offset = 0} : !tile.scratch<8xf32>
  tile.scratch_store %t, %a : tensor<8xf32, #l>, !tile.scratch<8xf32>
  scf.if %x {
    tile.barrier
  }
  // expected-error @+1 {{conflicts with an earlier access to the same scratch; a barrier is missing}}
  %ta = tile.scratch_load %a : !tile.scratch<8xf32> -> tensor<8xf32, #l>
  return
}
