// What combine functions, and the ops that have them, may not be.
// RUN: tile-opt %s -split-input-file -verify-diagnostics

func.func @axis(%t: tensor<4x64xf32>) {
  // expected-error @below {{'tile.reduce_with' op axis 2 of a tile of rank 2}}
  %0 = tile.reduce_with %t axis 2 : (tensor<4x64xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    tile.yield %a : tensor<f32>
  }
  return
}

// -----

func.func @shapes(%t: tensor<4x64xf32>, %u: tensor<64xf32>) {
  // expected-error @below {{'tile.reduce_with' op has operands of different shapes or layouts}}
  %0:2 = tile.reduce_with %t, %u axis 0 : (tensor<4x64xf32>, tensor<64xf32>) -> (tensor<64xf32>, tensor<f32>) {
  ^bb0(%a: tensor<f32>, %c: tensor<f32>, %b: tensor<f32>, %d: tensor<f32>):
    tile.yield %a, %c : tensor<f32>, tensor<f32>
  }
  return
}

// -----

func.func @result(%t: tensor<4x64xf32>) {
  // expected-error @below {{'tile.reduce_with' op gives tiles of another shape or type than 'tensor<4xf32>'}}
  %0 = tile.reduce_with %t axis 1 : (tensor<4x64xf32>) -> tensor<64xf32> {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    tile.yield %a : tensor<f32>
  }
  return
}

// -----

func.func @results(%t: tensor<4x64xf32>) {
  // expected-error @below {{'tile.scan' op has other results than one for each operand}}
  %0:2 = tile.scan %t axis 1 : (tensor<4x64xf32>) -> (tensor<4x64xf32>, tensor<4x64xf32>) {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    tile.yield %a : tensor<f32>
  }
  return
}

// -----

func.func @arguments(%t: tensor<4x64xf32>) {
  // expected-error @below {{'tile.reduce_with' op has a function of other arguments than two elements of each operand and the captures}}
  %0 = tile.reduce_with %t axis 1 : (tensor<4x64xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<f32>):
    tile.yield %a : tensor<f32>
  }
  return
}

// -----

func.func @yields(%t: tensor<4x64xf32>) {
  // expected-error @below {{'tile.reduce_with' op has a function that does not yield one element of each operand}}
  %0 = tile.reduce_with %t axis 1 : (tensor<4x64xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    tile.yield %a, %b : tensor<f32>, tensor<f32>
  }
  return
}

// -----

func.func @inside(%t: tensor<4x64xf32>) {
  // expected-error @below {{'tile.reduce_with' op has 'tile.expand_dims' in its function, which combines single elements only}}
  %0 = tile.reduce_with %t axis 1 : (tensor<4x64xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = tile.expand_dims %a 0 : tensor<f32> -> tensor<1xf32>
    tile.yield %b : tensor<f32>
  }
  return
}

// -----

func.func @captures(%t: tensor<4x64xf32>, %n: index) {
  // expected-error @below {{'tile.reduce_with' op captures numbers, not 'index'}}
  %0 = tile.reduce_with %t axis 1 captures %n : (tensor<4x64xf32>, index) -> tensor<4xf32> {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>, %c: index):
    tile.yield %a : tensor<f32>
  }
  return
}

// -----

func.func @identity(%t: tensor<4x64xf32>, %n: i32) {
  // expected-error @below {{'tile.scan' op has other identities than a number of each operand's type}}
  %0 = tile.scan %t axis 1 exclusive %n : (tensor<4x64xf32>, i32) -> tensor<4x64xf32> {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    tile.yield %a : tensor<f32>
  }
  return
}

// -----

func.func @no_layout(%t: tensor<64xf32>) {
  // expected-error @below {{'tile.reduce_registers_with' op needs tiles that carry layouts}}
  %0 = tile.reduce_registers_with %t axis 0 : (tensor<64xf32>) -> tensor<1xf32> {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    tile.yield %a : tensor<f32>
  }
  return
}

// -----

