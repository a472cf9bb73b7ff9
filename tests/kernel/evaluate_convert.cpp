// Conversions between all types, and operations on whole vectors.
#include "evaluate_reference.hpp"

using namespace evaluate_test;

namespace {

// Rounds an integer to a float with integer arithmetic alone: what a double would round twice.
std::uint64_t integer_to_float(Scalar to, Wide v) {
  if (to == Scalar::F32) return bits_of(static_cast<float>(static_cast<long double>(v)));
  if (to == Scalar::F64) return bits_of(static_cast<double>(static_cast<long double>(v)));
  return nearest(to, static_cast<long double>(v));
}

std::uint64_t whole(Op op, Type result, const std::vector<Type>& types,
                    const std::vector<std::vector<std::uint64_t>>& operands, std::uint64_t* out,
                    std::uint32_t immediate = 0) {
  const std::uint64_t* pointers[4] = {};
  for (std::size_t i = 0; i < operands.size(); ++i) pointers[i] = operands[i].data();
  Evaluated note;
  REQUIRE(evaluate(op, result, airstrip::Span<const Type>(types.data(), types.size()), pointers, immediate,
                   out, note));
  return out[0];
}

}  // namespace

TEST_CASE("evaluate: integers to integers and Booleans") {
  std::mt19937_64 random(10);
  for (const Scalar from : int_types)
    for (const Scalar to : int_types)
      for (const std::uint64_t x : interesting(from, random, 40)) {
        const Wide v = value_of(from, x);
        CAPTURE(x);
        CHECK(evaluate(Op::Convert, from, to, &x).bits == wrap(to, v));
        const Wide clamped = v < least(to) ? least(to) : v > greatest(to) ? greatest(to) : v;
        CHECK(evaluate(Op::ConvertSaturate, from, to, &x).bits == wrap(to, clamped));
        CHECK(evaluate(Op::Convert, from, Scalar::Boolean, &x).bits == (x != 0));
      }
  for (const std::uint64_t b : {std::uint64_t{0}, std::uint64_t{1}}) {
    for (const Scalar to : int_types) CHECK(evaluate(Op::Convert, Scalar::Boolean, to, &b).bits == b);
    for (const Scalar to : float_types)
      CHECK(evaluate(Op::Convert, Scalar::Boolean, to, &b).bits == float_bits(to, b ? 1.0L : 0.0L));
  }
}

TEST_CASE("evaluate: integers to floats are rounded once") {
  std::mt19937_64 random(11);
  for (const Scalar from : int_types)
    for (const Scalar to : float_types)
      for (const std::uint64_t x : interesting(from, random, 200)) {
        CAPTURE(x);
        CHECK(evaluate(Op::Convert, from, to, &x).bits == integer_to_float(to, value_of(from, x)));
      }
  // 2^60 + 2^52 is halfway between two bfloat16 numbers, and 1 more is beyond it: a double loses that 1.
  const std::uint64_t tie = (std::uint64_t{1} << 60) + (std::uint64_t{1} << 52), above = tie + 1;
  CHECK(evaluate(Op::Convert, Scalar::U64, Scalar::BF16, &tie).bits ==
        nearest(Scalar::BF16, std::ldexp(1.0L, 60)));
  CHECK(evaluate(Op::Convert, Scalar::U64, Scalar::BF16, &above).bits ==
        nearest(Scalar::BF16, std::ldexp(1.0L, 60) + std::ldexp(1.0L, 53)));
}

