// Bounds and divisors of indices, seen through the accesses that use them.
// RUN: tile-opt %s -tile-analyze-access | FileCheck %s

!vec = !tile.view<1024xf32, strides = [1], align = 128>

// CHECK-LABEL: @loops
func.func @loops(%v: !vec, %n: index {tile.divisible = 8}) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c128 = arith.constant 128 : index
  %c896 = arith.constant 896 : index
  %c897 = arith.constant 897 : index
  %c1000 = arith.constant 1000 : index
  %c1024 = arith.constant 1024 : index
  %c1025 = arith.constant 1025 : index
  // CHECK: tile.load {{.*}} {aligned = 32 : i64, inside = array<i1: true>
  scf.for %i = %c0 to %c1024 step %c128 {
    %t = tile.load %v[%i] : !vec -> tensor<128xf32>
  }
  // The last of 0, 128, ... below 1000 is 896: no multiple, and inside all the same.
  // CHECK: tile.load {{.*}} {aligned = 32 : i64, inside = array<i1: true>
  scf.for %i = %c0 to %c1000 step %c128 {
    %t = tile.load %v[%i] : !vec -> tensor<128xf32>
  }
  // 8 + 7 * 128 = 904.
  // CHECK: tile.load {{.*}} {aligned = 8 : i64, inside = array<i1: false>, nonnegative = array<i1: true>}
  scf.for %i = %c8 to %c1000 step %c128 {
    %t = tile.load %v[%i] : !vec -> tensor<128xf32>
  }
  // One more trip, at 1024.
  // CHECK: tile.load {{.*}} {aligned = 32 : i64, inside = array<i1: false>
  scf.for %i = %c0 to %c1025 step %c128 {
    %t = tile.load %v[%i] : !vec -> tensor<128xf32>
  }
  // Of a bound known at run time only the divisors are left.
  // CHECK: tile.load {{.*}} {aligned = 8 : i64, inside = array<i1: false>, nonnegative = array<i1: true>}
  scf.for %i = %n to %c1024 step %c128 {
    %t = tile.load %v[%i] : !vec -> tensor<128xf32>
  }
  // A step known at run time: any start below the bound. Less than 1 counts as 1, which 8 does not divide.
  // CHECK: tile.load {{.*}} {aligned = 1 : i64, inside = array<i1: true>
  scf.for %i = %c0 to %c897 step %n {
    %t = tile.load %v[%i] : !vec -> tensor<128xf32>
  }
  // CHECK: tile.load {{.*}} {aligned = 8 : i64, inside = array<i1: true>
  %some = tile.assume %n {divisible = 8 : i64, at_least = 1 : i64}
  scf.for %i = %c0 to %c897 step %some {
    %t = tile.load %v[%i] : !vec -> tensor<128xf32>
  }
  // A loop that never runs is never outside.
  // CHECK: tile.load
  scf.for %i = %c1024 to %c0 step %c128 {
    %t = tile.load %v[%i] : !vec -> tensor<128xf32>
  }
  // Unsigned bounds say nothing about signed indices.
  // CHECK: tile.load {{.*}} {aligned = 32 : i64, inside = array<i1: false>, nonnegative = array<i1: false>}
  scf.for unsigned %i = %c0 to %c1024 step %c128 {
    %t = tile.load %v[%i] : !vec -> tensor<128xf32>
  }
  // CHECK: tile.load {{.*}} {aligned = 32 : i64, inside = array<i1: true>
  scf.for %i = %c0 to %c1024 step %c128 {
    scf.for %j = %c0 to %i step %c128 {
      %t = tile.load %v[%j] : !vec -> tensor<128xf32>
    }
  }
  return
}

