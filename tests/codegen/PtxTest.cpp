// PTX of hand-written lane IR: the instructions it must have, and that ptxas takes it for every architecture.
#include "tests/codegen/Lower.h"
#include "tests/codegen/Ptxas.h"

#include "compiler/support/Error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tile::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const char *const kArchitectures[] = {"sm_75",  "sm_80",   "sm_86",  "sm_87",   "sm_88",  "sm_89",
                                      "sm_90",  "sm_90a",  "sm_100", "sm_100a", "sm_103", "sm_103a",
                                      "sm_110", "sm_110a", "sm_120", "sm_120a", "sm_121", "sm_121a"};

/// "%v#0, %v#1, ..."
std::string list(const std::string &name, int n, const std::string &separator = "#") {
  std::string text;
  for (int i = 0; i < n; ++i) text += (i ? ", " : "") + name + separator + std::to_string(i);
  return text;
}
std::string repeat(const std::string &word, int n) {
  std::string text;
  for (int i = 0; i < n; ++i) text += (i ? ", " : "") + word;
  return text;
}

/// A function of `x`, or of `x` twice.
std::string applied(const std::string &op, const std::string &x) {
  if (op == "sigmoid") return "tile.sigmoid " + x;
  if (op == "powf") return "math.powf " + x + ", " + x;
  if (op == "divf") return "arith.divf " + x + ", " + x;
  return "math." + op + " " + x;
}

/// Loads `n` elements of `type` a lane, makes f32 of them, `body`s them, and stores them back, all under a mask.
std::string rowKernel(const std::string &type, int n, int bytes, const std::string &op) {
  std::string to, from;
  for (int i = 0; i < n; ++i) {
    std::string s = std::to_string(i);
    bool wide = type == "f32";
    to += wide ? "%e" + s + " = arith.negf %v#" + s + " : f32\n"
               : "%e" + s + " = arith.extf %v#" + s + " : " + type + " to f32\n";
    to += "%f" + s + " = " + applied(op, "%e" + s) + " : f32\n";
    std::string last = (i ? "%f" : "%h") + s; // the first also adds what came through scratch
    from += wide ? "%g" + s + " = arith.negf " + last + " : f32\n"
                 : "%g" + s + " = arith.truncf " + last + " : f32 to " + type + "\n";
  }
  std::string align = "align = " + std::to_string(n * bytes) + " : i64", pointer = "!tile.ptr<" + type + ">";
  return "func.func @row(%x: " + pointer + " {tile.align = 16 : i64}, %y: " + pointer + R"(, %rows: index)
    attributes {tile.kernel, tile.warps = 4 : i32, tile.scratch = 2048 : i64} {
    %p = tile.program_id 0
    %m = arith.cmpi slt, %p, %rows : index
    %l = lane.id : i32
    %c = arith.constant )" +
         std::to_string(n) + R"( : i32
    %at = arith.muli %l, %c : i32
    %v:)" +
         std::to_string(n) + " = lane.load per_lane %x[%p, %at] mask %m {" + align + ", offset = 0 : i64} : (" +
         pointer + ", index, i32, i1) -> (" + repeat(type, n) + ")\n" + to + R"(
    %o = lane.shuffle_xor %f0, 16 : f32
    lane.scratch_store %o to %l {offset = 0 : i64} : f32, i32
    lane.barrier
    %s = lane.scratch_load %l {offset = 512 : i64} : i32 -> f32
    %h0 = arith.addf %s, %f0 : f32
    )" + from +
         "lane.store per_lane " + list("%g", n, "") + " to %y[%p, %at] mask %m {" + align +
         ", offset = 0 : i64} : " + repeat(type, n) + ", " + pointer + ", index, i32, i1\nreturn\n}";
}

std::string ptxOf(const std::string &lane, const std::string &arch = "sm_90a") {
  return lower(lane, Target::nvvm(arch)).code;
}

int count(const std::string &text, const std::string &word) {
  int n = 0;
  for (size_t at = 0; (at = text.find(word, at)) != text.npos; at += word.size()) ++n;
  return n;
}

