// Dead code: what goes, and what has to stay.
#include <airstrip/kernel/passes/dead_code.hpp>
#include <airstrip/kernel/passes/promote_variables.hpp>

#include "pass_test.hpp"

using namespace test;

namespace {

Kernel cleaned(DynamicBuilder& b, bool promote = true) {
  Kernel kernel = b.finish();
  REQUIRE(kernel.ok());
  if (promote) promote_variables(kernel);
  check_valid(kernel);
  remove_dead_code(kernel);
  check_valid(kernel);
  return kernel;
}

}  // namespace

TEST_CASE("unused operations and loads go, with what only they used") {
  Words b;
  const AnyValue x = b.read(b.word(1));
  b.apply(Op::Div, b.apply(Op::Add, x, b.word(1)), b.read(b.word(2)));
  b.apply(Op::SubgroupAdd, x);
  b.write(0, b.word(1));
  CHECK(body(cleaned(b)) == R"(function main() {
  store @1 stride 4 offset 0 1u32
  return
}
)");
}

TEST_CASE("an if without effects goes, one with an effect keeps only that") {
  Words b;
  const AnyVariable x = b.variable(u32_type), y = b.variable(u32_type);
  b.store(x, b.word(1));
  b.store(y, b.word(1));
  const AnyValue small_index = b.apply(Op::Less, b.thread(), b.word(5));
  b.begin_if(small_index);
  b.store(x, b.word(2));
  b.end_if();
  b.begin_if(small_index);
  b.store(y, b.read(b.word(3)));
  b.store(x, b.apply(Op::Add, b.load(x), b.load(y)));
  b.write(0, b.load(y));
  b.end_if();
  b.apply(Op::Add, b.load(x), b.load(y));
  CHECK(body(cleaned(b)) == R"(function main() {
  %1: u32 = extract[0] $GlobalInvocationId
  %2: bool = less %1, 5u32
  if %2
  then {
    %3: u32 = load @0 stride 4 offset 12
    store @1 stride 4 offset 0 %3
    yield
  }
  else {
    yield
  }
  return
}
)");
}

TEST_CASE("values that only feed each other round a loop go") {
  Words b;
  const AnyVariable x = b.variable(u32_type), y = b.variable(u32_type), sum = b.variable(u32_type);
  b.store(x, b.word(1));
  b.store(y, b.word(1));
  b.store(sum, b.word(0));
  const AnyValue i = b.begin_for(b.word(0), b.word(9), b.word(1));
  const AnyValue next = b.apply(Op::Add, b.load(x), b.load(y));
  b.store(x, b.load(y));
  b.store(y, next);
  b.store(sum, b.apply(Op::Add, b.load(sum), b.read(i)));
  b.end_loop();
  b.apply(Op::Add, b.load(x), b.load(y));
  b.write(0, b.load(sum));
  CHECK(body(cleaned(b)) == R"(function main() {
  loop 0u32, 0u32
  %1 body(%2: u32, %3: u32) {
    %4: bool = less %2, 9u32
    if %4
    then {
      yield
    }
    else {
      break %1 %3
    }
    %5: u32 = load @0 stride 4 offset 0 index %2
    %6: u32 = add %3, %5
    %7: u32 = add %2, 1u32
    continue %1 %7, %6
  }
  %8: u32 = result[0] %1
  store @1 stride 4 offset 0 %8
  return
}
)");
}

TEST_CASE("a loop that changes nothing goes if it is certain to end") {
  for (const bool certain : {true, false}) {
    Words b;
    const AnyVariable sum = b.variable(u32_type);
    b.store(sum, b.word(0));
    const AnyValue end = b.read(b.word(5));
    const AnyValue i = b.begin_for(b.word(0), end, b.word(certain ? 1 : 2));
    b.store(sum, b.apply(Op::Add, b.load(sum), i));
    b.end_loop();
    b.write(0, b.word(1));
    CHECK(count(cleaned(b), Op::Loop) == (certain ? 0 : 1));
  }
}

TEST_CASE("an endless loop inside a dead one stays, with what is around it") {
  Words b;
  b.begin_for(b.word(0), b.word(4), b.word(1));
  b.begin_if(b.apply(Op::Less, b.thread(), b.word(3)));
  b.begin_loop();
  b.end_loop();
  b.end_if();
  b.end_loop();
  CHECK(count(cleaned(b), Op::Loop) == 2);
}