TEST_CASE("evaluate: floats to integers, floats and Booleans") {
  std::mt19937_64 random(12);
  for (const Scalar from : float_types) {
    auto values = interesting(from, random, 200);
    for (const Scalar to : int_types)
      for (const Wide edge : {least(to), greatest(to)})
        for (const long double d : {-1.5L, -1.0L, -0.5L, 0.0L, 0.5L, 1.0L, 1.5L})
          values.push_back(float_bits(from, static_cast<long double>(edge) + d));
    for (const std::uint64_t x : values) {
      const long double v = float_value(from, x);
      CAPTURE(x);
      for (const Scalar to : int_types) {
        const long double t = std::trunc(v);
        const bool fits = !std::isnan(v) && t >= static_cast<long double>(least(to)) &&
                          t <= static_cast<long double>(greatest(to));
        const Evaluated got = evaluate(Op::Convert, from, to, &x);
        CHECK(got.defined == fits);
        const Wide clamped = std::isnan(v) ? 0
                             : fits        ? static_cast<Wide>(t)
                             : v < 0       ? least(to)
                                           : greatest(to);
        if (fits) CHECK(got.bits == wrap(to, clamped));
        const Evaluated saturated = evaluate(Op::ConvertSaturate, from, to, &x);
        CHECK(saturated.defined);
        CHECK(saturated.bits == wrap(to, clamped));
      }
      for (const Scalar to : float_types) {
        const std::uint64_t got = evaluate(Op::Convert, from, to, &x).bits;
        if (std::isnan(v))
          CHECK(is_nan_bits(to, got));
        else
          CHECK(got == float_bits(to, v));
      }
      CHECK(evaluate(Op::Convert, from, Scalar::Boolean, &x).bits == !(v == 0));
    }
  }
}

TEST_CASE("evaluate: moving components") {
  std::uint64_t out[4];
  const Type u(Scalar::U32), u2(Scalar::U32, 2), u3(Scalar::U32, 3), u4(Scalar::U32, 4),
      b3(Scalar::Boolean, 3);
  whole(Op::Construct, u4, {u2, u, u}, {{1, 2}, {3}, {4}}, out);
  CHECK((out[0] == 1 && out[1] == 2 && out[2] == 3 && out[3] == 4));
  CHECK(whole(Op::Extract, u, {u3}, {{5, 6, 7}}, out, 2) == 7);
  whole(Op::Insert, u3, {u3, u}, {{5, 6, 7}, {9}}, out, 1);
  CHECK((out[0] == 5 && out[1] == 9 && out[2] == 7));
  CHECK(whole(Op::ExtractDynamic, u, {u3, u}, {{5, 6, 7}, {1}}, out) == 6);
  whole(Op::InsertDynamic, u3, {u3, u, u}, {{5, 6, 7}, {9}, {0}}, out);
  CHECK((out[0] == 9 && out[1] == 6 && out[2] == 7));
  whole(Op::Shuffle, u4, {u2, u3}, {{1, 2}, {3, 4, 5}}, out, 0x0413);
  CHECK((out[0] == 4 && out[1] == 2 && out[2] == 5 && out[3] == 1));
  CHECK(whole(Op::Any, Type(Scalar::Boolean), {b3}, {{0, 1, 0}}, out) == 1);
  CHECK(whole(Op::All, Type(Scalar::Boolean), {b3}, {{1, 1, 0}}, out) == 0);
  // Regrouping bytes, the lowest first.
  CHECK(whole(Op::Bitcast, Type(Scalar::U64), {u2}, {{0x11223344, 0x55667788}}, out) == 0x5566778811223344u);
  whole(Op::Bitcast, Type(Scalar::U16, 4), {u2}, {{0x11223344, 0x55667788}}, out);
  CHECK((out[0] == 0x3344 && out[1] == 0x1122 && out[2] == 0x7788 && out[3] == 0x5566));
  CHECK(whole(Op::Bitcast, u, {Type(Scalar::U8, 4)}, {{1, 2, 3, 4}}, out) == 0x04030201);
  // Componentwise through the same call, with a scalar for all components.
  whole(Op::Select, u2, {Type(Scalar::Boolean), u2, u2}, {{1}, {1, 2}, {3, 4}}, out);
  CHECK((out[0] == 1 && out[1] == 2));
  Evaluated note;
  const std::uint64_t vector[3] = {1, 2, 3}, index = 3;
  const std::uint64_t* operands[2] = {vector, &index};
  const Type types[2] = {u3, u};
  CHECK(evaluate(Op::ExtractDynamic, u, types, operands, 0, out, note));
  CHECK(!note.defined);
  CHECK(!evaluate(Op::SubgroupAdd, u, airstrip::Span<const Type>(types, 1), operands, 0, out, note));
}

