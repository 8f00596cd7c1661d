//===- TileOps.td - the ops of the tile dialect --------------------------------------------------------------------===//
// By family: programs and views, memory, shape, reductions; then those that only passes create: layout conversion,
// the steps of a reduction, scratch.
#ifndef TILE_OPS
#define TILE_OPS

include "compiler/dialect/TileDialect.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/BuiltinAttributes.td"

class Tile_Op<string mnemonic, list<Trait> traits = []> : Op<Tile_Dialect, mnemonic, traits>;

def Tile_AnyTile : Type<And<[AnyRankedTensor.predicate, HasStaticShapePred]>, "a tile (a tensor of static shape)",
                        "::mlir::RankedTensorType">;
def Tile_Axis : ConfinedAttr<I64Attr, [IntNonNegative, IntMaxValue<2>]>;

class Tile_Enum<string name, string doc, list<I32EnumAttrCase> cases> : I32EnumAttr<name, doc, cases> {
  let cppNamespace = "::tile::ir";
  let genSpecializedAttr = 0;
}

def Tile_Combine : Tile_Enum<"Combine", "how a reduction combines two elements", [
    I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Max", 1, "max">,
    I32EnumAttrCase<"Min", 2, "min">, I32EnumAttrCase<"Product", 3, "product">]>;
// The attribute's own printer starts with a space: ops print it after ``, which takes back theirs.
def Tile_CombineAttr : EnumAttr<Tile_Dialect, Tile_Combine, "combine"> {
  let assemblyFormat = "$value";
}

def Tile_Cache : Tile_Enum<"Cache", "how an access should use the caches", [
    I32EnumAttrCase<"Default", 0, "default">, I32EnumAttrCase<"Streaming", 1, "streaming">,
    I32EnumAttrCase<"EvictFirst", 2, "evict_first">, I32EnumAttrCase<"Keep", 3, "keep">]>;
def Tile_CacheAttr : EnumAttr<Tile_Dialect, Tile_Cache, "cache"> {
  let assemblyFormat = "$value";
}
defvar Tile_DefaultCache = DefaultValuedAttr<Tile_CacheAttr, "::tile::ir::Cache::Default">;

//===- Programs and views -----------------------------------------------------------------------------------------===//

def Tile_ProgramIdOp : Tile_Op<"program_id", [Pure]> {
  let summary = "The number of this program along a dimension of the grid";
  let description = [{
    Example: `%row = tile.program_id 0`
  }];
  let arguments = (ins Tile_Axis:$axis);
  let results = (outs Index:$result);
  let assemblyFormat = "$axis attr-dict";
}

def Tile_NumProgramsOp : Tile_Op<"num_programs", [Pure]> {
  let summary = "The number of programs along a dimension of the grid";
  let description = [{
    Example: `%n = tile.num_programs 0`
  }];
  let arguments = (ins Tile_Axis:$axis);
  let results = (outs Index:$result);
  let assemblyFormat = "$axis attr-dict";
}

def Tile_MakeViewOp : Tile_Op<"make_view", [Pure, AttrSizedOperandSegments]> {
  let summary = "Sees memory at a pointer as a tensor";
  let description = [{
    Takes one extent and one stride for each `?` of the type.
    Example:
    ```
    %v = tile.make_view %p, [%rows], [%stride] : !tile.view<?x1024xbf16, strides = [?, 1], align = 16, divisible = 8>
    ```
  }];
  let arguments = (ins Tile_PtrType:$pointer, Variadic<Index>:$extents, Variadic<Index>:$strides);
  let results = (outs Tile_ViewType:$result);
  let assemblyFormat = "$pointer `,` `[` $extents `]` `,` `[` $strides `]` attr-dict `:` type($pointer) `->` type($result)";
  let hasVerifier = 1;
}

//===- Memory -----------------------------------------------------------------------------------------------------===//

class Tile_AccessOp<string mnemonic, list<Trait> traits> : Tile_Op<mnemonic, traits> {
  let hasVerifier = 1;
  code accessDeclaration = [{
    /// True when the access is known to stay inside the view in that dimension.
    bool staysInside(int64_t dim) {
      auto in = getInside();
      return in && (*in)[size_t(dim)];
    }
    /// True when the access is known not to start before the view in that dimension.
    bool startsInside(int64_t dim) {
      auto from = getNonnegative();
      return staysInside(dim) || (from && (*from)[size_t(dim)]);
    }
  }];
}

