// The compiler's environment variables.
#include "compiler/support/Options.h"
#include "compiler/support/Error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tile::test {
namespace {

TEST(Options, DumpNamesStages) {
  Options o = parse_dump("tile,llvm");
  EXPECT_TRUE(o.dump_tile && o.dump_llvm);
  EXPECT_FALSE(o.dump_layouts || o.dump_lane || o.dump_code);
  EXPECT_TRUE(parse_dump("ptx").dump_code);
  EXPECT_TRUE(parse_dump("asm").dump_code);
  Options all = parse_dump("all");
  EXPECT_TRUE(all.dump_tile && all.dump_layouts && all.dump_lane && all.dump_llvm && all.dump_code);
  EXPECT_FALSE(parse_dump("").dumps());
}

TEST(Options, UnknownStagesAreRefused) {
  try {
    parse_dump("tile,sass");
    FAIL();
  } catch (const UserError &e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("'sass'; accepted: tile, layouts, lane, llvm, ptx, asm, passes, all"));
  }
}

} // namespace
} // namespace tile::test
