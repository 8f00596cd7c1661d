// Stages on disk: written out, edited, and read back; and what is remarked.
#include "tests/cli/Flabench.h"

#include <filesystem>
#include <fstream>

namespace fla::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class StagesTest : public testing::Test {
protected:
  void SetUp() override {
    dir_ = std::filesystem::path(testing::TempDir()) /
           (std::string("stages-") + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  Finished run(Environment environment, const std::string &rest = "--case N=8,D=64") const {
    environment.emplace_back("CUDA_VISIBLE_DEVICES", "-1");
    return flabench("--module layernorm --op rms_norm --pass fwd --dtype f32 --device simt --reps 1 " + rest,
                    environment);
  }

  /// The one file of the kernel that ends so; the copy kernels of the roof have theirs.
  std::filesystem::path file(const std::string &ending) const {
    std::filesystem::path found;
    for (const auto &entry : std::filesystem::directory_iterator(dir_))
      if (entry.path().string().ends_with("-rms_norm_forward.simt" + ending)) {
        EXPECT_THAT(found.string(), IsEmpty()) << "two files end in " << ending;
        found = entry.path();
      }
    EXPECT_FALSE(found.empty()) << "no file ends in " << ending;
    return found;
  }

  static std::string read(const std::filesystem::path &path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  static void write(const std::filesystem::path &path, const std::string &text) { std::ofstream(path) << text; }

  static std::string replaced(std::string text, const std::string &from, const std::string &to) {
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from << " is not in\n" << text;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
  }

  std::filesystem::path dir_;
};

TEST_F(StagesTest, AnEditedStageIsWhatRuns) {
  const Environment dump = {{"TILE_DUMP", "tile,lane,llvm"}, {"TILE_DUMP_DIR", dir_.string()}};
  ASSERT_EQ(run(dump).code, 0);
  const std::string tile = read(file(".tile.mlir"));
  for (const char *other : {".lane.mlir", ".ll"}) std::filesystem::remove(file(other));

  const Environment edited = {{"TILE_OVERRIDE", dir_.string()}};
  Finished same = run(edited);
  EXPECT_EQ(same.code, 0) << same.err;
  EXPECT_THAT(same.err, HasSubstr("rms_norm_forward.simt.tile.mlir stands for what was compiled"));

  const std::filesystem::path dumped = file(".tile.mlir");
  write(dumped, replaced(tile, "math.rsqrt", "math.sqrt"));
  Finished wrong = run(edited);
  EXPECT_NE(wrong.code, 0) << "the edit changed nothing:\n" << wrong.out;

  // Without its number it stands for every compilation of the kernel.
  std::filesystem::rename(dumped, dir_ / "rms_norm_forward.simt.tile.mlir");
  EXPECT_NE(run(edited).code, 0);
}

TEST_F(StagesTest, EditedLlvmIsWhatRuns) {
  ASSERT_EQ(run({{"TILE_DUMP", "llvm"}, {"TILE_DUMP_DIR", dir_.string()}}).code, 0);
  const std::filesystem::path dumped = file(".ll");
  EXPECT_EQ(run({{"TILE_OVERRIDE", dir_.string()}}).code, 0);
  write(dumped, replaced(read(dumped), "fmul", "fadd"));
  EXPECT_NE(run({{"TILE_OVERRIDE", dir_.string()}}).code, 0);
}

TEST_F(StagesTest, AWrongFileIsTheUsersMistake) {
  const std::filesystem::path path = dir_ / "rms_norm_forward.simt.lane.mlir";
  write(path, "module { garbage }");
  Finished done = run({{"TILE_OVERRIDE", dir_.string()}});
  EXPECT_NE(done.code, 0);
  EXPECT_THAT(done.err, HasSubstr("TILE_OVERRIDE: " + path.string() + ": it cannot be read"));

  write(path, "module {}");
  done = run({{"TILE_OVERRIDE", dir_.string()}});
  EXPECT_NE(done.code, 0);
  EXPECT_THAT(done.err, HasSubstr("it is for another target than simt"));
}

TEST_F(StagesTest, AnEditKeepsTheKernelsArguments) {
  ASSERT_EQ(run({{"TILE_DUMP", "tile"}, {"TILE_DUMP_DIR", dir_.string()}}).code, 0);
  const std::filesystem::path path = file(".tile.mlir");
  write(path, replaced(read(path), "tile.name = \"x\"", "tile.name = \"other\""));
  const Finished done = run({{"TILE_OVERRIDE", dir_.string()}});
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.err, HasSubstr("TILE_OVERRIDE: " + path.string() +
                                  ": it is not one kernel 'rms_norm_forward' with the same arguments and warps"));
}

TEST_F(StagesTest, WrongLlvmIsTheUsersMistake) {
  const std::filesystem::path path = dir_ / "rms_norm_forward.simt.ll";
  write(path, "define garbage");
  const Finished done = run({{"TILE_OVERRIDE", dir_.string()}});
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.err, HasSubstr("TILE_OVERRIDE: " + path.string() + ": the edited LLVM IR cannot be read, line 1: "));
}

TEST_F(StagesTest, AnEmptyFileStandsForNothing) {
  const std::filesystem::path path = dir_ / "rms_norm_forward.simt.ll";
  write(path, "");
  const Finished done = run({{"TILE_OVERRIDE", dir_.string()}});
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.err, HasSubstr("TILE_OVERRIDE: " + path.string() + ": it is empty"));
}

TEST_F(StagesTest, FoldersThatCannotBe) {
  const Finished dump = run({{"TILE_DUMP", "tile"}, {"TILE_DUMP_DIR", "/dev/null/stages"}});
  EXPECT_EQ(dump.code, 2);
  EXPECT_THAT(dump.err, HasSubstr("TILE_DUMP_DIR: cannot write /dev/null/stages/"));
  const Finished edited = run({{"TILE_OVERRIDE", (dir_ / "nowhere").string()}});
  EXPECT_EQ(edited.code, 2);
  EXPECT_THAT(edited.err, HasSubstr("TILE_OVERRIDE: there is no folder '" + (dir_ / "nowhere").string() + "'"));
}

TEST_F(StagesTest, PassesShowWhatTheyChange) {
  ASSERT_EQ(run({{"TILE_DUMP", "passes"}, {"TILE_DUMP_DIR", dir_.string()}}).code, 0);
  const std::string text = read(file(".passes"));
  EXPECT_THAT(text, HasSubstr("==== tile-assign-layouts\n"));
  EXPECT_THAT(text, HasSubstr("==== tile-distribute\n"));
  EXPECT_THAT(text, testing::ContainsRegex("\n-.*tile\\.load"));
  EXPECT_THAT(text, testing::ContainsRegex("\n\\+.*lane\\.load"));
}

TEST_F(StagesTest, NarrowLoadsAreRemarked) {
  Finished odd = run({{"TILE_REMARKS", "1"}}, "--case N=8,D=1001");
  EXPECT_THAT(odd.err, testing::ContainsRegex("Rows.cpp:[0-9]+: remark: T001: a lane loads 4 bytes at a time, not 16: "
                                              "rows are aligned to 1 element"));
  EXPECT_THAT(odd.err, HasSubstr("T002: a lane stores"));
  Finished even = run({{"TILE_REMARKS", "1"}}, "--case N=8,D=1024");
  EXPECT_THAT(even.err, Not(HasSubstr("remark")));
}

} // namespace
} // namespace fla::test
