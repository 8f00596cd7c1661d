//===- TileControlOps.td - ops of the tile dialect about what a kernel's author knows --------------------------------===//
// Included by TileOps.td.
#ifndef TILE_CONTROL_OPS
#define TILE_CONTROL_OPS

def Tile_AssumeOp : Tile_Op<"assume", [Pure, AllTypesMatch<["index", "result"]>]> {
  let summary = "An index of which more is known than can be seen";
  let description = [{
    The result is the index. Analyses build on the facts; a virtual GPU checks them.
    Example: `%j = tile.assume %i {divisible = 8 : i64, at_least = 0 : i64, at_most = 1016 : i64}`
  }];
  let arguments = (ins Index:$index, DefaultValuedAttr<ConfinedAttr<I64Attr, [IntPositive]>, "1">:$divisible,
                       OptionalAttr<I64Attr>:$at_least, OptionalAttr<I64Attr>:$at_most);
  let results = (outs Index:$result);
  let assemblyFormat = "$index attr-dict";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Tile_PrintOp : Tile_Op<"print", [MemoryEffects<[MemWrite]>]> {
  let summary = "Prints a line, of tiles a line for each element; for debugging";
  let description = [{
    Each `{}` of the text stands for a value. All tiles have one shape and layout.
    Example: `tile.print "{} of row {}" (%t, %row : tensor<4xf32>, index)`
  }];
  let arguments = (ins StrAttr:$text, Variadic<AnyTypeOf<[Index, Tile_Number, AnyRankedTensor]>>:$values);
  let assemblyFormat = "$text (`(` $values^ `:` type($values) `)`)? attr-dict";
  let hasVerifier = 1;
}

def Tile_RequireOp : Tile_Op<"require", [MemoryEffects<[MemWrite]>]> {
  let summary = "Ends the kernel with a message where a condition does not hold; for debugging";
  let description = [{
    Example: `tile.require %positive, "a variance is positive" : tensor<4xi1>`
  }];
  let arguments = (ins AnyTypeOf<[I1, TensorOf<[I1]>]>:$condition, StrAttr:$message);
  let assemblyFormat = "$condition `,` $message attr-dict `:` type($condition)";
}

#endif
