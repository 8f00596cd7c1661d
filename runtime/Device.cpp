// Device names: "host", "simt", "cuda", "cuda:N". Anything else is refused with a list of what there is on this
// machine.
#include "runtime/Device.h"

#include "compiler/support/Error.h"
#include "runtime/Backends.h"

#include <charconv>
#include <fmt/format.h>
#include <optional>

namespace tile::runtime {
namespace {

std::optional<int> cuda_ordinal(std::string_view id) {
  if (id == "cuda") return 0;
  if (!id.starts_with("cuda:")) return std::nullopt;
  std::string_view digits = id.substr(5);
  int ordinal = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), ordinal);
  if (error != std::errc() || end != digits.data() + digits.size() || ordinal < 0) return std::nullopt;
  return ordinal;
}

[[noreturn]] void refuse(std::string_view id) {
  std::string why_not;
  std::string usable = "host, simt";
  for (const std::string &gpu : list_cuda_devices(&why_not)) usable += ", " + gpu;
  throw UserError(
      fmt::format("unknown device '{}': accepted are 'host' (the CPU), 'simt' (a virtual GPU, for tests), 'cuda' (the "
                  "first GPU) and 'cuda:N'; usable on this machine: {}{}",
                  id, usable, why_not.empty() ? "" : " (" + why_not + ")"));
}

} // namespace

std::unique_ptr<Stream> Device::adopt(void *) {
  throw UserError(fmt::format("device '{}' has no streams of another library's making; only a GPU has", id()));
}

std::unique_ptr<Device> open_device(std::string_view id) {
  if (id == "host") return open_host_device();
  if (id == "simt") return open_simt_device();
  if (std::optional<int> ordinal = cuda_ordinal(id)) return open_cuda_device(*ordinal);
  refuse(id);
}

std::string default_device() {
  return list_cuda_devices().empty() ? "host" : "cuda";
}

} // namespace tile::runtime
