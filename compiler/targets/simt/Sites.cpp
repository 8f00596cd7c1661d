// Sites as attributes, so that they can be read and tested as text.
#include "compiler/targets/simt/Sites.h"

#include "compiler/dialect/TileDialect.h"
#include "compiler/support/Error.h"

#include "mlir/IR/Builders.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace tile::targets::simt {

int64_t SiteList::add(Operation *op, StringRef kind, int64_t width, int64_t elementBytes, int64_t align) {
  Builder b(op->getContext());
  NamedAttrList fields;
  fields.append("op", b.getStringAttr(kind));
  if (width) {
    fields.append("width", b.getI64IntegerAttr(width));
    fields.append("bytes", b.getI64IntegerAttr(elementBytes));
    fields.append("align", b.getI64IntegerAttr(align));
  }
  return addFields(op, std::move(fields));
}

int64_t SiteList::addText(Operation *op, StringRef kind, StringRef text) {
  Builder b(op->getContext());
  NamedAttrList fields;
  fields.append("op", b.getStringAttr(kind));
  fields.append("text", b.getStringAttr(text));
  return addFields(op, std::move(fields));
}

int64_t SiteList::addFields(Operation *op, NamedAttrList fields) {
  Builder b(op->getContext());
  if (auto at = op->getLoc()->findInstanceOf<FileLineColLoc>()) {
    fields.append("file", at.getFilename());
    fields.append("line", b.getI64IntegerAttr(at.getLine()));
  }
  sites_.push_back(fields.getDictionary(op->getContext()));
  return int64_t(sites_.size()) - 1;
}

void SiteList::attachTo(ModuleOp module) const {
  module->setAttr(ir::kSitesAttr, ArrayAttr::get(module.getContext(), sites_));
}

static Site siteOf(DictionaryAttr fields) {
  auto number = [&](StringRef name, int64_t otherwise) {
    auto attr = fields.getAs<IntegerAttr>(name);
    return attr ? attr.getInt() : otherwise;
  };
  auto op = fields.getAs<StringAttr>("op");
  auto kind = llvm::StringSwitch<std::optional<Site::Kind>>(op ? op.getValue() : "")
                  .Case("load", Site::Kind::Load)
                  .Case("store", Site::Kind::Store)
                  .Case("atomic_add_float", Site::Kind::AtomicAddFloat)
                  .Case("atomic_add_integer", Site::Kind::AtomicAddInteger)
                  .Case("assume", Site::Kind::Assume)
                  .Case("require", Site::Kind::Require)
                  .Case("scratch_load", Site::Kind::ScratchLoad)
                  .Case("scratch_store", Site::Kind::ScratchStore)
                  .Case("barrier", Site::Kind::Barrier)
                  .Default(std::nullopt);
  if (!kind) throw InternalError("tile.sites names an op that there is not");
  Site site;
  site.kind = *kind;
  site.width = int(number("width", 0));
  site.element_bytes = int(number("bytes", 0));
  site.align = int(number("align", 1));
  site.line = int(number("line", 0));
  if (auto text = fields.getAs<StringAttr>("text")) site.text = text.str();
  if (auto file = fields.getAs<StringAttr>("file")) site.file = file.str();
  return site;
}

std::vector<Site> sitesOf(ModuleOp module) {
  std::vector<Site> sites;
  if (auto list = module->getAttrOfType<ArrayAttr>(ir::kSitesAttr))
    for (Attribute site : list) sites.push_back(siteOf(cast<DictionaryAttr>(site)));
  return sites;
}

} // namespace tile::targets::simt