TEST_CASE("what follows a construct that everything leaves goes, one terminator stays") {
  Words b;
  b.begin_for(b.word(0), b.word(4), b.word(1));
  b.begin_if(b.apply(Op::Less, b.thread(), b.word(3)));
  b.write(0, b.word(1));
  b.break_();
  b.begin_else();
  b.continue_();
  b.end_if();
  b.write(1, b.read(b.word(9)));
  b.end_loop();
  const Kernel kernel = cleaned(b);
  CHECK(count(kernel, Op::Store) == 1);
  CHECK(count(kernel, Op::Load) == 0);
  CHECK(count(kernel, Op::Return) == 2);
}

TEST_CASE("stores in arrays and variables that nobody reads go; those that are read stay") {
  Words b;
  const std::uint32_t unread = b.add_array(ResourceKind::Private, u32_type, 4, "unread"),
                      read = b.add_array(ResourceKind::Private, u32_type, 4, "read"),
                      shared = b.add_array(ResourceKind::Workgroup, u32_type, 4, "shared"),
                      counter = b.add_array(ResourceKind::Workgroup, u32_type, 4, "counter");
  b.store(b.at(unread, b.thread()), b.read(b.word(0)));
  b.store(b.at(unread, b.thread()), b.load(b.at(unread, b.word(1)), u32_type));  // its reader is dead itself
  b.store(b.at(read, b.thread()), b.word(7));
  b.store(b.at(shared, b.thread()), b.word(8));
  const AnyValue one[] = {b.word(1)};
  b.atomic(Op::AtomicAdd, b.at(shared, b.word(0)), u32_type, one, MemoryScope::Workgroup, 0);
  b.store(b.at(counter, b.word(0)), b.word(0));
  b.write(1, b.atomic(Op::AtomicAdd, b.at(counter, b.word(0)), u32_type, one, MemoryScope::Workgroup, 0));
  b.write(0, b.load(b.at(read, b.word(2)), u32_type));
  const AnyVariable written = b.variable(u32_type);
  b.store(written, b.word(1));
  const Kernel kernel = cleaned(b, false);
  CHECK(body(kernel) == R"(function main() {
  %1: u32 = extract[0] $GlobalInvocationId
  store @3 stride 4 offset 0 index 7u32, %1
  store @5 stride 4 offset 0 0u32
  %2: u32 = atomic_add @5 stride 4 offset 0 1u32
  store @1 stride 4 offset 4 %2
  %3: u32 = load @3 stride 4 offset 8
  store @1 stride 4 offset 0 %3
  return
}
)");
  CHECK(kernel.resources().size() == 7);
}

TEST_CASE("calls of helpers that change nothing go when their value is unused") {
  Words b;
  const std::uint32_t pure = b.begin_function("pure", u32_type, {});
  b.return_(b.read(b.word(0)));
  b.end_function();
  const std::uint32_t writes = b.begin_function("writes", u32_type, {});
  b.write(3, b.word(1));
  b.return_(b.word(2));
  b.end_function();
  const std::uint32_t through = b.begin_function("through", u32_type, {});
  b.return_(b.call(writes, {}));
  b.end_function();
  b.call(pure, {});
  b.call(through, {});
  b.write(0, b.call(pure, {}));
  CHECK(count(cleaned(b), Op::Call) == 3);
}

TEST_CASE("an early return and barriers stay") {
  Words b;
  b.begin_if(b.apply(Op::Less, b.thread(), b.word(3)));
  b.return_();
  b.end_if();
  b.barrier();
  const Kernel kernel = cleaned(b);
  CHECK(count(kernel, Op::If) == 1);
  CHECK(count(kernel, Op::Barrier) == 1);
}

TEST_CASE("a break of a switch that decides about a value keeps what it depends on") {
  Words b;
  const AnyVariable x = b.variable(u32_type), unused = b.variable(u32_type);
  b.store(x, b.word(1));
  b.store(unused, b.word(1));
  const std::uint64_t one[] = {1};
  b.begin_switch(b.thread());
  b.begin_case(one);
  b.store(unused, b.word(4));
  b.begin_if(b.apply(Op::Less, b.read(b.word(2)), b.word(3)));
  b.store(x, b.word(2));
  b.break_();
  b.end_if();
  b.store(x, b.word(3));
  b.end_case();
  b.end_switch();
  b.write(0, b.load(x));
  const Kernel kernel = cleaned(b);
  CHECK(count(kernel, Op::If) == 1);
  CHECK(count(kernel, Op::Result) == 1);
}
