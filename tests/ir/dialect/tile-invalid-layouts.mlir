// What layouts refuse, and ops on tiles that carry them: no op but convert_layout and scratch moves data between lanes.
// RUN: tile-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{extents of a layout are powers of two, not 3}}
#l = #tile.layout<[3], reg = [], lane = [[1]], warp = []>

// -----

// expected-error @+1 {{a layout has at most 3 dimensions}}
#l = #tile.layout<[1, 1, 1, 1], reg = [], lane = [], warp = []>

// -----

// expected-error @+1 {{a layout is of at most 2^20 elements, not 2^21}}
#l = #tile.layout<[1048576, 2], reg = [], lane = [], warp = []>

// -----

// expected-error @+1 {{a basis of a layout of rank 2 has as many coordinates, not 1}}
#l = #tile.layout<[2, 2], reg = [[1]], lane = [[0, 1]], warp = []>

// -----

// expected-error @+1 {{coordinate 4 lies outside extent 4}}
#l = #tile.layout<[4], reg = [[4]], lane = [[1], [2]], warp = []>

// -----

// expected-error @+1 {{coordinate -1 lies outside extent 4}}
#l = #tile.layout<[4], reg = [[-1]], lane = [[1], [2]], warp = []>

// -----

// expected-error @+1 {{more than 20 bases of 'lane'}}
#l = #tile.layout<[2], reg = [], lane = [[1], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0]], warp = []>

// -----

// expected-error @+1 {{more than 32 bits of register, lane and warp}}
#l = #tile.layout<[2], reg = [], lane = [[1], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0]], warp = [[0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0], [0]]>

// -----

// expected-error @+1 {{element [2] is held by no lane}}
#l = #tile.layout<[4], reg = [], lane = [[1], [0]], warp = []>

// -----

// expected-error @+1 {{register basis 0 = [0] is zero}}
#l = #tile.layout<[2], reg = [[0]], lane = [[1]], warp = []>

// -----

// expected-error @+1 {{register basis 0 = [3] is a sum of other bases}}
#l = #tile.layout<[4], reg = [[3]], lane = [[1], [2]], warp = []>

// -----

// expected-error @+1 {{expected 'lane'}}
#l = #tile.layout<[4], reg = [[1]], thread = [[2]], warp = []>

// -----

