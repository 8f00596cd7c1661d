// Accesses of one thread to global and shared memory.
//
// An access is a few words side by side, as wide as the alignment permits: elements of 8 and 16 bits travel packed in
// 32-bit words, so that widening a bf16 is one shift or mask and narrowing two is one conversion. Accesses under a mask
// are predicated instructions rather than branches, so that the loads of a tile follow each other without waiting.
#include "compiler/targets/nvvm/Lowering.h"

using namespace mlir;

namespace tile::targets::nvvm {
namespace {

constexpr int64_t kWidest = 16; ///< bytes of one access

/// How one access of `bytes` bytes looks.
struct Words {
  int64_t count; ///< 1, 2 or 4
  int64_t bits;  ///< of a word
  IntegerType type(OpBuilder &b) const { return b.getIntegerType(unsigned(bits)); }
  Type whole(OpBuilder &b) const { return count == 1 ? Type(type(b)) : Type(VectorType::get({count}, type(b))); }
};

Words wordsOf(int64_t bytes, int64_t elementBytes) {
  int64_t word = elementBytes == 8 ? 8 : std::min<int64_t>(bytes, 4);
  return {bytes / word, word * 8};
}

/// Where and under which condition elements lie side by side.
struct Place {
  Value pointer; ///< of the first element
  Value mask;    ///< null: always
  StringRef space;
  int64_t align; ///< bytes
  ir::Cache cache = ir::Cache::Default;
  Value policy = {};  ///< what the second-level cache is told; null: nothing
  bool stays = false; ///< LLVM may not bring it nearer to its use
};

// ---- Instructions written out
// ----------------------------------------------------------------------------------------

/// PTX has no 8-bit registers: a byte travels in a 16-bit one.
StringRef registerClass(const Words &w) {
  return w.bits == 64 ? "l" : w.bits == 32 ? "r" : "h";
}

StringRef hint(ir::Cache cache) {
  switch (cache) {
  case ir::Cache::Default:
    return "";
  case ir::Cache::Streaming:
    return ".cs"; // likely touched once, first to leave the caches
  case ir::Cache::EvictFirst:
    return ".L1::evict_first";
  case ir::Cache::Keep:
    return ".L1::evict_last";
  }
  llvm_unreachable("all uses of the caches are handled");
}

std::string instruction(StringRef name, const Place &at, const Words &w) {
  std::string vector = w.count == 1 ? "" : ".v" + std::to_string(w.count);
  return (name + "." + at.space + hint(at.cache) + (at.policy ? ".L2::cache_hint" : "") + vector +
          (w.bits == 8 ? ".u" : ".b") + Twine(w.bits))
      .str();
}

/// "{$2,$3}", or "$2" of one word.
std::string operandList(int first, int64_t count) {
  std::string list;
  for (int i = 0; i < count; ++i) list += (i ? ",$" : "$") + std::to_string(first + i);
  return count == 1 ? list : "{" + list + "}";
}

/// Operands are the address as a memory operand, into which the code generator folds constant offsets, the mask, and
/// what is stored.
Value emitAsm(OpBuilder &b, Location loc, Type result, ArrayRef<Value> operands, Type pointee, const Twine &text,
              StringRef constraints) {
  SmallVector<Attribute> attrs(operands.size(), b.getDictionaryAttr({}));
  // LLVM numbers the attributes of a call from its result on, and MLIR passes the number as it is where there is none.
  attrs[result ? 0 : 1] =
      b.getDictionaryAttr({b.getNamedAttr(LLVM::InlineAsmOp::getElementTypeAttrName(), TypeAttr::get(pointee))});
  auto op = LLVM::InlineAsmOp::create(b, loc, result ? TypeRange(result) : TypeRange(), operands, b.getStringAttr(text),
                                      b.getStringAttr(constraints),
                                      /*has_side_effects=*/b.getUnitAttr(), UnitAttr(),
                                      LLVM::TailCallKindAttr::get(b.getContext(), LLVM::TailCallKind::None),
                                      LLVM::AsmDialectAttr(), b.getArrayAttr(attrs));
  return result ? op.getRes() : Value();
}

/// The address and, where there are such, the mask and the cache's policy, with their constraints.
struct Operands {
  SmallVector<Value> values;
  std::string constraints = "*m";

