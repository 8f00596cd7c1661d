//===- CombineOps.td - reductions and scans with a combine function of their own -----------------------------------===//
// A combine function is a region of rank-0 tiles: first an element of each operand, then another of each, then the
// captured numbers. It gives the combination, an element of each operand. It is a function of its arguments alone, so
// that passes may repeat it for each register. What the region holds stays without layouts.
#ifndef TILE_COMBINE_OPS
#define TILE_COMBINE_OPS

def Tile_YieldOp : Tile_Op<"yield", [Pure, Terminator]> {
  let summary = "The result of a combine function";
  let description = [{
    Example: `tile.yield %mean, %m2 : tensor<f32>, tensor<f32>`
  }];
  let arguments = (ins Variadic<Tile_AnyTile>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

/// `symmetric`: the function gives the same bits when its two elements are exchanged.
class Tile_CombineOp<string mnemonic, dag extra, string format> :
    Tile_Op<mnemonic, [Pure, IsolatedFromAbove, AttrSizedOperandSegments]> {
  let arguments = !con((ins Variadic<Tile_AnyTile>:$sources, Variadic<AnyType>:$captures, Tile_Axis:$axis,
                            UnitAttr:$symmetric), extra);
  let results = (outs Variadic<Tile_AnyTile>:$results);
  let regions = (region SizedRegion<1>:$combine);
  let assemblyFormat = "$sources `axis` $axis (`captures` $captures^)? (`symmetric` $symmetric^)? " # format #
                       "attr-dict-with-keyword `:` functional-type(operands, results) $combine";
  let hasVerifier = 1;
}

def Tile_ReduceWithOp : Tile_CombineOp<"reduce_with", (ins), ""> {
  let summary = "Combines all elements along a dimension, which disappears, by a function of its own";
  let description = [{
    All operands have one shape. The function must be associative and commutative; the order of combination is not
    specified, but the same in every run on one machine.
    Example:
    ```
    %s = tile.reduce_with %t axis 1 symmetric : (tensor<4x1024xf32>) -> tensor<4xf32> {
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %c = arith.addf %a, %b : tensor<f32>
      tile.yield %c : tensor<f32>
    }
    ```
  }];
}

def Tile_ScanOp : Tile_CombineOp<"scan", (ins Variadic<AnyType>:$identities, UnitAttr:$reverse),
                                 "(`reverse` $reverse^)? (`exclusive` $identities^)? "> {
  let summary = "Replaces each element by the combination of all elements up to it along a dimension";
  let description = [{
    The function must be associative; its first argument is what comes first. `exclusive`: of all elements before it,
    and the identity, one for each operand, for the first. `reverse`: the dimension is gone through from its end. The
    grouping of combinations is not specified, but the same in every run on one machine.
    Example:
    ```
    %s = tile.scan %t axis 1 symmetric exclusive %zero : (tensor<4x1024xf32>, f32) -> tensor<4x1024xf32> {
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %c = arith.addf %a, %b : tensor<f32>
      tile.yield %c : tensor<f32>
    }
    ```
  }];
}

//===- Made by passes: the steps of both --------------------------------------------------------------------------===//

def Tile_ReduceRegistersWithOp : Tile_CombineOp<"reduce_registers_with", (ins), ""> {
  let summary = "The part of a tile.reduce_with that happens inside each lane";
  let description = [{
    The dimension keeps the elements that lie in other lanes and warps. All types carry a layout.
    Example: `%p = tile.reduce_registers_with %t axis 1 : (tensor<1x256xf32, #l>) -> tensor<1x32xf32, #p> {...}`
  }];
}

def Tile_ReduceLanesWithOp : Tile_CombineOp<"reduce_lanes_with", (ins), ""> {
  let summary = "The part of a tile.reduce_with that happens across the lanes of a warp";
  let description = [{
    No register of a lane holds two elements of the dimension any more. All types carry a layout.
    Example: `%p = tile.reduce_lanes_with %t axis 1 : (tensor<1x32xf32, #p>) -> tensor<1x1xf32, #q> {...}`
  }];
}

def Tile_ScanBlocksOp : Tile_CombineOp<"scan_blocks", (ins Variadic<AnyType>:$identities, UnitAttr:$reverse),
                                       "(`reverse` $reverse^)? (`exclusive` $identities^)? "> {
  let summary = "The part of a tile.scan that happens inside each warp";
  let description = [{
    The dimension falls into blocks of neighbours that lie in one warp; each is scanned by itself. Gives the scans, and
    then for each operand the combinations of whole blocks, a tile whose dimension counts blocks; those are left out
    where there is one block. All types carry a layout.
    Example: `%s, %b = tile.scan_blocks %t axis 0 : (tensor<256xf32, #l>) -> (tensor<256xf32, #l>, tensor<8xf32, #b>) {...}`
  }];
}

def Tile_ScanCarryOp : Tile_CombineOp<"scan_carry", (ins UnitAttr:$reverse), "(`reverse` $reverse^)? "> {
  let summary = "Combines what comes before each block with the block's scan";
  let description = [{
    Takes the scans of blocks and the inclusive scans over blocks, which every lane holds for all blocks of its elements
    (the `exchange` of the plan). All types carry a layout.
    Example: `%r = tile.scan_carry %s, %b axis 0 : (tensor<256xf32, #l>, tensor<8xf32, #x>) -> tensor<256xf32, #l> {...}`
  }];
}

#endif