#l = #tile.layout<[4], reg = [[1]], lane = [[2]], warp = []>
// expected-error @+1 {{a layout of [4] for a tile of another shape}}
func.func private @f(tensor<2x2xf32, #l>)

// -----

func.func @f(%t: tensor<4xf32, "rows">) {
  // expected-error @+1 {{'tile.expand_dims' op a tile carries a #tile.layout or nothing, not "rows"}}
  %e = tile.expand_dims %t 0 : tensor<4xf32, "rows"> -> tensor<1x4xf32>
  return
}

// -----

#l = #tile.layout<[4], reg = [[1]], lane = [[2]], warp = []>
func.func @f(%t: tensor<4xf32, #l>) {
  // expected-error @+1 {{'tile.expand_dims' op one tile carries a layout, the other does not}}
  %e = tile.expand_dims %t 0 : tensor<4xf32, #l> -> tensor<1x4xf32>
  return
}

// -----

#l = #tile.layout<[4], reg = [[1]], lane = [[2]], warp = []>
#e = #tile.layout<[1, 4], reg = [[0, 2]], lane = [[0, 1]], warp = []>
func.func @f(%t: tensor<4xf32, #l>) {
  // expected-error @+1 {{'tile.expand_dims' op moves data between lanes; the layout should be [1, 4] reg=[[0,1]] lane=[[0,2]] warp=[]}}
  %e = tile.expand_dims %t 0 : tensor<4xf32, #l> -> tensor<1x4xf32, #e>
  return
}

// -----

#l = #tile.layout<[1, 4], reg = [[0, 1]], lane = [[0, 2]], warp = []>
#d = #tile.layout<[4], reg = [[2]], lane = [[1]], warp = []>
func.func @f(%t: tensor<1x4xf32, #l>) {
  // expected-error @+1 {{'tile.drop_dim' op moves data between lanes; the layout should be [4] reg=[[1]] lane=[[2]] warp=[]}}
  %e = tile.drop_dim %t 0 : tensor<1x4xf32, #l> -> tensor<4xf32, #d>
  return
}

// -----

#s = #tile.layout<[4, 1], reg = [[1, 0]], lane = [[2, 0]], warp = []>
#t = #tile.layout<[4, 2], reg = [[2, 0]], lane = [[1, 0]], warp = [[0, 1]]>
func.func @f(%t: tensor<4x1xf32, #s>) {
  // expected-error @+1 {{'tile.broadcast' op moves data between lanes; the layout should be [4, 1] reg=[[2,0]] lane=[[1,0]] warp=[[0,0]]}}
  %b = tile.broadcast %t : tensor<4x1xf32, #s> -> tensor<4x2xf32, #t>
  return
}

// -----

#s = #tile.layout<[1, 2], reg = [], lane = [[0, 1]], warp = []>
#t = #tile.layout<[2, 2], reg = [[1, 1]], lane = [[0, 1]], warp = []>
func.func @f(%t: tensor<1x2xf32, #s>) {
  // expected-error @+1 {{would hold each other's elements}}
  %b = tile.broadcast %t : tensor<1x2xf32, #s> -> tensor<2x2xf32, #t>
  return
}

// -----

#t = #tile.layout<[2, 4], reg = [[0, 1]], lane = [[0, 2], [1, 0]], warp = []>
#r = #tile.layout<[2], reg = [], lane = [[1], [0]], warp = []>
func.func @f(%t: tensor<2x4xf32, #t>) {
  // expected-error @+1 {{'tile.reduce' op moves data between lanes; the layout should be [2] reg=[] lane=[[0],[1]] warp=[]}}
  %r = tile.reduce sum %t 1 : tensor<2x4xf32, #t> -> tensor<2xf32, #r>
  return
}

// -----

#t = #tile.layout<[2, 2], reg = [[0, 1]], lane = [[1, 1]], warp = []>
#r = #tile.layout<[2], reg = [], lane = [[1]], warp = []>
func.func @f(%t: tensor<2x2xf32, #t>) {
  // expected-error @+1 {{a lane or warp bit moves along another dimension too}}
  %r = tile.reduce sum %t 1 : tensor<2x2xf32, #t> -> tensor<2xf32, #r>
  return
}

// -----

func.func @f(%t: tensor<2x4xf32>) {
  // expected-error @+1 {{'tile.reduce_registers' op needs tiles that carry layouts}}
  %r = tile.reduce_registers sum %t 1 : tensor<2x4xf32> -> tensor<2x2xf32>
  return
}

// -----

#t = #tile.layout<[2, 4], reg = [[0, 1]], lane = [[0, 2], [1, 0]], warp = []>
#p = #tile.layout<[2, 1], reg = [], lane = [[0, 0], [1, 0]], warp = []>
func.func @f(%t: tensor<2x4xf32, #t>) {
  // expected-error @+1 {{'tile.reduce_registers' op moves data between lanes; the layout should be [2, 2] reg=[] lane=[[0,1],[1,0]] warp=[]}}
  %r = tile.reduce_registers sum %t 1 : tensor<2x4xf32, #t> -> tensor<2x1xf32, #p>
  return
}

// -----

#t = #tile.layout<[2, 4], reg = [[0, 1]], lane = [[0, 2], [1, 0]], warp = []>
#p = #tile.layout<[2, 2], reg = [], lane = [[0, 1], [1, 0]], warp = []>
func.func @f(%t: tensor<2x4xf32, #t>) {
  // expected-error @+1 {{'tile.reduce_registers' op a tile of 'f64' from one of 'f32'}}
  %r = tile.reduce_registers sum %t 1 : tensor<2x4xf32, #t> -> tensor<2x2xf64, #p>
  return
}

// -----

#t = #tile.layout<[2, 4], reg = [[0, 1]], lane = [[0, 2], [1, 0]], warp = []>
#p = #tile.layout<[2, 2], reg = [], lane = [[0, 1], [1, 0]], warp = []>
func.func @f(%t: tensor<2x4xi1, #t>) {
  // expected-error @+1 {{'tile.reduce_registers' op combines numbers, not i1; extend them first}}
  %r = tile.reduce_registers sum %t 1 : tensor<2x4xi1, #t> -> tensor<2x2xi1, #p>
  return
}

// -----

#t = #tile.layout<[2, 4], reg = [[0, 1]], lane = [[0, 2], [1, 0]], warp = []>
#p = #tile.layout<[2, 1], reg = [], lane = [[0, 0], [1, 0]], warp = []>
func.func @f(%t: tensor<2x4xf32, #t>) {
  // expected-error @+1 {{'tile.reduce_lanes' op registers still hold several elements of dimension 1}}
  %r = tile.reduce_lanes sum %t 1 : tensor<2x4xf32, #t> -> tensor<2x1xf32, #p>
  return
}

// -----

#t = #tile.layout<[2, 2], reg = [], lane = [[0, 1], [1, 0]], warp = []>
func.func @f(%t: tensor<2x2xf32, #t>) {
  // expected-error @+1 {{'tile.reduce_lanes' op moves data between lanes; the layout should be [2, 1] reg=[] lane=[[0,0],[1,0]] warp=[]}}
  %r = tile.reduce_lanes sum %t 1 : tensor<2x2xf32, #t> -> tensor<2x2xf32, #t>
  return
}
