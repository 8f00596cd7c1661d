// Inputs go to the oracle in double and to the device in their dtype: the same numbers, since they were rounded first.
#include "bench/Session.h"

#include "compiler/support/Error.h"
#include "modules/common/Convert.h"
#include "modules/common/Inputs.h"

#include <fmt/format.h>

namespace fla::bench {

using tile::InternalError;
using Role = TensorDesc::Role;

Session::Session(tile::runtime::Device &device, tile::runtime::Stream &stream, const Problem &problem, uint64_t seed)
    : device_(device), stream_(stream) {
  const std::map<std::string, std::vector<double>> in = make_inputs(problem, seed);
  std::map<std::string, std::vector<double>> out;
  for (const TensorDesc &t : problem.tensors()) {
    memory_.try_emplace(t.name, device, stream, t.bytes(), memory_.size());
    if (t.is_read()) add_input(t, in.at(t.name));
    if (t.is_written()) {
      outputs_.push_back({t, {}});
      out[t.name].resize(size_t(t.elements()));
    }
  }
  problem.oracle(in, out);
  for (Output &o : outputs_) o.expected = std::move(out.at(o.desc.name));
}

void Session::add_input(const TensorDesc &t, const std::vector<double> &values) {
  std::vector<std::byte> bytes(t.bytes());
  from_double(t.dtype, values, bytes.data());
  memory_.at(t.name).upload(bytes.data());
  (t.role == Role::InOut ? in_place_ : inputs_).emplace(t.name, std::move(bytes));
}

void *Session::address(std::string_view name) const {
  auto it = memory_.find(name);
  return it == memory_.end() ? nullptr : it->second.data();
}

std::map<std::string, void *> Session::addresses() const {
  std::map<std::string, void *> out;
  for (const auto &[name, memory] : memory_) out[name] = memory.data();
  return out;
}

void Session::poison() {
  for (const Output &o : outputs_)
    if (o.desc.role == Role::Output) memory_.at(o.desc.name).fill(kPoison);
  restore();
}

void Session::restore() {
  for (const auto &[name, original] : in_place_) memory_.find(name)->second.upload(original.data());
}

std::vector<std::byte> Session::download(std::string_view name) const {
  const GuardedBuffer &memory = memory_.find(name)->second;
  std::vector<std::byte> bytes(memory.bytes());
  memory.download(bytes.data());
  return bytes;
}

std::string Session::damage() const {
  for (const auto &[name, memory] : memory_)
    if (std::string what = memory.damage(); !what.empty()) return fmt::format("memory around '{}' was {}", name, what);
  for (const auto &[name, original] : inputs_)
    if (download(name) != original) return fmt::format("input '{}' was modified", name);
  return "";
}

Workspace::Workspace(Session &session, const std::vector<TensorDesc> &descs) : session_(session) {
  for (const TensorDesc &t : descs) {
    const size_t number = session.memory_.size() + scratch_.size();
    if (session.address(t.name) ||
        !scratch_.try_emplace(t.name, session.device(), session.stream(), t.bytes(), number).second)
      throw InternalError(fmt::format("workspace '{}' has the name of another tensor", t.name));
  }
}

void *Workspace::address(std::string_view name) const {
  if (auto it = scratch_.find(name); it != scratch_.end()) return it->second.data();
  if (void *address = session_.address(name)) return address;
  throw InternalError(fmt::format("an argument names the tensor '{}', which is not among the problem's", name));
}

std::map<std::string, void *> Workspace::addresses() const {
  std::map<std::string, void *> out = session_.addresses();
  for (const auto &[name, memory] : scratch_) out[name] = memory.data();
  return out;
}

void Workspace::restore() {
  session_.restore();
}

void Workspace::poison() {
  for (auto &[name, memory] : scratch_) memory.fill(Session::kPoison);
}

std::string Workspace::damage() const {
  for (const auto &[name, memory] : scratch_)
    if (std::string what = memory.damage(); !what.empty())
      return fmt::format("memory around workspace '{}' was {}", name, what);
  return "";
}

} // namespace fla::bench
