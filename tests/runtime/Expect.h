// Errors are checked by kind and by the words that their reader needs.
#pragma once

#include "compiler/support/Error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace tile::runtime::test {

/// `action` throws exactly the kind `Kind`, and its message contains every one of `words`.
template <class Kind, class Action> void expect_error(Action action, const std::vector<std::string> &words) {
  try {
    action();
  } catch (const Kind &e) {
    for (const std::string &word : words) EXPECT_THAT(e.what(), testing::HasSubstr(word));
    return;
  } catch (const std::exception &e) {
    ADD_FAILURE() << "another kind of error: " << e.what();
    return;
  }
  ADD_FAILURE() << "no error";
}

} // namespace tile::runtime::test
