// Printing: the text becomes a format of C, the values what C passes for them.
#include "compiler/targets/Debug.h"

#include "compiler/targets/EachLane.h"

using namespace mlir;

namespace tile::targets {

Value textOf(OpBuilder &b, Operation *op, StringRef text, unsigned addressSpace) {
  auto module = op->getParentOfType<ModuleOp>();
  std::string name;
  for (int n = 0; name.empty() || module.lookupSymbol(name); ++n) name = "text_" + std::to_string(n);
  OpBuilder::InsertionGuard guard(b);
  Location loc = op->getLoc();
  std::string bytes = text.str() + '\0';
  LLVM::GlobalOp global;
  {
    OpBuilder::InsertionGuard inner(b);
    b.setInsertionPointToStart(module.getBody());
    Type type = LLVM::LLVMArrayType::get(b.getI8Type(), unsigned(bytes.size()));
    global = LLVM::GlobalOp::create(b, loc, type, /*isConstant=*/true, LLVM::Linkage::Internal, name,
                                    b.getStringAttr(bytes), /*alignment=*/1, addressSpace);
  }
  Value p = LLVM::AddressOfOp::create(b, loc, global);
  Type generic = LLVM::LLVMPointerType::get(b.getContext());
  return addressSpace ? Value(LLVM::AddrSpaceCastOp::create(b, loc, generic, p)) : p;
}

namespace {

/// What C passes for a number to a function of any arguments.
Value promoted(OpBuilder &b, Location loc, Value v) {
  if (v.getType().isF32()) return LLVM::FPExtOp::create(b, loc, b.getF64Type(), v);
  if (v.getType().isInteger(1)) return LLVM::ZExtOp::create(b, loc, b.getI32Type(), v);
  return v;
}

StringRef conversionOf(Type type) {
  return type.isF64() ? "%.9g" : type.isInteger(64) ? "%lld" : "%d";
}

std::string formatOf(StringRef text, ArrayRef<Value> values) {
  std::string format;
  for (size_t next = 0; !text.empty();) {
    if (next < values.size() && text.consume_front("{}")) {
      format += conversionOf(values[next++].getType());
      continue;
    }
    if (text.front() == '%') format += '%';
    format += text.front();
    text = text.drop_front();
  }
  return format + "\n";
}

struct LowerPrint : ConvertOpToLLVMPattern<lane::PrintOp> {
  LowerPrint(const LLVMTypeConverter &types, bool isGpu) : ConvertOpToLLVMPattern(types), isGpu(isGpu) {}
  bool isGpu;

  LogicalResult matchAndRewrite(lane::PrintOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    auto values = llvm::map_to_vector(adaptor.getValues(), [&](Value v) { return promoted(rewriter, loc, v); });
    Value format = textOf(rewriter, op, formatOf(op.getText(), values), isGpu ? 1 : 0);
    SmallVector<Value> operands{format};
    if (isGpu)
      operands.push_back(packed(rewriter, op, values));
    else
      operands.append(values);
    LLVM::CallOp::create(rewriter, loc, function(rewriter, op), operands);
    rewriter.eraseOp(op);
    return success();
  }

private:
  LLVM::LLVMFuncOp function(OpBuilder &b, Operation *op) const {
    StringRef name = isGpu ? "vprintf" : "printf";
    auto module = op->getParentOfType<ModuleOp>();
    if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name)) return known;
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    Type pointer = LLVM::LLVMPointerType::get(b.getContext());
    SmallVector<Type> types(isGpu ? 2 : 1, pointer);
    return LLVM::LLVMFuncOp::create(b, op->getLoc(), name,
                                    LLVM::LLVMFunctionType::get(b.getI32Type(), types, /*isVarArg=*/!isGpu));
  }

  /// The values one behind the other in memory of the thread, as vprintf wants them.
  static Value packed(OpBuilder &b, Operation *op, ArrayRef<Value> values) {
    Location loc = op->getLoc();
    Type pointer = LLVM::LLVMPointerType::get(b.getContext());
    auto types = llvm::map_to_vector(values, [](Value v) { return v.getType(); });
    Type block = LLVM::LLVMStructType::getLiteral(b.getContext(), types);
    Value room;
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(&op->getParentOfType<LLVM::LLVMFuncOp>().getBody().front());
      room = LLVM::AllocaOp::create(b, loc, pointer, block, constant(b, loc, b.getI64Type(), 1), 8);
    }
    for (auto [i, v] : llvm::enumerate(values)) {
      Value at = LLVM::GEPOp::create(b, loc, pointer, block, room, ArrayRef<LLVM::GEPArg>{0, int32_t(i)});
      LLVM::StoreOp::create(b, loc, v, at);
    }
    return room;
  }
};

} // namespace

void splitPrints(ModuleOp module) {
  forEachLane<lane::PrintOp>(module, [](OpBuilder &b, lane::PrintOp op, auto laneOf) {
    lane::PrintOp::create(b, op.getLoc(), op.getTextAttr(), llvm::map_to_vector(op.getValues(), laneOf), Value());
  });
}

void addPrintPatterns(const LLVMTypeConverter &types, RewritePatternSet &patterns, bool isGpu) {
  patterns.add<LowerPrint>(types, isGpu);
}

} // namespace tile::targets
