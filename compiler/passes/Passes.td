//===- Passes.td - all passes of the compiler, in the order of the pipeline ------------------------------------------===//
// Passes.cpp strings them together; each is one file. The machine is the module's attribute `tile.target`.
#ifndef TILE_PASSES
#define TILE_PASSES

include "mlir/Pass/PassBase.td"

def SetTarget : Pass<"tile-set-target", "::mlir::ModuleOp"> {
  let summary = "Sets the machine to compile for";
  let options = [Option<"arch", "arch", "std::string", "\"host\"", "sm_80, sm_90a, ..., host, x86-64, ..., aarch64 or simt">];
  let dependentDialects = ["::tile::ir::TileDialect"];
}

def StripMine : Pass<"tile-strip-mine", "::mlir::func::FuncOp"> {
  let summary = "Turns work on tiles of very many vectors into loops over strips of them";
  let description = [{
    For the host, whose tiles are unrolled into vectors: from some size on a loop is faster, and much faster compiled.
    Element-wise ops, accesses and reductions on large tiles are gathered into `scf.for` loops over strips; what several
    loops need is made again or kept in scratch. Ops that need the whole tile (scans along the strip's dimension,
    reshapes) stay as they are.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

def PeelLoops : Pass<"tile-peel-loops", "::mlir::func::FuncOp"> {
  let summary = "Splits loops whose last iterations alone leave a view, so that the others need no masks";
  let description = [{
    For the host. `for i = lo to hi step s` with accesses of s or fewer elements at i becomes
    `for i = lo to whole`, in which they stay inside, and `for i = whole to hi`, where
    whole = lo + max(end - lo, 0) / s * s and end is the least of hi and the extents.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

def AnalyzeAccess : Pass<"tile-analyze-access", "::mlir::func::FuncOp"> {
  let summary = "Finds which accesses stay inside their view, and how they are aligned";
  let description = [{
    Sets `inside` and `aligned` on loads and stores from extents, strides and what is known of the indices (constants,
    loop bounds, divisibility). Folds `tile.in_bounds` to true where it can be proved.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def AssignLayouts : Pass<"tile-assign-layouts", "::mlir::func::FuncOp"> {
  let summary = "Gives every tile a layout";
  let description = [{
    Memory accesses are the anchors, the largest first: each takes the layout its coalesced access wants, and the layout
    spreads over all ops that can carry it without moving data. Where two meet, a `tile.convert_layout` is inserted; and
    before a store that one lane would make in many accesses for others which hold copies.
  }];
}

def DecomposeReductions : Pass<"tile-decompose-reductions", "::mlir::func::FuncOp"> {
  let summary = "Splits each reduction into registers, lanes and, through convert_layout, warps";
}

def DecomposeScans : Pass<"tile-decompose-scans", "::mlir::func::FuncOp"> {
  let summary = "Splits each scan into what happens inside a warp and, through convert_layout, what it takes from others";
}

def DecomposeConversions : Pass<"tile-decompose-conversions", "::mlir::func::FuncOp"> {
  let summary = "Turns conversions that cross warps into a store to scratch and a load from it";
}

def AllocateScratch : Pass<"tile-allocate-scratch", "::mlir::func::FuncOp"> {
  let summary = "Gives each scratch_alloc its offset; blocks that are never live together share room, but for small ones";
}

def PipelineLoops : Pass<"tile-pipeline-loops", "::mlir::func::FuncOp"> {
  let summary = "Loads what the next iterations of a loop need while one computes, on machines that do not do so themselves";
  let description = [{
    A loop with `tile.stages = n` carries the tiles that its next n-1 iterations load. Their places are computed from the
    iteration's number, clamped to the last one, so that nothing is read that the loop would not have read. What the
    first iterations load goes before the ops just before the loop that may wait for memory themselves.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

def InsertBarriers : Pass<"tile-insert-barriers", "::mlir::func::FuncOp"> {
  let summary = "Puts a barrier between accesses to the same scratch that conflict";
}

def VerifyBarriers : Pass<"tile-verify-barriers", "::mlir::func::FuncOp"> {
  let summary = "Fails where two accesses to the same scratch conflict with no barrier between them";
}

def Distribute : Pass<"tile-distribute", "::mlir::ModuleOp"> {
  let summary = "Turns tiles into the values of one lane";
  let description = [{
    The same code for every machine: a tile becomes one lane value for each register of its layout. On a SIMD machine a
    lane value is a vector, unless the layout is the same in all lanes: then it is a scalar.
  }];
  let dependentDialects = ["::tile::lane::LaneDialect", "::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

def PackCarried : Pass<"lane-pack-carried", "::mlir::func::FuncOp"> {
  let summary = "Carries two 16-bit values that come from one word of memory through loops and branches as that word";
  let description = [{
    For GPUs, whose registers have 32 bits whatever is in them.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::scf::SCFDialect"];
}

def MathPolicy : Pass<"lane-math-policy", "::mlir::ModuleOp"> {
  let summary = "Expands or maps what the machine has no instruction for: exp, log, tanh, erf, rsqrt, bf16 conversions";
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::LLVM::LLVMDialect"];
}

def LaneToNvvm : Pass<"lane-to-nvvm", "::mlir::ModuleOp"> {
  let summary = "Lowers the lane dialect, and all that is left, to LLVM for NVIDIA GPUs";
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect", "::mlir::scf::SCFDialect",
                           "::mlir::cf::ControlFlowDialect"];
}

def LaneToSimd : Pass<"lane-to-simd", "::mlir::ModuleOp"> {
  let summary = "Lowers the lane dialect, and all that is left, to LLVM for the host's vector unit";
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::vector::VectorDialect", "::mlir::scf::SCFDialect",
                           "::mlir::cf::ControlFlowDialect"];
}

def LaneToSimt : Pass<"lane-to-simt", "::mlir::ModuleOp"> {
  let summary = "Lowers the lane dialect, and all that is left, to LLVM for the virtual GPU";
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::vector::VectorDialect", "::mlir::scf::SCFDialect",
                           "::mlir::cf::ControlFlowDialect"];
}

#endif
