// Names of passes, modules and ops, and what to say to a name that is none of them; what small parts of problems share.
#include "modules/common/Problem.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <mutex>

namespace fla {

std::string_view name_of(Pass pass) {
  switch (pass) {
  case Pass::Fwd:
    return "fwd";
  case Pass::Bwd:
    return "bwd";
  case Pass::FwdBwd:
    return "fwdbwd";
  }
  return "?";
}

Pass pass_named(std::string_view name) {
  for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd})
    if (name_of(pass) == name) return pass;
  throw tile::UserError(fmt::format("unknown pass \"{}\"; there are fwd, bwd, fwdbwd", name));
}

int64_t TensorDesc::elements() const {
  int64_t n = 1;
  for (int64_t extent : shape) n *= extent;
  return n;
}

std::unique_ptr<Problem> Problem::part(int64_t, const std::map<std::string, std::vector<double>> &) const {
  throw tile::InternalError("a problem that can't be cut was asked for a part");
}

TensorDesc scratch(std::string name, std::vector<int64_t> shape) {
  TensorDesc desc;
  desc.name = std::move(name);
  desc.dtype = tile::f32;
  desc.shape = std::move(shape);
  desc.role = TensorDesc::Role::Workspace;
  return desc;
}

const Module &module_named(std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto &module : modules()) {
    if (module->name() == name) return *module;
    names.push_back(module->name());
  }
  throw tile::UserError(fmt::format("unknown module \"{}\"; there are {}", name, fmt::join(names, ", ")));
}

const OpInfo &op_named(const Module &module, std::string_view name) {
  // Ops are values of a module, but callers keep references: one list of each module lives as long as the process.
  static std::mutex mutex;
  static std::map<const Module *, std::vector<OpInfo>> lists;
  std::lock_guard lock(mutex);
  auto [list, is_new] = lists.try_emplace(&module);
  if (is_new) list->second = module.ops();
  std::vector<std::string_view> names;
  for (const OpInfo &op : list->second) {
    if (op.name == name) return op;
    names.push_back(op.name);
  }
  throw tile::UserError(
      fmt::format("unknown op \"{}\" of module {}; there are {}", name, module.name(), fmt::join(names, ", ")));
}

} // namespace fla
