// Counted loops: which are, how often they run, and which are certain to end.
#include <airstrip/kernel/loops.hpp>
#include <airstrip/kernel/passes/promote_variables.hpp>

#include "pass_test.hpp"

using namespace test;
using Compare = CountedLoop::Compare;

namespace {

CountedLoop count_of(DynamicBuilder& b) {
  Kernel kernel = b.finish();
  REQUIRE(kernel.ok());
  promote_variables(kernel);
  check_valid(kernel);
  return counted_loop(kernel, find(kernel, Op::Loop));
}

CountedLoop for_loop(Type type, std::int64_t first, std::int64_t end, std::int64_t step) {
  Words b;
  b.begin_for(b.constant_int(type, first), b.constant_int(type, end), b.constant_int(type, step));
  b.end_loop();
  return count_of(b);
}

}  // namespace

TEST_CASE("for loops between constants: trip counts equal to running them") {
  for (const Type type : {Type(Scalar::I8), Type(Scalar::U8)}) {
    const std::int64_t lowest = type.is_signed() ? -128 : 0, highest = type.is_signed() ? 127 : 255;
    for (std::int64_t first = lowest; first <= highest; first += 5)
      for (std::int64_t end = lowest; end <= highest; end += 3)
        for (const std::int64_t step : {1, 2, 7, 100, -1, -3, -128}) {
          if (step < 0 && !type.is_signed()) continue;
          std::uint64_t expected = 0;
          bool wraps = false;
          for (std::int64_t i = first; step > 0 ? i < end : i > end; i += step, ++expected)
            if (i + step > highest || i + step < lowest) {
              wraps = true;
              break;
            }
          const CountedLoop loop = for_loop(type, first, end, step);
          REQUIRE(loop);
          if (loop.compare != (step > 0 ? Compare::Less : Compare::Greater)) FAIL("compare");
          // `finite` asks for every first value, a trip count for this one.
          if (wraps && loop.finite) FAIL("wraps: ", first, " ", end, " ", step);
          if (loop.has_trip_count && loop.trip_count != expected) FAIL("count: ", first, " ", end, " ", step);
          if (!wraps && !loop.finite && highest - end >= step && end - lowest >= -step)
            FAIL("finite: ", first, " ", end, " ", step);
          if (loop.finite != loop.has_trip_count) FAIL("both are constants");
        }
  }
}

TEST_CASE("a for loop to a value is finite with a step of one") {
  for (const std::int64_t step : {1, 2}) {
    Words b;
    b.begin_for(b.word(0), b.read(b.word(0)), b.word(step));
    b.end_loop();
    const CountedLoop loop = count_of(b);
    REQUIRE(loop);
    CHECK(loop.finite == (step == 1));
    CHECK_FALSE(loop.has_trip_count);
  }
}

TEST_CASE("loops of variables, with every form of the test") {
  for (const int form : {0, 1, 2, 3, 4, 5, 6, 7}) {
    CAPTURE(form);
    Words b;
    const AnyVariable i = b.variable(u32_type);
    b.store(i, b.word(3));
    b.begin_loop();
    const bool or_equal = (form & 1) != 0, swapped = (form & 2) != 0, then_breaks = (form & 4) != 0;
    const AnyValue now = b.load(i), end = b.word(10);
    const AnyValue test =
        b.apply(or_equal ? Op::LessEqual : Op::Less, swapped ? end : now, swapped ? now : end);
    b.begin_if(then_breaks ? test : b.apply(Op::Not, b.apply(Op::Not, test)));
    if (!then_breaks) b.begin_else();
    b.break_();
    b.end_if();
    b.write(0, now);
    b.store(i, b.apply(Op::Add, b.load(i), b.word(2)));
    b.end_loop();
    const CountedLoop loop = count_of(b);
    REQUIRE(loop);
    // The loop goes on while `test`, or while not.
    const Compare expected[] = {Compare::Less,         Compare::LessEqual,    Compare::Greater,
                                Compare::GreaterEqual, Compare::GreaterEqual, Compare::Greater,
                                Compare::LessEqual,    Compare::Less};
    CHECK(loop.compare == expected[form]);
    const bool upwards = loop.compare == Compare::Less || loop.compare == Compare::LessEqual;
    CHECK(loop.finite == upwards);
    if (upwards) CHECK(loop.trip_count == 4);  // 3 5 7 9, and 10 is not met
  }
}

TEST_CASE("counting down by subtraction, with continues in branches") {
  Words b;
  const AnyVariable i = b.variable(u32_type);
  b.store(i, b.word(20));
  b.begin_loop();
  b.begin_if(b.apply(Op::LessEqual, b.load(i), b.word(5)));
  b.break_();
  b.end_if();
  const AnyValue next = b.apply(Op::Sub, b.load(i), b.word(3));
  b.store(i, next);
  b.begin_if(b.apply(Op::Less, b.thread(), b.word(9)));
  b.write(0, b.word(1));
  b.continue_();
  b.end_if();
  b.write(1, b.word(1));
  b.end_loop();
  const CountedLoop loop = count_of(b);
  REQUIRE(loop);
  CHECK(loop.subtracts);
  CHECK(loop.compare == Compare::Greater);
  CHECK(loop.trip_count == 5);  // 20 17 14 11 8
}

TEST_CASE("loops that are not counted") {
  for (const int which : {0, 1, 2, 3}) {
    CAPTURE(which);
    Words b;
    const AnyVariable i = b.variable(u32_type), end = b.variable(u32_type);
    b.store(i, b.word(0));
    b.store(end, b.word(10));
    b.begin_loop();
    if (which == 0) b.write(0, b.word(1));  // before the test
    b.begin_if(b.apply(Op::LessEqual, b.load(end), b.load(i)));
    b.break_();
    b.end_if();
    if (which == 1) b.store(end, b.apply(Op::Add, b.load(end), b.word(1)));
    b.store(i, b.apply(which == 2 ? Op::Mul : Op::Add, b.load(i), which == 3 ? b.load(i) : b.word(2)));
    b.end_loop();
    CHECK_FALSE(count_of(b));
  }
}

TEST_CASE("further exits do not change what counts") {
  Words b;
  const AnyValue i = b.begin_for(b.word(0), b.word(10), b.word(1));
  b.begin_if(b.apply(Op::Less, b.read(i), b.word(3)));
  b.break_();
  b.end_if();
  b.end_loop();
  const CountedLoop loop = count_of(b);
  CHECK(loop.trip_count == 10);
  CHECK(loop.finite);
}
