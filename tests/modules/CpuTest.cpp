// Every module's kernels compile for every kind of CPU, and call nothing: an object of theirs has no undefined symbol,
// be it expf, fmodf or a conversion of f16 that a CPU has no instruction for.
#include "compiler/Compiler.h"
#include "modules/common/Problem.h"
#include "runtime/Parallel.h"

#include <cstring>
#include <elf.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

using namespace fla;

namespace {

template <class T> T read(const std::string &bytes, size_t at) {
  T value;
  EXPECT_LE(at + sizeof value, bytes.size());
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

/// Machine of an ELF object, and what it calls.
std::pair<int, std::set<std::string>> called_by(const std::string &object) {
  std::set<std::string> names;
  const auto header = read<Elf64_Ehdr>(object, 0);
  auto section = [&](size_t i) { return read<Elf64_Shdr>(object, header.e_shoff + i * sizeof(Elf64_Shdr)); };
  for (size_t i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr table = section(i);
    if (table.sh_type != SHT_SYMTAB) continue;
    const Elf64_Shdr strings = section(table.sh_link);
    for (size_t at = sizeof(Elf64_Sym); at < table.sh_size; at += sizeof(Elf64_Sym)) {
      const auto symbol = read<Elf64_Sym>(object, table.sh_offset + at);
      if (symbol.st_shndx == SHN_UNDEF) names.insert(object.data() + strings.sh_offset + symbol.st_name);
    }
  }
  return {header.e_machine, names};
}

class Cpu : public testing::TestWithParam<std::string> {};

TEST_P(Cpu, KernelsCallNothing) {
  const tile::Target target = tile::Target::cpu(GetParam());
  tile::runtime::DeviceInfo device;
  device.units = 8;
  std::vector<tile::Kernel> kernels;
  std::set<std::string> seen;
  for (const auto &module : modules())
    for (const OpInfo &op : module->ops())
      for (Pass pass : op.passes)
        for (tile::DType dtype : {tile::bf16, tile::f16}) { // they go through f32, which has nothing of its own
          const Case c = module->cases(op.name, "quick").front();
          const Candidate first = module->problem(op.name, pass, c, dtype)->candidates(target, device).at(0);
          for (const FusedLaunch &launch : first.launches)
            if (seen.insert(launch.kernel.str()).second) kernels.push_back(launch.kernel);
        }
  EXPECT_GT(kernels.size(), 50u);
  std::vector<std::pair<int, std::set<std::string>>> found(kernels.size());
  tile::runtime::parallel_for(int64_t(kernels.size()), [&](int64_t begin, int64_t end) {
    for (auto i = size_t(begin); i < size_t(end); ++i) found[i] = called_by(tile::compile(kernels[i], target).code);
  });
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].first, GetParam() == "aarch64" ? EM_AARCH64 : EM_X86_64);
    EXPECT_EQ(found[i].second, std::set<std::string>()) << kernels[i].name();
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Cpu, testing::Values("x86-64", "x86-64-v3", "x86-64-v4", "aarch64"), [](const auto &i) {
  std::string name = i.param;
  std::erase(name, '-');
  return name;
});

} // namespace
