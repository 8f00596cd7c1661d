//===- RearrangeOps.td - tiles in another shape, put together and taken apart -----------------------------------===//
#ifndef TILE_REARRANGE_OPS
#define TILE_REARRANGE_OPS

def Tile_ReshapeOp : Tile_Op<"reshape", [Pure]> {
  let summary = "The same elements, in row-major order, in another shape";
  let description = [{
    Example: `%t = tile.reshape %m : tensor<4x64xf32> -> tensor<16x16xf32>`
  }];
  let arguments = (ins Tile_AnyTile:$source);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Tile_TransposeOp : Tile_Op<"transpose", [Pure]> {
  let summary = "Dimensions in another order";
  let description = [{
    Dimension d of the result is dimension `order[d]` of the source.
    Example: `%t = tile.transpose %m [1, 0] : tensor<4x64xf32> -> tensor<64x4xf32>`
  }];
  let arguments = (ins Tile_AnyTile:$source, DenseI64ArrayAttr:$order);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "$source $order attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Tile_ConcatOp : Tile_Op<"concat", [Pure, AllTypesMatch<["low", "high"]>]> {
  let summary = "Two tiles of one type behind each other along a dimension";
  let description = [{
    With layouts, the halves of the result lie in registers of their own.
    Example: `%t = tile.concat %a, %b 1 : tensor<4x64xf32> -> tensor<4x128xf32>`
  }];
  let arguments = (ins Tile_AnyTile:$low, Tile_AnyTile:$high, Tile_Axis:$axis);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "$low `,` $high $axis attr-dict `:` type($low) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_SplitOp : Tile_Op<"split", [Pure, AllTypesMatch<["low", "high"]>]> {
  let summary = "The two halves of a tile along a dimension";
  let description = [{
    With layouts, the halves of the source lie in registers of their own.
    Example: `%a, %b = tile.split %t 1 : tensor<4x128xf32> -> tensor<4x64xf32>`
  }];
  let arguments = (ins Tile_AnyTile:$source, Tile_Axis:$axis);
  let results = (outs Tile_AnyTile:$low, Tile_AnyTile:$high);
  let assemblyFormat = "$source $axis attr-dict `:` type($source) `->` type($low)";
  let hasVerifier = 1;
}

#endif
