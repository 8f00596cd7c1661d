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

class Tile_PointOp<string mnemonic, list<Trait> traits> : Tile_Op<mnemonic, traits> {
  let hasVerifier = 1;
  code pointDeclaration = [{
    /// True when the index of that dimension, which is no tile, is known to lie inside the view.
    bool staysInside(int64_t dim) {
      auto in = getInside();
      return in && (*in)[size_t(dim)];
    }
  }];
}

def Tile_PointIndex : AnyTypeOf<[Index, TensorOf<[I32, I64]>], "an index or a tile of i32 or i64">;

def Tile_GatherOp : Tile_PointOp<"gather", [MemoryEffects<[MemRead]>]> {
  let summary = "Reads a tile whose elements lie anywhere in a view";
  let description = [{
    Takes an index for each dimension: one for all elements, or a tile with an index for each, of the result's shape and
    layout. Elements outside the view read as 0. `inside` says in which dimensions an index for all is known to lie inside.
    Example: `%t = tile.gather %v[%row, %columns] : <?x50xf32, strides = [50, 1], align = 4>, (index, tensor<64xi32>) -> tensor<64xf32>`
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<Tile_PointIndex>:$indices,
                       OptionalAttr<DenseBoolArrayAttr>:$inside, Tile_DefaultCache:$cache);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "$view `[` $indices `]` attr-dict `:` type($view) `,` `(` type($indices) `)` `->` type($result)";
  let extraClassDeclaration = pointDeclaration # [{
    ::mlir::RankedTensorType getTileType() { return getResult().getType(); }
  }];
}

def Tile_ScatterOp : Tile_PointOp<"scatter", [MemoryEffects<[MemWrite]>]> {
  let summary = "Writes a tile whose elements go anywhere in a view";
  let description = [{
    Indices as in `tile.gather`. Elements outside the view are dropped; no two go to one place.
    Example: `tile.scatter %t, %v[%columns] : tensor<64xf32>, <?xf32, strides = [1], align = 4>, (tensor<64xi32>)`
  }];
  let arguments = (ins Tile_AnyTile:$value, Tile_ViewType:$view, Variadic<Tile_PointIndex>:$indices,
                       OptionalAttr<DenseBoolArrayAttr>:$inside);
  let assemblyFormat = "$value `,` $view `[` $indices `]` attr-dict `:` type($value) `,` type($view) `,` `(` type($indices) `)`";
  let extraClassDeclaration = pointDeclaration # [{
    ::mlir::RankedTensorType getTileType() { return getValue().getType(); }
  }];
}

def Tile_AtomicAddOp : Tile_PointOp<"atomic_add", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "Adds each element of a tile to a place in a view, undivided by other programs";
  let description = [{
    Indices as in `tile.gather`; elements may go to one place, in any order. f32, i32 and i64.
    Example: `tile.atomic_add %t, %v[%columns] : tensor<64xf32>, <?xf32, strides = [1], align = 4>, (tensor<64xi32>)`
  }];
  let arguments = (ins Tile_AnyTile:$value, Tile_ViewType:$view, Variadic<Tile_PointIndex>:$indices,
                       OptionalAttr<DenseBoolArrayAttr>:$inside);
  let assemblyFormat = "$value `,` $view `[` $indices `]` attr-dict `:` type($value) `,` type($view) `,` `(` type($indices) `)`";
  let extraClassDeclaration = pointDeclaration # [{
    ::mlir::RankedTensorType getTileType() { return getValue().getType(); }
  }];
}

#endif
