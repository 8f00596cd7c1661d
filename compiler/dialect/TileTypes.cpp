// Types and attributes of the tile dialect: their textual form and what makes them valid.
#include "compiler/dialect/TileDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#define GET_TYPEDEF_CLASSES
#include "compiler/dialect/TileTypes.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "compiler/dialect/TileAttrs.cpp.inc"

namespace tile::ir {

void TileDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "compiler/dialect/TileTypes.cpp.inc"
      >();
}

void TileDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "compiler/dialect/TileAttrs.cpp.inc"
      >();
}

layout::Shape shapeOf(RankedTensorType type) {
  ArrayRef<int64_t> shape = type.getShape();
  return layout::Shape(std::span<const int64_t>(shape.data(), shape.size()));
}

const layout::Layout *layoutOf(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  auto attr = tensor ? dyn_cast_or_null<LayoutAttr>(tensor.getEncoding()) : nullptr;
  return attr ? &attr.map() : nullptr;
}

RankedTensorType withLayout(Type elementType, const layout::Layout &layout, MLIRContext *context) {
  SmallVector<int64_t, 3> shape;
  for (int d = 0; d < layout.shape().rank(); ++d) shape.push_back(layout.shape().extent(d));
  return RankedTensorType::get(shape, elementType, LayoutAttr::get(context, layout));
}

bool isNumber(Type elementType) {
  if (!elementType.isSignlessIntOrFloat()) return false;
  unsigned bits = elementType.getIntOrFloatBitWidth();
  return elementType.isInteger(1) || (bits >= 8 && bits <= 64 && llvm::isPowerOf2_32(bits));
}

int64_t bytesOf(Type elementType) {
  return std::max<int64_t>(1, elementType.getIntOrFloatBitWidth() / 8);
}

std::optional<std::string> wrongAsTile(RankedTensorType type) {
  std::string text;
  llvm::raw_string_ostream out(text);
  int bits = 0;
  if (type.getRank() > layout::kMaxRank) {
    out << "a tile has at most " << layout::kMaxRank << " dimensions, not " << type.getRank();
    return text;
  }
  for (int64_t e : type.getShape()) {
    if (e < 1 || !llvm::isPowerOf2_64(uint64_t(e))) {
      out << "the extents of a tile are powers of two, not ";
      if (ShapedType::isDynamic(e))
        out << "unknown";
      else
        out << e;
      return text;
    }
    bits += int(llvm::Log2_64(uint64_t(e)));
  }
  if (bits > layout::kMaxBases)
    out << "a tile has at most 2^" << layout::kMaxBases << " elements, not 2^" << bits;
  else if (!isNumber(type.getElementType()))
    out << "a tile holds integers or floats of 1, 8, 16, 32 or 64 bits, not '" << type.getElementType() << '\'';
  else if (type.getEncoding() && !isa<LayoutAttr>(type.getEncoding()))
    out << "a tile carries a #tile.layout or nothing, not " << type.getEncoding();
  else
    return std::nullopt;
  return text;
}

// ---- !tile.ptr ------------------------------------------------------------------------------------------------------

static LogicalResult verifyElement(function_ref<InFlightDiagnostic()> emitError, StringRef what, Type element) {
  if (isNumber(element)) return success();
  return emitError() << what << " integers or floats of 1, 8, 16, 32 or 64 bits, not " << element;
}

LogicalResult PtrType::verify(function_ref<InFlightDiagnostic()> emitError, Type element) {
  return verifyElement(emitError, "a pointer is to", element);
}

// ---- !tile.view -----------------------------------------------------------------------------------------------------

int64_t ViewType::getNumDynamicExtents() const {
  return llvm::count(getShape(), ShapedType::kDynamic);
}
int64_t ViewType::getNumDynamicStrides() const {
  return llvm::count(getStrides(), ShapedType::kDynamic);
}
int64_t ViewType::getElementBytes() const {
  return bytesOf(getElementType());
}

static void printDim(AsmPrinter &p, int64_t d) {
  if (d == ShapedType::kDynamic)
    p << '?';
  else
    p << d;
}

static ParseResult parseDim(AsmParser &p, int64_t &d) {
  if (succeeded(p.parseOptionalQuestion())) {
    d = ShapedType::kDynamic;
    return success();
  }
  return p.parseInteger(d);
}

