// The tensors of one problem on one device: inputs made from a seed, outputs, and the oracle's results to hold them
// against; and, apart, the workspaces of one implementation. Every tensor lies between guard zones.
#pragma once

#include "bench/GuardedBuffer.h"
#include "modules/common/Problem.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fla::bench {

class Session {
public:
  /// Makes the inputs, runs the oracle on them as they are after rounding, and uploads them.
  Session(tile::runtime::Device &, tile::runtime::Stream &, const Problem &, uint64_t seed);
  Session(const Session &) = delete;

  /// Of an input or output; nullptr for a name that is neither.
  void *address(std::string_view name) const;
  std::map<std::string, void *> addresses() const;

  /// Fills every output with NaN, and restores.
  void poison();
  /// Puts what is changed in place back to what it was.
  void restore();

  struct Output {
    TensorDesc desc;
    std::vector<double> expected;
  };
  const std::vector<Output> &outputs() const { return outputs_; }
  std::vector<std::byte> download(std::string_view name) const;

  /// Empty when every input is what it was and no guard was written to; otherwise what is not.
  std::string damage() const;

  tile::runtime::Device &device() const { return device_; }
  tile::runtime::Stream &stream() const { return stream_; }

private:
  static constexpr uint8_t kPoison = 0xFF; ///< NaN in every float type
  friend class Workspace;
  void add_input(const TensorDesc &, const std::vector<double> &values);

  tile::runtime::Device &device_;
  tile::runtime::Stream &stream_;
  std::map<std::string, GuardedBuffer, std::less<>> memory_;
  std::map<std::string, std::vector<std::byte>, std::less<>> inputs_;   ///< as uploaded
  std::map<std::string, std::vector<std::byte>, std::less<>> in_place_; ///< likewise, of what is changed in place
  std::vector<Output> outputs_;                                         ///< in the problem's order
};

/// What one implementation sees by name: the session's tensors and scratch memory of its own.
class Workspace {
public:
  Workspace(Session &, const std::vector<TensorDesc> &);
  void *address(std::string_view name) const; ///< InternalError for a name that is not there
  std::map<std::string, void *> addresses() const;
  void poison();              ///< scratch memory with NaN
  void restore();             ///< as of Session
  std::string damage() const; ///< as of Session, of the scratch memory

private:
  Session &session_;
  std::map<std::string, GuardedBuffer, std::less<>> scratch_;
};

} // namespace fla::bench
