// The selection's rules: a list that is not given means all; words are looked up one by one, repeated words count once.
#include "bench/Plan.h"

#include "bench/Words.h"
#include "compiler/support/Error.h"
#include "modules/common/Parts.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <thread>

namespace fla::bench {
namespace {

using tile::UserError;

std::vector<Pass> passes_of(const Module &module, const OpInfo &op, const Selection &select) {
  if (select.passes.empty()) return op.passes;
  std::vector<Pass> out;
  for (const std::string &word : select.passes) {
    Pass pass = pass_named(word);
    if (std::ranges::find(op.passes, pass) != op.passes.end()) {
      add_once(out, pass);
    } else if (!select.ops.empty()) {
      std::vector<std::string_view> names;
      for (Pass p : op.passes) names.push_back(name_of(p));
      throw UserError(fmt::format("{}'s op '{}' has no pass '{}'; accepted: {}", module.name(), op.name, word,
                                  fmt::join(names, ", ")));
    }
  }
  return out;
}

std::vector<OpInfo> ops_of(const Module &module, const Selection &select) {
  if (select.ops.empty()) return module.ops();
  std::vector<OpInfo> out;
  for (const std::string &word : select.ops) {
    const OpInfo &op = op_named(module, word);
    if (std::ranges::none_of(out, [&](const OpInfo &o) { return o.name == op.name; })) out.push_back(op);
  }
  return out;
}

std::vector<DType> dtypes_of(const Module &module, const Selection &select) {
  const std::vector<DType> known = module.dtypes();
  if (select.dtypes.empty()) {
    bool has_bf16 = std::ranges::find(known, DType::bf16) != known.end();
    return {has_bf16 ? DType::bf16 : known.at(0)};
  }
  std::vector<DType> out;
  for (const std::string &word : select.dtypes) {
    std::optional<DType> dtype = tile::dtype_named(word);
    if (!dtype || std::ranges::find(known, *dtype) == known.end()) {
      std::vector<std::string_view> names;
      for (DType t : known) names.push_back(tile::name_of(t));
      throw UserError(
          fmt::format("unknown dtype '{}' for {}; accepted: {}", word, module.name(), fmt::join(names, ", ")));
    }
    add_once(out, *dtype);
  }
  return out;
}

bool takes(const OpInfo &op, const std::string &word) {
  try {
    Case::parse(word, op.keys);
    return true;
  } catch (const UserError &) {
    return false;
  }
}

/// Ops of a module may have different keys: where no op is named, a case is for those that have its keys.
bool is_for_other_ops(const Module &module, const OpInfo &op, const Selection &select, const std::string &word) {
  const auto ops = module.ops();
  return select.ops.empty() && !takes(op, word) &&
         std::ranges::any_of(ops, [&](const OpInfo &other) { return takes(other, word); });
}

std::vector<Case> cases_of(const Module &module, const OpInfo &op, const Selection &select) {
  require_grid(select.grid);
  if (select.cases.empty()) return module.cases(op.name, select.grid);
  std::vector<Case> out;
  std::vector<std::string> seen;
  for (const std::string &word : select.cases) {
    if (is_for_other_ops(module, op, select, word)) continue;
    Case shape = Case::parse(word, op.keys);
    if (std::ranges::find(seen, shape.str()) != seen.end()) continue;
    seen.push_back(shape.str());
    out.push_back(shape);
  }
  return out;
}

std::string gib(double bytes) {
  return fmt::format("{:.1f} GiB", bytes / double(1 << 30));
}

void require(const Item &item, double need, double have, std::string_view where, std::string_view what_for) {
  if (have <= 0 || need <= have) return;
  throw UserError(fmt::format("{} needs {} of {} memory ({}), but there are {}: choose a smaller case", item.str(),
                              gib(need), where, what_for, gib(have)));
}

} // namespace

std::string Item::str() const {
  return fmt::format("{} {} {} {}", op, name_of(pass), shape.str(), tile::name_of(dtype));
}

std::vector<Item> plan(const Selection &select) {
  if (select.module.empty()) throw UserError("--module is missing; `flabench --list` shows what there is");
  const Module &module = module_named(select.module);
  const std::vector<DType> dtypes = dtypes_of(module, select);
  std::vector<Item> items;
  for (const OpInfo &op : ops_of(module, select))
    for (Pass pass : passes_of(module, op, select))
      for (DType dtype : dtypes)
        for (const Case &shape : cases_of(module, op, select))
          items.push_back(
              {std::string(module.name()), op.name, pass, shape, dtype, module.problem(op.name, pass, shape, dtype)});
  if (items.empty())
    throw UserError(fmt::format("no op of {} takes the case {} and has the pass {}; `flabench --list` shows what each "
                                "takes",
                                module.name(), fmt::join(select.cases, " or "), fmt::join(select.passes, ", ")));
  return items;
}

int64_t available_host_memory() {
  std::ifstream meminfo("/proc/meminfo");
  std::string key, unit;
  for (int64_t kib = 0; meminfo >> key >> kib && std::getline(meminfo, unit);)
    if (key == "MemAvailable:") return kib * 1024;
  return 0;
}

void require_memory(const Item &item, const tile::runtime::Device &device) {
  const tile::Target &target = device.target();
  double inputs = 0, outputs = 0, workspaces = 0;
  for (const TensorDesc &t : item.problem->tensors()) {
    if (t.is_read()) inputs += double(t.bytes());
    if (t.role == TensorDesc::Role::Output) outputs += double(t.bytes());
  }
  if (!target.is_on_cpu())
    for (const TensorDesc &t : item.problem->cuda_reference().workspace) workspaces += double(t.bytes());
  else if (target.kind == tile::Target::Kind::Simd)
    for (const TensorDesc &t : item.problem->host_reference().workspace) workspaces += double(t.bytes());
  // On the device: the tensors, the reference's workspaces, and the copy that is the roof.
  const double on_device = inputs + outputs + workspaces + double(item.problem->bytes());
  // Here: the inputs, the outputs of the fused kernels and of the reference, and what the oracle computes in double of
  // one part on each thread, or of a problem that can't be cut all of.
  const Parts parts(*item.problem);
  const double threads = parts.is_cut() ? double(std::max(1u, std::thread::hardware_concurrency())) : 1;
  const double here = inputs + 2 * outputs + threads * 2 * sizeof(double) * double(parts.elements());
  const double host_memory = double(available_host_memory());
  if (!target.is_on_cpu())
    require(item, on_device, double(device.info().memory_bytes), "the GPU's", "tensors, workspaces and the copy roof");
  require(item, here + (target.is_on_cpu() ? on_device : 0), host_memory, "this computer's",
          target.is_on_cpu() ? "tensors, workspaces, the copy roof and the oracle" : "the oracle");
}

} // namespace fla::bench
