// The main job on the host, small: what stands in each format, and that nothing else is on standard output.
#include "tests/cli/Flabench.h"

#include <algorithm>
#include <set>

namespace fla::test {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr const char *kSmall = "--module layernorm --device host --case N=64,D=96 --reps 3";

TEST(Json, HasOneObjectOfEachProviderForEachCase) {
  const Finished done = flabench(std::string(kSmall) + " --op layer_norm --pass fwd,bwd --format json");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.err, IsEmpty());
  std::vector<std::string> found;
  for (const json &j : objects(done.out)) {
    found.push_back(j.at("pass").get<std::string>() + " " + j.at("provider").get<std::string>());
    EXPECT_EQ(j.at("module"), "layernorm");
    EXPECT_EQ(j.at("op"), "layer_norm");
    EXPECT_EQ(j.at("case"), "N=64,D=96");
    EXPECT_EQ(j.at("dtype"), "bf16");
    EXPECT_EQ(j.at("device"), "host");
    EXPECT_EQ(j.at("reps"), 3);
    EXPECT_TRUE(j.at("ok").get<bool>());
    const double ms = j.at("ms"), p20 = j.at("p20"), p80 = j.at("p80"), bytes = j.at("bytes");
    EXPECT_GT(p20, 0);
    EXPECT_LE(p20, ms);
    EXPECT_LE(ms, p80);
    // x and y at least, twice N * D * 2 bytes.
    EXPECT_GE(bytes, 2 * 64 * 96 * 2);
    EXPECT_NEAR(j.at("gbps").get<double>(), bytes / ms / 1e6, 1e-3 * bytes / ms / 1e6);
    EXPECT_NEAR(j.at("roof").get<double>(), j.at("roof_ms").get<double>() / ms, 1e-3 * j.at("roof").get<double>());
    EXPECT_LE(j.at("max_err").get<double>(), j.at("tol").get<double>());
    EXPECT_GT(j.at("tol").get<double>(), 0);
    EXPECT_GE(j.at("compile_ms").get<double>(), 0);
    for (const char *field : {"compiler", "machine", "driver", "date", "version"})
      EXPECT_FALSE(j.at(field).get<std::string>().empty()) << field;
  }
  EXPECT_THAT(found, ElementsAre("fwd fused", "fwd unfused", "bwd fused", "bwd unfused"));
}

TEST(Json, HasEachCandidateThatIsAskedForBesideOneReference) {
  const std::string command = std::string(kSmall) + " --op layer_norm --pass fwd --format json --candidate ";
  const Finished all = flabench(command + "all"), two = flabench(command + "1,0");
  ASSERT_EQ(all.code, 0) << all.err;
  ASSERT_EQ(two.code, 0) << two.err;
  std::vector<int> indices;
  std::set<std::string> names;
  int references = 0;
  for (const json &j : objects(all.out)) {
    EXPECT_TRUE(j.at("ok").get<bool>()) << j;
    if (j.at("provider") == "unfused") {
      ++references;
      continue;
    }
    indices.push_back(j.at("candidate_index"));
    names.insert(j.at("candidate").get<std::string>());
    EXPECT_GT(j.at("ms").get<double>(), 0);
  }
  EXPECT_EQ(references, 1);
  ASSERT_GE(indices.size(), 2u);
  EXPECT_EQ(names.size(), indices.size());
  for (size_t i = 0; i < indices.size(); ++i) EXPECT_EQ(indices[i], int(i));
  std::vector<int> chosen;
  for (const json &j : objects(two.out))
    if (j.at("provider") == "fused") chosen.push_back(j.at("candidate_index"));
  EXPECT_THAT(chosen, ElementsAre(1, 0));
}

// The virtual GPU checks the fused kernels; nobody can take its times for a GPU's.
TEST(Json, OfTheVirtualGpu) {
  const Finished done = flabench("--module layernorm --device simt --case N=64,D=96 --reps 1 --format json");
  ASSERT_EQ(done.code, 0) << done.err;
  for (const json &j : objects(done.out)) {
    EXPECT_EQ(j.at("device"), "simt");
    EXPECT_THAT(j.at("machine").get<std::string>(), HasSubstr("times mean nothing"));
    if (j.at("provider") == "fused") {
      EXPECT_TRUE(j.at("ok").get<bool>()) << j;
    }
  }
}

TEST(Json, CompilingTakesTimeForTheFusedAlone) {
  const Finished done = flabench(std::string(kSmall) + " --op rms_norm --pass fwd --format json");
  ASSERT_EQ(done.code, 0) << done.err;
  for (const json &j : objects(done.out))
    EXPECT_EQ(j.at("compile_ms").get<double>() > 0, j.at("provider") == "fused") << j;
}

TEST(Json, ListsEveryDtypeAndCaseAsked) {
  const Finished done = flabench("--module layernorm --device host --op rms_norm,rms_norm --pass fwd --dtype f32,f16 "
                                 "--case N=3,D=5 --case D=7,N=2 --reps 1 --format json");
  ASSERT_EQ(done.code, 0) << done.err;
  std::vector<std::string> found;
  for (const json &j : objects(done.out))
    if (j.at("provider") == "fused")
      found.push_back(j.at("dtype").get<std::string>() + " " + j.at("case").get<std::string>());
  EXPECT_THAT(found, ElementsAre("f32 N=3,D=5", "f32 N=2,D=7", "f16 N=3,D=5", "f16 N=2,D=7"));
}

