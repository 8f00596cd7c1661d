// What addresses cost in the modules' kernels for GPUs. A base is 64-bit, what lanes and registers add is 32-bit or a
// constant in the access: a loop has a few 64-bit operations for each of its accesses, no 64-bit multiplication or
// division, and nothing is computed twice that is the same.
#include "bench/Emit.h"
#include "compiler/Compiler.h"
#include "modules/common/Problem.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace fla;

namespace {

/// One line of PTX: without its predicate, as the operation and what it is applied to.
struct Instruction {
  std::string operation, result, operands;
  bool is_access() const { return operation.starts_with("ld.global") || operation.starts_with("st.global"); }
  bool is_wide() const { // arithmetic on 64 bits, not a move of data
    static const std::regex words("(add|sub|mul|mad|shl|shr|and|or|xor|min|max|setp|cvt|div|rem)\\..*(64|wide).*");
    return std::regex_match(operation, words);
  }
  bool is_slow() const {
    static const std::regex words("(mul\\.lo|mad\\.lo|div|rem)\\..*64");
    return std::regex_match(operation, words);
  }
  /// Its result depends on its operands alone.
  bool is_pure() const {
    static const std::regex words("(add|sub|mul|mad|fma|shl|shr|and|or|xor|min|max|setp|cvt|neg|abs)\\..*");
    return std::regex_match(operation, words);
  }
};

/// The code of a kernel as straight pieces, and which of them loops go over.
struct Code {
  std::vector<std::vector<Instruction>> blocks;
  std::vector<std::pair<size_t, size_t>> loops; ///< first and last block
};

Code parse(const std::string &ptx) {
  static const std::regex label("^(\\$L\\w+):.*"), branch(".*\\bbra(\\.uni)?\\s+(\\$L\\w+);.*"),
      line("^\\s*(@!?%\\w+\\s+)?([a-z][\\w.:]*)\\s+(\\{[^}]*\\}|[^,;]+)(,\\s*(.*))?;.*");
  Code code;
  code.blocks.emplace_back();
  std::map<std::string, size_t> labels;
  std::smatch m;
  std::istringstream in(ptx);
  for (std::string text; std::getline(in, text);) {
    if (std::regex_match(text, m, label)) {
      code.blocks.emplace_back();
      labels[m[1]] = code.blocks.size() - 1;
    } else if (std::regex_match(text, m, branch)) {
      if (auto to = labels.find(m[2]); to != labels.end()) code.loops.emplace_back(to->second, code.blocks.size() - 1);
      code.blocks.emplace_back();
    } else if (std::regex_match(text, m, line)) {
      code.blocks.back().push_back({m[2], m[3], m[5]});
    }
  }
  return code;
}

struct Subject {
  std::string module, op;
};

class Addresses : public testing::TestWithParam<Subject> {
protected:
  /// `check(code, what)` for each kernel of the first candidates of a large case.
  template <class F> void each_kernel(F check) {
    const Module &module = module_named(GetParam().module);
    const tile::Target target = tile::Target::nvvm("sm_90a");
    const std::vector<Case> cases = module.cases(GetParam().op, "fla");
    std::set<std::string> seen;
    for (Pass pass : op_named(module, GetParam().op).passes) {
      const auto problem = module.problem(GetParam().op, pass, cases[cases.size() / 2], tile::bf16);
      const auto candidates = problem->candidates(target, bench::typical_machine(target));
      for (const FusedLaunch &launch : candidates.front().launches)
        if (seen.insert(launch.kernel.str()).second)
          check(parse(tile::compile(launch.kernel, target).code),
                fmt::format("{} of {} {}", launch.kernel.name(), GetParam().op, name_of(pass)));
    }
  }
};

TEST_P(Addresses, InLoopsAreAFewOperations) {
  each_kernel([](const Code &code, const std::string &what) {
    for (auto [first, last] : code.loops) {
      int accesses = 0, wide = 0, slow = 0;
      for (size_t b = first; b <= last; ++b)
        for (const Instruction &i : code.blocks[b]) {
          accesses += i.is_access();
          wide += i.is_wide();
          slow += i.is_slow();
        }
      EXPECT_LE(wide, 4 * accesses + 4) << what;
      EXPECT_EQ(slow, 0) << what;
    }
  });
}

TEST_P(Addresses, GrowByLessThanTheirAccesses) {
  each_kernel([](const Code &code, const std::string &what) {
    int accesses = 0, wide = 0;
    for (const auto &block : code.blocks)
      for (const Instruction &i : block) {
        accesses += i.is_access();
        wide += i.is_wide();
      }
    EXPECT_GT(accesses, 0) << what;
    EXPECT_LE(wide, 5 * accesses + 40) << what;
  });
}

TEST_P(Addresses, AreNotComputedTwice) {
  each_kernel([](const Code &code, const std::string &what) {
    for (const auto &block : code.blocks) {
      std::set<std::string> known;
      for (const Instruction &i : block) {
        // A register that is written again is another value from then on.
        std::erase_if(known, [&](const std::string &text) { return text.find(i.result + ",") != std::string::npos; });
        if (i.is_pure())
          EXPECT_TRUE(known.insert(i.operation + " " + i.operands + ",").second)
              << what << ": " << i.operation << ' ' << i.result << ", " << i.operands;
      }
    }
  });
}

TEST(AddressesOfNothing, AreParsed) {
  const Code code =
      parse("$L__BB0_1:\n\tadd.s64 \t%rd1, %rd2, 8;\n\t@%p1 ld.global.v4.b32 {%r1, %r2, %r3, %r4}, [%rd1];\n"
            "\tmul.lo.s64 %rd5, %rd1, %rd2;\n\t@%p2 bra \t$L__BB0_1;\n\tret;\n");
  ASSERT_EQ(code.loops.size(), 1u);
  const auto &block = code.blocks[code.loops[0].first];
  ASSERT_EQ(block.size(), 3u);
  EXPECT_TRUE(block[0].is_wide() && block[0].is_pure() && !block[0].is_access());
  EXPECT_TRUE(block[1].is_access() && !block[1].is_wide());
  EXPECT_TRUE(block[2].is_slow());
}

std::vector<Subject> subjects() {
  std::vector<Subject> all;
  for (const auto &module : modules())
    for (const OpInfo &op : module->ops()) all.push_back({std::string(module->name()), op.name});
  return all;
}

INSTANTIATE_TEST_SUITE_P(, Addresses, testing::ValuesIn(subjects()),
                         [](const auto &info) { return info.param.module + "_" + info.param.op; });

} // namespace
