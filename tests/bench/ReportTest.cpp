// Reports of results that are made up: what they say when there is no reference, and that percentages are of the roof.
#include "bench/Report.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sstream>

namespace fla::bench {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

RunInfo info() {
  RunInfo i;
  i.device = "cuda:0";
  i.machine = {.name = "A GPU",
               .driver = "CUDA 13.0",
               .units = 132,
               .memory_bytes = int64_t(140) << 30,
               .cache_bytes = int64_t(50) << 20,
               .clock_mhz = 1980};
  i.compiler = "a compiler";
  i.date = "2026-01-01 00:00 UTC";
  return i;
}

/// 8000 bytes in 0.004 ms, half as fast as the copy and twice as fast as the reference.
Result result() {
  Result r;
  r.item = {.module = "fake", .op = "twice", .shape = {{"N", 1000}}, .dtype = DType::f32, .problem = {}};
  r.item.problem = module_named("fake").problem("twice", Pass::Fwd, r.item.shape, DType::f32);
  r.candidate = "plain";
  r.fused = {.provider = "fused",
             .verdict = Verdict{.ratio = 0.5, .error = 1, .tolerance = 2, .detail = {}},
             .time = Summary{0.004, 0.003, 0.005, 9},
             .preparation = {.compile_ms = 10, .load_ms = 2.5},
             .launch_us = 2.25};
  r.unfused = {.provider = "unfused",
               .verdict = Verdict{},
               .time = Summary{0.008, 0.008, 0.008, 9},
               .preparation = {},
               .launch_us = {}};
  r.roof = Summary{0.002, 0.002, 0.002, 9};
  return r;
}

Result without_reference() {
  Result r = result();
  r.unfused.verdict.reset();
  r.unfused.time.reset();
  return r;
}

std::string written(Format format, const RunInfo &info, const Result &r) {
  std::ostringstream out;
  auto report = make_report(format, out);
  report->begin(info, {r.item});
  report->add(r);
  report->end();
  return out.str();
}

TEST(TableReport, ComputesItsColumns) {
  const std::string text = written(Format::Table, info(), result());
  EXPECT_THAT(text, HasSubstr("A GPU (132 multiprocessors, 140 GiB memory, 50 MiB L2)"));
  EXPECT_THAT(text, HasSubstr("up to 1980 MHz"));
  EXPECT_THAT(text, HasSubstr("0.0080     0.0040    2.00x     2.0    50.0     0.50    12.5\n"));
  EXPECT_THAT(text, HasSubstr("device time"));
  EXPECT_THAT(text, Not(HasSubstr("launch")));
}

TEST(TableReport, ShowsHostTimeWhenAsked) {
  RunInfo i = info();
  i.host_time = true;
  EXPECT_THAT(written(Format::Table, i, result()), HasSubstr("12.5       2.25\n"));
}

TEST(TableReport, ClaimsNoTimesOfTheVirtualGpu) {
  RunInfo i = info();
  i.device = "simt";
  const std::string text = written(Format::Table, i, result());
  EXPECT_THAT(text, HasSubstr("virtual GPU: results are checked as on a GPU, times mean nothing\n"));
  EXPECT_THAT(text, HasSubstr("132 virtual multiprocessors"));
  EXPECT_THAT(text, Not(HasSubstr("device time")));
}

TEST(TableReport, SaysWhyThereIsNoReference) {
  RunInfo i = info();
  i.no_reference = "NVRTC was not found";
  const std::string text = written(Format::Table, i, without_reference());
  EXPECT_THAT(text, HasSubstr("         -     0.0040        -     2.0    50.0     0.50    12.5\n"));
  EXPECT_THAT(text, HasSubstr("unfused ms and speedup are empty: NVRTC was not found\n"));
  EXPECT_TRUE(without_reference().is_right());
}

TEST(JsonReport, SaysWhyThereIsNoReference) {
  RunInfo i = info();
  i.no_reference = "NVRTC was not found";
  std::istringstream in(written(Format::Json, i, without_reference()));
  std::string fused, unfused;
  std::getline(in, fused);
  std::getline(in, unfused);
  EXPECT_EQ(json::parse(fused).at("ok"), true);
  EXPECT_EQ(json::parse(fused).at("roof"), 0.5);
  EXPECT_EQ(json::parse(fused).at("launch_us"), 2.25);
  for (const char *field : {"ms", "ok", "max_err", "tol", "compile_ms"})
    EXPECT_TRUE(json::parse(unfused).at(field).is_null()) << field;
  EXPECT_EQ(json::parse(unfused).at("note"), "NVRTC was not found");
}

TEST(Result, IsRightWhenAllThatRanIs) {
  Result r = result();
  EXPECT_TRUE(r.is_right());
  r.unfused.verdict->ok = false;
  EXPECT_FALSE(r.is_right());
}

} // namespace
} // namespace fla::bench
