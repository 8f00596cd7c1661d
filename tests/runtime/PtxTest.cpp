#include "runtime/cuda/Ptx.h"

#include <gtest/gtest.h>

namespace tile::runtime::test {
namespace {

TEST(Ptx, WaitsWhereALineSaysSo) {
  EXPECT_TRUE(waits_itself("{\n\tgriddepcontrol.wait;\n}"));
  EXPECT_TRUE(waits_itself("griddepcontrol.wait;"));
  EXPECT_TRUE(waits_itself("// griddepcontrol.wait;\n  griddepcontrol.wait;\n"));
}

TEST(Ptx, DoesNotWaitWhereTheLineIsTakenOut) {
  EXPECT_FALSE(waits_itself(""));
  EXPECT_FALSE(waits_itself("\tgriddepcontrol.launch_dependents;\n"));
  EXPECT_FALSE(waits_itself("\t// griddepcontrol.wait;\n\tret;\n"));
  EXPECT_FALSE(waits_itself("/* griddepcontrol.wait; */\n"));
}

} // namespace
} // namespace tile::runtime::test
