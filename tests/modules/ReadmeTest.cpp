// The guide to modules teaches with the code of softmax: what it shows is that code, and all of its kernels.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::string text_of(const std::filesystem::path &file) {
  std::ifstream in(file);
  EXPECT_TRUE(in.good()) << file;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

const std::filesystem::path kModules = FLA_MODULES;

struct Block {
  std::string file, code;
};

/// The ```cpp blocks, each with the `softmax/...` that is named last before it.
std::vector<Block> blocks(const std::string &readme) {
  std::vector<Block> all;
  const std::string open = "\n```cpp\n", close = "\n```";
  for (size_t at = 0; (at = readme.find(open, at)) != readme.npos;) {
    const size_t begin = at + open.size(), end = readme.find(close, begin);
    const size_t name = readme.rfind("`softmax/", at);
    all.push_back({name == readme.npos ? "" : readme.substr(name + 1, readme.find('`', name + 1) - name - 1),
                   readme.substr(begin, end - begin)});
    at = end;
  }
  return all;
}

TEST(ModulesReadme, ShowsTheCodeOfSoftmax) {
  const auto all = blocks(text_of(kModules / "README.md"));
  EXPECT_GE(all.size(), 6u);
  for (const Block &block : all) {
    ASSERT_NE(block.file, "") << block.code;
    EXPECT_NE(text_of(kModules / block.file).find(block.code), std::string::npos)
        << "not in " << block.file << " any more:\n"
        << block.code;
  }
}

TEST(ModulesReadme, ShowsBothKernelsWhole) {
  const std::string readme = text_of(kModules / "README.md");
  const std::string code = text_of(kModules / "softmax/kernels.cpp");
  const size_t begin = code.find("// y = exp("), end = code.find("\n\n} // namespace fla::softmax");
  ASSERT_NE(begin, code.npos);
  ASSERT_NE(end, code.npos);
  EXPECT_NE(readme.find(code.substr(begin, end - begin)), std::string::npos);
}

TEST(ModulesReadme, NamesEveryFileOfTheModule) {
  const std::string readme = text_of(kModules / "README.md");
  for (const auto &entry : std::filesystem::directory_iterator(kModules / "softmax"))
    EXPECT_NE(readme.find("softmax/" + entry.path().filename().string()), std::string::npos) << entry.path();
}

} // namespace
