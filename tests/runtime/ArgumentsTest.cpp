// The packed block: bytes where the artifact says, and a UserError for every value the code does not rely on.
#include "Expect.h"
#include "runtime/Device.h"
#include "runtime/Float16.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace tile::runtime::test {
namespace {

Artifact artifact() {
  Artifact a;
  a.entry = "norm";
  a.params = {{.name = "x", .kind = Param::Kind::Pointer, .dtype = bf16, .offset = 0, .size = 8, .align = 16},
              {.name = "rows", .kind = Param::Kind::Index, .dtype = i64, .offset = 8, .size = 8, .divisible = 4},
              {.name = "flag", .kind = Param::Kind::Scalar, .dtype = DType::i1, .offset = 16, .size = 1},
              {.name = "half", .kind = Param::Kind::Scalar, .dtype = f16, .offset = 18, .size = 2},
              {.name = "count", .kind = Param::Kind::Scalar, .dtype = i32, .offset = 20, .size = 4},
              {.name = "eps", .kind = Param::Kind::Scalar, .dtype = f32, .offset = 24, .size = 4},
              {.name = "brain", .kind = Param::Kind::Scalar, .dtype = bf16, .offset = 28, .size = 2},
              {.name = "seed", .kind = Param::Kind::Scalar, .dtype = i64, .offset = 32, .size = 8}};
  a.param_bytes = 40;
  return a;
}

template <class T> T at(const void *block, size_t offset) {
  T value;
  std::memcpy(&value, static_cast<const char *>(block) + offset, sizeof(T));
  return value;
}

void *address(uintptr_t bits) {
  return reinterpret_cast<void *>(bits);
}

void set_all(Arguments &args) {
  args.set("x", address(0x7000'1230));
  args.set("rows", int64_t(1) << 40);
  args.set("flag", int64_t(1));
  args.set("half", 1.5);
  args.set("count", int64_t(-7));
  args.set("eps", 1e-5);
  args.set("brain", -2.0);
  args.set("seed", std::numeric_limits<int64_t>::min());
}

TEST(Arguments, PacksEveryKindAtItsOffset) {
  Arguments args(artifact());
  set_all(args);
  const void *block = args.block();
  EXPECT_EQ(at<uint64_t>(block, 0), 0x7000'1230u);
  EXPECT_EQ(at<int64_t>(block, 8), int64_t(1) << 40);
  EXPECT_EQ(at<uint8_t>(block, 16), 1);
  EXPECT_EQ(at<uint16_t>(block, 18), 0x3e00);
  EXPECT_EQ(at<int32_t>(block, 20), -7);
  EXPECT_EQ(at<float>(block, 24), 1e-5f);
  EXPECT_EQ(at<uint16_t>(block, 28), 0xc000);
  EXPECT_EQ(at<int64_t>(block, 32), std::numeric_limits<int64_t>::min());
}

TEST(Arguments, LaterValueReplacesTheEarlier) {
  Arguments args(artifact());
  set_all(args);
  args.set("rows", int64_t(8));
  EXPECT_EQ(at<int64_t>(args.block(), 8), 8);
}

TEST(Arguments, NamesTheMissingParameter) {
  Arguments args(artifact());
  args.set("x", address(16));
  expect_error<UserError>([&] { args.block(); }, {"norm", "'rows'", "not set"});
}

TEST(Arguments, RefusesUnknownNamesAndListsTheKnown) {
  Arguments args(artifact());
  expect_error<UserError>([&] { args.set("cols", int64_t(4)); }, {"norm", "'cols'", "'x'", "'rows'", "'seed'"});
  expect_error<UserError>([&] { args.set("cols", 4.0); }, {"'cols'"});
  expect_error<UserError>([&] { args.set("cols", address(16)); }, {"'cols'"});
}

TEST(Arguments, RefusesValuesOfAnotherKind) {
  Arguments args(artifact());
  expect_error<UserError>([&] { args.set("rows", address(16)); }, {"'rows'", "index", "address"});
  expect_error<UserError>([&] { args.set("x", int64_t(16)); }, {"'x'", "pointer to bf16", "integer 16"});
  expect_error<UserError>([&] { args.set("eps", int64_t(1)); }, {"'eps'", "f32", "integer 1"});
  expect_error<UserError>([&] { args.set("count", 1.5); }, {"'count'", "i32", "1.5"});
  expect_error<UserError>([&] { args.set("rows", 4.0); }, {"'rows'", "index"});
}

TEST(Arguments, ChecksAlignment) {
  Arguments args(artifact());
  expect_error<UserError>([&] { args.set("x", address(0x1008)); }, {"'x'", "16 bytes", "0x1008"});
  args.set("x", address(0x1010));
  args.set("x", address(0)); // an empty tensor
}

TEST(Arguments, ChecksDivisibility) {
  Arguments args(artifact());
  expect_error<UserError>([&] { args.set("rows", int64_t(6)); }, {"'rows'", "multiple of 4", "6"});
  args.set("rows", int64_t(0));
}

// From that an index is not negative follows which accesses have no masks.
TEST(Arguments, RefusesNegativeIndices) {
  Arguments args(artifact());
  expect_error<UserError>([&] { args.set("rows", int64_t(-4)); }, {"'rows'", "an index", "0 and more", "given was -4"});
  expect_error<UserError>([&] { args.set("rows", std::numeric_limits<int64_t>::min()); }, {"-9223372036854775808"});
}

TEST(Arguments, RefusesNumbersBeyondAFloatsRange) {
  Arguments args(artifact());
  expect_error<UserError>([&] { args.set("eps", 1e39); }, {"'eps'", "f32", "below 3.40282", "given was 1e+39"});
  expect_error<UserError>([&] { args.set("half", -70000.0); }, {"'half'", "f16", "below 65520", "given was -70000"});
  expect_error<UserError>([&] { args.set("brain", 1e300); }, {"'brain'", "bf16", "given was 1e+300"});
  args.set("half", 65519.0);
  args.set("eps", -std::numeric_limits<double>::infinity());
  args.set("eps", std::nan(""));
}

TEST(Arguments, ChecksTheRangeOfNarrowIntegers) {
  Arguments args(artifact());
  expect_error<UserError>([&] { args.set("count", int64_t(1) << 31); }, {"'count'", "2147483647", "2147483648"});
  expect_error<UserError>([&] { args.set("count", -(int64_t(1) << 31) - 1); }, {"'count'", "-2147483648"});
  expect_error<UserError>([&] { args.set("flag", int64_t(2)); }, {"'flag'", "0 to 1", "2"});
  args.set("count", -(int64_t(1) << 31));
}

TEST(Arguments, AnArtifactThatContradictsItselfIsOurBug) {
  Artifact outside = artifact();
  outside.param_bytes = 36;
  expect_error<InternalError>([&] { Arguments args(outside); }, {"'seed'", "36"});
  Artifact crooked = artifact();
  crooked.params[1].offset = 12;
  expect_error<InternalError>([&] { Arguments args(crooked); }, {"'rows'", "12"});
  Artifact wrong_size = artifact();
  wrong_size.params[5].size = 8;
  expect_error<InternalError>([&] { Arguments args(wrong_size); }, {"'eps'", "size 4"});
}

TEST(Arguments, NoParametersNeedNothing) {
  Artifact a;
  a.entry = "nothing";
  Arguments args(a);
  EXPECT_NO_THROW(args.block());
}

TEST(Float16, RoundsToNearestEvenOnce) {
  EXPECT_EQ(f16_bits(1.0), 0x3c00);
  EXPECT_EQ(f16_bits(-0.0), 0x8000);
  EXPECT_EQ(f16_bits(65504), 0x7bff);
  EXPECT_EQ(f16_bits(65519.99), 0x7bff);
  EXPECT_EQ(f16_bits(65520), 0x7c00);
  EXPECT_EQ(f16_bits(std::ldexp(1, -24)), 0x0001);
  EXPECT_EQ(f16_bits(std::ldexp(1, -25)), 0x0000);
  EXPECT_EQ(f16_bits(std::ldexp(1.5, -25)), 0x0001);
  EXPECT_EQ(f16_bits(std::ldexp(1023.75, -24)), 0x0400); // rounds up into the normal range
  // Half a step above 1, and a little more than an f32 can tell: two roundings would give 0x3c00.
  EXPECT_EQ(f16_bits(1 + std::ldexp(1, -11)), 0x3c00);
  EXPECT_EQ(f16_bits(1 + std::ldexp(1, -11) + std::ldexp(1, -40)), 0x3c01);
  EXPECT_EQ(bf16_bits(1.0), 0x3f80);
  EXPECT_EQ(bf16_bits(1 + std::ldexp(1, -8)), 0x3f80);
  EXPECT_EQ(bf16_bits(1 + std::ldexp(3, -8)), 0x3f82);
  EXPECT_EQ(bf16_bits(-std::numeric_limits<double>::infinity()), 0xff80);
  EXPECT_EQ(bf16_bits(1e300), 0x7f80);
  EXPECT_EQ(bf16_bits(std::nan("")) & 0x7fff, 0x7fc0);
  EXPECT_EQ(bf16_bits(std::ldexp(1, -133)), 0x0001);
}

TEST(Float16, AgreesWithHardwareRoundingOfF32) {
  // bf16 of an f32 is its upper half, rounded: checked over a spread of exponents and signs.
  for (uint64_t i = 0; i < 200'000; ++i) {
    uint32_t bits = uint32_t(i * 2654435761u);
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    if (std::isnan(value)) continue;
    uint32_t expected = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    ASSERT_EQ(bf16_bits(value), uint16_t(expected)) << value;
  }
}

} // namespace
} // namespace tile::runtime::test
