//===- LaneOps.td - what is left of a tile program once its tiles are spread over lanes -----------------------------===//
#ifndef LANE_OPS
#define LANE_OPS

include "compiler/dialect/TileDialect.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Lane_Dialect : Dialect {
  let name = "lane";
  let useDefaultAttributePrinterParser = 1;
  let cppNamespace = "::tile::lane";
  let summary = "The primitives of one warp of lanes";
  let description = [{
    A lane value is a value each lane has its own of: on a SIMT machine a scalar (`f32`) of each thread, on a SIMD
    machine a vector (`vector<16xf32>`) with an element a lane. A uniform value, the same in all lanes, is a scalar on
    both. These ops are all that differs between machines; targets/nvvm and targets/simd lower them.
  }];
}

class Lane_Op<string mnemonic, list<Trait> traits = []> : Op<Lane_Dialect, mnemonic, traits>;

def Lane_Value : AnyTypeOf<[AnySignlessInteger, AnyFloat, VectorOfRankAndType<[1], [AnySignlessInteger, AnyFloat]>],
                           "a lane value (a scalar or a vector of one dimension)">;
def Lane_Int : AnyTypeOf<[I32, I64, VectorOfRankAndType<[1], [I32, I64]>], "an integer lane value">;
def Lane_Mask : AnyTypeOf<[I1, VectorOfRankAndType<[1], [I1]>], "a mask (i1 for each lane)">;

def Lane_AccessKind : I32EnumAttr<"AccessKind", "how lanes and addresses correspond", [
    I32EnumAttrCase<"PerLane", 0, "per_lane">, I32EnumAttrCase<"Contiguous", 1, "contiguous">,
    I32EnumAttrCase<"Uniform", 2, "uniform">]> {
  let cppNamespace = "::tile::lane";
  let genSpecializedAttr = 0;
}
// The attribute's own printer starts with a space: ops print it after ``, which takes back theirs.
def Lane_AccessKindAttr : EnumAttr<Lane_Dialect, Lane_AccessKind, "access"> { let assemblyFormat = "$value"; }

// Of the tile dialect, whose definition would be generated here again.
def Lane_CacheAttr : Attr<CPred<"::llvm::isa<::tile::ir::CacheAttr>($_self)">, "a use of the caches"> {
  let storageType = "::tile::ir::CacheAttr";
  let returnType = "::tile::ir::Cache";
  let convertFromStorage = "$_self.getValue()";
  let constBuilderCall = "::tile::ir::CacheAttr::get($_builder.getContext(), $0)";
}
defvar Lane_DefaultCache = DefaultValuedAttr<Lane_CacheAttr, "::tile::ir::Cache::Default">;