def Tile_LoadOp : Tile_AccessOp<"load", [MemoryEffects<[MemRead]>]> {
  let summary = "Reads a tile of a view";
  let description = [{
    The tile starts at the indices, which may be negative. Elements outside the view read as 0. `inside` says in which
    dimensions the tile is known to lie inside, `nonnegative` in which the index is known not to be negative; `aligned`
    is a power of two that divides, in elements, the address of every row of the tile. `tile-analyze-access` finds them.
    `cache`: `streaming` data is used once, caches should keep other data rather than this; `evict_first` data is the first
    to leave them, `keep` data the last. `early`: only a later iteration uses it, but it is to be on its way from here on.
    Example: `%t = tile.load %v[%row, %c0] : !tile.view<?x1024xbf16, strides = [1024, 1], align = 16> -> tensor<4x1024xbf16>`
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<Index>:$indices, OptionalAttr<DenseBoolArrayAttr>:$inside,
                       OptionalAttr<DenseBoolArrayAttr>:$nonnegative, OptionalAttr<I64Attr>:$aligned,
                       Tile_DefaultCache:$cache, UnitAttr:$early);
  let results = (outs Tile_AnyTile:$result);
  let builders = [OpBuilder<(ins "::mlir::Type":$tile, "::mlir::Value":$view, "::mlir::ValueRange":$indices,
                                 "::tile::ir::Cache":$cache), [{
    build($_builder, $_state, tile, view, indices, /*inside=*/{}, /*nonnegative=*/{}, /*aligned=*/{}, cache);
  }]>];
  let assemblyFormat = "$view `[` $indices `]` attr-dict `:` type($view) `->` type($result)";
  let extraClassDeclaration = accessDeclaration # [{
    ::mlir::RankedTensorType getTileType() { return getResult().getType(); }
  }];
}

def Tile_StoreOp : Tile_AccessOp<"store", [MemoryEffects<[MemWrite]>]> {
  let summary = "Writes a tile to a view";
  let description = [{
    Elements outside the view are dropped. Attributes as in `tile.load`.
    Example: `tile.store %t, %v[%row, %c0] : tensor<4x1024xbf16>, !tile.view<?x1024xbf16, strides = [1024, 1], align = 16>`
  }];
  let arguments = (ins Tile_AnyTile:$value, Tile_ViewType:$view, Variadic<Index>:$indices,
                       OptionalAttr<DenseBoolArrayAttr>:$inside, OptionalAttr<DenseBoolArrayAttr>:$nonnegative,
                       OptionalAttr<I64Attr>:$aligned, Tile_DefaultCache:$cache);
  let builders = [OpBuilder<(ins "::mlir::Value":$value, "::mlir::Value":$view, "::mlir::ValueRange":$indices,
                                 "::tile::ir::Cache":$cache), [{
    build($_builder, $_state, value, view, indices, /*inside=*/{}, /*nonnegative=*/{}, /*aligned=*/{}, cache);
  }]>];
  let assemblyFormat = "$value `,` $view `[` $indices `]` attr-dict `:` type($value) `,` type($view)";
  let extraClassDeclaration = accessDeclaration # [{
    ::mlir::RankedTensorType getTileType() { return getValue().getType(); }
  }];
}

def Tile_PrefetchOp : Tile_Op<"prefetch", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "Asks for a block of a view to be brought near, and waits for nothing";
  let description = [{
    Changes no result; may lie outside the view. `extents` need not be powers of two. Machines that hide latency by other
    means ignore it.
    Example: `tile.prefetch %v[%row, %c0] [1, 1024] : !tile.view<?x1024xbf16, strides = [1024, 1], align = 16>`
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<Index>:$indices, DenseI64ArrayAttr:$extents);
  let assemblyFormat = "$view `[` $indices `]` $extents attr-dict `:` type($view)";
  let hasVerifier = 1;
}