TEST(Ptx, EightBf16AreOneAccessAndFourConversions) {
  std::string ptx = ptxOf(rowKernel("bf16", 8, 2, "exp2"));
  EXPECT_EQ(count(ptx, "ld.global.v4.b32"), 1);
  EXPECT_EQ(count(ptx, "st.global.v4.b32"), 1);
  EXPECT_EQ(count(ptx, "ld.global"), 1);
  EXPECT_EQ(count(ptx, "cvt.rn.bf16x2.f32"), 4);
  EXPECT_EQ(count(ptx, "cvt."), 4 + count(ptx, "cvt.u64")); // widening takes none
  EXPECT_EQ(count(ptx, "bra"), 0);
}

TEST(Ptx, WideningABf16IsOneInstructionMaskedOrNot) {
  std::string masked = rowKernel("bf16", 8, 2, "exp2"), plain = masked;
  for (size_t at; (at = plain.find(" mask %m")) != plain.npos;) plain.erase(at, 8);
  for (size_t at; (at = plain.find(", index, i32, i1")) != plain.npos;) plain.erase(at + 12, 4);
  for (const std::string &lane : {masked, plain}) {
    std::string ptx = ptxOf(lane);
    EXPECT_EQ(count(ptx, "and.b32"), 4 + count(ptx, ", 31;")) << ptx;
    EXPECT_EQ(count(ptx, "-65536;"), 4);
    EXPECT_EQ(count(ptx, "prmt"), 0);
    EXPECT_EQ(count(ptx, "%rs"), 0); // no 16-bit register at all
  }
}

TEST(Ptx, EightF16AreOneAccessAndFourConversions) {
  std::string ptx = ptxOf(rowKernel("f16", 8, 2, "exp2"));
  EXPECT_EQ(count(ptx, "ld.global.v4.b32"), 1);
  EXPECT_EQ(count(ptx, "cvt.rn.f16x2.f32"), 4);
  EXPECT_EQ(count(ptx, "bra"), 0);
}

TEST(Ptx, CrossesLanesAndWarps) {
  std::string ptx = ptxOf(rowKernel("f32", 4, 4, "exp"));
  EXPECT_THAT(ptx, HasSubstr("shfl.sync.bfly.b32"));
  EXPECT_THAT(ptx, HasSubstr("bar.sync"));
  EXPECT_THAT(ptx, HasSubstr(".shared .align 16 .b8 row_scratch[2048]"));
  EXPECT_THAT(ptx, HasSubstr(".reqntid 128"));
  EXPECT_EQ(count(ptx, "ex2.approx.ftz.f32"), 4);
}

TEST(Ptx, MathHasNoCalls) {
  for (const char *op :
       {"exp", "exp2", "log", "log2", "log1p", "sqrt", "rsqrt", "tanh", "erf", "sigmoid", "powf", "divf"})
    EXPECT_THAT(ptxOf(rowKernel("f32", 2, 4, op)), Not(HasSubstr("call"))) << op;
}

TEST(Ptx, DivisionIsApproximate) {
  std::string ptx = ptxOf(rowKernel("f32", 4, 4, "divf"));
  EXPECT_EQ(count(ptx, "div.full.f32"), 4);
  EXPECT_EQ(count(ptx, "div."), 4);
  for (const char *op : {"sigmoid", "tanh", "powf"}) {
    ptx = ptxOf(rowKernel("f32", 4, 4, op));
    EXPECT_EQ(count(ptx, "rcp.approx.ftz.f32"), 4) << op;
    EXPECT_EQ(count(ptx, "ex2.approx.ftz.f32"), 4) << op;
    EXPECT_EQ(count(ptx, "div."), 0) << op;
  }
}

TEST(Ptx, ArchitecturesAreNamed) {
  for (const char *arch : kArchitectures) EXPECT_EQ(Target::nvvm(arch).arch, arch);
  for (const char *bad : {"sm_70", "sm_80a", "90", "host", "", "sm_90A", "sm_999"}) {
    try {
      Target::nvvm(bad);
      FAIL() << bad;
    } catch (const UserError &e) {
      EXPECT_THAT(e.what(), HasSubstr("'" + std::string(bad) + "'; accepted: sm_75, sm_80"));
    }
  }
}

// ---- ptxas ----------------------------------------------------------------------------------------------------------