// CHECK-LABEL: @arithmetic
func.func @arithmetic(%v: !vec, %n: index {tile.divisible = 8}) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c128 = arith.constant 128 : index
  %c896 = arith.constant 896 : index
  %cm1 = arith.constant -1 : index
  %c7 = arith.constant 7 : index
  %p = tile.program_id 0
  // CHECK: tile.load {{.*}} {aligned = 32 : i64, inside = array<i1: true>
  %a = arith.minsi %p, %c7 : index
  %a1 = arith.muli %a, %c128 : index
  %ta = tile.load %v[%a1] : !vec -> tensor<128xf32>
  // CHECK: tile.load {{.*}} {aligned = 1 : i64, inside = array<i1: true>
  %b = arith.minsi %p, %c896 : index
  %tb = tile.load %v[%b] : !vec -> tensor<128xf32>
  // CHECK: tile.load {{.*}} {aligned = 32 : i64, inside = array<i1: true>
  %d = arith.remui %p, %c7 : index
  %d1 = arith.muli %d, %c128 : index
  %td = tile.load %v[%d1] : !vec -> tensor<128xf32>
  // 896 - min(p, 7) * 128 stays at 0 and above.
  // CHECK: tile.load {{.*}} {aligned = 32 : i64, inside = array<i1: true>, nonnegative = array<i1: true>}
  %e = arith.subi %c896, %a1 : index
  %te = tile.load %v[%e] : !vec -> tensor<128xf32>
  // CHECK: tile.load {{.*}} {aligned = 4 : i64, inside = array<i1: false>, nonnegative = array<i1: true>}
  %f = arith.divui %n, %c2 : index
  %tf = tile.load %v[%f] : !vec -> tensor<128xf32>
  // Unsigned division of what may be negative can give anything.
  // CHECK: tile.load {{.*}} {aligned = 1 : i64, inside = array<i1: false>, nonnegative = array<i1: false>}
  %g = arith.subi %p, %c7 : index
  %g1 = arith.divui %g, %c2 : index
  %tg = tile.load %v[%g1] : !vec -> tensor<128xf32>
  // Unsigned remainder by what may be negative too.
  // CHECK: tile.load {{.*}} {aligned = 1 : i64, inside = array<i1: false>, nonnegative = array<i1: false>}
  %h = arith.remui %p, %g : index
  %th = tile.load %v[%h] : !vec -> tensor<128xf32>
  // CHECK: tile.load {{.*}} nonnegative = array<i1: true>}
  %i = arith.maxsi %g, %c0 : index
  %ti = tile.load %v[%i] : !vec -> tensor<128xf32>
  // A negative factor turns the bounds round.
  // CHECK: tile.load {{.*}} {aligned = 32 : i64, inside = array<i1: false>, nonnegative = array<i1: false>}
  %j = arith.muli %a1, %cm1 : index
  %tj = tile.load %v[%j] : !vec -> tensor<128xf32>
  return
}

// A bound that does not fit into 64 bits is none.
// CHECK-LABEL: @overflow
func.func @overflow(%v: !vec) {
  %big = arith.constant 9223372036854775807 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %p = tile.program_id 0
  %a = arith.minsi %p, %big : index
  // CHECK: tile.load {{.*}} {aligned = 2 : i64, inside = array<i1: false>, nonnegative = array<i1: true>}
  %b = arith.muli %a, %c2 : index
  %tb = tile.load %v[%b] : !vec -> tensor<128xf32>
  // The product of constants wraps to -2; it has no bounds.
  // CHECK: tile.load {{.*}} {aligned = 1 : i64, inside = array<i1: false>, nonnegative = array<i1: false>}
  %d = arith.muli %big, %c2 : index
  %td = tile.load %v[%d] : !vec -> tensor<128xf32>
  // CHECK: tile.load {{.*}} inside = array<i1: false>, nonnegative = array<i1: false>}
  %e = arith.addi %big, %c4 : index
  %te = tile.load %v[%e] : !vec -> tensor<128xf32>
  // The least number has no opposite.
  %least = arith.constant -9223372036854775808 : index
  // CHECK: tile.load {{.*}} inside = array<i1: false>, nonnegative = array<i1: false>}
  %tf = tile.load %v[%least] : !vec -> tensor<128xf32>
  return
}

// Masks lose the dimensions that are always inside, and are constants where none is left.
// CHECK-LABEL: @masks
// CHECK-SAME: %[[V:.*]]: !tile.view
func.func @masks(%v: !tile.view<?x50xf32, strides = [50, 1], align = 16>) -> (tensor<4x64xi1>, tensor<4x32xi1>, tensor<4x32xi1>) {
  %c0 = arith.constant 0 : index
  %p = tile.program_id 0
  // CHECK: %[[A:.*]] = tile.in_bounds %[[V]][%{{.*}}, %{{.*}}] dims [0, 1] {nonnegative = array<i1: true, true>}
  %a = tile.in_bounds %v[%p, %c0] dims [0, 1] : !tile.view<?x50xf32, strides = [50, 1], align = 16> -> tensor<4x64xi1>
  // CHECK: %[[B:.*]] = tile.in_bounds %[[V]][%{{.*}}, %{{.*}}] dims [0] {nonnegative = array<i1: true, true>}
  %b = tile.in_bounds %v[%p, %c0] dims [0, 1] : !tile.view<?x50xf32, strides = [50, 1], align = 16> -> tensor<4x32xi1>
  // CHECK: %[[T:.*]] = arith.constant dense<true> : tensor<4x32xi1>
  %d = tile.in_bounds %v[%p, %c0] dims [1] : !tile.view<?x50xf32, strides = [50, 1], align = 16> -> tensor<4x32xi1>
  // CHECK: return %[[A]], %[[B]], %[[T]]
  return %a, %b, %d : tensor<4x64xi1>, tensor<4x32xi1>, tensor<4x32xi1>
}

!rows = !tile.view<?xf32, strides = [1], align = 128>

