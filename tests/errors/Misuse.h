// A mistake, the line it is on, and the words its message must have.
#pragma once

#include "compiler/dsl/Kernel.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace tile {

/// Runs `code` and expects a UserError that begins with `file:line: ` and holds all `words`.
template <class F>
void expectMisuse(const char *file, int line, F &&code, std::initializer_list<std::string_view> words) {
  try {
    code();
  } catch (const UserError &e) {
    std::string text = e.what(), at = std::string(file) + ":" + std::to_string(line) + ": ";
    EXPECT_EQ(text.substr(0, at.size()), at) << text;
    for (std::string_view word : words)
      EXPECT_NE(text.find(word), std::string::npos) << '"' << word << "\" in\n" << text;
    return;
  } catch (const std::exception &e) {
    FAIL() << file << ':' << line << ": not a UserError: " << e.what();
  }
  FAIL() << file << ':' << line << ": accepted";
}

/// All on one line, so that the mistake's line is known.
#define MISUSE(code, ...) expectMisuse(__FILE__, __LINE__, [&] { (void)(code); }, {__VA_ARGS__})

} // namespace tile
