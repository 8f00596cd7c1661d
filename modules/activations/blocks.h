// Where an element-wise kernel finds its blocks: along one flat row of all elements, or in rows whose distances differ
// from tensor to tensor. Kernels see blocks alone.
#pragma once

#include "modules/activations/spec.h"
#include "modules/common/Rows.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fla::activations {

/// A place in every tensor.
struct Block {
  std::vector<tile::Index> at;
  std::vector<int64_t> shape;
  bool in_rest = false;          ///< of the elements behind the last whole group
  std::vector<tile::Index> next; ///< where this program will be soon; empty when nowhere
};

/// A tensor of the kernel.
class Operand {
public:
  tile::Tile load(const Block &) const; ///< in f32; 0 outside
  void store(const Block &, const tile::Tile &) const;

private:
  friend class Blocks;
  explicit Operand(tile::View main, tile::Cache cache) : main_(std::move(main)), cache_(cache) {}
  tile::View main_;
  std::optional<tile::View> rest_;
  tile::Cache cache_; ///< of what is stored
};

class Blocks {
public:
  Blocks(tile::KernelBuilder &k, const Spec &spec, const RowConfig &config);

  Operand input(const std::string &name);
  Operand output(const std::string &name);
  /// This program's columns of a tensor of [cols], as a tile of [1, chunk].
  tile::Tile columns(const std::string &name);
  tile::Index column() const { return column_; } ///< the first of them

  /// `body` at each block of this program.
  void for_each(const std::function<void(const Block &)> &body);
  /// The same with tiles that travel from block to block. Of rows only.
  Tiles carry(const Tiles &initial, const std::function<Tiles(const Block &, Tiles)> &body);

private:
  enum class Access : uint8_t { Read, Write };
  tile::View view(const std::string &name, Access, const tile::Index &extent);
  Operand operand(const std::string &name, Access);
  Block block(const tile::Index &first) const;
  void rest(const std::function<void(const Block &)> &body);

  tile::KernelBuilder &k_;
  Spec spec_;
  RowConfig config_; ///< as for rows: of a flat kernel `rows` are elements
  tile::Index extent_, column_ = 0;
  std::optional<tile::Index> rest_;
};

} // namespace fla::activations
