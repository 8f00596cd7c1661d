// Between two accesses to the same scratch of which one writes stands a barrier, and none where there is no need. What
// is inserted satisfies the verifier.
// RUN: tile-opt %s -tile-insert-barriers | FileCheck %s
// RUN: tile-opt %s -tile-insert-barriers -tile-verify-barriers -o %t
// RUN: tile-opt %s -tile-insert-barriers -tile-insert-barriers | FileCheck %s

#l = #tile.layout<[8], reg = [[1]], lane = [[2], [4]], warp = []>
!s = !tile.scratch<8xf32>
!t = tensor<8xf32, #l>

// CHECK-LABEL: @straight
func.func @straight(%t: !t) {
  %a = tile.scratch_alloc {offset = 0} : !s
  %b = tile.scratch_alloc {offset = 32} : !s
  %c = tile.scratch_alloc {offset = 16} : !s
  // CHECK-COUNT-3: tile.scratch_alloc
  // CHECK-NEXT: tile.scratch_store
  tile.scratch_store %t, %a : !t, !s
  // Another room: no conflict.
  // CHECK-NEXT: tile.scratch_store
  tile.scratch_store %t, %b : !t, !s
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.scratch_load
  %ta = tile.scratch_load %a : !s -> !t
  // One barrier is enough for all that came before it, and two may read at once.
  // CHECK-NEXT: tile.scratch_load
  %tb = tile.scratch_load %b : !s -> !t
  // CHECK-NEXT: tile.scratch_load
  %ta2 = tile.scratch_load %a : !s -> !t
  // It overlaps half of each of what was read.
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.scratch_store
  tile.scratch_store %t, %c : !t, !s
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.scratch_store
  tile.scratch_store %t, %a : !t, !s
  // CHECK-NEXT: return
  return
}

// The next iteration must not write before all have read: a second barrier.
// CHECK-LABEL: @loop
func.func @loop(%t: !t, %lo: index, %hi: index, %step: index) {
  // CHECK: scf.for
  scf.for %i = %lo to %hi step %step {
    // CHECK-NEXT: tile.scratch_alloc
    %a = tile.scratch_alloc {offset = 0} : !s
    // CHECK-NEXT: tile.barrier
    // CHECK-NEXT: tile.scratch_store
    tile.scratch_store %t, %a : !t, !s
    // CHECK-NEXT: tile.barrier
    // CHECK-NEXT: tile.scratch_load
    %ta = tile.scratch_load %a : !s -> !t
    // CHECK-NEXT: }
  }
  // The loop may not have run, or have read last.
  // CHECK-NEXT: tile.scratch_alloc
  %b = tile.scratch_alloc {offset = 0} : !s
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.scratch_store
  tile.scratch_store %t, %b : !t, !s
  return
}

// A loop that only reads needs no barrier of its own.
// CHECK-LABEL: @read_only
func.func @read_only(%t: !t, %lo: index, %hi: index, %step: index) {
  %a = tile.scratch_alloc {offset = 0} : !s
  tile.scratch_store %t, %a : !t, !s
  tile.barrier
  // CHECK: tile.barrier
  // CHECK-NEXT: scf.for
  scf.for %i = %lo to %hi step %step {
    // CHECK-NEXT: tile.scratch_load
    %ta = tile.scratch_load %a : !s -> !t
  }
  return
}

// The store before the loop conflicts with the loop's load in its first iteration alone; the barrier is in the loop.
// CHECK-LABEL: @first_iteration
func.func @first_iteration(%t: !t, %lo: index, %hi: index, %step: index) {
  %a = tile.scratch_alloc {offset = 0} : !s
  // CHECK: tile.scratch_store
  // CHECK-NEXT: scf.for
  tile.scratch_store %t, %a : !t, !s
  scf.for %i = %lo to %hi step %step {
    // CHECK-NEXT: tile.barrier
    // CHECK-NEXT: tile.scratch_load
    %ta = tile.scratch_load %a : !s -> !t
  }
  // It may not have run.
  // CHECK: }
  // CHECK-NEXT: tile.barrier
  // CHECK-NEXT: tile.scratch_load
  %tb = tile.scratch_load %a : !s -> !t
  return
}

// An iteration that ends in a store meets the load at the head of the next; two loops in one another.
// CHECK-LABEL: @around
func.func @around(%t: !t, %lo: index, %hi: index, %step: index) {
  %a = tile.scratch_alloc {offset = 0} : !s
  // CHECK: scf.for
  // CHECK-NEXT: scf.for
  scf.for %i = %lo to %hi step %step {
    scf.for %j = %lo to %hi step %step {
      // CHECK-NEXT: tile.barrier
      // CHECK-NEXT: tile.scratch_load
      %ta = tile.scratch_load %a : !s -> !t
      // CHECK-NEXT: tile.barrier
      // CHECK-NEXT: tile.scratch_store
      tile.scratch_store %t, %a : !t, !s
      // CHECK-NEXT: }
    }
  }
  return
}

// Either branch may have run, or neither.
// CHECK-LABEL: @branches
func.func @branches(%t: !t, %x: i1) {
  // CHECK: tile.scratch_alloc
  %a = tile.scratch_alloc {offset = 0} : !s
  // CHECK-NEXT: scf.if
  scf.if %x {
    // CHECK-NEXT: tile.scratch_store
    tile.scratch_store %t, %a : !t, !s
  }
  // CHECK: tile.barrier
  // CHECK-NEXT: tile.scratch_load
  %ta = tile.scratch_load %a : !s -> !t
  // The two branches do not meet each other.
  // CHECK-NEXT: scf.if
  scf.if %x {
    // CHECK-NEXT: tile.barrier
    // CHECK-NEXT: tile.scratch_store
    tile.scratch_store %t, %a : !t, !s
  } else {
    // CHECK-NEXT: } else {
    // CHECK-NEXT: tile.scratch_load
    %tb = tile.scratch_load %a : !s -> !t
  }
  // A barrier in one branch does not help the other.
  // CHECK: tile.barrier
  // CHECK-NEXT: tile.scratch_store
  tile.scratch_store %t, %a : !t, !s
  return
}
