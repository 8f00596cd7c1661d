// flabench: fused layers against their unfused references, on this machine.
#include "bench/Cli.h"

#include <iostream>

int main(int argc, char **argv) {
  return fla::bench::run_cli(argc, argv, std::cout, std::cerr);
}