TEST(Json, TheSeedAloneChoosesTheInputs) {
  auto errors = [](const std::string &seed) {
    std::vector<double> out;
    const Finished done =
        flabench(std::string(kSmall) + " --op layer_norm --pass fwd --dtype f32 --format json --seed " + seed);
    for (const json &j : objects(done.out)) {
      EXPECT_EQ(std::to_string(j.at("seed").get<int>()), seed);
      out.push_back(j.at("max_err"));
    }
    return out;
  };
  const auto one = errors("1");
  EXPECT_EQ(one.size(), 2u);
  EXPECT_EQ(one, errors("1"));
  EXPECT_NE(one, errors("2"));
}

TEST(Json, NothingToDoIsRightAndNotTimed) {
  const Finished done =
      flabench("--module layernorm --device host --op rms_norm --pass fwd --case N=0,D=8 --format json");
  ASSERT_EQ(done.code, 0) << done.err;
  for (const json &j : objects(done.out)) {
    EXPECT_TRUE(j.at("ok").get<bool>());
    EXPECT_TRUE(j.at("ms").is_null());
  }
}

TEST(Table, NamesMachineAndColumns) {
  const Finished done = flabench(std::string(kSmall) + " --op layer_norm,rms_norm --pass fwd");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.err, IsEmpty());
  const std::vector<std::string> all = lines(done.out);
  EXPECT_THAT(all, Contains(StartsWith("  device    ")));
  EXPECT_THAT(all, Contains(StartsWith("  driver    ")));
  EXPECT_THAT(all, Contains(StartsWith("  clock     ")));
  EXPECT_THAT(all, Contains(StartsWith("  compiler  ")));
  EXPECT_THAT(all, Contains(testing::AllOf(StartsWith("  run       "), HasSubstr("seed 1"))));
  auto titles = std::ranges::find_if(all, [](const std::string &l) { return l.starts_with("op "); });
  ASSERT_NE(titles, all.end());
  for (const char *title : {"unfused ms", "fused ms", "speedup", "GB/s", "% roof", "err/tol", "JIT ms"})
    EXPECT_THAT(*titles, HasSubstr(title));
  EXPECT_THAT(all, Contains(StartsWith("layer_norm  fwd   N=64,D=96  bf16 ")));
  EXPECT_THAT(all, Contains(StartsWith("rms_norm    fwd   N=64,D=96  bf16 ")));
}

TEST(Table, IsAligned) {
  const Finished done = flabench(std::string(kSmall) + " --pass fwd --case N=1,D=20000");
  ASSERT_EQ(done.code, 0) << done.err;
  std::set<size_t> widths;
  for (const std::string &line : lines(done.out)) {
    EXPECT_FALSE(line.ends_with(' ')) << '"' << line << '"';
    if (line.find(" bf16 ") != line.npos || line.starts_with("op ")) widths.insert(line.size());
  }
  EXPECT_EQ(widths.size(), 1u);
}

TEST(Table, HostTimeIsAColumnMore) {
  const Finished done = flabench(std::string(kSmall) + " --op rms_norm --pass fwd --host-time");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("launch us"));
}

TEST(Csv, HasTheSameFieldsAsJson) {
  const std::string arguments = std::string(kSmall) + " --op rms_norm --pass fwd --format ";
  const Finished csv = flabench(arguments + "csv"), js = flabench(arguments + "json");
  ASSERT_EQ(csv.code, 0) << csv.err;
  const std::vector<std::string> rows = lines(csv.out);
  ASSERT_EQ(rows.size(), 3u);
  std::string names;
  const auto object = nlohmann::ordered_json::parse(lines(js.out).at(0));
  for (const auto &[name, value] : object.items()) names += (names.empty() ? "" : ",") + name;
  EXPECT_EQ(rows[0], names);
  EXPECT_THAT(rows[1], StartsWith("layernorm,rms_norm,fwd,\"N=64,D=96\",bf16,fused,host,"));
  EXPECT_THAT(rows[2], StartsWith("layernorm,rms_norm,fwd,\"N=64,D=96\",bf16,unfused,host,"));
}

TEST(List, ShowsWhatThereIs) {
  const Finished done = flabench("--list");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.err, IsEmpty());
  for (const char *word : {"layernorm", "layer_norm", "rms_norm", "fwd, bwd", "bf16", "N=..,D=..", "quick:", "fla:"})
    EXPECT_THAT(done.out, HasSubstr(word));
}

TEST(List, IsJsonToo) {
  const Finished done = flabench("--list --module layernorm --format json");
  ASSERT_EQ(done.code, 0) << done.err;
  std::vector<std::string> ops;
  for (const json &j : objects(done.out)) {
    ops.push_back(j.at("op"));
    EXPECT_EQ(j.at("keys").size(), j.at("op") == "group_norm" || j.at("op") == "mamba_norm_gate" ? 3u : 2u);
    EXPECT_FALSE(j.at("quick").empty());
    EXPECT_FALSE(j.at("fla").empty());
  }
  EXPECT_THAT(
      ops, ElementsAre("layer_norm", "rms_norm", "group_norm", "layer_norm_gate", "rms_norm_gate", "mamba_norm_gate"));
}

TEST(Program, SaysItsVersionAndHelps) {
  const Finished version = flabench("--version");
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, StartsWith("flabench "));
  EXPECT_THAT(version.out, HasSubstr("LLVM 22"));
  const Finished help = flabench("--help");
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("Examples:"));
  EXPECT_THAT(help.out, HasSubstr("Exit codes:"));
  for (const char *subcommand : {"emit --help", "compile --help"}) {
    const Finished more = flabench(subcommand);
    EXPECT_EQ(more.code, 0);
    EXPECT_THAT(more.out, HasSubstr("Examples:")) << subcommand;
  }
}

} // namespace
} // namespace fla::test
