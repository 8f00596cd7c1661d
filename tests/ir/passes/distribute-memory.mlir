// Accesses on a machine whose lanes are threads: width, address, masks and owners.
// RUN: tile-opt %s -tile-distribute -canonicalize -cse | FileCheck %s

#gpu = #tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>
#wide = #tile.layout<[2, 512], reg = [[0, 1], [0, 2], [0, 4], [0, 256]], lane = [[0, 8], [0, 16], [0, 32], [0, 64], [0, 128]], warp = [[1, 0]]>
#narrow = #tile.layout<[2, 32], reg = [], lane = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16]], warp = [[1, 0]]>
#pairs = #tile.layout<[64], reg = [[1]], lane = [[2], [4], [8], [16], [32]], warp = [[0]]>
#rows = #tile.layout<[4, 32], reg = [[2, 0]], lane = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16]], warp = [[1, 0]]>
#few = #tile.layout<[4], reg = [], lane = [[1], [2], [0], [0], [0]], warp = [[0]]>
#token = #tile.layout<[1, 1, 32], reg = [], lane = [[0, 0, 1], [0, 0, 2], [0, 0, 4], [0, 0, 8], [0, 0, 16]], warp = [[0, 0, 0]]>
#gray = #tile.layout<[32], reg = [], lane = [[1], [3], [6], [12], [24]], warp = []>