TEST_CASE("evaluate: geometry and packing") {
  std::uint64_t out[4];
  const auto f = [](double v) { return bits_of(static_cast<float>(v)); };
  const Type f1(Scalar::F32), f2(Scalar::F32, 2), f3(Scalar::F32, 3), f4(Scalar::F32, 4), u(Scalar::U32);
  CHECK(whole(Op::Dot, f1, {f3, f3}, {{f(1), f(2), f(3)}, {f(4), f(5), f(6)}}, out) == f(32));
  CHECK(whole(Op::Length, f1, {f2}, {{f(3), f(4)}}, out) == f(5));
  CHECK(whole(Op::Distance, f1, {f2, f2}, {{f(3), f(4)}, {f(0), f(0)}}, out) == f(5));
  whole(Op::Cross, f3, {f3, f3}, {{f(1), f(2), f(3)}, {f(4), f(5), f(6)}}, out);
  CHECK((out[0] == f(-3) && out[1] == f(6) && out[2] == f(-3)));
  whole(Op::Normalize, f2, {f2}, {{f(3), f(4)}}, out);
  CHECK((out[0] == bits_of(3.0f / 5.0f) && out[1] == bits_of(4.0f / 5.0f)));
  whole(Op::FaceForward, f2, {f2, f2, f2}, {{f(1), f(2)}, {f(1), f(0)}, {f(1), f(0)}}, out);
  CHECK((out[0] == f(-1) && out[1] == f(-2)));
  whole(Op::Reflect, f2, {f2, f2}, {{f(1), f(-1)}, {f(0), f(1)}}, out);
  CHECK((out[0] == f(1) && out[1] == f(1)));
  whole(Op::Refract, f2, {f2, f2, f1}, {{f(0), f(-1)}, {f(0), f(1)}, {f(0.5)}}, out);
  CHECK((out[0] == f(0) && out[1] == f(-1)));
  whole(Op::Refract, f2, {f2, f2, f1}, {{f(1), f(0)}, {f(0), f(1)}, {f(2)}}, out);
  CHECK((out[0] == 0 && out[1] == 0));
  CHECK(whole(Op::PackUnorm4x8, u, {f4}, {{f(0), f(1), f(2), f(0.5)}}, out) == 0x80FFFF00u);
  CHECK(whole(Op::PackSnorm4x8, u, {f4}, {{f(0), f(1), f(-1), f(-9)}}, out) == 0x81817F00u);
  CHECK(whole(Op::PackUnorm2x16, u, {f2}, {{f(1), f(0)}}, out) == 0xFFFFu);
  CHECK(whole(Op::PackSnorm2x16, u, {f2}, {{f(-1), f(1)}}, out) == 0x7FFF8001u);
  CHECK(whole(Op::PackHalf2x16, u, {f2}, {{f(1), f(-2)}}, out) == 0xC0003C00u);
  whole(Op::UnpackHalf2x16, f2, {u}, {{0xC0003C00u}}, out);
  CHECK((out[0] == f(1) && out[1] == f(-2)));
  whole(Op::UnpackUnorm4x8, f4, {u}, {{0x80FF0033u}}, out);
  CHECK((out[0] == bits_of(51.0f / 255.0f) && out[1] == 0 && out[2] == f(1) &&
         out[3] == bits_of(128.0f / 255.0f)));
  whole(Op::UnpackSnorm4x8, f4, {u}, {{0x80817F01u}}, out);
  CHECK((out[0] == bits_of(1.0f / 127.0f) && out[1] == f(1) && out[2] == f(-1) && out[3] == f(-1)));
  whole(Op::UnpackUnorm2x16, f2, {u}, {{0xFFFF0001u}}, out);
  CHECK((out[0] == bits_of(1.0f / 65535.0f) && out[1] == f(1)));
  whole(Op::UnpackSnorm2x16, f2, {u}, {{0x80007FFFu}}, out);
  CHECK((out[0] == f(1) && out[1] == f(-1)));
}