#l = #tile.layout<[64], reg = [[1]], lane = [[2], [4], [8], [16], [32]], warp = []>
#r = #tile.layout<[1], reg = [], lane = [[0], [0], [0], [0], [0]], warp = []>
func.func @registers_left(%t: tensor<64xf32, #l>) {
  // expected-error @below {{'tile.reduce_lanes_with' op registers still hold several elements of dimension 0}}
  %0 = tile.reduce_lanes_with %t axis 0 : (tensor<64xf32, #l>) -> tensor<1xf32, #r> {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    tile.yield %a : tensor<f32>
  }
  return
}

// -----

// Lane bits out of order: the lane before is not the same number of lanes away everywhere.
#l = #tile.layout<[32], reg = [], lane = [[2], [1], [4], [8], [16]], warp = []>
func.func @order(%t: tensor<32xf32, #l>) {
  // expected-error @below {{its lane bits are out of order}}
  %0 = tile.scan %t axis 0 : (tensor<32xf32, #l>) -> tensor<32xf32, #l> {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    tile.yield %a : tensor<f32>
  }
  return
}

// -----

#l = #tile.layout<[64], reg = [[1]], lane = [[2], [4], [8], [16], [32]], warp = []>
func.func @one_block(%t: tensor<64xf32, #l>) {
  // expected-error @below {{'tile.scan_blocks' op gives scans and, where the dimension has several blocks, their totals}}
  %0:2 = tile.scan_blocks %t axis 0 : (tensor<64xf32, #l>) -> (tensor<64xf32, #l>, tensor<64xf32, #l>) {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    tile.yield %a : tensor<f32>
  }
  return
}

// -----

#l = #tile.layout<[64], reg = [[1]], lane = [[2], [4], [8], [16], [32]], warp = []>
func.func @nothing_to_carry(%t: tensor<64xf32, #l>) {
  // expected-error @below {{'tile.scan_carry' op has one block, and nothing to carry}}
  %0 = tile.scan_carry %t, %t axis 0 : (tensor<64xf32, #l>, tensor<64xf32, #l>) -> tensor<64xf32, #l> {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    tile.yield %a : tensor<f32>
  }
  return
}

// -----

func.func @reshape(%t: tensor<4x64xf32>) {
  // expected-error @below {{'tile.reshape' op keeps the number of elements and their type}}
  %0 = tile.reshape %t : tensor<4x64xf32> -> tensor<128xf32>
  return
}

// -----

#a = #tile.layout<[4, 2], reg = [[0, 1]], lane = [[1, 0], [2, 0]], warp = []>
#b = #tile.layout<[8], reg = [[4]], lane = [[1], [2]], warp = []>
func.func @reshape_moves(%t: tensor<4x2xf32, #a>) {
  // expected-error @below {{'tile.reshape' op moves data between lanes; the layout should be [8] reg=[[1]] lane=[[2],[4]] warp=[]}}
  %0 = tile.reshape %t : tensor<4x2xf32, #a> -> tensor<8xf32, #b>
  return
}

// -----

func.func @order_twice(%t: tensor<4x64xf32>) {
  // expected-error @below {{'tile.transpose' op names each of the 2 dimensions once}}
  %0 = tile.transpose %t [0, 0] : tensor<4x64xf32> -> tensor<4x4xf32>
  return
}

// -----

func.func @not_transposed(%t: tensor<4x64xf32>) {
  // expected-error @below {{'tile.transpose' op changes the order of dimensions and nothing else}}
  %0 = tile.transpose %t [1, 0] : tensor<4x64xf32> -> tensor<4x64xf32>
  return
}

// -----

func.func @not_doubled(%t: tensor<4x64xf32>) {
  // expected-error @below {{'tile.concat' op doubles or halves dimension 1 and changes nothing else}}
  %0 = tile.concat %t, %t 1 : tensor<4x64xf32> -> tensor<8x64xf32>
  return
}

// -----

#a = #tile.layout<[4], reg = [[1]], lane = [[2]], warp = []>
#b = #tile.layout<[2], reg = [[1]], lane = [[0]], warp = []>
func.func @halves_in_lanes(%t: tensor<4xf32, #a>) {
  // expected-error @below {{'tile.split' op moves data between lanes; its halves lie in other lanes or warps}}
  %0:2 = tile.split %t 0 : tensor<4xf32, #a> -> tensor<2xf32, #b>
  return
}
