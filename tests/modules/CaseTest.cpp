#include "modules/common/Problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace fla;
using testing::AllOf;
using testing::HasSubstr;

namespace {

const std::vector<std::string> kKeys = {"N", "D"};

std::string refusal(const std::function<void()> &action) {
  try {
    action();
  } catch (const tile::UserError &error) {
    return error.what();
  }
  return "nothing was thrown";
}
std::string refusal_of(std::string_view text) {
  return refusal([&] { Case::parse(text, kKeys); });
}

TEST(Case, IsStoredInTheOrderOfTheKeys) {
  const Case c = Case::parse("D=1024,N=0", kKeys);
  EXPECT_EQ(c.str(), "N=0,D=1024");
  EXPECT_EQ(c["N"], 0);
  EXPECT_EQ(c["D"], 1024);
  EXPECT_EQ(Case::parse("N=9223372036854775807,D=1", kKeys)["N"], 9223372036854775807);
}

TEST(Case, RefusalsSayWhatWasGivenAndWhatIsAccepted) {
  EXPECT_THAT(refusal_of("N=1"), AllOf(HasSubstr("\"N=1\""), HasSubstr("D is missing"), HasSubstr("N=<n>,D=<n>")));
  EXPECT_THAT(refusal_of(""), HasSubstr("\"\" is not <key>=<n>"));
  EXPECT_THAT(refusal_of("N=1,D=2,"), HasSubstr("\"\" is not <key>=<n>"));
  EXPECT_THAT(refusal_of("N=1,X=2"), HasSubstr("unknown key \"X\""));
  EXPECT_THAT(refusal_of("n=1,D=2"), HasSubstr("unknown key \"n\""));
  EXPECT_THAT(refusal_of("N=1,N=1,D=2"), HasSubstr("N is given twice"));
  EXPECT_THAT(refusal_of("N=-1,D=2"), HasSubstr("\"-1\" is not a number for N"));
  EXPECT_THAT(refusal_of("N=-0,D=2"), HasSubstr("\"-0\" is not a number for N"));
  EXPECT_THAT(refusal_of("N=,D=2"), HasSubstr("\"\" is not a number for N"));
  EXPECT_THAT(refusal_of("N=1.5,D=2"), HasSubstr("\"1.5\" is not a number for N"));
  EXPECT_THAT(refusal_of("N=1e3,D=2"), HasSubstr("\"1e3\" is not a number for N"));
  EXPECT_THAT(refusal_of("N= 1,D=2"), HasSubstr("\" 1\" is not a number for N"));
  EXPECT_THAT(refusal_of("N=9223372036854775808,D=2"), HasSubstr("too large for N"));
  EXPECT_THAT(refusal_of("N"), HasSubstr("\"N\" is not <key>=<n>"));
}

TEST(Case, AKeyThatIsNotThereIsOurBug) {
  EXPECT_THROW((Case{{"N", 1}}["D"]), tile::InternalError);
}

TEST(Pass, NamesGoBothWays) {
  for (Pass pass : {Pass::Fwd, Pass::Bwd, Pass::FwdBwd}) EXPECT_EQ(pass_named(name_of(pass)), pass);
  EXPECT_THAT(refusal([] { pass_named("forward"); }), AllOf(HasSubstr("\"forward\""), HasSubstr("fwd, bwd, fwdbwd")));
}

TEST(Grids, HaveNames) {
  EXPECT_THAT(refusal([] { module_named("softmax").cases("softmax", "slow"); }),
              AllOf(HasSubstr("\"slow\" of module softmax"), HasSubstr("there are quick, fla")));
}

TEST(Registry, ListsWhatThereIs) {
  const Module &module = module_named("layernorm");
  EXPECT_EQ(module.name(), "layernorm");
  EXPECT_EQ(op_named(module, "rms_norm").keys, kKeys);
  EXPECT_EQ(&op_named(module, "rms_norm"), &op_named(module, "rms_norm"));
  EXPECT_THAT(refusal([] { module_named("layer"); }), AllOf(HasSubstr("\"layer\""), HasSubstr("layernorm")));
  EXPECT_THAT(refusal([&] { op_named(module, "ln"); }),
              AllOf(HasSubstr("\"ln\""), HasSubstr("layernorm"), HasSubstr("layer_norm, rms_norm")));
}

} // namespace
