// What the random kernels are made of: every op that the language builds is in them, with every dtype and rank that it
// takes. An op that is added to compiler/dsl without a step of its own in the generator fails here.
#include "tests/random/Scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace tile::test {
namespace {

constexpr uint64_t kKernels = 3000;

/// The ops of the kernels' IR by name without underscores ("tile.loadscalar"), and with the tiles that stand in their
/// lines ("tile.load f32 2").
const std::set<std::string> &seen() {
  static const std::set<std::string> all = [] {
    std::set<std::string> seen;
    const std::regex op(R"((tile|arith|math|scf)\.(\w+))"), tensor(R"(tensor<((?:\d+x)*)(\w+)>)");
    for (uint64_t seed = 1; seed <= kKernels; ++seed) {
      std::istringstream text(make_case(seed).kernel.str());
      for (std::string line; std::getline(text, line);) {
        std::smatch found;
        if (!std::regex_search(line, found, op)) continue;
        std::string name = found.str();
        seen.insert(name);
        for (std::sregex_iterator t(line.begin(), line.end(), tensor), end; t != end; ++t) {
          const std::string dims = t->str(1);
          const auto rank = std::count(dims.begin(), dims.end(), 'x');
          seen.insert(name + ' ' + t->str(2) + ' ' + std::to_string(rank));
        }
      }
    }
    return seen;
  }();
  return all;
}

std::string plain(std::string name) {
  std::erase(name, '_');
  for (char &c : name) c = char(std::tolower(c));
  return name;
}

TEST(RandomKernelsCover, EveryOpThatTheLanguageBuilds) {
  if (!std::filesystem::exists(TILE_DSL_SOURCES)) GTEST_SKIP() << "no sources on this machine";
  std::set<std::string> plain_seen;
  for (const std::string &name : seen()) plain_seen.insert(plain(name));
  // Where the IR says it in another way, or a test of its own has to look at it.
  const std::set<std::string> others = {"arith.constantindex", "arith.constantint", "tile.print"};
  const std::regex op(R"(\b(arith|math|scf|ir)::(\w+)Op\b)");
  int ops = 0;
  for (const auto &file : std::filesystem::directory_iterator(TILE_DSL_SOURCES)) {
    if (file.path().extension() != ".cpp") continue;
    std::stringstream text;
    text << std::ifstream(file.path()).rdbuf();
    const std::string source = text.str();
    for (std::sregex_iterator m(source.begin(), source.end(), op), end; m != end; ++m, ++ops) {
      const std::string name = plain((m->str(1) == "ir" ? "tile" : m->str(1)) + '.' + m->str(2));
      EXPECT_TRUE(others.contains(name) || plain_seen.contains(name))
          << m->str() << " of " << file.path().filename() << " is in none of the first " << kKernels << " kernels";
    }
  }
  EXPECT_GT(ops, 100);
}

TEST(RandomKernelsCover, EveryDtypeAndRank) {
  struct Need {
    std::vector<std::string> ops, dtypes;
    int least_rank = 1;
  };
  const std::vector<std::string> all = {"i1", "i32", "i64", "f16", "bf16", "f32"}, integers = {"i32", "i64"},
                                 numbers = {"i32", "i64", "f32"}, floats = {"f16", "bf16", "f32"}, f = {"f32"};
  const Need needs[] = {
      {{"tile.load", "tile.store", "tile.gather", "tile.scatter", "tile.broadcast", "tile.expand_dims", "arith.select"},
       all},
      {{"tile.reshape", "tile.transpose", "tile.concat", "tile.split"}, all},
      {{"tile.atomic_add", "tile.reduce_with", "tile.scan"}, numbers},
      {{"tile.reduce"}, {"i32", "i64", "f16", "bf16", "f32"}},
      {{"arith.addi", "arith.subi", "arith.muli", "arith.divsi", "arith.remsi", "arith.minsi", "arith.maxsi"},
       integers},
      {{"arith.andi", "arith.ori", "arith.xori", "arith.cmpi"}, {"i1", "i32", "i64"}},
      {{"arith.shli", "arith.shrsi"}, {"i32", "i64"}},
      {{"arith.addf", "arith.subf", "arith.mulf", "arith.divf", "arith.negf", "arith.cmpf", "math.absf", "math.exp",
        "math.exp2", "math.log", "math.log2", "math.log1p", "math.sqrt", "math.rsqrt", "math.tanh", "math.erf",
        "tile.sigmoid", "math.powf"},
       f},
      {{"arith.minimumf", "arith.maximumf"}, floats},
      {{"arith.extf", "arith.truncf"}, floats},
      {{"arith.fptosi", "arith.sitofp"}, numbers},
      {{"scf.for", "scf.if"}, f},
      {{"tile.splat", "arith.constant"}, numbers, 0},
      {{"tile.to_scalar"}, {"i1"}, 0},
  };
  for (const Need &need : needs)
    for (const std::string &op : need.ops)
      for (const std::string &dtype : need.dtypes)
        for (int rank = need.least_rank; rank <= (op == "tile.to_scalar" ? 0 : 3); ++rank) {
          const std::string what = op + ' ' + dtype + ' ' + std::to_string(rank);
          EXPECT_TRUE(seen().contains(what)) << what << " is in none of the first " << kKernels << " kernels";
        }
}

} // namespace
} // namespace tile::test