/// Accesses with every use of the caches, wide and narrow, and atomic additions, under masks and without.
std::string pointsKernel() {
  std::string text = R"(
func.func @points(%x: !tile.ptr<f32>, %y: !tile.ptr<i32>, %z: !tile.ptr<i64>, %n: index, %c: i64) attributes {tile.kernel} {
  %lane = lane.id : i64
  %m = arith.cmpi slt, %lane, %c : i64
)";
  int number = 0;
  for (std::string cache : {"default", "streaming", "evict_first", "keep"})
    for (std::string mask : {"", " mask %m"}) {
      const std::string at = "%x[%n, %lane]" + mask + " {align = 16 : i64, cache = #tile<cache " + cache +
                             ">, offset = " + std::to_string(8 * number) + " : i64} : ",
                        end = "!tile.ptr<f32>, index, i64" + std::string(mask.empty() ? "" : ", i1"),
                        v = "%v" + std::to_string(number++);
      text += v + ":4 = lane.load per_lane " + at + "(" + end + ") -> (f32, f32, f32, f32)\n";
      text += "lane.store per_lane " + v + "#0, " + v + "#1, " + v + "#2, " + v + "#3 to " + at +
              "f32, f32, f32, f32, " + end + "\n";
      text += "lane.store per_lane " + v + "#0 to " + at + "f32, " + end + "\n";
    }
  return text + R"(
  %i = arith.index_cast %n : index to i32
  lane.atomic_add per_lane %v0#0 to %x[%n, %lane] : f32, !tile.ptr<f32>, index, i64
  lane.atomic_add per_lane %i to %y[%n, %lane] mask %m : i32, !tile.ptr<i32>, index, i64, i1
  lane.atomic_add per_lane %c to %z[%n, %lane] mask %m : i64, !tile.ptr<i64>, index, i64, i1
  return
})";
}

TEST(Ptx, PrioritiesInTheCachesNeedOnePolicyEach) {
  std::string ptx = ptxOf(pointsKernel());
  EXPECT_EQ(count(ptx, "createpolicy"), 2);
  EXPECT_EQ(count(ptx, "ld.global.L1::evict_first.L2::cache_hint.v4.b32"), 2);
  EXPECT_EQ(count(ptx, "st.global.L1::evict_last.L2::cache_hint.v4.b32"), 2);
  EXPECT_EQ(count(ptx, "red.relaxed.gpu.global.add"), 3);
}

/// Prints of every type, and a requirement.
std::string debugKernel() {
  return R"(
func.func @debug(%x: !tile.ptr<f32>, %n: index, %a: i32, %b: i64, %c: f32) attributes {tile.kernel} {
  %lane = lane.id : i32
  %m = arith.cmpi slt, %lane, %a : i32
  lane.print "100% of {}: {} {} {} {}" (%n, %a, %b, %c, %m : index, i32, i64, f32, i1) mask %m : i1
  lane.print "here"
  %zero = arith.constant 0.0 : f32
  %positive = arith.cmpf ogt, %c, %zero : f32
  lane.require %positive, "a {} is no place" : i1 loc("norm.cpp":17:1)
  return
})";
}

TEST(Ptx, PrintsAndStops) {
  std::string ptx = ptxOf(debugKernel());
  EXPECT_EQ(count(ptx, "vprintf, "), 3);
  EXPECT_EQ(count(ptx, "trap;"), 1);
}

struct Ptxas : testing::TestWithParam<const char *> {};

TEST_P(Ptxas, TakesTheCode) {
  if (!*ptxas()) GTEST_SKIP() << "no ptxas: the CUDA toolkit is not installed";
  const std::string arch = GetParam();
  EXPECT_EQ(complaints(ptxOf(pointsKernel(), arch), arch), "");
  EXPECT_EQ(complaints(ptxOf(debugKernel(), arch), arch), "");
  for (const char *op : {"exp", "log1p", "tanh", "sigmoid", "powf"}) {
    EXPECT_EQ(complaints(ptxOf(rowKernel("bf16", 8, 2, op), arch), arch), "") << op;
    EXPECT_EQ(complaints(ptxOf(rowKernel("f16", 4, 2, op), arch), arch), "") << op;
    EXPECT_EQ(complaints(ptxOf(rowKernel("f32", 1, 4, op), arch), arch), "") << op;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Ptxas, testing::ValuesIn(kArchitectures),
                         [](const auto &info) { return std::string(info.param); });

} // namespace
} // namespace tile::test
