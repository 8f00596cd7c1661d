// One program for a GPU machine: flabench, and all GoogleTests that want a device, behind the argument "gtest".
// They share one copy of the compiler, which is most of the size.
#include <algorithm>
#include <gmock/gmock.h>
#include <string_view>

int flabench_main(int argc, char **argv); // main() of bench/main.cpp, renamed by the build

/// A test that expects its process to die starts this program anew, with arguments of GoogleTest's alone.
static bool is_death_test(int argc, char **argv) {
  return std::any_of(argv + 1, argv + argc, [](std::string_view argument) {
    return argument.starts_with("--gtest_internal_run_death_test");
  });
}

int main(int argc, char **argv) {
  if (argc > 1 && std::string_view(argv[1]) == "gtest") {
    argv[1] = argv[0];
    --argc;
    ++argv;
  } else if (!is_death_test(argc, argv)) {
    return flabench_main(argc, argv);
  }
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
