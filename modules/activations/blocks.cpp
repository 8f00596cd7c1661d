#include "modules/activations/blocks.h"

namespace fla::activations {

using namespace tile;

Tile Operand::load(const Block &block) const {
  if (block.in_rest) return rest_->load(block.at, block.shape).to(f32);
  // While one block is computed on, a core would let the memory idle: it looks ahead some hundred instructions at most.
  if (!block.next.empty()) main_.prefetch(block.next, block.shape);
  return main_.load(block.at, block.shape).to(f32);
}

void Operand::store(const Block &block, const Tile &tile) const {
  const View &view = block.in_rest ? *rest_ : main_;
  view.store(block.at, tile.to(view.dtype()), block.in_rest ? Cache::Default : cache_);
}

Blocks::Blocks(KernelBuilder &k, const Spec &spec, const RowConfig &config)
    : k_(k), spec_(spec), config_(config), extent_(spec.flat ? k.runtime("elements", kGranule) : k.runtime("rows")) {
  if (spec.flat) config_.rows = config.shape.chunk;
  if (spec.flat && spec.ragged) rest_ = k.runtime("rest");
  if (!spec.flat && config.shape.chunk < spec.cols) column_ = k.program_id(1) * config.shape.chunk;
}

View Blocks::view(const std::string &name, Access access, const Index &extent) {
  ViewOptions options{.align = spec_.align};
  std::vector<Index> extents{extent};
  if (!spec_.flat) extents.emplace_back(spec_.cols);
  if (spec_.stride_divisor > 0) options.strides = {k_.runtime(name + "_stride", spec_.stride_divisor), 1};
  return access == Access::Read ? k_.input(name, spec_.dtype, extents, options)
                                : k_.output(name, spec_.dtype, extents, options);
}

Operand Blocks::operand(const std::string &name, Access access) {
  Operand operand(view(name, access, extent_), config_.cache());
  if (rest_) operand.rest_ = view(name + "_rest", access, *rest_);
  return operand;
}

Operand Blocks::input(const std::string &name) {
  return operand(name, Access::Read);
}

Operand Blocks::output(const std::string &name) {
  return operand(name, Access::Write);
}

Tile Blocks::columns(const std::string &name) {
  const int64_t chunk = config_.shape.chunk;
  View whole = k_.input(name, spec_.dtype, {spec_.cols}, {.align = spec_.align});
  return whole.load({column_}, {chunk}).to(f32).expand(Axis(0));
}

Block Blocks::block(const Index &first) const {
  const bool looks_ahead = config_.looped_rows && config_.ahead > 0;
  const Index next = first + config_.ahead * config_.rows;
  Block block;
  if (spec_.flat) {
    block.at = {first};
    block.shape = {config_.rows};
    if (looks_ahead) block.next = {next};
  } else {
    block.at = {first, column_};
    block.shape = {config_.rows, config_.shape.chunk};
    if (looks_ahead) block.next = {next, column_};
  }
  return block;
}

void Blocks::for_each(const std::function<void(const Block &)> &body) {
  for_row_blocks(k_, extent_, config_, [&](const Index &first) { body(block(first)); });
  if (rest_) rest(body);
}

Tiles Blocks::carry(const Tiles &initial, const std::function<Tiles(const Block &, Tiles)> &body) {
  RowRange range = rows_of_program(k_, 0, extent_, config_);
  return k_.loop(range.begin, range.end, range.step).carry_list(initial, [&](const Index &first, const Tiles &carried) {
    return body(block(first), carried);
  });
}

/// By the first program; for the others the loop is over before it begins.
void Blocks::rest(const std::function<void(const Block &)> &body) {
  k_.loop(min(k_.program_id(0), 1) * kGranule, *rest_, kGranule)([&](const Index &first) {
    Block block;
    block.at = {first};
    block.shape = {kGranule};
    block.in_rest = true;
    body(block);
  });
}

} // namespace fla::activations
