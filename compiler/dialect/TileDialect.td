//===- TileDialect.td - the tile dialect, its types and attributes -----------------------------------------------------===//
#ifndef TILE_DIALECT
#define TILE_DIALECT

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinTypeInterfaces.td"
include "mlir/IR/DialectBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/TensorEncoding.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::tile::ir";
  let summary = "Tile programs: blocks of numbers, and views of memory";
  let description = [{
    A kernel is a `func.func` with the attribute `tile.kernel`. Its arguments are pointers, indices and numbers; it is
    run once for each program of a grid. Tiles are builtin tensors of rank 0 to 3 with power-of-two extents. After
    `tile-assign-layouts` each carries a `#tile.layout` as its encoding, which says what each register of each lane of
    each warp holds. `arith`, `math` and `scf` are used as they are; this dialect adds what they lack.

    Attributes of a kernel: `tile.warps` (warps of a program), `tile.registers` (most registers of a GPU's lane),
    `tile.primary` and `tile.secondary` (when the next launch may start, and this one: see LaunchOptions),
    `tile.scratch` (bytes of scratch, set by `tile-allocate-scratch`). Attributes of its arguments: `tile.name`,
    `tile.align` (bytes, of a pointer), `tile.divisible` (of an index). `tile.target` stands on the module.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let extraClassDeclaration = [{
    void registerTypes();
    void registerAttributes();
  }];
}

class Tile_Type<string name, string asm> : TypeDef<Tile_Dialect, name> { let mnemonic = asm; }

def Tile_PtrType : Tile_Type<"Ptr", "ptr"> {
  let summary = "An address of elements in global memory";
  let description = "Example: `!tile.ptr<bf16>`.";
  let parameters = (ins "::mlir::Type":$elementType);
  let assemblyFormat = "`<` $elementType `>`";
  let genVerifyDecl = 1;
}

def Tile_ViewType : Tile_Type<"View", "view"> {
  let summary = "A tensor in memory: pointer, extents and strides";
  let description = [{
    `?` marks an extent or stride known at run time. Strides are in elements and not negative. `align` is the alignment
    of the base in bytes; `divisible` is a divisor of every run-time stride, 1 where it is not given.
    Example: `!tile.view<?x1024xbf16, strides = [?, 1], align = 16, divisible = 8>`.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::mlir::Type":$elementType,
                        ArrayRefParameter<"int64_t">:$strides, "int64_t":$align, "int64_t":$divisible);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getRank() const { return int64_t(getShape().size()); }
    int64_t getNumDynamicExtents() const;
    int64_t getNumDynamicStrides() const;
    int64_t getElementBytes() const;
  }];
}

def Tile_ScratchType : Tile_Type<"Scratch", "scratch"> {
  let summary = "A block of a program's scratch memory that holds one tile, row-major";
  let description = "Example: `!tile.scratch<4x1024xf32>`.";
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::mlir::Type":$elementType);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getBytes() const;
  }];
}

def Tile_LayoutAttr : AttrDef<Tile_Dialect, "Layout", [DeclareAttrInterfaceMethods<VerifiableTensorEncoding>]> {
  let mnemonic = "layout";
  let summary = "Which elements each register of each lane of each warp holds";
  let description = [{
    A linear map over F2 (compiler/layout). Each list has one coordinate per hardware bit, lowest bit first.
    Example, a 4x256 tile over 4 warps of 32 lanes, a warp a row, 8 elements side by side in a lane:
    ```
    #tile.layout<[4, 256], reg = [[0, 1], [0, 2], [0, 4]],
                 lane = [[0, 8], [0, 16], [0, 32], [0, 64], [0, 128]], warp = [[1, 0], [2, 0]]>
    ```
  }];
  let parameters = (ins AttrParameter<"::tile::layout::Layout", "the map">:$layout);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    const ::tile::layout::Layout &map() const; ///< the layout itself, without a copy
  }];
}

def Tile_TargetAttr : AttrDef<Tile_Dialect, "Target"> {
  let mnemonic = "target";
  let summary = "The machine a module is compiled for; the module's attribute `tile.target`";
  let description = [{
    All differences between machines that passes look at are data here. `kind` is "nvvm" (a lane is a thread), "simd"
    (a lane is an element of a vector) or "simt" (a virtual GPU: laid out as for nvvm, lanes are elements of a vector).
    `vector_bytes` is the widest access of one lane (nvvm, simt) or of all lanes (simd).
    `native_bf16` says that conversions between f32 and bf16 are instructions; `baseline` that fused multiply-add,
    rounding to whole numbers and conversions of f16 are none (x86-64 of before 2008).
    Example: `#tile.target<"nvvm", arch = "sm_90a", lanes = 32, vector_bytes = 16, native_bf16 = true>`
  }];
  let parameters = (ins StringRefParameter<>:$kind, StringRefParameter<>:$arch, "int64_t":$lanes,
                        "int64_t":$vector_bytes, "bool":$native_bf16,
                        DefaultValuedParameter<"bool", "false">:$baseline);
  let assemblyFormat = [{
    `<` $kind `,` `arch` `=` $arch `,` `lanes` `=` $lanes `,` `vector_bytes` `=` $vector_bytes `,`
    `native_bf16` `=` $native_bf16 (`,` `baseline` `=` $baseline^)? `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Tiles are laid out, and memory is accessed, as a CPU likes it.
    bool isSimd() const { return getKind() == "simd"; }
    bool isSimt() const { return getKind() == "simt"; }
    /// A lane value is a vector of all lanes' values.
    bool hasVectorLanes() const { return isSimd() || isSimt(); }
  }];
}

#endif
