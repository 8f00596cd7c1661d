// Reads /proc/cpuinfo and the cache and frequency folders of sysfs. Whatever is missing stays 0 or empty: a report's
// header is no reason to fail.
#include "runtime/host/HostInfo.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fstream>
#include <sched.h>
#include <set>
#include <unistd.h>
#include <vector>

namespace tile::runtime {
namespace {

std::string first_line(const std::string &path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// The value of a line "key<tabs>: value" of /proc/cpuinfo, or empty.
std::string value_of(const std::string &line, std::string_view key) {
  size_t colon = line.find(':');
  if (!line.starts_with(key) || colon == std::string::npos) return {};
  if (line.find_first_not_of(" \t", key.size()) != colon) return {};
  size_t begin = line.find_first_not_of(" \t", colon + 1);
  return begin == std::string::npos ? "" : line.substr(begin);
}

double number(const std::string &text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void read_cpuinfo(const std::string &root, HostInfo &info) {
  std::ifstream file(root + "/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (info.cpu.empty()) info.cpu = value_of(line, "model name");
    info.clock_mhz = std::max(info.clock_mhz, int(number(value_of(line, "cpu MHz"))));
  }
}

/// CPUs of this process's affinity mask.
std::vector<int> cpus() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  std::vector<int> ids;
  if (sched_getaffinity(0, sizeof(mask), &mask) == 0)
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
      if (CPU_ISSET(cpu, &mask)) ids.push_back(cpu);
  return ids;
}

int64_t last_level_cache(const std::string &root) {
  int last = 0;
  int64_t bytes = 0;
  std::set<std::string> counted; // an instance is known by the CPUs that share it
  for (int cpu : cpus())
    for (int index = 0;; ++index) {
      std::string folder = fmt::format("{}/sys/devices/system/cpu/cpu{}/cache/index{}", root, cpu, index);
      int level = int(number(first_line(folder + "/level")));
      if (level == 0) break;
      if (level < last || first_line(folder + "/type") == "Instruction") continue;
      if (level > last) {
        last = level;
        bytes = 0;
        counted.clear();
      }
      if (counted.insert(first_line(folder + "/shared_cpu_list")).second)
        bytes += parse_cache_size(first_line(folder + "/size"));
    }
  return bytes;
}

} // namespace

int64_t parse_cache_size(const std::string &text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0) return 0;
  std::string_view unit(end, size_t(text.data() + text.size() - end));
  if (unit.empty()) return value;
  if (unit == "K") return value << 10;
  if (unit == "M") return value << 20;
  return 0;
}

HostInfo read_host_info(const std::string &root) {
  HostInfo info;
  read_cpuinfo(root, info);
  double khz = number(first_line(root + "/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq"));
  if (khz > 0) info.clock_mhz = int(khz / 1000);
  info.cache_bytes = last_level_cache(root);
  info.memory_bytes = int64_t(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  return info;
}

} // namespace tile::runtime
