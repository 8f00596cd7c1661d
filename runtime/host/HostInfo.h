// What the system says of its CPUs and memory.
#pragma once

#include <cstdint>
#include <string>

namespace tile::runtime {

struct HostInfo {
  std::string cpu;          ///< model name; empty when unknown
  int64_t memory_bytes = 0; ///< physical
  int64_t cache_bytes = 0;  ///< of the last level, all of its instances that this process's CPUs use
  int clock_mhz = 0;        ///< highest known; 0 when unknown
};

/// `root` stands before /proc and /sys.
HostInfo read_host_info(const std::string &root = "");

/// "48K", "1024K", "32M" in bytes; 0 for anything else.
int64_t parse_cache_size(const std::string &text);

} // namespace tile::runtime