void ViewType::print(AsmPrinter &p) const {
  p << '<';
  for (int64_t d : getShape()) {
    printDim(p, d);
    p << 'x';
  }
  p << getElementType() << ", strides = [";
  llvm::interleaveComma(getStrides(), p, [&](int64_t s) { printDim(p, s); });
  p << "], align = " << getAlign();
  if (getDivisible() != 1) p << ", divisible = " << getDivisible();
  p << '>';
}

Type ViewType::parse(AsmParser &p) {
  SmallVector<int64_t> shape, strides;
  Type element;
  int64_t align = 0, divisible = 1;
  auto stride = [&] { return parseDim(p, strides.emplace_back()); };
  if (p.parseLess() || p.parseDimensionList(shape, /*allowDynamic=*/true) || p.parseType(element) || p.parseComma() ||
      p.parseKeyword("strides") || p.parseEqual() || p.parseCommaSeparatedList(AsmParser::Delimiter::Square, stride) ||
      p.parseComma() || p.parseKeyword("align") || p.parseEqual() || p.parseInteger(align))
    return {};
  if (succeeded(p.parseOptionalComma()) && (p.parseKeyword("divisible") || p.parseEqual() || p.parseInteger(divisible)))
    return {};
  if (p.parseGreater()) return {};
  return p.getChecked<ViewType>(p.getContext(), shape, element, strides, align, divisible);
}

LogicalResult ViewType::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> shape, Type element,
                               ArrayRef<int64_t> strides, int64_t align, int64_t divisible) {
  if (shape.empty() || shape.size() > size_t(layout::kMaxRank))
    return emitError() << "a view has 1 to " << layout::kMaxRank << " dimensions, not " << shape.size();
  if (strides.size() != shape.size())
    return emitError() << "a view of " << shape.size() << " dimensions needs as many strides, not " << strides.size();
  if (failed(verifyElement(emitError, "a view holds", element))) return failure();
  for (int64_t s : strides)
    if (s < 0 && s != ShapedType::kDynamic) return emitError() << "strides are not negative, but " << s << " is";
  if (align < 1 || !llvm::isPowerOf2_64(uint64_t(align)) || align % bytesOf(element) != 0)
    return emitError() << "align = " << align << " must be a power of two and a multiple of the element's "
                       << bytesOf(element) << " bytes";
  if (divisible < 1) return emitError() << "divisible = " << divisible << " must be at least 1";
  return success();
}

// ---- !tile.scratch --------------------------------------------------------------------------------------------------

int64_t ScratchType::getBytes() const {
  int64_t n = bytesOf(getElementType());
  for (int64_t d : getShape()) n *= d;
  return n;
}

void ScratchType::print(AsmPrinter &p) const {
  p << '<';
  for (int64_t d : getShape()) p << d << 'x';
  p << getElementType() << '>';
}

Type ScratchType::parse(AsmParser &p) {
  SmallVector<int64_t> shape;
  Type element;
  if (p.parseLess() || p.parseDimensionList(shape, /*allowDynamic=*/false) || p.parseType(element) || p.parseGreater())
    return {};
  return p.getChecked<ScratchType>(p.getContext(), shape, element);
}

LogicalResult ScratchType::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> shape, Type element) {
  if (failed(verifyElement(emitError, "scratch holds", element))) return failure();
  if (std::optional<std::string> wrong = wrongAsTile(RankedTensorType::get(shape, element)))
    return emitError() << "scratch holds a tile: " << *wrong;
  return success();
}

// ---- #tile.layout ---------------------------------------------------------------------------------------------------

const layout::Layout &LayoutAttr::map() const {
  return getImpl()->layout;
}

static void printBases(AsmPrinter &p, StringRef name, const layout::Layout &l, layout::In in) {
  p << ", " << name << " = [";
  llvm::interleaveComma(l.bases(in), p, [&](uint32_t basis) {
    p << '[';
    for (int d = 0; d < l.shape().rank(); ++d) p << (d ? ", " : "") << l.shape().coord(basis, d);
    p << ']';
  });
  p << ']';
}

void LayoutAttr::print(AsmPrinter &p) const {
  const layout::Layout &l = map();
  p << "<[";
  for (int d = 0; d < l.shape().rank(); ++d) p << (d ? ", " : "") << l.shape().extent(d);
  p << ']';
  printBases(p, "reg", l, layout::In::Register);
  printBases(p, "lane", l, layout::In::Lane);
  printBases(p, "warp", l, layout::In::Warp);
  p << '>';
}

