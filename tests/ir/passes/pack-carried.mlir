// Halves of a word cross the borders of loops and branches as that word.
// RUN: tile-opt %s -pass-pipeline='builtin.module(func.func(lane-pack-carried))' | FileCheck %s

// Of the four that the loop carries the first two come from one word; the third and fourth do not.
// CHECK-LABEL: @loop
// CHECK: %[[FIRST:.*]]:2 = lane.load
// CHECK: %[[V0:.*]] = llvm.insertelement %[[FIRST]]#0, %{{.*}} : vector<2xbf16>
// CHECK: %[[V1:.*]] = llvm.insertelement %[[FIRST]]#1, %[[V0]]
// CHECK: %[[W:.*]] = llvm.bitcast %[[V1]] : vector<2xbf16> to i32
// CHECK: scf.for {{.*}} iter_args(%[[C:.*]] = %[[W]], %{{.*}} = %{{.*}}, %{{.*}} = %{{.*}}) -> (i32, bf16, bf16)
// CHECK:   %[[H:.*]] = llvm.bitcast %[[C]] : i32 to vector<2xbf16>
// CHECK:   %[[LOW:.*]] = llvm.extractelement %[[H]]
// CHECK:   %[[HIGH:.*]] = llvm.extractelement %[[H]]
// CHECK:   arith.addf %[[LOW]], %[[HIGH]]
// CHECK:   scf.yield %{{.*}}, %{{.*}}, %{{.*}} : i32, bf16, bf16
func.func @loop(%p: !tile.ptr<bf16>, %lane: i32, %n: index) -> (bf16, bf16, bf16, bf16) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a:2 = lane.load per_lane %p[%c0, %lane] {align = 4, offset = 0} : (!tile.ptr<bf16>, index, i32) -> (bf16, bf16)
  %b = lane.load per_lane %p[%c0, %lane] {align = 2, offset = 0} : (!tile.ptr<bf16>, index, i32) -> bf16
  %r:4 = scf.for %i = %c0 to %n step %c1 iter_args(%x = %a#0, %y = %a#1, %z = %b, %w = %b) -> (bf16, bf16, bf16, bf16) {
    %next:2 = lane.load per_lane %p[%i, %lane] {align = 4, offset = 0} : (!tile.ptr<bf16>, index, i32) -> (bf16, bf16)
    %sum = arith.addf %x, %y : bf16
    scf.yield %next#0, %next#1, %sum, %z : bf16, bf16, bf16, bf16
  }
  return %r#0, %r#1, %r#2, %r#3 : bf16, bf16, bf16, bf16
}

// One branch has a word, the other two numbers.
// CHECK-LABEL: @branch
// CHECK: %[[R:.*]] = scf.if %{{.*}} -> (i32)
// CHECK: } else {
// CHECK: llvm.bitcast %{{.*}} : vector<2xf16> to i32
// CHECK: %[[H:.*]] = llvm.bitcast %[[R]] : i32 to vector<2xf16>
func.func @branch(%p: !tile.ptr<f16>, %lane: i32, %any: i1) -> (f16, f16) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f16
  %r:2 = scf.if %any -> (f16, f16) {
    %a:2 = lane.load per_lane %p[%c0, %lane] {align = 4, offset = 0} : (!tile.ptr<f16>, index, i32) -> (f16, f16)
    scf.yield %a#0, %a#1 : f16, f16
  } else {
    scf.yield %zero, %zero : f16, f16
  }
  return %r#0, %r#1 : f16, f16
}

// Tiles that go round in an inner loop begin as words of the outer one; f32 is a word by itself.
// CHECK-LABEL: @round
// CHECK: scf.for {{.*}} -> (i32, f32)
// CHECK:   scf.for {{.*}} -> (i32, i32)
// CHECK:     scf.yield %{{.*}}, %{{.*}} : i32, i32
func.func @round(%p: !tile.ptr<bf16>, %lane: i32, %n: index) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant 0.0 : f32
  %a:2 = lane.load per_lane %p[%c0, %lane] {align = 4, offset = 0} : (!tile.ptr<bf16>, index, i32) -> (bf16, bf16)
  %r:3 = scf.for %i = %c0 to %n step %c1 iter_args(%x = %a#0, %y = %a#1, %s = %zero) -> (bf16, bf16, f32) {
    %b:2 = lane.load per_lane %p[%i, %lane] {align = 4, offset = 0} : (!tile.ptr<bf16>, index, i32) -> (bf16, bf16)
    %t:4 = scf.for %j = %c0 to %c2 step %c1 iter_args(%k = %x, %l = %y, %m = %b#0, %o = %b#1) -> (bf16, bf16, bf16, bf16) {
      scf.yield %m, %o, %k, %l : bf16, bf16, bf16, bf16
    }
    %u = arith.extf %t#0 : bf16 to f32
    %v = arith.addf %s, %u : f32
    scf.yield %b#0, %b#1, %v : bf16, bf16, f32
  }
  return %r#2 : f32
}

// What comes from two words stays as it is.
// CHECK-LABEL: @apart
// CHECK-NOT: llvm.
// CHECK: scf.for {{.*}} -> (bf16, bf16)
func.func @apart(%p: !tile.ptr<bf16>, %lane: i32, %n: index) -> (bf16, bf16) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a:2 = lane.load per_lane %p[%c0, %lane] {align = 4, offset = 0} : (!tile.ptr<bf16>, index, i32) -> (bf16, bf16)
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%x = %a#1, %y = %a#0) -> (bf16, bf16) {
    scf.yield %y, %x : bf16, bf16
  }
  return %r#0, %r#1 : bf16, bf16
}
