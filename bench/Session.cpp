// Inputs go to the oracle from the same memory as to the device: the same numbers.
#include "bench/Session.h"

#include "compiler/support/Error.h"
#include "modules/common/Inputs.h"

#include <algorithm>
#include <fmt/format.h>

namespace fla::bench {

using tile::InternalError;
using Role = TensorDesc::Role;

Session::Session(tile::runtime::Device &device, tile::runtime::Stream &stream, const Problem &problem, uint64_t seed)
    : device_(device), stream_(stream), inputs_(make_input_memory(problem, seed)), judge_(problem, inputs_) {
  for (const TensorDesc &t : problem.tensors()) {
    memory_.try_emplace(t.name, device, stream, t.bytes(), memory_.size());
    if (t.is_read()) memory_.at(t.name).upload(inputs_.at(t.name).data());
    if (t.is_written()) outputs_.push_back(t);
  }
}

bool Session::is_in_place(std::string_view name) const {
  return std::ranges::find(outputs_, name, &TensorDesc::name) != outputs_.end();
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
  for (const TensorDesc &t : outputs_)
    if (t.role == Role::Output) memory_.at(t.name).fill(kPoison);
  restore();
}

void Session::restore() {
  for (const TensorDesc &t : outputs_)
    if (t.role == Role::InOut) memory_.at(t.name).upload(inputs_.at(t.name).data());
}

void Session::repair() {
  for (auto &[name, memory] : memory_) memory.guard();
  for (const auto &[name, original] : inputs_) memory_.find(name)->second.upload(original.data());
}

std::vector<std::byte> Session::download(std::string_view name) const {
  const GuardedBuffer &memory = memory_.find(name)->second;
  std::vector<std::byte> bytes(memory.bytes());
  memory.download(bytes.data());
  return bytes;
}

Memory Session::download_outputs() const {
  Memory all;
  for (const TensorDesc &t : outputs_) {
    const GuardedBuffer &memory = memory_.at(t.name);
    memory.download(all.emplace(t.name, Bytes(memory.bytes())).first->second.data());
  }
  return all;
}

bool Session::is_unchanged(const GuardedBuffer &memory, const Bytes &original) const {
  constexpr size_t kPiece = size_t(64) << 20;
  const Bytes piece(std::min(kPiece, memory.bytes()));
  for (size_t at = 0; at < memory.bytes(); at += kPiece) {
    const size_t n = std::min(kPiece, memory.bytes() - at);
    device_.download(piece.data(), static_cast<const std::byte *>(memory.data()) + at, n);
    if (first_difference(piece.data(), original.data() + at, n) != n) return false;
  }
  return true;
}

std::string Session::damage() const {
  for (const auto &[name, memory] : memory_)
    if (std::string what = memory.damage(); !what.empty()) return fmt::format("memory around '{}' was {}", name, what);
  for (const auto &[name, original] : inputs_)
    if (!is_in_place(name) && !is_unchanged(memory_.find(name)->second, original))
      return fmt::format("input '{}' was modified", name);
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

bool Workspace::works_in_place() const {
  return std::ranges::any_of(session_.outputs(), [](const TensorDesc &t) { return t.role == Role::InOut; });
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
