// Stages of kernels and times of the compiler, none of which needs a GPU.
#include "tests/cli/Flabench.h"

namespace fla::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

Finished emit(const std::string &rest) {
  return flabench("emit --module layernorm " + rest);
}

TEST(Emit, TileIsTheKernelAsWritten) {
  const Finished done = emit("--op layer_norm --pass fwd --case N=8,D=100 --arch sm_90a --stage tile");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.err, IsEmpty());
  EXPECT_THAT(done.out, StartsWith("// kernel 0 of 1: "));
  EXPECT_THAT(done.out, HasSubstr("tile.load"));
  EXPECT_THAT(done.out, HasSubstr("tile.store"));
}

TEST(Emit, LayoutAndLaneFollow) {
  const Finished layout = emit("--op rms_norm --pass fwd --arch sm_90a --stage layout");
  ASSERT_EQ(layout.code, 0) << layout.err;
  EXPECT_THAT(layout.out, HasSubstr("#tile.layout"));
  const Finished lane = emit("--op rms_norm --pass fwd --arch sm_90a --stage lane");
  ASSERT_EQ(lane.code, 0) << lane.err;
  EXPECT_THAT(lane.out, HasSubstr("lane."));
  EXPECT_THAT(lane.out, Not(HasSubstr("tile.load")));
}

TEST(Emit, LlvmIsLlvm) {
  for (const char *arch : {"host", "simt", "sm_80"}) {
    const Finished done = emit(std::string("--op rms_norm --pass fwd --stage llvm --arch ") + arch);
    ASSERT_EQ(done.code, 0) << done.err;
    EXPECT_THAT(done.out, StartsWith("; kernel 0 of 1: ")) << arch;
    EXPECT_THAT(done.out, HasSubstr("define ")) << arch;
  }
}

TEST(Emit, PtxIsForTheArchThatWasNamed) {
  for (const char *arch : {"sm_80", "sm_90a", "sm_100"}) {
    const Finished done = emit(std::string("--op layer_norm --pass fwd --stage ptx --arch ") + arch);
    ASSERT_EQ(done.code, 0) << done.err;
    EXPECT_THAT(done.out, StartsWith("// kernel 0 of 1: "));
    EXPECT_THAT(done.out, HasSubstr(".version"));
    EXPECT_THAT(done.out, HasSubstr(std::string(".target ") + arch + "\n"));
    EXPECT_THAT(done.out, HasSubstr(".entry"));
  }
}

TEST(Emit, AsmIsTheHosts) {
  for (const char *arch : {"host", "simt"}) {
    const Finished done = emit(std::string("--op layer_norm --pass fwd --stage asm --arch ") + arch);
    ASSERT_EQ(done.code, 0) << done.err;
    EXPECT_THAT(done.out, StartsWith("# kernel 0 of 1: ")) << arch;
    EXPECT_THAT(done.out, HasSubstr("\tret")) << arch;
  }
}

TEST(Emit, ShowsAllKernelsOrOne) {
  const std::string rest = "--op layer_norm --pass bwd --case N=4096,D=1024 --arch sm_90a --stage tile";
  const Finished all = emit(rest), second = emit(rest + " --kernel 1");
  ASSERT_EQ(all.code, 0) << all.err;
  EXPECT_THAT(all.out, StartsWith("// kernel 0 of 2: "));
  EXPECT_THAT(all.out, HasSubstr("\n// kernel 1 of 2: "));
  EXPECT_THAT(second.out, StartsWith("// kernel 1 of 2: "));
  EXPECT_TRUE(all.out.ends_with(second.out));
}

TEST(Emit, CandidatesDiffer) {
  const std::string rest = "--op layer_norm --pass fwd --case N=4096,D=1024 --arch sm_90a --stage tile --candidate ";
  const Finished first = emit(rest + "0"), second = emit(rest + "1");
  ASSERT_EQ(second.code, 0) << second.err;
  EXPECT_NE(first.out, second.out);
}

TEST(Compile, TimesEveryKernelByStage) {
  const Finished done =
      flabench("compile --module layernorm --op layer_norm --case N=64,D=96 --arch sm_90a --reps 2 --format json");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.err, IsEmpty());
  std::vector<json> kernels = objects(done.out);
  EXPECT_GE(kernels.size(), 3u); // forward, backward, sum of partial gradients
  for (const json &j : kernels) {
    EXPECT_EQ(j.at("arch"), "sm_90a");
    const double ms = j.at("cpu_ms"), cold = j.at("cold_ms");
    EXPECT_GT(ms, 0);
    EXPECT_GT(cold, 0);
    EXPECT_GT(j.at("warm_ms").get<double>(), 0);
    double parts = 0;
    for (const char *part : {"passes_ms", "translate_ms", "optimize_ms", "codegen_ms"}) {
      EXPECT_GT(j.at(part).get<double>(), 0) << part;
      EXPECT_GT(j.at(std::string("cold_") + part).get<double>(), 0) << part;
      parts += j.at(part).get<double>();
    }
    // Medians of each, from the same few compilations: about the whole.
    EXPECT_LT(parts, 2 * ms);
  }
}

TEST(Compile, SaysWhatThreadsGain) {
  const Finished done =
      flabench("compile --module softmax --pass fwd --case N=64,D=96 --arch sm_90a --reps 1 --format json");
  ASSERT_EQ(done.code, 0) << done.err;
  for (const json &j : objects(done.out)) {
    EXPECT_GE(j.at("threads").get<int>(), 1);
    EXPECT_GE(j.at("all_compilations").get<int>(), 8 * j.at("threads").get<int>());
    const double serial = j.at("all_serial_ms"), threads = j.at("all_threads_ms");
    EXPECT_GT(serial, 0);
    EXPECT_LT(threads, 2 * serial); // or else the threads only stand in each other's way
  }
}

TEST(Compile, PrintsATable) {
  const Finished done =
      flabench("compile --module layernorm --op rms_norm --pass fwd --case N=64,D=96 --arch host --reps 1");
  ASSERT_EQ(done.code, 0) << done.err;
  for (const char *title :
       {"kernel", "cold ms", "warm ms", "cpu ms", "passes", "translate", "optimize", "codegen", "together"})
    EXPECT_THAT(done.out, HasSubstr(title));
  EXPECT_THAT(done.out, HasSubstr("rms_norm_forward"));
}

} // namespace
} // namespace fla::test
