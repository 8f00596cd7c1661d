// The tensors of one problem on one device: inputs made from a seed, outputs, and the judge of what is in them; and,
// apart, the workspaces of one implementation. Every tensor lies between guard zones.
#pragma once

#include "bench/GuardedBuffer.h"
#include "modules/common/Judge.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fla::bench {

class Session {
public:
  /// Makes the inputs and uploads them. The problem must live on.
  Session(tile::runtime::Device &, tile::runtime::Stream &, const Problem &, uint64_t seed);
  Session(const Session &) = delete;

  /// Of an input or output; nullptr for a name that is neither.
  void *address(std::string_view name) const;
  std::map<std::string, void *> addresses() const;

  /// Fills every output with NaN, and restores.
  void poison();
  /// Puts what is changed in place back to what it was.
  void restore();
  /// Puts inputs and guards back, which nothing should have changed.
  void repair();

  const std::vector<TensorDesc> &outputs() const { return outputs_; } ///< in the problem's order
  std::vector<std::byte> download(std::string_view name) const;
  Memory download_outputs() const;
  /// What outputs should be, from the inputs as they are after rounding.
  Judge &judge() { return judge_; }

  /// Empty when every input is what it was and no guard was written to; otherwise what is not.
  std::string damage() const;

  tile::runtime::Device &device() const { return device_; }
  tile::runtime::Stream &stream() const { return stream_; }

private:
  static constexpr uint8_t kPoison = 0xFF; ///< NaN in every float type
  friend class Workspace;
  bool is_in_place(std::string_view name) const;
  /// Whether a tensor on the device is `original`, byte by byte.
  bool is_unchanged(const GuardedBuffer &, const Bytes &original) const;

  tile::runtime::Device &device_;
  tile::runtime::Stream &stream_;
  std::map<std::string, GuardedBuffer, std::less<>> memory_;
  const Memory inputs_; ///< as uploaded
  std::vector<TensorDesc> outputs_;
  Judge judge_;
};

/// What one implementation sees by name: the session's tensors and scratch memory of its own.
class Workspace {
public:
  Workspace(Session &, const std::vector<TensorDesc> &);
  void *address(std::string_view name) const; ///< InternalError for a name that is not there
  std::map<std::string, void *> addresses() const;
  void poison();               ///< scratch memory with NaN
  void restore();              ///< as of Session
  bool works_in_place() const; ///< whether there is anything to restore
  std::string damage() const;  ///< as of Session, of the scratch memory

private:
  Session &session_;
  std::map<std::string, GuardedBuffer, std::less<>> scratch_;
};

} // namespace fla::bench
