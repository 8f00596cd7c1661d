// What the ops of the lane dialect refuse, and in which words.
// RUN: tile-opt %s -split-input-file -verify-diagnostics

// expected-error @+2 {{'lane.id' op result #0 must be an integer lane value, but got 'f32'}}
func.func @f() {
  %0 = lane.id : f32
  return
}

// -----

// expected-error @+2 {{'lane.id' op result #0 must be an integer lane value, but got 'vector<4x4xi32>'}}
func.func @f() {
  %0 = lane.id : vector<4x4xi32>
  return
}

// -----

func.func @f(%x: f32) {
  // expected-error @+1 {{'lane.splat' op a value of 'f32' as lanes of 'vector<16xf64>'}}
  %0 = lane.splat %x : f32 -> vector<16xf64>
  return
}

// -----

func.func @f(%x: index) {
  // expected-error @+1 {{'lane.splat' op operand #0 must be signless integer or floating-point, but got 'index'}}
  %0 = lane.splat %x : index -> vector<16xi64>
  return
}

// -----

func.func @f(%x: vector<16xf32>) {
  // expected-error @+1 {{'lane.first' op lanes of 'vector<16xf32>' as a value of 'i32'}}
  %0 = lane.first %x : vector<16xf32> -> i32
  return
}

// -----

func.func @f(%x: f32) {
  // expected-error @+1 {{'lane.shuffle_xor' op mask 32 in a warp of 32 lanes}}
  %0 = lane.shuffle_xor %x, 32 : f32
  return
}

// -----

func.func @f(%x: vector<8xf32>) {
  // expected-error @+1 {{'lane.shuffle_xor' op mask 8 in a warp of 8 lanes}}
  %0 = lane.shuffle_xor %x, 8 : vector<8xf32>
  return
}

// -----

func.func @f(%x: f32) {
  // expected-error @+1 {{'lane.shuffle_xor' op attribute 'mask' failed to satisfy constraint: 32-bit signless integer attribute whose value is positive}}
  %0 = lane.shuffle_xor %x, 0 : f32
  return
}

// -----

func.func @f(%x: vector<4xf32>) {
  // expected-error @+1 {{'lane.permute' op has 2 sources for 4 lanes}}
  %0 = lane.permute %x, [0, 1] : vector<4xf32>
  return
}

// -----

func.func @f(%x: f32) {
  // expected-error @+1 {{'lane.permute' op source lane 4 in a warp of 4 lanes}}
  %0 = lane.permute %x, [0, 1, 2, 4] : f32
  return
}

// -----

func.func @f(%x: f32) {
  // expected-error @+1 {{'lane.permute' op source lane -1 in a warp of 4 lanes}}
  %0 = lane.permute %x, [0, 1, 2, -1] : f32
  return
}

// -----

func.func @f(%x: f32) {
  // expected-error @+1 {{'lane.permute' op the source lanes are no affine map of the lane's bits}}
  %0 = lane.permute %x, [0, 1, 3, 3] : f32
  return
}

// -----

func.func @f(%x: f32) {
  // expected-error @+1 {{'lane.permute' op the source lanes are no affine map of the lane's bits}}
  %0 = lane.permute %x, [0, 1, 2] : f32
  return
}

// -----