!full = !tile.view<2x512xbf16, strides = [512, 1], align = 16>
!rest = !tile.view<?x504xbf16, strides = [504, 1], align = 16>
!flat = !tile.view<?xf32, strides = [1], align = 16>
!dyn = !tile.view<4x32xf32, strides = [?, 1], align = 16>
!tall = !tile.view<100x32xf32, strides = [32, 1], align = 16>
!tokens = !tile.view<?x?x32xf32, strides = [64, 32, 1], align = 16>
!huge = !tile.view<4x32xf32, strides = [1073741824, 1], align = 16>
module attributes {tile.target = #gpu} {

// 8 bf16, 16 bytes, an access: two for each lane; a warp a row. What registers add is a constant.
// CHECK-LABEL: @wide
func.func @wide(%p: !tile.ptr<bf16>) {
  %c0 = arith.constant 0 : index
  // CHECK-DAG: %[[W:.*]] = lane.warp_id
  // CHECK-DAG: %[[WO:.*]] = arith.muli %[[W]], %c512_i32
  // CHECK-DAG: %[[L:.*]] = lane.id : i32
  // CHECK-DAG: %[[LO:.*]] = arith.muli %[[L]], %c8_i32
  // CHECK: %[[O:.*]] = arith.addi %[[WO]], %[[LO]] : i32
  // CHECK: %[[A:.*]]:8 = lane.load per_lane %{{.*}}[%c0, %[[O]]] {align = 16 : i64, offset = 0 : i64}
  // CHECK: %[[B:.*]]:8 = lane.load per_lane %{{.*}}[%c0, %[[O]]] {align = 16 : i64, offset = 256 : i64}
  // CHECK-NOT: mask
  // CHECK: lane.store per_lane %[[A]]#0, %[[A]]#1, {{.*}} %[[A]]#7 to
  // CHECK: lane.store per_lane %[[B]]#0, %[[B]]#1, {{.*}} %[[B]]#7 to
  %v = tile.make_view %p, [], [] : !tile.ptr<bf16> -> !full
  %t = tile.load %v[%c0, %c0] {aligned = 8, inside = array<i1: true, true>} : !full -> tensor<2x512xbf16, #wide>
  tile.store %t, %v[%c0, %c0] {aligned = 8, inside = array<i1: true, true>} : tensor<2x512xbf16, #wide>, !full
  return
}

// A tail of rows and columns: one test each, shared by all 8 elements of an access since 504 is a multiple of 8.
// CHECK-LABEL: @tail
// CHECK-SAME: %[[P:[^:]*]]: !tile.ptr<bf16>, %[[N:[^:]*]]: index, %[[R:[^:]*]]: index
func.func @tail(%p: !tile.ptr<bf16>, %n: index, %r: index) {
  %c0 = arith.constant 0 : index
  // CHECK: %[[W:.*]] = lane.warp_id
  // CHECK: %[[LEFT:.*]] = arith.subi %[[N]], %[[R]] : index
  // CHECK: %[[SOME:.*]] = arith.maxsi %[[LEFT]], %c0
  // CHECK: %[[FEW:.*]] = arith.minsi %[[SOME]], %c2
  // CHECK: %[[ROWS:.*]] = arith.index_cast %[[FEW]] : index to i32
  // CHECK: %[[L:.*]] = lane.id
  // CHECK: %[[C:.*]] = arith.muli %[[L]], %c8_i32
  // CHECK: %[[BASE:.*]] = arith.muli %[[R]], %c504 : index
  // CHECK: %[[IN0:.*]] = arith.cmpi slt, %[[W]], %[[ROWS]]
  // CHECK: %[[IN1:.*]] = arith.cmpi slt, %[[C]], %c504_i32
  // CHECK: %[[M:.*]] = arith.andi %[[IN0]], %[[IN1]] : i1
  // CHECK: lane.load per_lane %[[P]][%[[BASE]], %{{.*}}] mask %[[M]] {align = 16 : i64, offset = 0 : i64}
  // CHECK: %[[IN2:.*]] = arith.cmpi slt, %[[C]], %c248_i32
  // CHECK: %[[M2:.*]] = arith.andi %[[IN0]], %[[IN2]] : i1
  // CHECK: lane.load per_lane %[[P]][%[[BASE]], %{{.*}}] mask %[[M2]] {align = 16 : i64, offset = 256 : i64}
  // CHECK: lane.store per_lane {{.*}} mask %[[M]] {align = 16 : i64, offset = 0 : i64}
  %v = tile.make_view %p, [%n], [] : !tile.ptr<bf16> -> !rest
  %t = tile.load %v[%r, %c0] {aligned = 8, inside = array<i1: false, false>, nonnegative = array<i1: true, true>} : !rest -> tensor<2x512xbf16, #wide>
  tile.store %t, %v[%r, %c0] {aligned = 8, inside = array<i1: false, false>, nonnegative = array<i1: true, true>} : tensor<2x512xbf16, #wide>, !rest
  return
}

// Odd alignment: an element an access, each with a test of its own. The second half of the lanes' warps holds copies,
// and of those that do only one stores.
// CHECK-LABEL: @odd
func.func @odd(%p: !tile.ptr<f32>, %n: index) {
  %c0 = arith.constant 0 : index
  // CHECK: %[[C:.*]] = arith.muli %{{.*}}, %c2_i32
  // CHECK: %[[N:.*]] = arith.index_cast
  // CHECK: %[[M0:.*]] = arith.cmpi slt, %[[C]], %[[N]]
  // CHECK: %[[X0:.*]] = lane.load per_lane %{{.*}}[%c0, %[[C]]] mask %[[M0]] {align = 4 : i64, offset = 0 : i64} : {{.*}} -> f32
  // CHECK: %[[N1:.*]] = arith.subi %[[N]], %c1_i32
  // CHECK: %[[M1:.*]] = arith.cmpi slt, %[[C]], %[[N1]]
  // CHECK: %[[X1:.*]] = lane.load per_lane %{{.*}}[%c0, %[[C]]] mask %[[M1]] {align = 4 : i64, offset = 1 : i64} : {{.*}} -> f32
  // CHECK: %[[W:.*]] = lane.warp_id
  // CHECK: %[[B:.*]] = arith.andi %[[W]], %c1_i32
  // CHECK: %[[OWN:.*]] = arith.cmpi eq, %[[B]], %c0_i32
  // CHECK: %[[S0:.*]] = arith.andi %[[M0]], %[[OWN]]
  // CHECK: lane.store per_lane %[[X0]] to %{{.*}} mask %[[S0]]
  // CHECK: %[[S1:.*]] = arith.andi %[[M1]], %[[OWN]]
  // CHECK: lane.store per_lane %[[X1]] to %{{.*}} mask %[[S1]]
  %v = tile.make_view %p, [%n], [] : !tile.ptr<f32> -> !flat
  %t = tile.load %v[%c0] {aligned = 1, inside = array<i1: false>, nonnegative = array<i1: true>} : !flat -> tensor<64xf32, #pairs>
  tile.store %t, %v[%c0] {aligned = 1, inside = array<i1: false>, nonnegative = array<i1: true>} : tensor<64xf32, #pairs>, !flat
  return
}

// A stride known at run time: what lanes add is 64 bits wide, what registers add goes to the base.
// CHECK-LABEL: @strided
// CHECK-SAME: %[[P:[^:]*]]: !tile.ptr<f32>, %[[S:[^:]*]]: index
func.func @strided(%p: !tile.ptr<f32>, %s: index) {
  %c0 = arith.constant 0 : index
  // CHECK: %[[W:.*]] = arith.extui %{{.*}} : i32 to i64
  // CHECK: %[[S64:.*]] = arith.index_cast %[[S]] : index to i64
  // CHECK: %[[WS:.*]] = arith.muli %[[W]], %[[S64]] : i64
  // CHECK: %[[L:.*]] = arith.extui %{{.*}} : i32 to i64
  // CHECK: %[[O:.*]] = arith.addi %[[WS]], %[[L]] : i64
  // CHECK: lane.load per_lane %[[P]][%c0, %[[O]]] {align = 4 : i64, offset = 0 : i64}
  // CHECK: %[[S2:.*]] = arith.muli %[[S]], %c2 : index
  // CHECK: lane.load per_lane %[[P]][%[[S2]], %[[O]]] {align = 4 : i64, offset = 0 : i64}
  %v = tile.make_view %p, [], [%s] : !tile.ptr<f32> -> !dyn
  %t = tile.load %v[%c0, %c0] {aligned = 1, inside = array<i1: true, true>} : !dyn -> tensor<4x32xf32, #rows>
  tile.store %t, %v[%c0, %c0] {aligned = 1, inside = array<i1: true, true>} : tensor<4x32xf32, #rows>, !dyn
  return
}

// So it is where the tile spans more than 31 bits of elements.
// CHECK-LABEL: @huge
func.func @huge(%p: !tile.ptr<f32>) {
  %c0 = arith.constant 0 : index
  // CHECK: %[[WS:.*]] = arith.muli %{{.*}}, %c1073741824_i64 : i64
  // CHECK: lane.load per_lane %{{.*}}[%c0, %{{.*}}] {align = 4 : i64, offset = 0 : i64} : (!tile.ptr<f32>, index, i64)
  // CHECK: lane.load per_lane %{{.*}}[%c0, %{{.*}}] {align = 4 : i64, offset = 2147483648 : i64} : (!tile.ptr<f32>, index, i64)
  %v = tile.make_view %p, [], [] : !tile.ptr<f32> -> !huge
  %t = tile.load %v[%c0, %c0] {aligned = 1, inside = array<i1: true, true>} : !huge -> tensor<4x32xf32, #rows>
  tile.store %t, %v[%c0, %c0] {aligned = 1, inside = array<i1: true, true>} : tensor<4x32xf32, #rows>, !huge
  return
}

// Of eight lanes and two warps with the same element one stores it.
// CHECK-LABEL: @owners
func.func @owners(%p: !tile.ptr<f32>) {
  %c0 = arith.constant 0 : index
  // CHECK: %[[L:.*]] = lane.id
  // CHECK: %[[O:.*]] = arith.andi %[[L]], %c3_i32
  // CHECK: %[[LF:.*]] = arith.andi %[[L]], %c28_i32
  // CHECK: %[[L0:.*]] = arith.cmpi eq, %[[LF]], %c0_i32
  // CHECK: %[[WF:.*]] = arith.andi %{{.*}}, %c1_i32
  // CHECK: %[[W0:.*]] = arith.cmpi eq, %[[WF]], %c0_i32
  // CHECK: %[[M:.*]] = arith.andi %[[L0]], %[[W0]]
  // CHECK: lane.store per_lane %cst to %{{.*}}[%c0, %[[O]]] mask %[[M]]
  %v = tile.make_view %p, [%c0], [] : !tile.ptr<f32> -> !flat
  %z = arith.constant dense<0.0> : tensor<4xf32, #few>
  tile.store %z, %v[%c0] {aligned = 4, inside = array<i1: true>} : tensor<4xf32, #few>, !flat
  return
}

// A tile that may start before its view is masked at both ends, and so is its mask.
// CHECK-LABEL: @before
// CHECK-SAME: %[[P:[^:]*]]: !tile.ptr<f32>, %[[N:[^:]*]]: index
func.func @before(%p: !tile.ptr<f32>, %n: index) {
  %c0 = arith.constant 0 : index
  // CHECK: %[[W:.*]] = lane.warp_id
  // CHECK: %[[BEFORE:.*]] = arith.subi %c0, %[[N]] : index
  // CHECK: %[[B1:.*]] = arith.maxsi %[[BEFORE]], %c0
  // CHECK: %[[B2:.*]] = arith.minsi %[[B1]], %c2
  // CHECK: %[[FIRST:.*]] = arith.index_cast %[[B2]] : index to i32
  // CHECK: %[[LEFT:.*]] = arith.subi %c100, %[[N]] : index
  // CHECK: %[[LIMIT:.*]] = arith.index_cast %{{.*}} : index to i32
  // CHECK: %[[BELOW:.*]] = arith.cmpi slt, %[[W]], %[[LIMIT]]
  // CHECK: %[[FROM:.*]] = arith.cmpi sge, %[[W]], %[[FIRST]]
  // CHECK: %[[M:.*]] = arith.andi %[[FROM]], %[[BELOW]]
  // CHECK: %[[X:.*]] = lane.load per_lane {{.*}} mask %[[M]]
  // CHECK: %[[Y:.*]] = arith.select %[[M]], %[[X]], %cst
  // CHECK: lane.store per_lane %[[Y]]
  %v = tile.make_view %p, [], [] : !tile.ptr<f32> -> !tall
  %t = tile.load %v[%n, %c0] {aligned = 1, inside = array<i1: false, true>} : !tall -> tensor<2x32xf32, #narrow>
  %m = tile.in_bounds %v[%n, %c0] dims [0] : !tall -> tensor<2x32xi1, #narrow>
  %z = arith.constant dense<1.0> : tensor<2x32xf32, #narrow>
  %s = arith.select %m, %t, %z : tensor<2x32xi1, #narrow>, tensor<2x32xf32, #narrow>
  tile.store %s, %v[%c0, %c0] {aligned = 1, inside = array<i1: true, true>} : tensor<2x32xf32, #narrow>, !tall
  return
}

// The accesses of a loop's unrolled steps share a base, whose first summand is made before the loop; numbers go to the
// offset. A row that is one for all lanes is tested as it is.
// CHECK-LABEL: @steps
// CHECK-SAME: %[[P:[^:]*]]: !tile.ptr<f32>, %[[B:[^:]*]]: index, %[[N:[^:]*]]: index
func.func @steps(%p: !tile.ptr<f32>, %b: index, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %v = tile.make_view %p, [%b, %n], [] : !tile.ptr<f32> -> !tokens
  // CHECK: %[[FIXED:.*]] = arith.muli %[[B]], %c64 : index
  // CHECK: scf.for %[[T:.*]] = %c0 to %[[N]]
  scf.for %t = %c0 to %n step %c1 {
    // CHECK: %[[MOVES:.*]] = arith.muli %[[T]], %c32 : index
    // CHECK: %[[BASE:.*]] = arith.addi %[[FIXED]], %[[MOVES]] : index
    // CHECK: %[[X:.*]] = lane.load per_lane %[[P]][%[[BASE]], %{{.*}}] {align = 4 : i64, offset = 0 : i64}
    %x = tile.load %v[%b, %t, %c0] {aligned = 1, inside = array<i1: true, true, true>} : !tokens -> tensor<1x1x32xf32, #token>
    // CHECK: %[[NEXT:.*]] = arith.addi %[[T]], %c3 : index
    // CHECK: %[[M:.*]] = arith.cmpi slt, %[[NEXT]], %[[N]] : index
    // CHECK: %[[Y:.*]] = lane.load per_lane %[[P]][%[[BASE]], %{{.*}}] mask %[[M]] {align = 4 : i64, offset = 96 : i64}
    %next = arith.addi %t, %c3 : index
    %y = tile.load %v[%b, %next, %c0] {aligned = 1, inside = array<i1: true, false, true>, nonnegative = array<i1: true, true, true>} : !tokens -> tensor<1x1x32xf32, #token>
    // CHECK: %[[BACK:.*]] = arith.subi %[[T]], %c1 : index
    // CHECK: %[[LAST:.*]] = arith.cmpi slt, %[[BACK]], %[[N]] : index
    // CHECK: %[[FIRST:.*]] = arith.cmpi sge, %[[BACK]], %c0 : index
    // CHECK: %[[BOTH:.*]] = arith.andi %[[FIRST]], %[[LAST]] : i1
    // CHECK: lane.store per_lane %{{.*}} to %[[P]][%[[BASE]], %{{.*}}] mask %{{.*}} {align = 4 : i64, offset = -32 : i64}
    %before = arith.subi %t, %c1 : index
    %z = arith.addf %x, %y : tensor<1x1x32xf32, #token>
    tile.store %z, %v[%b, %before, %c0] {aligned = 1, inside = array<i1: true, false, true>, nonnegative = array<i1: true, false, true>} : tensor<1x1x32xf32, #token>, !tokens
  }
  return
}

// Without what the analysis finds nothing is taken for granted.
// CHECK-LABEL: @unknown
func.func @unknown(%p: !tile.ptr<bf16>, %n: index) {
  %c0 = arith.constant 0 : index
  // CHECK-COUNT-16: lane.load per_lane {{.*}} mask {{.*}} {align = 2 : i64
  // CHECK-NOT: lane.load
  // CHECK-COUNT-16: lane.store per_lane {{.*}} mask {{.*}} {align = 2 : i64
  %v = tile.make_view %p, [%n], [] : !tile.ptr<bf16> -> !rest
  %t = tile.load %v[%n, %n] : !rest -> tensor<2x512xbf16, #wide>
  tile.store %t, %v[%n, %n] : tensor<2x512xbf16, #wide>, !rest
  return
}

// Lanes in Gray code: bits that several lane bits move are xored.
// CHECK-LABEL: @gray
func.func @gray(%p: !tile.ptr<f32>) {
  %c0 = arith.constant 0 : index
  // CHECK: lane.id
  // CHECK: arith.xori
  // CHECK-NOT: arith.ori
  // CHECK: lane.load per_lane
  %v = tile.make_view %p, [%c0], [] : !tile.ptr<f32> -> !flat
  %t = tile.load %v[%c0] {aligned = 4, inside = array<i1: true>} : !flat -> tensor<32xf32, #gray>
  tile.store %t, %v[%c0] {aligned = 4, inside = array<i1: true>} : tensor<32xf32, #gray>, !flat
  return
}
}
