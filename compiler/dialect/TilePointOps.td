//===- TilePointOps.td - ops of the tile dialect that reach single elements ------------------------------------------===//
// Where TileOps.td moves blocks, these move elements whose places the kernel computes. Included by TileOps.td.
#ifndef TILE_POINT_OPS
#define TILE_POINT_OPS

def Tile_Number : AnyTypeOf<[I1, I32, I64, F16, BF16, F32], "a number">;

def Tile_LoadScalarOp : Tile_Op<"load_scalar", [MemoryEffects<[MemRead]>]> {
  let summary = "Reads one element of a view, the same for the whole program";
  let description = [{
    Outside the view it reads as 0. `inside` says in which dimensions the index is known to lie inside.
    Example: `%x = tile.load_scalar %v[%i] : !tile.view<?xi32, strides = [1], align = 16> -> i32`
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<Index>:$indices, OptionalAttr<DenseBoolArrayAttr>:$inside);
  let results = (outs Tile_Number:$result);
  let builders = [OpBuilder<(ins "::mlir::Type":$number, "::mlir::Value":$view, "::mlir::ValueRange":$indices), [{
    build($_builder, $_state, number, view, indices, /*inside=*/{});
  }]>];
  let assemblyFormat = "$view `[` $indices `]` attr-dict `:` type($view) `->` type($result)";
  let extraClassDeclaration = [{
    /// True when the index is known to lie inside the view in that dimension.
    bool staysInside(int64_t dim) {
      auto in = getInside();
      return in && (*in)[size_t(dim)];
    }
  }];
  let hasVerifier = 1;
}

def Tile_ToScalarOp : Tile_Op<"to_scalar", [Pure]> {
  let summary = "The one element of a tile of rank 0, as a number of the whole program";
  let description = [{
    Example: `%x = tile.to_scalar %t : tensor<i1> -> i1`
  }];
  let arguments = (ins Tile_AnyTile:$source);
  let results = (outs Tile_Number:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif
