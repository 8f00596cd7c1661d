// One program for a GPU machine: flabench, and all GoogleTests that want a device, behind the argument "gtest".
// They share one copy of the compiler, which is most of the size.
#include <gmock/gmock.h>
#include <string_view>

int flabench_main(int argc, char **argv); // main() of bench/main.cpp, renamed by the build

int main(int argc, char **argv) {
  if (argc < 2 || std::string_view(argv[1]) != "gtest") return flabench_main(argc, argv);
  argv[1] = argv[0];
  --argc;
  ++argv;
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