// A remainder is below its divisor.
// CHECK-LABEL: @remainder
func.func @remainder(%p: !tile.ptr<f32>, %n: index, %m: index) {
  %v = tile.make_view %p, [%n], [] : <f32> -> !rows
  %i = tile.program_id 0
  %r = arith.remui %i, %n : index
  %q = arith.remui %i, %m : index
  // CHECK: tile.load {{.*}} inside = array<i1: true>
  %a = tile.load %v[%r] : !rows -> tensor<1xf32>
  // CHECK: tile.load {{.*}} inside = array<i1: false>
  %b = tile.load %v[%q] : !rows -> tensor<1xf32>
  return
}

// Whole steps between a lower bound and the lesser of an end and the view's: all of each step is inside.
// CHECK-LABEL: @whole_steps
func.func @whole_steps(%p: !tile.ptr<f32>, %n: index, %m: index) {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %v = tile.make_view %p, [%n], [] : <f32> -> !rows
  %lower = tile.program_id 0
  %end = arith.minsi %m, %n : index
  %distance = arith.subi %end, %lower : index
  %clamped = arith.maxsi %distance, %c0 : index
  %count = arith.divui %clamped, %c4 : index
  %steps = arith.muli %count, %c4 : index
  %upper = arith.addi %lower, %steps : index
  scf.for %i = %lower to %upper step %c4 {
    // CHECK: tile.load {{.*}} inside = array<i1: true>
    %a = tile.load %v[%i] : !rows -> tensor<1xf32>
    %last = arith.addi %i, %c3 : index
    // CHECK: tile.load {{.*}} inside = array<i1: true>
    %b = tile.load %v[%last] : !rows -> tensor<1xf32>
    %next = arith.addi %i, %c4 : index
    // CHECK: tile.load {{.*}} inside = array<i1: false>
    %c = tile.load %v[%next] : !rows -> tensor<1xf32>
  }
  // The same steps, gone over from elsewhere or by another step, end anywhere.
  scf.for %i = %c0 to %upper step %c4 {
    %last = arith.addi %i, %c3 : index
    // CHECK: tile.load {{.*}} inside = array<i1: false>
    %b = tile.load %v[%last] : !rows -> tensor<1xf32>
  }
  scf.for %i = %lower to %upper step %c3 {
    // CHECK: tile.load {{.*}} inside = array<i1: false>
    %a = tile.load %v[%i] : !rows -> tensor<1xf32>
  }
  // What is left of the last step goes one by one.
  %c1 = arith.constant 1 : index
  scf.for %i = %upper to %end step %c1 {
    // CHECK: tile.load {{.*}} inside = array<i1: true>
    %a = tile.load %v[%i] : !rows -> tensor<1xf32>
  }
  return
}

// A loop that is ahead: what lies as far back as its bounds were moved is inside, and no less far back.
// CHECK-LABEL: @ahead
func.func @ahead(%p: !tile.ptr<f32>, %n: index, %m: index) {
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %v = tile.make_view %p, [%n], [] : <f32> -> !rows
  %begin = tile.program_id 0
  %lower = arith.addi %begin, %c3 : index
  %end = arith.minsi %m, %n : index
  %upper = arith.addi %end, %c3 : index
  scf.for %i = %lower to %upper step %c1 {
    // CHECK: tile.load {{.*}} inside = array<i1: true>
    %back = arith.subi %i, %c3 : index
    %a = tile.load %v[%back] : !rows -> tensor<1xf32>
    // CHECK: tile.load {{.*}} inside = array<i1: false>, nonnegative = array<i1: true>
    %near = arith.subi %i, %c2 : index
    %b = tile.load %v[%near] : !rows -> tensor<1xf32>
    // CHECK: tile.load {{.*}} inside = array<i1: false>, nonnegative = array<i1: false>
    %before = arith.subi %i, %c4 : index
    %c = tile.load %v[%before] : !rows -> tensor<1xf32>
  }
  // Where the loop itself ends in the view, so does all that is before.
  scf.for %i = %lower to %end step %c1 {
    // CHECK: tile.load {{.*}} inside = array<i1: true>
    %back = arith.subi %i, %c1 : index
    %a = tile.load %v[%back] : !rows -> tensor<1xf32>
  }
  return
}

// Without the clamp the distance may be negative, and its unsigned quotient anything.
// CHECK-LABEL: @steps_of_unknown_sign
func.func @steps_of_unknown_sign(%p: !tile.ptr<f32>, %n: index) {
  %c4 = arith.constant 4 : index
  %v = tile.make_view %p, [%n], [] : <f32> -> !rows
  %lower = tile.program_id 0
  %distance = arith.subi %n, %lower : index
  %count = arith.divui %distance, %c4 : index
  %steps = arith.muli %count, %c4 : index
  %upper = arith.addi %lower, %steps : index
  scf.for %i = %lower to %upper step %c4 {
    // CHECK: tile.load {{.*}} inside = array<i1: false>
    %a = tile.load %v[%i] : !rows -> tensor<1xf32>
  }
  return
}