static ParseResult parseBases(AsmParser &p, StringRef name, const layout::Shape &shape, layout::Bases &bases) {
  auto basis = [&]() -> ParseResult {
    SmallVector<int64_t, 3> coords;
    SMLoc loc = p.getCurrentLocation();
    if (p.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] { return p.parseInteger(coords.emplace_back()); }))
      return failure();
    if (int(coords.size()) != shape.rank())
      return p.emitError(loc) << "a basis of a layout of rank " << shape.rank() << " has as many coordinates, not "
                              << coords.size();
    for (int d = 0; d < shape.rank(); ++d)
      if (coords[d] < 0 || coords[d] >= shape.extent(d))
        return p.emitError(loc) << "coordinate " << coords[d] << " lies outside extent " << shape.extent(d);
    if (bases.size() == layout::kMaxBases)
      return p.emitError(loc) << "more than " << layout::kMaxBases << " bases of '" << name << "'";
    bases.push_back(shape.pack(std::span<const int64_t>(coords.data(), coords.size())));
    return success();
  };
  return failure(p.parseComma() || p.parseKeyword(name) || p.parseEqual() ||
                 p.parseCommaSeparatedList(AsmParser::Delimiter::Square, basis));
}

Attribute LayoutAttr::parse(AsmParser &p, Type) {
  SmallVector<int64_t, 3> extents;
  SMLoc loc = p.getCurrentLocation();
  if (p.parseLess() ||
      p.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] { return p.parseInteger(extents.emplace_back()); }))
    return {};
  for (int64_t e : extents)
    if (e < 1 || !llvm::isPowerOf2_64(uint64_t(e))) {
      p.emitError(loc) << "extents of a layout are powers of two, not " << e;
      return {};
    }
  if (extents.size() > size_t(layout::kMaxRank)) {
    p.emitError(loc) << "a layout has at most " << layout::kMaxRank << " dimensions";
    return {};
  }
  int bits = 0;
  for (int64_t e : extents) bits += int(llvm::Log2_64(uint64_t(e)));
  if (bits > layout::kMaxBases) {
    p.emitError(loc) << "a layout is of at most 2^" << layout::kMaxBases << " elements, not 2^" << bits;
    return {};
  }
  layout::Shape shape(std::span<const int64_t>(extents.data(), extents.size()));
  layout::Bases reg, lane, warp;
  if (parseBases(p, "reg", shape, reg) || parseBases(p, "lane", shape, lane) || parseBases(p, "warp", shape, warp) ||
      p.parseGreater())
    return {};
  return p.getChecked<LayoutAttr>(p.getContext(), layout::Layout(shape, reg, lane, warp));
}

LogicalResult LayoutAttr::verify(function_ref<InFlightDiagnostic()> emitError, layout::Layout layout) {
  if (std::optional<std::string> wrong = layout.verify()) return emitError() << *wrong;
  return success();
}

LogicalResult LayoutAttr::verifyEncoding(ArrayRef<int64_t> shape, Type,
                                         function_ref<InFlightDiagnostic()> emitError) const {
  const layout::Shape &mine = map().shape();
  bool same = int(shape.size()) == mine.rank();
  for (int d = 0; same && d < mine.rank(); ++d) same = shape[d] == mine.extent(d);
  if (!same) return emitError() << "a layout of " << mine.str() << " for a tile of another shape";
  return success();
}

// ---- #tile.target ---------------------------------------------------------------------------------------------------

LogicalResult TargetAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringRef kind, StringRef, int64_t lanes,
                                 int64_t vectorBytes, bool, bool) {
  if (kind != "nvvm" && kind != "simd" && kind != "simt")
    return emitError() << "a target is \"nvvm\", \"simd\" or \"simt\", not \"" << kind << '"';
  if (lanes < 1 || lanes > 64 || !llvm::isPowerOf2_64(uint64_t(lanes)))
    return emitError() << "a warp has a power of two of lanes, at most 64, not " << lanes;
  if (vectorBytes < 1 || !llvm::isPowerOf2_64(uint64_t(vectorBytes)))
    return emitError() << "vector_bytes is a power of two, not " << vectorBytes;
  return success();
}

TargetAttr targetOf(Operation *op) {
  auto module = isa<ModuleOp>(op) ? cast<ModuleOp>(op) : op->getParentOfType<ModuleOp>();
  return module->getAttrOfType<TargetAttr>(kTargetAttr);
}

} // namespace tile::ir
