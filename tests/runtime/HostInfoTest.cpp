// What the host says of itself: from a made-up /proc and /sys, and from this machine's.
#include "runtime/host/HostInfo.h"
#include "Expect.h"
#include "runtime/host/Workers.h"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <sched.h>
#include <unistd.h>

namespace tile::runtime::test {
namespace {

namespace fs = std::filesystem;

class Root {
public:
  Root() : path_(fs::temp_directory_path() / fmt::format("flabench-hostinfo-{}", getpid())) {
    fs::create_directories(path_);
  }
  ~Root() {
    std::error_code none;
    fs::remove_all(path_, none);
  }
  void write(const std::string &file, const std::string &text) const {
    fs::create_directories((path_ / file).parent_path());
    std::ofstream(path_ / file) << text;
  }
  void cache(int cpu, int index, int level, const char *size, const std::string &shared, const char *type) const {
    std::string folder = fmt::format("sys/devices/system/cpu/cpu{}/cache/index{}/", cpu, index);
    write(folder + "level", fmt::format("{}\n", level));
    write(folder + "size", fmt::format("{}\n", size));
    write(folder + "shared_cpu_list", shared + "\n");
    write(folder + "type", fmt::format("{}\n", type));
  }
  std::string path() const { return path_.string(); }

private:
  fs::path path_;
};

TEST(HostInfo, ReadsNameAndClock) {
  Root root;
  root.write("proc/cpuinfo", "processor\t: 0\nmodel\t\t: 2\nmodel name\t: AMD EPYC 9B45\ncpu MHz\t\t: 2596.1\n\n"
                             "processor\t: 1\nmodel name\t: AMD EPYC 9B45\ncpu MHz\t\t: 3700.9\n");
  HostInfo info = read_host_info(root.path());
  EXPECT_EQ(info.cpu, "AMD EPYC 9B45");
  EXPECT_EQ(info.clock_mhz, 3700);
  root.write("sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "4100000\n");
  EXPECT_EQ(read_host_info(root.path()).clock_mhz, 4100);
}

TEST(HostInfo, CountsEachLastLevelCacheOnce) {
  Root root;
  int64_t expected = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE && cpu < 1024; ++cpu) {
    cpu_set_t mask;
    ASSERT_EQ(sched_getaffinity(0, sizeof(mask), &mask), 0);
    if (!CPU_ISSET(cpu, &mask)) continue;
    root.cache(cpu, 0, 1, "48K", std::to_string(cpu), "Data");
    root.cache(cpu, 1, 1, "32K", std::to_string(cpu), "Instruction");
    root.cache(cpu, 2, 2, "1024K", std::to_string(cpu), "Unified");
    root.cache(cpu, 3, 3, "32M", "all", "Unified");
    expected = int64_t(32) << 20;
  }
  EXPECT_EQ(read_host_info(root.path()).cache_bytes, expected);
}

TEST(HostInfo, MissingFilesLeaveZero) {
  Root root;
  HostInfo info = read_host_info(root.path());
  EXPECT_EQ(info.cpu, "");
  EXPECT_EQ(info.clock_mhz, 0);
  EXPECT_EQ(info.cache_bytes, 0);
  EXPECT_GT(info.memory_bytes, 0);
}

TEST(HostInfo, ParsesCacheSizes) {
  EXPECT_EQ(parse_cache_size("48K"), 48 << 10);
  EXPECT_EQ(parse_cache_size("32M"), 32 << 20);
  EXPECT_EQ(parse_cache_size("512"), 512);
  EXPECT_EQ(parse_cache_size(""), 0);
  EXPECT_EQ(parse_cache_size("big"), 0);
  EXPECT_EQ(parse_cache_size("3X"), 0);
}

} // namespace
} // namespace tile::runtime::test
