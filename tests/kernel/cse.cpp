// Common subexpressions: what is merged, and what must not be.
#include <airstrip/kernel/passes/cse.hpp>

#include "pass_test.hpp"

using namespace test;

namespace {

Kernel merged(DynamicBuilder& b) {
  Kernel kernel = b.finish();
  REQUIRE(kernel.ok());
  check_valid(kernel);
  eliminate_common_subexpressions(kernel);
  check_valid(kernel);
  return kernel;
}

}  // namespace

TEST_CASE("equal expressions are computed once, commutative ones in either order") {
  Words b;
  const AnyValue x = b.thread(), y = b.read(b.word(7));
  b.write(0, b.apply(Op::Mul, b.apply(Op::Add, x, y), b.word(3)));
  b.write(1, b.apply(Op::Mul, b.word(3), b.apply(Op::Add, y, x)));
  b.write(2, b.apply(Op::Sub, x, y));
  b.write(3, b.apply(Op::Sub, y, x));
  CHECK(body(merged(b)) == R"(function main() {
  %1: u32 = load @0 stride 4 offset 28
  %2: u32 = extract[0] $GlobalInvocationId
  %3: u32 = add %2, %1
  %4: u32 = mul %3, 3u32
  store @1 stride 4 offset 0 %4
  store @1 stride 4 offset 4 %4
  %5: u32 = sub %2, %1
  store @1 stride 4 offset 8 %5
  %6: u32 = sub %1, %2
  store @1 stride 4 offset 12 %6
  return
}
)");
}

TEST_CASE(
    "an expression of a branch is not seen in the other one, nor after it; one before it is seen in both") {
  Words b;
  const AnyValue x = b.read(b.word(0)), before = b.apply(Op::Add, x, b.word(1));
  b.write(0, before);
  b.begin_if(b.apply(Op::Less, x, b.word(5)));
  b.write(1, b.apply(Op::Add, x, b.word(1)));
  b.write(2, b.apply(Op::Add, x, b.word(2)));
  b.begin_else();
  b.write(3, b.apply(Op::Add, x, b.word(1)));
  b.write(4, b.apply(Op::Add, x, b.word(2)));
  b.write(5, b.apply(Op::Add, x, b.word(2)));
  b.end_if();
  b.write(6, b.apply(Op::Add, x, b.word(2)));
  const Kernel kernel = merged(b);
  CHECK(count(kernel, Op::Add) == 4);  // + 1 once; + 2 in either branch and after
}

TEST_CASE("types, immediates and three operands tell expressions apart") {
  Words b;
  const AnyValue x = b.read(b.word(0));
  const AnyValue v = b.builtin(BuiltIn::GlobalInvocationId);
  b.write(0, b.convert(Op::Bitcast, b.convert(Op::Convert, x, f32_type), u32_type));
  b.write(1, b.convert(Op::Convert, x, Type(Scalar::I32)));
  b.write(2, b.convert(Op::Bitcast, b.convert(Op::Convert, x, f32_type), u32_type));
  b.write(3, v.component(0));
  b.write(4, v.component(1));
  const AnyValue condition = b.apply(Op::Less, x, b.word(3));
  const AnyValue one[] = {condition, x, b.word(1)}, two[] = {condition, b.word(1), x};
  b.write(5, b.apply(Op::Select, one));
  b.write(6, b.apply(Op::Select, two));
  b.write(7, b.apply(Op::Select, one));
  const Kernel kernel = merged(b);
  CHECK(count(kernel, Op::Convert) == 2);
  CHECK(count(kernel, Op::Bitcast) == 1);
  CHECK(count(kernel, Op::Extract) == 2);
  CHECK(count(kernel, Op::Select) == 2);
}

TEST_CASE("loads are merged where nothing can have been stored between them") {
  for (const int which : {0, 1, 2, 3, 4}) {
    CAPTURE(which);
    Words b;
    const bool merges = which == 0 || which == 2;
    if (which == 1 || which == 2) b.set_may_alias(b.in);
    if (which == 1) b.set_may_alias(b.out);
    if (which == 3) b.set_coherent(b.in);
    Place place = b.at(b.in, b.thread());
    place.is_volatile = which == 4;
    b.write(0, b.load(place, u32_type));
    place.index = b.thread();
    b.write(1, b.load(place, u32_type));
    const Kernel kernel = merged(b);
    CHECK(count(kernel, Op::Load) == (merges ? 1 : 2));
  }
  Words b;
  b.write(0, b.load(b.at(b.out, b.word(1)), u32_type));
  b.write(1, b.load(b.at(b.out, b.word(1)), u32_type));
  CHECK(count(merged(b), Op::Load) == 2);
}

TEST_CASE("equal accesses with different numbers are equal") {
  Words b;
  const AnyValue i = b.thread();
  for (int round = 0; round < 2; ++round)
    for (std::uint32_t offset = 0; offset < 40; offset += 2) {  // more accesses than the table compares
      Place place = b.at(b.in, i);
      place.offset = 4 * offset;
      b.write(offset, b.load(place, u32_type));
    }
  CHECK(count(merged(b), Op::Load) == 20);
}

TEST_CASE("operations of the subgroup, atomics and calls are not merged") {
  Words b;
  const std::uint32_t helper = b.begin_function("helper", u32_type, {});
  b.return_(b.read(b.word(0)));
  b.end_function();
  for (int i = 0; i < 2; ++i) {
    b.write(i, b.apply(Op::SubgroupAdd, b.thread()));
    b.write(i, b.call(helper, {}));
    const AnyValue one[] = {b.word(1)};
    b.atomic(Op::AtomicAdd, b.at(b.out, b.word(9)), u32_type, one, MemoryScope::Device, 0);
  }
  const Kernel kernel = merged(b);
  CHECK(count(kernel, Op::SubgroupAdd) == 2);
  CHECK(count(kernel, Op::Call) == 2);
  CHECK(count(kernel, Op::AtomicAdd) == 2);
}

TEST_CASE("expressions of one function are not used in another") {
  Words b;
  const Type parameter[] = {u32_type};
  const std::uint32_t helper = b.begin_function("helper", u32_type, parameter);
  b.return_(b.apply(Op::Add, b.thread(), b.function_parameter(helper, 0)));
  b.end_function();
  const AnyValue argument[] = {b.thread()};
  b.write(0, b.call(helper, argument));
  CHECK(count(merged(b), Op::Extract) == 2);
}
