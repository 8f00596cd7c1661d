// Every kind of bad input: a message that names what was given and what is accepted, exit code 2, nothing on standard
// output, no stack trace.
#include "tests/cli/Flabench.h"

#include <ostream>

namespace fla::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

struct Bad {
  std::string name, arguments;
  std::vector<std::string> says;
};

void PrintTo(const Bad &bad, std::ostream *out) {
  *out << "flabench " << bad.arguments;
}

const Bad kBad[] = {
    {"NoArguments", "", {"--module", "--list"}},
    {"UnknownModule", "--module layernrom", {"layernrom", "layernorm"}},
    {"UnknownModuleInList", "--list --module layernrom", {"layernrom", "layernorm"}},
    {"UnknownOp", "--module layernorm --op layer_nrom", {"layer_nrom", "layer_norm", "rms_norm"}},
    {"OneUnknownOpOfTwo", "--module layernorm --op layer_norm,foo", {"foo", "rms_norm"}},
    {"OpAfterTrailingComma", "--module layernorm --op layer_norm,", {"op", "layer_norm", "rms_norm"}},
    {"OpsWithoutComma", "--module layernorm --op layer_norm rms_norm", {"rms_norm", "not expected"}},
    {"UnknownPass", "--module layernorm --pass forward", {"forward", "fwd", "bwd", "fwdbwd"}},
    {"UnknownDevice", "--module layernorm --device gpu", {"gpu", "host", "simt", "cuda"}},
    {"DeviceWithBadNumber", "--module layernorm --device cuda:x", {"cuda:x", "host"}},
    {"NoSuchGpu", "--module layernorm --device cuda", {"GPU", "host"}},
    {"NoSuchSecondGpu", "--module layernorm --device cuda:1", {"GPU", "host"}},
    {"UnknownDtype", "--module layernorm --dtype float", {"float", "bf16", "f16", "f32"}},
    {"DtypeOfNoNorm", "--module layernorm --dtype i32", {"i32", "bf16", "f16", "f32"}},
    {"CaseWithoutValue", "--module layernorm --case N", {"N=", "D="}},
    {"CaseThatIsNone", "--module layernorm --case foo", {"foo", "N=", "D="}},
    {"CaseWithoutD", "--module layernorm --case N=8", {"N=8", "D"}},
    {"CaseWithUnknownKey", "--module layernorm --case N=8,D=8,H=2", {"H", "N=", "D="}},
    {"CaseWithKeyTwice", "--module layernorm --case N=8,D=8,N=9", {"N"}},
    {"CaseWithNegativeN", "--module layernorm --case N=-1,D=8", {"-1"}},
    {"CaseWithFraction", "--module layernorm --case N=1.5,D=8", {"1.5"}},
    {"CaseBeyondInteger", "--module layernorm --case N=99999999999999999999,D=8", {"99999999999999999999", "N"}},
    {"EmptyRows", "--module layernorm --case N=8,D=0", {"D=0", "1"}},
    {"RowsTooWide", "--module layernorm --case N=1,D=999999999999", {"D=999999999999", "accepted"}},
    {"TooManyRows", "--module layernorm --case N=999999999999,D=1", {"N=999999999999", "accepted"}},
    {"MoreThanMemory",
     "--module layernorm --device host --case N=2000000000,D=500",
     {"memory", "N=2000000000", "GiB", "choose a smaller case"}},
    {"SecondCaseBad", "--module layernorm --case N=2,D=8 --case N=2,D=0", {"D=0"}},
    {"OpWithoutThePass",
     "--module conv --op causal_conv1d_update --pass bwd",
     {"conv's op 'causal_conv1d_update' has no pass 'bwd'; accepted: fwd"}},
    {"NoOpWithBothCaseAndPass",
     "--module conv --pass bwd --case B=1,D=8,W=4",
     {"no op of conv takes the case B=1,D=8,W=4 and has the pass bwd", "--list"}},
    {"SequencesBeyondCounting",
     "--module tokenshift --case B=1,T=1,D=8,seqs=2147483646",
     {"seqs=2147483646", "accepted: 0 to"}},
    {"UnknownGrid", "--module layernorm --grid slow", {"slow", "quick", "fla"}},
    {"UnknownFormat", "--module layernorm --format xml", {"xml", "table", "json", "csv"}},
    {"NoReps", "--module layernorm --reps 0", {"--reps", "'0'", "from 1 to 100000"}},
    {"RepsOfHalves", "--module layernorm --reps 1.5", {"--reps", "'1.5'", "from 1 to 100000"}},
    {"RepsBeyondInteger", "--module layernorm --reps 99999999999999999999", {"--reps", "'99999999999999999999'"}},
    {"RepsThatAreNoNumber", "--module layernorm --reps many", {"--reps", "many"}},
    {"NegativeSeed", "--module layernorm --seed -1", {"--seed", "-1"}},
    {"SeedThatIsNoNumber", "--module layernorm --seed x", {"--seed", "'x'"}},
    {"SeedThatIsNan", "--module layernorm --seed nan", {"--seed", "'nan'", "from 0 to"}},
    {"SeedBeyondInteger",
     "--module layernorm --seed 99999999999999999999",
     {"--seed", "'99999999999999999999'", "from 0 to 9223372036854775807"}},
    {"UnknownOption", "--module layernorm --fast", {"--fast", "--help"}},
    {"UnknownWord", "--module layernorm now", {"now", "--help"}},
    {"OptionWithoutValue", "--module layernorm --case", {"--case"}},
    {"OptionTwice", "--module layernorm --device host --device host", {"--device"}},
    {"EmitWithoutModule", "emit --arch sm_90a --stage ptx", {"--module"}},
    {"EmitWithoutArch", "emit --module layernorm --stage ptx", {"--arch"}},
    {"EmitWithoutStage", "emit --module layernorm --arch sm_90a", {"--stage"}},
    {"EmitForUnknownArch", "emit --module layernorm --arch gfx90a --stage ptx", {"gfx90a", "sm_", "host"}},
    {"EmitForOldArch", "emit --module layernorm --arch sm_35 --stage ptx", {"sm_35", "sm_75"}},
    {"EmitUnknownStage", "emit --module layernorm --arch sm_90a --stage sass", {"sass", "tile", "layout", "ptx"}},
    {"EmitPtxForHost", "emit --module layernorm --arch host --stage ptx", {"ptx", "host", "asm"}},
    {"EmitAsmForGpu", "emit --module layernorm --arch sm_90a --stage asm", {"asm", "sm_90a", "ptx"}},
    {"UnknownCandidate",
     "--module layernorm --device host --case N=4,D=8 --candidate 99",
     {"'99'", "there are 0 to ", "all"}},
    {"CandidateOfNoNumber", "--module layernorm --device host --candidate 1x", {"'1x'", "there are 0 to "}},
    {"EmitUnknownCandidate", "emit --module layernorm --arch sm_90a --stage tile --candidate 99", {"99", "0 to "}},
    {"EmitUnknownKernel", "emit --module layernorm --arch sm_90a --stage tile --kernel 99", {"99", "0 to "}},
    {"EmitNegativeKernel", "emit --module layernorm --arch sm_90a --stage tile --kernel -3", {"--kernel", "'-3'"}},
    {"EmitNothing",
     "emit --module layernorm --op layer_norm --pass fwd --case N=0,D=8 --arch sm_90a --stage tile --kernel 0",
     {"nothing to launch"}},
    {"EmitTwoOps",
     "emit --module layernorm --op layer_norm,rms_norm --arch sm_90a --stage tile",
     {"layer_norm,rms_norm"}},
    {"CompileForUnknownArch", "compile --module layernorm --arch pentium", {"pentium", "sm_", "host"}},
    {"CompileNoReps", "compile --module layernorm --arch sm_90a --reps 0", {"--reps", "'0'", "from 1 to 100000"}},
    {"CompileUnknownGrid", "compile --module layernorm --arch sm_90a --grid slow", {"'slow'", "quick, fla"}},
    {"CompileWithoutArch", "compile --module layernorm", {"--arch"}},
};

class BadInput : public testing::TestWithParam<Bad> {};

TEST_P(BadInput, IsRefused) {
  const Finished done = flabench(GetParam().arguments);
  EXPECT_EQ(done.code, 2) << done.err;
  EXPECT_THAT(done.out, IsEmpty());
  EXPECT_THAT(done.err, StartsWith("flabench: "));
  for (const std::string &word : GetParam().says) EXPECT_THAT(done.err, HasSubstr(word));
  EXPECT_THAT(done.err, Not(HasSubstr("terminate called")));
  EXPECT_THAT(done.err, Not(HasSubstr("Stack dump")));
  EXPECT_THAT(done.err, Not(HasSubstr("internal error")));
}

INSTANTIATE_TEST_SUITE_P(Cli, BadInput, testing::ValuesIn(kBad), [](const auto &info) { return info.param.name; });

TEST(Output, ThatCannotBeWrittenIsAnError) {
  const Finished done = run_program(FLABENCH_PROGRAM, {"--list"}, {}, "/dev/full");
  EXPECT_EQ(done.code, 74);
  EXPECT_THAT(done.err, StartsWith("flabench: "));
}

} // namespace
} // namespace fla::test