def Tile_InBoundsOp : Tile_Op<"in_bounds", [Pure]> {
  let summary = "Which elements of a tile lie inside a view, along some of its dimensions";
  let description = [{
    `nonnegative` as in `tile.load`.
    Example: `%m = tile.in_bounds %v[%row, %c0] dims [1] : !tile.view<?x50xf32, strides = [50, 1], align = 16> -> tensor<4x64xi1>`
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<Index>:$indices, DenseI64ArrayAttr:$dims,
                       OptionalAttr<DenseBoolArrayAttr>:$nonnegative);
  let results = (outs Tile_AnyTile:$result);
  let builders = [OpBuilder<(ins "::mlir::Type":$mask, "::mlir::Value":$view, "::mlir::ValueRange":$indices,
                                 "::llvm::ArrayRef<int64_t>":$dims), [{
    build($_builder, $_state, mask, view, indices, dims, ::mlir::DenseBoolArrayAttr());
  }]>];
  let extraClassDeclaration = [{
    /// True when the tile is known not to start before the view in that dimension.
    bool startsInside(int64_t dim) {
      auto from = getNonnegative();
      return from && (*from)[size_t(dim)];
    }
  }];
  let assemblyFormat = "$view `[` $indices `]` `dims` $dims attr-dict `:` type($view) `->` type($result)";
  let hasVerifier = 1;
}

//===- Shape ------------------------------------------------------------------------------------------------------===//

def Tile_IotaOp : Tile_Op<"iota", [Pure]> {
  let summary = "0, 1, ... extent-1";
  let description = [{
    The integers must be wide enough, with their sign, to count that far; i1 counts to 1.
    Example: `%i = tile.iota : tensor<64xi32>`
  }];
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_SplatOp : Tile_Op<"splat", [Pure]> {
  let summary = "A tile whose elements are all the same number";
  let description = [{
    Example: `%t = tile.splat %eps : f32 -> tensor<4xf32>`
  }];
  let arguments = (ins AnyType:$value);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "$value attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Tile_ExpandDimsOp : Tile_Op<"expand_dims", [Pure]> {
  let summary = "Inserts a dimension of extent 1";
  let description = [{
    Example: `%t = tile.expand_dims %m 1 : tensor<4xf32> -> tensor<4x1xf32>`
  }];
  let arguments = (ins Tile_AnyTile:$source, Tile_Axis:$axis);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "$source $axis attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Tile_DropDimOp : Tile_Op<"drop_dim", [Pure]> {
  let summary = "Removes a dimension of extent 1";
  let description = [{
    Example: `%t = tile.drop_dim %m 1 : tensor<4x1xf32> -> tensor<4xf32>`
  }];
  let arguments = (ins Tile_AnyTile:$source, Tile_Axis:$axis);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "$source $axis attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_BroadcastOp : Tile_Op<"broadcast", [Pure]> {
  let summary = "Repeats dimensions of extent 1";
  let description = [{
    Example: `%t = tile.broadcast %m : tensor<4x1xf32> -> tensor<4x1024xf32>`
  }];
  let arguments = (ins Tile_AnyTile:$source);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

//===- Functions --------------------------------------------------------------------------------------------------===//

def Tile_SigmoidOp : Tile_Op<"sigmoid", [Pure, SameOperandsAndResultType, Elementwise, Scalarizable, Vectorizable,
                                         Tensorizable]> {
  let summary = "1 / (1 + e^-x) of each element";
  let description = [{
    What `math` lacks. Like the ops of `math` it stays when tiles become lane values, until `lane-math-policy`. A `fast`
    one may be off by as many units in the last place more as `x` is far from 0.
    Example: `%t = tile.sigmoid %m : tensor<4x1024xf32>`, `%t = tile.sigmoid fast %m : tensor<4x1024xf32>`
  }];
  let arguments = (ins FloatLike:$operand, UnitAttr:$fast);
  let results = (outs FloatLike:$result);
  let assemblyFormat = "(`fast` $fast^)? $operand attr-dict `:` type($result)";
}

//===- Reductions -------------------------------------------------------------------------------------------------===//

def Tile_ReduceOp : Tile_Op<"reduce", [Pure]> {
  let summary = "Combines all elements along a dimension, which disappears";
  let description = [{
    The order of combination is not specified, but the same in every run on one machine. Integers are signed; i1 is
    refused, since its 1 is a -1.
    Example: `%s = tile.reduce sum %t 1 : tensor<4x1024xf32> -> tensor<4xf32>`
  }];
  let arguments = (ins Tile_CombineAttr:$combine, Tile_AnyTile:$source, Tile_Axis:$axis);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "`` $combine $source $axis attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

//===- Made by passes: layouts ------------------------------------------------------------------------------------===//

def Tile_ConvertLayoutOp : Tile_Op<"convert_layout", [Pure, SameOperandsAndResultShape, SameOperandsAndResultElementType]> {
  let summary = "The same tile in another layout";
  let description = [{
    Both types carry a layout, of as many lanes and warps.
    Example: `%b = tile.convert_layout %a : tensor<64xf32, #blocked> -> tensor<64xf32, #copied>`
  }];
  let arguments = (ins Tile_AnyTile:$source);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

class Tile_ReduceStepOp<string mnemonic> : Tile_Op<mnemonic, [Pure]> {
  let arguments = (ins Tile_CombineAttr:$combine, Tile_AnyTile:$source, Tile_Axis:$axis);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "`` $combine $source $axis attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_ReduceRegistersOp : Tile_ReduceStepOp<"reduce_registers"> {
  let summary = "The part of a reduction that happens inside each lane";
  let description = [{
    The dimension keeps the elements that lie in other lanes and warps. Both types carry a layout.
    Example: `%p = tile.reduce_registers sum %t 1 : tensor<1x256xf32, #l> -> tensor<1x32xf32, #p>`
  }];
}

def Tile_ReduceLanesOp : Tile_ReduceStepOp<"reduce_lanes"> {
  let summary = "The part of a reduction that happens across the lanes of a warp";
  let description = [{
    No register of a lane holds two elements of the dimension any more. Both types carry a layout.
    Example: `%p = tile.reduce_lanes sum %t 1 : tensor<1x32xf32, #p> -> tensor<1x1xf32, #q>`
  }];
}

//===- Made by passes: scratch ------------------------------------------------------------------------------------===//

def Tile_ScratchAllocOp : Tile_Op<"scratch_alloc", [MemoryEffects<[MemAlloc]>]> {
  let summary = "Room in the program's scratch for one tile";
  let description = [{
    `offset`, in bytes, is set by `tile-allocate-scratch`.
    Example: `%s = tile.scratch_alloc : !tile.scratch<1x4xf32>`
  }];
  let arguments = (ins OptionalAttr<I64Attr>:$offset);
  let results = (outs Tile_ScratchType:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_ScratchStoreOp : Tile_Op<"scratch_store", [MemoryEffects<[MemWrite]>]> {
  let summary = "Writes a tile to scratch; each element is written by one lane";
  let description = [{
    Example: `tile.scratch_store %t, %s : tensor<1x4xf32, #l>, !tile.scratch<1x4xf32>`
  }];
  let arguments = (ins Tile_AnyTile:$value, Tile_ScratchType:$scratch);
  let assemblyFormat = "$value `,` $scratch attr-dict `:` type($value) `,` type($scratch)";
  let hasVerifier = 1;
}

def Tile_ScratchLoadOp : Tile_Op<"scratch_load", [MemoryEffects<[MemRead]>]> {
  let summary = "Reads a tile from scratch";
  let description = [{
    Example: `%t = tile.scratch_load %s : !tile.scratch<1x4xf32> -> tensor<1x4xf32, #l>`
  }];
  let arguments = (ins Tile_ScratchType:$scratch);
  let results = (outs Tile_AnyTile:$result);
  let assemblyFormat = "$scratch attr-dict `:` type($scratch) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_ScratchViewOp : Tile_Op<"scratch_view", [Pure]> {
  let summary = "Scratch as a tensor, of which tiles of any size are loaded and stored";
  let description = [{
    For machines whose programs are of one warp and whose scratch is ordinary memory: those whose lanes are elements of
    the CPU's vectors. The view is dense and row-major.
    Example: `%v = tile.scratch_view %s : !tile.scratch<4x512xf32> -> !tile.view<4x512xf32, strides = [512, 1], align = 64>`
  }];
  let arguments = (ins Tile_ScratchType:$scratch);
  let results = (outs Tile_ViewType:$result);
  let assemblyFormat = "$scratch attr-dict `:` type($scratch) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_BarrierOp : Tile_Op<"barrier", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "Waits until all warps of the program are here; what they wrote to scratch can then be read";
  let description = [{
    Example: `tile.barrier`
  }];
  let assemblyFormat = "attr-dict";
}

include "compiler/dialect/TilePointOps.td"
include "compiler/dialect/TileControlOps.td"
include "compiler/dialect/CombineOps.td"
include "compiler/dialect/RearrangeOps.td"

#endif
