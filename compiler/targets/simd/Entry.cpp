// The function the runtime calls on the host: unpacks the arguments once, then runs programs begin..end-1.
#include "compiler/targets/simd/Lowering.h"

#include "compiler/targets/Params.h"

using namespace mlir;

namespace tile::targets::simd {
namespace {

Value makeScratch(OpBuilder &b, Location loc, func::FuncOp kernel, Type pointer) {
  int64_t bytes = scratchOf(kernel);
  if (!bytes) return LLVM::ZeroOp::create(b, loc, pointer);
  Value one = constant(b, loc, b.getI64Type(), 1);
  return LLVM::AllocaOp::create(b, loc, pointer, LLVM::LLVMArrayType::get(b.getI8Type(), unsigned(bytes)), one,
                                unsigned(ir::kScratchAlign));
}

/// Programs are large: two of them in one turn of the loop would only be more code.
LLVM::LoopAnnotationAttr notUnrolled(OpBuilder &b) {
  auto yes = b.getBoolAttr(true);
  auto unroll = LLVM::LoopUnrollAttr::get(b.getContext(), /*disable=*/yes, {}, {}, {}, {}, {}, {});
  return LLVM::LoopAnnotationAttr::get(b.getContext(), {}, {}, {}, unroll, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {});
}

} // namespace

void makeEntry(func::FuncOp kernel, LLVM::LLVMFuncOp body, OpBuilder &b) {
  OpBuilder::InsertionGuard guard(b);
  Location loc = kernel.getLoc();
  MLIRContext *context = b.getContext();
  Type i64 = b.getI64Type(), pointer = LLVM::LLVMPointerType::get(context), none = LLVM::LLVMVoidType::get(context);
  b.setInsertionPointAfter(body);
  auto entry = LLVM::LLVMFuncOp::create(b, loc, kernel.getName(),
                                        LLVM::LLVMFunctionType::get(none, {pointer, i64, i64, i64, i64, i64}));
  Block *first = entry.addEntryBlock(b);
  Block *loop = b.createBlock(&entry.getBody(), entry.getBody().end(), {i64}, {loc});
  Block *program = b.createBlock(&entry.getBody(), entry.getBody().end());
  Block *done = b.createBlock(&entry.getBody(), entry.getBody().end());
  Value begin = entry.getArgument(1), end = entry.getArgument(2), gridX = entry.getArgument(3),
        gridY = entry.getArgument(4), gridZ = entry.getArgument(5);

  b.setInsertionPointToStart(first);
  SmallVector<Value> operands = unpackArguments(b, loc, kernel, body, entry.getArgument(0));
  Value scratch = makeScratch(b, loc, kernel, pointer);
  LLVM::BrOp::create(b, loc, ValueRange{begin}, loop);

  b.setInsertionPointToStart(loop);
  Value p = loop->getArgument(0);
  Value more = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::slt, p, end);
  LLVM::CondBrOp::create(b, loc, more, program, ValueRange{}, done, ValueRange{});

  b.setInsertionPointToStart(program);
  Value x = LLVM::URemOp::create(b, loc, p, gridX), rest = LLVM::UDivOp::create(b, loc, p, gridX);
  Value y = LLVM::URemOp::create(b, loc, rest, gridY), z = LLVM::UDivOp::create(b, loc, rest, gridY);
  operands.append({x, y, z, gridX, gridY, gridZ, scratch});
  LLVM::CallOp::create(b, loc, body, operands);
  Value next = LLVM::AddOp::create(b, loc, p, constant(b, loc, i64, 1));
  auto again = LLVM::BrOp::create(b, loc, ValueRange{next}, loop);
  again.setLoopAnnotationAttr(notUnrolled(b));

  b.setInsertionPointToStart(done);
  LLVM::ReturnOp::create(b, loc, ValueRange{});
}

} // namespace tile::targets::simd