def Lane_IdOp : Lane_Op<"id", [Pure]> {
  let summary = "The number of the lane in its warp";
  let description = [{
    Example: `%l = lane.id : i32` or `lane.id : vector<16xi32>`
  }];
  let results = (outs Lane_Int:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def Lane_WarpIdOp : Lane_Op<"warp_id", [Pure]> {
  let summary = "The number of the warp in its program, a uniform value";
  let description = [{
    Example: `%w = lane.warp_id`
  }];
  let results = (outs I32:$result);
  let assemblyFormat = "attr-dict";
}

def Lane_SplatOp : Lane_Op<"splat", [Pure]> {
  let summary = "A uniform value as a value of every lane";
  let description = [{
    Example: `%v = lane.splat %x : f32 -> vector<16xf32>`
  }];
  let arguments = (ins AnyTypeOf<[AnySignlessInteger, AnyFloat]>:$value);
  let results = (outs Lane_Value:$result);
  let assemblyFormat = "$value attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
}

def Lane_FirstOp : Lane_Op<"first", [Pure]> {
  let summary = "The uniform value of a lane value that is the same in all lanes";
  let description = [{
    Example: `%x = lane.first %v : vector<16xf32> -> f32`
  }];
  let arguments = (ins Lane_Value:$value);
  let results = (outs AnyTypeOf<[AnySignlessInteger, AnyFloat]>:$result);
  let assemblyFormat = "$value attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
}

def Lane_ShuffleXorOp : Lane_Op<"shuffle_xor", [Pure, AllTypesMatch<["value", "result"]>]> {
  let summary = "The value of the lane whose number differs in the bits of `mask`";
  let description = [{
    Example: `%o = lane.shuffle_xor %v, 16 : f32`
  }];
  let arguments = (ins Lane_Value:$value, ConfinedAttr<I32Attr, [IntPositive]>:$mask);
  let results = (outs Lane_Value:$result);
  let assemblyFormat = "$value `,` $mask attr-dict `:` type($value)";
  let hasVerifier = 1;
}

def Lane_ShiftOp : Lane_Op<"shift", [Pure, AllTypesMatch<["value", "result"]>]> {
  let summary = "The value of the lane `distance` before; of one behind where it is negative";
  let description = [{
    Where there is no such lane, the result is some lane's value.
    Example: `%o = lane.shift %v, 4 : f32`
  }];
  let arguments = (ins Lane_Value:$value, I32Attr:$distance);
  let results = (outs Lane_Value:$result);
  let assemblyFormat = "$value `,` $distance attr-dict `:` type($value)";
  let hasVerifier = 1;
}

def Lane_PermuteOp : Lane_Op<"permute", [Pure, AllTypesMatch<["value", "result"]>]> {
  let summary = "The value of a given lane, for each lane; the lanes are an affine map of the lane's bits over F2";
  let description = [{
    `sources` lists the lane that each lane reads from.
    Example: `%o = lane.permute %v, [1, 0, 3, 2] : vector<4xf32>`
  }];
  let arguments = (ins Lane_Value:$value, DenseI32ArrayAttr:$sources);
  let results = (outs Lane_Value:$result);
  let assemblyFormat = "$value `,` $sources attr-dict `:` type($value)";
  let hasVerifier = 1;
}

def Lane_ReduceKind : I32EnumAttr<"ReduceKind", "an associative and commutative function of two integers", [
    I32EnumAttrCase<"Add", 0, "add">, I32EnumAttrCase<"Min", 1, "min">, I32EnumAttrCase<"Max", 2, "max">,
    I32EnumAttrCase<"And", 3, "and">, I32EnumAttrCase<"Or", 4, "or">, I32EnumAttrCase<"Xor", 5, "xor">]> {
  let cppNamespace = "::tile::lane";
  let genSpecializedAttr = 0;
}
def Lane_ReduceKindAttr : EnumAttr<Lane_Dialect, Lane_ReduceKind, "combine"> { let assemblyFormat = "$value"; }

def Lane_ReduceOp : Lane_Op<"reduce", [Pure]> {
  let summary = "All lanes' values combined, a uniform value; min and max are signed";
  let description = [{
    One instruction where the machine has it; and its assembler knows the result to be the same in all lanes, which it
    does not of the last step of a butterfly.
    Example: `%n = lane.reduce min %v : i32 -> i32`
  }];
  let arguments = (ins Lane_ReduceKindAttr:$kind, Lane_Int:$value);
  let results = (outs AnyTypeOf<[I32, I64]>:$result);
  let assemblyFormat = "`` $kind $value attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
}

def Lane_LoadOp : Lane_Op<"load", [MemoryEffects<[MemRead]>, AttrSizedOperandSegments]> {
  let summary = "One access of every lane to global memory";
  let description = [{
    The address is `pointer + base + lane + offset`, in elements; `base` is uniform. `per_lane`: each lane reads as many
    consecutive elements as there are results. `contiguous`: lane i reads one element, i elements further. `uniform`: one
    element for all. `align` bytes divide the address of each lane (`per_lane`) or of lane 0. Lanes whose mask is false
    read 0 and do not touch memory. `cache` and `early` as in `tile.load`.
    Example: `%v:4 = lane.load per_lane %p[%base, %lane] mask %m {align = 16, offset = 0} : (!tile.ptr<f32>, index, i32, i1) -> (f32, f32, f32, f32)`
  }];
  let arguments = (ins Lane_AccessKindAttr:$kind, Tile_PtrType:$pointer, Index:$base, Optional<Lane_Int>:$lane,
                       Optional<Lane_Mask>:$mask, I64Attr:$offset, I64Attr:$align, Lane_DefaultCache:$cache,
                       UnitAttr:$early);
  let results = (outs Variadic<Lane_Value>:$results);
  let assemblyFormat = "`` $kind $pointer `[` $base (`,` $lane^)? `]` (`mask` $mask^)? attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lane_StoreOp : Lane_Op<"store", [MemoryEffects<[MemWrite]>, AttrSizedOperandSegments]> {
  let summary = "One access of every lane to global memory";
  let description = [{
    As `lane.load`; lanes whose mask is false do not touch memory.
    Example: `lane.store contiguous %v to %p[%base] {align = 4, offset = 16} : vector<16xf32>, !tile.ptr<f32>, index`
  }];
  let arguments = (ins Lane_AccessKindAttr:$kind, Variadic<Lane_Value>:$values, Tile_PtrType:$pointer, Index:$base,
                       Optional<Lane_Int>:$lane, Optional<Lane_Mask>:$mask, I64Attr:$offset, I64Attr:$align,
                       Lane_DefaultCache:$cache);
  let assemblyFormat = "`` $kind $values `to` $pointer `[` $base (`,` $lane^)? `]` (`mask` $mask^)? attr-dict `:` type(operands)";
  let hasVerifier = 1;
}

def Lane_AtomicAddOp : Lane_Op<"atomic_add", [MemoryEffects<[MemRead, MemWrite]>, AttrSizedOperandSegments]> {
  let summary = "Each lane adds to one element of global memory, undivided by other lanes, warps and programs";
  let description = [{
    Address, kinds and mask as in `lane.store`; all lanes add, also those with the same address.
    Example: `lane.atomic_add per_lane %v to %p[%base, %lane] mask %m : f32, !tile.ptr<f32>, index, i64, i1`
  }];
  let arguments = (ins Lane_AccessKindAttr:$kind, Lane_Value:$value, Tile_PtrType:$pointer, Index:$base,
                       Optional<Lane_Int>:$lane, Optional<Lane_Mask>:$mask);
  let assemblyFormat = "`` $kind $value `to` $pointer `[` $base (`,` $lane^)? `]` (`mask` $mask^)? attr-dict `:` type(operands)";
  let hasVerifier = 1;
}

def Lane_AssumeOp : Lane_Op<"assume", [MemoryEffects<[MemWrite]>]> {
  let summary = "Reports where an assumption about an index does not hold; for machines that check";
  let description = [{
    `what` says what the index was assumed to be.
    Example: `lane.assume %holds, %i "a multiple of 8"`
  }];
  let arguments = (ins I1:$holds, Index:$index, StrAttr:$what);
  let assemblyFormat = "$holds `,` $index $what attr-dict";
}

def Lane_PrintOp : Lane_Op<"print", [MemoryEffects<[MemWrite]>, AttrSizedOperandSegments]> {
  let summary = "Each lane that the mask lets in prints a line";
  let description = [{
    Each `{}` of the text stands for a value, which is a lane's own or uniform.
    Example: `lane.print "lane {} has {}" (%id, %v : i32, f32) mask %m : i1`
  }];
  let arguments = (ins StrAttr:$text, Variadic<AnyTypeOf<[Index, Lane_Value]>>:$values, Optional<Lane_Mask>:$mask);
  let assemblyFormat = "$text (`(` $values^ `:` type($values) `)`)? (`mask` $mask^ `:` type($mask))? attr-dict";
}

def Lane_RequireOp : Lane_Op<"require", [MemoryEffects<[MemWrite]>]> {
  let summary = "Ends the kernel with a message where the condition does not hold for a lane";
  let description = [{
    Example: `lane.require %m, "a variance is positive" : i1`
  }];
  let arguments = (ins Lane_Mask:$condition, StrAttr:$message);
  let assemblyFormat = "$condition `,` $message attr-dict `:` type($condition)";
}

def Lane_PrefetchOp : Lane_Op<"prefetch", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "Asks for the cache line of an address in global memory";
  let description = [{
    The address is `pointer + base + offset`, in elements. It need not be valid.
    Example: `lane.prefetch %p[%base] {offset = 32} : !tile.ptr<bf16>`
  }];
  let arguments = (ins Tile_PtrType:$pointer, Index:$base, I64Attr:$offset);
  let assemblyFormat = "$pointer `[` $base `]` attr-dict `:` type($pointer)";
}

def Lane_ScratchLoadOp : Lane_Op<"scratch_load", [MemoryEffects<[MemRead]>]> {
  let summary = "Each lane reads consecutive elements of scratch";
  let description = [{
    The address is `lane` elements and `offset` bytes into the program's scratch.
    Example: `%v:2 = lane.scratch_load %lane {offset = 0} : i32 -> f32, f32`
  }];
  let arguments = (ins Lane_Int:$lane, I64Attr:$offset);
  let results = (outs Variadic<Lane_Value>:$results);
  let assemblyFormat = "$lane attr-dict `:` type($lane) `->` type($results)";
  let hasVerifier = 1;
}

def Lane_ScratchStoreOp : Lane_Op<"scratch_store", [MemoryEffects<[MemWrite]>, AttrSizedOperandSegments]> {
  let summary = "Each lane writes consecutive elements of scratch";
  let description = [{
    As `lane.scratch_load`; lanes whose mask is false write nothing.
    Example: `lane.scratch_store %v to %lane {offset = 0} : f32, i32`
  }];
  let arguments = (ins Variadic<Lane_Value>:$values, Lane_Int:$lane, Optional<Lane_Mask>:$mask, I64Attr:$offset);
  let assemblyFormat = "$values `to` $lane (`mask` $mask^)? attr-dict `:` type(operands)";
  let hasVerifier = 1;
}

def Lane_ScratchPointerOp : Lane_Op<"scratch_pointer", [Pure]> {
  let summary = "The address of a place in scratch, as if it were in global memory";
  let description = [{
    `offset` bytes into the program's scratch. For machines whose scratch is ordinary memory.
    Example: `%p = lane.scratch_pointer {offset = 64} : !tile.ptr<f32>`
  }];
  let arguments = (ins I64Attr:$offset);
  let results = (outs Tile_PtrType:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def Lane_BarrierOp : Lane_Op<"barrier", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "Waits for all warps of the program";
  let description = [{
    Example: `lane.barrier`
  }];
  let assemblyFormat = "attr-dict";
}

#endif