func.func @f(%p: !tile.ptr<f32>, %b: index) {
  // expected-error @+1 {{'lane.load' op accesses no value}}
  "lane.load"(%p, %b) {kind = #lane<access contiguous>, offset = 0 : i64, align = 4 : i64, operandSegmentSizes = array<i32: 1, 1, 0, 0>} : (!tile.ptr<f32>, index) -> ()
  return
}

// -----

func.func @f(%p: !tile.ptr<f32>, %b: index, %l: i32) {
  // expected-error @+1 {{'lane.load' op the values of one access have one type}}
  %0:2 = lane.load per_lane %p[%b, %l] {align = 4, offset = 0} : (!tile.ptr<f32>, index, i32) -> (f32, i32)
  return
}

// -----

func.func @f(%p: !tile.ptr<f32>, %b: index, %l: i32) {
  // expected-error @+1 {{'lane.load' op accesses a power of two of values, not 3}}
  %0:3 = lane.load per_lane %p[%b, %l] {align = 4, offset = 0} : (!tile.ptr<f32>, index, i32) -> (f32, f32, f32)
  return
}

// -----

func.func @f(%p: !tile.ptr<bf16>, %b: index, %l: i32) {
  // expected-error @+1 {{'lane.load' op values of 'f32' at a pointer to 'bf16'}}
  %0 = lane.load per_lane %p[%b, %l] {align = 4, offset = 0} : (!tile.ptr<bf16>, index, i32) -> f32
  return
}

// -----

func.func @f(%p: !tile.ptr<f32>, %b: index) {
  // expected-error @+1 {{'lane.load' op a contiguous or uniform access has one value, not 2}}
  %0:2 = lane.load uniform %p[%b] {align = 4, offset = 0} : (!tile.ptr<f32>, index) -> (f32, f32)
  return
}

// -----

func.func @f(%p: !tile.ptr<f32>, %b: index) {
  // expected-error @+1 {{'lane.load' op a lane offset is given for per_lane, and only there}}
  %0 = lane.load per_lane %p[%b] {align = 4, offset = 0} : (!tile.ptr<f32>, index) -> f32
  return
}

// -----

func.func @f(%p: !tile.ptr<f32>, %b: index, %l: i32) {
  // expected-error @+1 {{'lane.load' op a lane offset is given for per_lane, and only there}}
  %0 = lane.load uniform %p[%b, %l] {align = 4, offset = 0} : (!tile.ptr<f32>, index, i32) -> f32
  return
}

// -----

func.func @f(%p: !tile.ptr<f32>, %b: index) {
  // expected-error @+1 {{'lane.load' op a contiguous access is of a vector, not of 'f32'}}
  %0 = lane.load contiguous %p[%b] {align = 4, offset = 0} : (!tile.ptr<f32>, index) -> f32
  return
}

// -----

func.func @f(%p: !tile.ptr<f32>, %b: index, %v: vector<16xf32>) {
  // expected-error @+1 {{'lane.store' op a uniform access is of a scalar, not of 'vector<16xf32>'}}
  lane.store uniform %v to %p[%b] {align = 4, offset = 0} : vector<16xf32>, !tile.ptr<f32>, index
  return
}

// -----

func.func @f(%p: !tile.ptr<f32>, %b: index, %v: vector<16xf32>, %m: i1) {
  // expected-error @+1 {{'lane.store' op a mask of 'i1' for values of 'vector<16xf32>'}}
  lane.store contiguous %v to %p[%b] mask %m {align = 4, offset = 0} : vector<16xf32>, !tile.ptr<f32>, index, i1
  return
}

// -----

func.func @f(%p: !tile.ptr<f32>, %b: index, %l: i32, %v: vector<16xf32>) {
  // expected-error @+1 {{'lane.store' op a lane offset of 'i32' for values of 'vector<16xf32>'}}
  lane.store per_lane %v to %p[%b, %l] {align = 4, offset = 0} : vector<16xf32>, !tile.ptr<f32>, index, i32
  return
}

// -----

func.func @f(%p: !tile.ptr<f32>, %b: index, %v: vector<16xf32>) {
  // expected-error @+1 {{'lane.store' op align is a power of two, not 6}}
  lane.store contiguous %v to %p[%b] {align = 6, offset = 0} : vector<16xf32>, !tile.ptr<f32>, index
  return
}

// -----

func.func @f(%p: !tile.ptr<f32>, %b: index, %v: vector<16xf32>) {
  // expected-error @+2 {{expected ::tile::lane::AccessKind to be one of: per_lane, contiguous, uniform}}
  // expected-error @+1 {{failed to parse}}
  lane.store strided %v to %p[%b] {align = 4, offset = 0} : vector<16xf32>, !tile.ptr<f32>, index
  return
}

// -----

func.func @f(%l: i32) {
  // expected-error @+1 {{'lane.scratch_load' op the values of one access have one type}}
  %0:2 = lane.scratch_load %l {offset = 0} : i32 -> f32, i32
  return
}

// -----

func.func @f(%l: i32) {
  // expected-error @+1 {{'lane.scratch_load' op accesses a power of two of values, not 3}}
  %0:3 = lane.scratch_load %l {offset = 0} : i32 -> f32, f32, f32
  return
}

// -----

func.func @f(%l: i32) {
  // expected-error @+1 {{'lane.scratch_load' op offset is not negative, but -4 is}}
  %0 = lane.scratch_load %l {offset = -4} : i32 -> f32
  return
}

// -----

func.func @f(%l: i32) {
  // expected-error @+1 {{'lane.scratch_load' op a lane offset of 'i32' for values of 'vector<16xf32>'}}
  %0 = lane.scratch_load %l {offset = 0} : i32 -> vector<16xf32>
  return
}

// -----

func.func @f(%l: i32, %x: f32, %m: vector<4xi1>) {
  // expected-error @+1 {{'lane.scratch_store' op a mask of 'vector<4xi1>' for values of 'f32'}}
  lane.scratch_store %x to %l mask %m {offset = 0} : f32, i32, vector<4xi1>
  return
}

// -----

func.func @f(%l: i32) {
  // expected-error @+1 {{'lane.scratch_store' op accesses no value}}
  "lane.scratch_store"(%l) {offset = 0 : i64, operandSegmentSizes = array<i32: 0, 1, 0>} : (i32) -> ()
  return
}
