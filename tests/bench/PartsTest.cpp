// The arena's parts by themselves: statistics, the stopping rule, tables, fields, words.
#include "bench/Fields.h"
#include "bench/Measure.h"
#include "bench/Statistics.h"
#include "bench/Table.h"
#include "bench/Words.h"
#include "compiler/support/Error.h"

#include <chrono>
#include <cmath>
#include <gmock/gmock.h>
#include <limits>
#include <sstream>

namespace fla::bench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Statistics, MedianAndPercentilesDoNotFollowOutliers) {
  const Summary s = summarize({5, 1, 2, 4, 3, 1000});
  EXPECT_DOUBLE_EQ(s.median, 3.5);
  EXPECT_DOUBLE_EQ(s.p20, 2);
  EXPECT_DOUBLE_EQ(s.p80, 5);
  EXPECT_EQ(s.reps, 6);
}

TEST(Statistics, OneSampleIsItself) {
  const Summary s = summarize({7});
  EXPECT_EQ(s.median, 7);
  EXPECT_EQ(s.p20, 7);
  EXPECT_EQ(s.p80, 7);
}

TEST(Statistics, NoiseShrinksWithMoreSamples) {
  std::vector<double> few, many;
  for (int i = 0; i < 20; ++i) few.push_back(100 + i % 10);
  for (int i = 0; i < 2000; ++i) many.push_back(100 + i % 10);
  EXPECT_NEAR(summarize(few).noise() / summarize(many).noise(), 10, 0.5);
  EXPECT_EQ(summarize({3, 3, 3}).noise(), 0);
}

/// Counts its runs and takes no time to speak of.
class Counter : public Provider {
public:
  void enqueue(tile::runtime::Stream &) override { ++runs; }
  int launches() const override { return 1; }
  int runs = 0;
};

/// Alternates between short and long.
class Unsteady : public Provider {
public:
  void enqueue(tile::runtime::Stream &) override {
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(runs++ % 2 ? 50 : 500);
    while (std::chrono::steady_clock::now() < end) {
    }
  }
  int launches() const override { return 1; }
  int runs = 0;
};

class Timing : public testing::Test {
protected:
  std::unique_ptr<tile::runtime::Device> device = tile::runtime::open_device("host");
  std::unique_ptr<tile::runtime::Stream> stream = device->stream();
  Timer timer{*device, *stream};
};

TEST_F(Timing, RunsAsOftenAsAsked) {
  Counter a, b;
  Provider *both[] = {&a, &b};
  const std::vector<Summary> s = timer.measure(both, {.exact = 4});
  EXPECT_EQ(a.runs, 5); // one to warm up
  EXPECT_EQ(b.runs, 5);
  EXPECT_EQ(s.at(0).reps, 4);
}

TEST_F(Timing, GoesOnWhileTheMedianIsUnsteadyAndStopsAtTheMost) {
  Unsteady u;
  Provider *one[] = {&u};
  const std::vector<Summary> s = timer.measure(one, {.least = 3, .most = 11, .noise = 1e-6, .budget_ms = 1e9});
  EXPECT_EQ(s.at(0).reps, 11);
  EXPECT_GT(s.at(0).p80, 5 * s.at(0).p20);
}

TEST_F(Timing, StopsWhenTheBudgetIsSpent) {
  Unsteady u;
  Provider *one[] = {&u};
  const std::vector<Summary> s = timer.measure(one, {.least = 3, .most = 1000, .noise = 1e-6, .budget_ms = 0});
  EXPECT_EQ(s.at(0).reps, 3);
}

TEST(Table, AlignsTextLeftAndNumbersRight) {
  const Table t({{"op", 6, true}, {"ms", 7}, {"note", 0, true}});
  EXPECT_EQ(t.header(), "op           ms  note\n---------------------\n");
  EXPECT_EQ(t.row({"add", "1.5", "x"}), "add         1.5  x\n");
  EXPECT_EQ(t.row({"add", "1.5", ""}), "add         1.5\n");
}

TEST(Fields, NumbersAreFiniteOrNull) {
  EXPECT_EQ(number(1.0 / 3).dump(), "0.333333");
  EXPECT_EQ(number(123456789).dump(), "123457000.0");
  EXPECT_TRUE(number(std::nan("")).is_null());
  EXPECT_TRUE(number(std::numeric_limits<double>::infinity()).is_null());
}

TEST(Lines, CsvQuotesWhatNeedsIt) {
  std::ostringstream out;
  auto csv = make_line_writer(Format::Csv, out);
  csv->write({{"a", "plain"}, {"b", "N=1,D=2"}, {"c", "say \"hi\"\nthere"}, {"d", nullptr}, {"e", 1.5}});
  csv->write({{"a", ""}, {"b", ""}, {"c", ""}, {"d", true}, {"e", 2}});
  EXPECT_EQ(out.str(), "a,b,c,d,e\nplain,\"N=1,D=2\",\"say \"\"hi\"\"\nthere\",,1.5\n,,,true,2\n");
}

TEST(Lines, JsonEscapesAndSurvivesBrokenText) {
  std::ostringstream out;
  auto json = make_line_writer(Format::Json, out);
  json->write({{"note", "a \"b\"\n\x01"}, {"name", "CPU \xff"}});
  const auto back = nlohmann::json::parse(out.str());
  EXPECT_EQ(back.at("note"), "a \"b\"\n\x01");
  EXPECT_THAT(back.at("name").get<std::string>(), HasSubstr("CPU "));
  EXPECT_EQ(std::ranges::count(out.str(), '\n'), 1);
}

TEST(Words, AreSplitAtCommasAndEmptyOnesKept) {
  EXPECT_THAT(split_commas({"a,b", "c"}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split_commas({"a,"}), ElementsAre("a", ""));
  EXPECT_THAT(split_commas({""}), ElementsAre(""));
  auto refusal = [](auto call) {
    try {
      call();
    } catch (const tile::UserError &e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  EXPECT_EQ(refusal([] { format_named("xml"); }), "unknown format 'xml'; accepted: table, json, csv");
  EXPECT_EQ(refusal([] { require_grid("slow"); }), "unknown grid 'slow'; accepted: quick, fla");
}

} // namespace
} // namespace fla::bench