  explicit Operands(const Place &at) : values{at.pointer} {
    if (at.mask) {
      values.push_back(at.mask);
      constraints += ",b";
    }
    if (at.policy) {
      values.push_back(at.policy);
      constraints += ",l";
    }
  }
};

/// ", $6" where the policy follows address and mask, of which the address is operand 4; nothing without one.
std::string policy(const Place &at, int64_t address) {
  return at.policy ? ", $" + std::to_string(address + (at.mask ? 2 : 1)) : "";
}

/// A number that says how the second-level cache should treat an access. Pure: all accesses of a kernel share it.
Value makePolicy(OpBuilder &b, Location loc, ir::Cache cache) {
  StringRef priority = cache == ir::Cache::Keep ? "evict_last" : "evict_first";
  auto op = LLVM::InlineAsmOp::create(
      b, loc, TypeRange(b.getI64Type()), ValueRange(),
      b.getStringAttr("createpolicy.fractional.L2::" + priority + ".b64 $0, 0f3F800000;"), b.getStringAttr("=l"),
      UnitAttr(), UnitAttr(), LLVM::TailCallKindAttr::get(b.getContext(), LLVM::TailCallKind::None),
      LLVM::AsmDialectAttr(), ArrayAttr());
  return op.getRes();
}

/// "@$5 " where operand 5 is the mask; nothing without one.
std::string predicate(const Place &at, int64_t mask) {
  return at.mask ? "@$" + std::to_string(mask) + " " : "";
}

SmallVector<Value> loadByAsm(OpBuilder &b, Location loc, const Place &at, const Words &w) {
  Type word = w.bits == 8 ? b.getIntegerType(16) : w.type(b);
  int n = int(w.count);
  std::string text, constraints;
  for (int i = 0; i < n; ++i) {
    if (at.mask)
      text += "mov.b" + std::to_string(std::max<int64_t>(w.bits, 16)) + " $" + std::to_string(i) + ", 0;\n\t";
    constraints += "=&" + registerClass(w).str() + ",";
  }
  text += predicate(at, n + 1) + instruction("ld", at, w) + " " + operandList(0, n) + ", $" + std::to_string(n) +
          policy(at, n) + ";";
  Type result = n == 1 ? word : LLVM::LLVMStructType::getLiteral(b.getContext(), SmallVector<Type>(size_t(n), word));
  Operands operands(at);
  Value out = emitAsm(b, loc, result, operands.values, w.whole(b), text, constraints + operands.constraints);
  SmallVector<Value> words;
  for (int i = 0; i < n; ++i) {
    Value v = n == 1 ? out : LLVM::ExtractValueOp::create(b, loc, out, int64_t(i));
    words.push_back(w.bits == 8 ? LLVM::TruncOp::create(b, loc, w.type(b), v) : v);
  }
  return words;
}

void storeByAsm(OpBuilder &b, Location loc, const Place &at, const Words &w, ArrayRef<Value> words) {
  Operands operands(at);
  int first = int(operands.values.size());
  for (Value v : words) {
    operands.values.push_back(w.bits == 8 ? LLVM::ZExtOp::create(b, loc, b.getIntegerType(16), v) : v);
    operands.constraints += "," + registerClass(w).str();
  }
  emitAsm(b, loc, {}, operands.values, w.whole(b),
          predicate(at, 1) + instruction("st", at, w) + " $0, " + operandList(first, w.count) + policy(at, 0) + ";",
          operands.constraints);
}

/// LLVM's own accesses know neither predicates nor cache operators, and go into the branch that their value is used in.
bool needsAsm(const Place &at) {
  return at.mask || at.cache != ir::Cache::Default || at.stays;
}

// ---- One access -----------------------------------------------------------------------------------------------------

SmallVector<Value> loadWords(OpBuilder &b, Location loc, const Place &at, const Words &w) {
  if (needsAsm(at)) return loadByAsm(b, loc, at, w);
  Value whole = LLVM::LoadOp::create(b, loc, w.whole(b), at.pointer, unsigned(w.count * w.bits / 8));
  if (w.count == 1) return {whole};
  SmallVector<Value> words;
  for (int64_t i = 0; i < w.count; ++i)
    words.push_back(LLVM::ExtractElementOp::create(b, loc, whole, constant(b, loc, b.getI32Type(), i)));
  return words;
}

void storeWords(OpBuilder &b, Location loc, const Place &at, const Words &w, ArrayRef<Value> words) {
  if (needsAsm(at)) return storeByAsm(b, loc, at, w, words);
  Value whole = words[0];
  if (w.count > 1) {
    whole = LLVM::PoisonOp::create(b, loc, w.whole(b));
    for (int64_t i = 0; i < w.count; ++i)
      whole = LLVM::InsertElementOp::create(b, loc, whole, words[size_t(i)], constant(b, loc, b.getI32Type(), i));
  }
  LLVM::StoreOp::create(b, loc, whole, at.pointer, unsigned(w.count * w.bits / 8));
}

/// Element `index` of a word, as it lies in memory.
Value unpack(OpBuilder &b, Location loc, Value word, int64_t index, Type storage) {
  auto integer = b.getIntegerType(storage.getIntOrFloatBitWidth());
  if (word.getType() != integer) {
    if (index) word = LLVM::LShrOp::create(b, loc, word, constant(b, loc, word.getType(), index * integer.getWidth()));
    word = LLVM::TruncOp::create(b, loc, integer, word);
  }
  return storage == integer ? word : LLVM::BitcastOp::create(b, loc, storage, word);
}

/// Elements side by side in one word. Built as a vector, in which the code generator knows pairs of conversions.
Value pack(OpBuilder &b, Location loc, ArrayRef<Value> elements, IntegerType word) {
  if (elements.size() == 1) {
    Value stored = toStorage(b, loc, elements[0]);
    return stored.getType() == word ? stored : LLVM::BitcastOp::create(b, loc, word, stored);
  }
  bool bytes = elements[0].getType().isInteger(1);
  Type type = bytes ? b.getI8Type() : elements[0].getType();
  Value vector = LLVM::PoisonOp::create(b, loc, VectorType::get({int64_t(elements.size())}, type));
  for (auto [i, e] : llvm::enumerate(elements))
    vector = LLVM::InsertElementOp::create(b, loc, vector, bytes ? toStorage(b, loc, e) : e,
                                           constant(b, loc, b.getI32Type(), int64_t(i)));
  return LLVM::BitcastOp::create(b, loc, word, vector);
}

/// Bytes of one access (all are powers of two): what is asked for, what the alignment and the machine permit.
int64_t accessBytes(int64_t total, int64_t align, int64_t elementBytes) {
  int64_t bytes = std::min({total, align, kWidest});
  return std::max(bytes, elementBytes);
}

Place advanced(OpBuilder &b, Location loc, const Place &at, Type elementType, int64_t elements) {
  Place p = at;
  if (elements) p.pointer = element(b, loc, at.pointer, elementType, {LLVM::GEPArg(int32_t(elements))});
  return p;
}

SmallVector<Value> load(OpBuilder &b, Location loc, const Place &at, Type elementType, int64_t count) {
  int64_t size = ir::bytesOf(elementType);
  SmallVector<Value> out;
  while (int64_t(out.size()) < count) {
    int64_t done = int64_t(out.size());
    int64_t bytes = accessBytes((count - done) * size, at.align, size);
    Words w = wordsOf(bytes, size);
    int64_t perWord = w.bits / 8 / size;
    for (Value word : loadWords(b, loc, advanced(b, loc, at, elementType, done), w))
      for (int64_t i = 0; i < perWord; ++i)
        out.push_back(fromStorage(b, loc, unpack(b, loc, word, i, storageType(elementType)), elementType));
  }
  return out;
}

void store(OpBuilder &b, Location loc, const Place &at, Type elementType, ArrayRef<Value> values) {
  int64_t size = ir::bytesOf(elementType);
  for (int64_t done = 0, count = int64_t(values.size()); done < count;) {
    int64_t bytes = accessBytes((count - done) * size, at.align, size);
    Words w = wordsOf(bytes, size);
    size_t perWord = size_t(w.bits / 8 / size);
    SmallVector<Value> words;
    for (int64_t i = 0; i < w.count; ++i)
      words.push_back(pack(b, loc, values.slice(size_t(done) + size_t(i) * perWord, perWord), w.type(b)));
    storeWords(b, loc, advanced(b, loc, at, elementType, done), w, words);
    done += bytes / size;
  }
}

// ---- Patterns -------------------------------------------------------------------------------------------------------

/// A base that is a sum of what was made before this block, a loop's, and of what moves with the loop: both parts.
std::pair<Value, Value> partsOfBase(Value base) {
  auto sum = base.getDefiningOp<LLVM::AddOp>();
  if (!sum || sum.getLhs().getParentBlock() == sum->getBlock()) return {base, Value()};
  return {sum.getLhs(), sum.getRhs()};
}

/// pointer + base (uniform) + lane + offset: in this order, so that the uniform part is computed once. What moves with
/// a loop comes behind the lane, and the rest is frozen: it is computed before the loop, and loop strength reduction,
/// which would try all ways in which its summands can share registers for a third of the code generator's time, leaves
/// it alone. Where registers are few, what moves comes before the lane, and the sum of the two is frozen: then it is in
/// uniform registers, and all tensors share the lane's part.
template <class Op, class Adaptor>
Place globalPlace(OpBuilder &b, Op op, Adaptor adaptor, const MemoryOptions &options) {
  Location loc = op.getLoc();
  Type type = op.getPointer().getType().getElementType();
  auto plus = [&](Value pointer, Value elements) {
    return elements ? element(b, loc, pointer, type, {LLVM::GEPArg(elements)}) : pointer;
  };
  auto [fixed, moving] = partsOfBase(adaptor.getBase());
  auto frozen = [&](Value pointer) -> Value { return moving ? LLVM::FreezeOp::create(b, loc, pointer) : pointer; };
  Value p = adaptor.getPointer();
  if (options.fewRegisters)
    p = plus(frozen(plus(p, adaptor.getBase())), adaptor.getLane());
  else
    p = plus(frozen(plus(plus(p, fixed), adaptor.getLane())), moving);
  if (int64_t offset = int64_t(op.getOffset()))
    p = element(b, loc, p, type, {LLVM::GEPArg(constant(b, loc, b.getI64Type(), offset))});
  Place at{p, adaptor.getMask(), "global", int64_t(op.getAlign()), op.getCache()};
  bool lasts = at.cache == ir::Cache::EvictFirst || at.cache == ir::Cache::Keep;
  if (lasts && options.hasPolicies) at.policy = makePolicy(b, loc, at.cache);
  return at;
}

template <class Op> struct GlobalPattern : ConvertOpToLLVMPattern<Op> {
  GlobalPattern(const LLVMTypeConverter &types, const MemoryOptions &options)
      : ConvertOpToLLVMPattern<Op>(types), options(options) {}
  MemoryOptions options;
};

struct LowerLoad : GlobalPattern<lane::LoadOp> {
  using GlobalPattern::GlobalPattern;
  LogicalResult matchAndRewrite(lane::LoadOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Place at = globalPlace(rewriter, op, adaptor, options);
    at.stays = op.getEarly();
    rewriter.replaceOp(op,
                       load(rewriter, op.getLoc(), at, op.getPointer().getType().getElementType(), op.getNumResults()));
    return success();
  }
};

struct LowerStore : GlobalPattern<lane::StoreOp> {
  using GlobalPattern::GlobalPattern;
  LogicalResult matchAndRewrite(lane::StoreOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Place at = globalPlace(rewriter, op, adaptor, options);
    store(rewriter, op.getLoc(), at, op.getPointer().getType().getElementType(), llvm::to_vector(adaptor.getValues()));
    rewriter.eraseOp(op);
    return success();
  }
};

/// A reduction without a result, which the second-level cache does by itself.
struct LowerAtomicAdd : ConvertOpToLLVMPattern<lane::AtomicAddOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(lane::AtomicAddOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Type type = op.getPointer().getType().getElementType();
    Value p = element(rewriter, loc, adaptor.getPointer(), type, {LLVM::GEPArg(adaptor.getBase())});
    if (Value lane = adaptor.getLane()) p = element(rewriter, loc, p, type, {LLVM::GEPArg(lane)});
    Place at{p, adaptor.getMask(), "global", ir::bytesOf(type)};
    Operands operands(at);
    StringRef suffix = type.isF32() ? "f32" : type.isInteger(64) ? "u64" : "u32";
    std::string text = predicate(at, 1) + "red.relaxed.gpu.global.add." + suffix.str() + " $0, $" +
                       std::to_string(operands.values.size()) + ";";
    operands.values.push_back(adaptor.getValue());
    operands.constraints += type.isF32() ? ",f" : type.isInteger(64) ? ",l" : ",r";
    emitAsm(rewriter, loc, {}, operands.values, type, text, operands.constraints);
    rewriter.eraseOp(op);
    return success();
  }
};

template <class Op> struct ScratchPattern : ConvertOpToLLVMPattern<Op> {
  ScratchPattern(const LLVMTypeConverter &types, LLVM::GlobalOp scratch)
      : ConvertOpToLLVMPattern<Op>(types), scratch(scratch) {}
  LLVM::GlobalOp scratch;

  /// `count` elements, `lane` elements (a multiple of count) behind `offset` bytes.
  FailureOr<Place> place(OpBuilder &b, Op op, Value lane, Value mask, Type elementType, int64_t count) const {
    if (!scratch) return op.emitOpError("needs scratch, of which the kernel has none: no attribute tile.scratch");
    Location loc = op.getLoc();
    int64_t offset = int64_t(op.getOffset());
    Value p = LLVM::AddressOfOp::create(b, loc, scratch);
    p = LLVM::GEPOp::create(b, loc, p.getType(), b.getI8Type(), p, ArrayRef<LLVM::GEPArg>{int32_t(offset)});
    p = element(b, loc, p, elementType, {LLVM::GEPArg(lane)});
    int64_t align = count * ir::bytesOf(elementType);
    if (offset) align = std::min(align, offset & -offset);
    return Place{p, mask, "shared", align};
  }
};

struct LowerScratchLoad : ScratchPattern<lane::ScratchLoadOp> {
  using ScratchPattern::ScratchPattern;
  LogicalResult matchAndRewrite(lane::ScratchLoadOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Type type = op.getResult(0).getType();
    auto at = place(rewriter, op, adaptor.getLane(), Value(), type, op.getNumResults());
    if (failed(at)) return failure();
    rewriter.replaceOp(op, load(rewriter, op.getLoc(), *at, type, op.getNumResults()));
    return success();
  }
};

struct LowerScratchStore : ScratchPattern<lane::ScratchStoreOp> {
  using ScratchPattern::ScratchPattern;
  LogicalResult matchAndRewrite(lane::ScratchStoreOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Type type = op.getValues()[0].getType();
    auto at = place(rewriter, op, adaptor.getLane(), adaptor.getMask(), type, int64_t(op.getValues().size()));
    if (failed(at)) return failure();
    store(rewriter, op.getLoc(), *at, type, llvm::to_vector(adaptor.getValues()));
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void addMemoryPatterns(const LLVMTypeConverter &types, RewritePatternSet &patterns, LLVM::GlobalOp scratch,
                       const MemoryOptions &options) {
  patterns.add<LowerLoad, LowerStore>(types, options);
  patterns.add<LowerAtomicAdd>(types);
  patterns.add<LowerScratchLoad, LowerScratchStore>(types, scratch);
}

} // namespace tile::targets::nvvm
