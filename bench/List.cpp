// One description of an op, written as text for people, or as one JSON object or CSV line an op.
#include "bench/List.h"

#include "bench/Table.h"
#include "modules/common/Problem.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <ostream>

namespace fla::bench {
namespace {

struct Described {
  std::string module, op, summary;
  std::vector<std::string> keys, passes, dtypes, quick, fla;
};

std::vector<std::string> texts(const std::vector<Case> &cases) {
  std::vector<std::string> out;
  for (const Case &c : cases) out.push_back(c.str());
  return out;
}

Described describe(const Module &module, const OpInfo &op) {
  Described d{std::string(module.name()), op.name, op.summary, op.keys, {}, {}, {}, {}};
  for (Pass p : op.passes) d.passes.emplace_back(name_of(p));
  for (DType t : module.dtypes()) d.dtypes.emplace_back(tile::name_of(t));
  d.quick = texts(module.cases(op.name, "quick"));
  d.fla = texts(module.cases(op.name, "fla"));
  return d;
}

std::string as_text(const std::vector<Described> &ops) {
  size_t width = 0;
  for (const Described &d : ops) width = std::max(width, d.op.size());
  std::string out, module;
  for (const Described &d : ops) {
    if (d.module != module)
      out += fmt::format("{}{}  (dtypes {})\n", module.empty() ? "" : "\n", d.module, fmt::join(d.dtypes, ", "));
    module = d.module;
    out += fmt::format("  {:<{}}  {}\n", d.op, width, d.summary);
    out += fmt::format("  {:<{}}  passes {}; case {}=..\n", "", width, fmt::join(d.passes, ", "),
                       fmt::join(d.keys, "=..,"));
    out += fmt::format("  {:<{}}  quick: {}\n", "", width, fmt::join(d.quick, "  "));
    out += fmt::format("  {:<{}}  fla:   {}\n", "", width, fmt::join(d.fla, "  "));
  }
  return out;
}

std::string as_json(const std::vector<Described> &ops) {
  std::string out;
  for (const Described &d : ops) {
    nlohmann::ordered_json j = {{"module", d.module}, {"op", d.op},         {"summary", d.summary}, {"keys", d.keys},
                                {"passes", d.passes}, {"dtypes", d.dtypes}, {"quick", d.quick},     {"fla", d.fla}};
    out += j.dump() + '\n';
  }
  return out;
}

std::string as_csv(const std::vector<Described> &ops) {
  std::string out = "module,op,passes,dtypes,keys\n";
  for (const Described &d : ops)
    out += fmt::format("{},{},{},{},{}\n", d.module, d.op, fmt::join(d.passes, " "), fmt::join(d.dtypes, " "),
                       fmt::join(d.keys, " "));
  return out;
}

} // namespace

int list(const ListOptions &options, std::ostream &out) {
  std::vector<Described> ops;
  for (const auto &module : modules())
    if (options.module.empty() || module.get() == &module_named(options.module))
      for (const OpInfo &op : module->ops()) ops.push_back(describe(*module, op));
  out << (options.format == Format::Table ? as_text(ops) : options.format == Format::Json ? as_json(ops) : as_csv(ops));
  return 0;
}

} // namespace fla::bench
