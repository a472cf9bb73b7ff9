// Variables become values: what is carried through which construct, and what is not.
#include <airstrip/kernel/passes/promote_variables.hpp>

#include "pass_test.hpp"

using namespace test;

namespace {

Kernel promoted(DynamicBuilder& b) {
  Kernel kernel = b.finish();
  REQUIRE(kernel.ok());
  check_valid(kernel);
  promote_variables(kernel);
  check_valid(kernel);
  CHECK(count(kernel, Op::VariableLoad) == 0);
  CHECK(count(kernel, Op::VariableStore) == 0);
  return kernel;
}

}  // namespace

TEST_CASE("promotion in a straight line leaves the values alone") {
  Words b;
  const AnyVariable x = b.variable(u32_type, "x");
  b.store(x, b.word(5));
  b.write(0, b.load(x));
  const AnyValue sum = b.apply(Op::Add, b.load(x), b.read(b.word(1)));
  b.store(x, sum);
  b.write(1, b.load(x));
  CHECK(body(promoted(b)) == R"(function main() {
  store @1 stride 4 offset 0 5u32
  %1: u32 = load @0 stride 4 offset 4
  %2: u32 = add 5u32, %1
  store @1 stride 4 offset 4 %2
  return
}
)");
}

TEST_CASE("promotion of a variable that nothing was stored in gives an undefined value") {
  Words b;
  const AnyVariable x = b.variable(u32_type, "x");
  b.write(0, b.load(x));
  CHECK(body(promoted(b)) == R"(function main() {
  store @1 stride 4 offset 0 undefined
  return
}
)");
}

TEST_CASE("promotion through an if makes Results of what is read after it only") {
  Words b;
  const AnyVariable x = b.variable(u32_type, "x"), y = b.variable(u32_type, "y"),
                    z = b.variable(u32_type, "z");
  b.store(x, b.word(1));
  b.store(y, b.word(2));
  b.store(z, b.word(3));
  b.begin_if(b.apply(Op::Less, b.thread(), b.word(7)));
  b.store(x, b.apply(Op::Add, b.load(x), b.thread()));
  b.store(y, b.word(4));  // nobody reads it
  b.store(z, b.load(z));  // the value it has
  b.end_if();
  b.write(0, b.load(x));
  b.write(1, b.load(z));
  CHECK(body(promoted(b)) == R"(function main() {
  %1: u32 = extract[0] $GlobalInvocationId
  %2: bool = less %1, 7u32
  if %2
  then {
    %3: u32 = extract[0] $GlobalInvocationId
    %4: u32 = add 1u32, %3
    yield %4
  }
  else {
    yield 1u32
  }
  %5: u32 = result[0] %6
  store @1 stride 4 offset 0 %5
  store @1 stride 4 offset 4 3u32
  return
}
)");
}

TEST_CASE(
    "promotion where one branch leaves: the other's value needs a Result only if it was computed inside") {
  Words b;
  const AnyVariable x = b.variable(u32_type, "x"), y = b.variable(u32_type, "y");
  b.store(x, b.word(1));
  b.begin_if(b.apply(Op::Less, b.thread(), b.word(7)));
  b.store(x, b.word(2));
  b.store(y, b.read(b.word(0)));
  b.begin_else();
  b.store(x, b.word(3));
  b.return_();
  b.end_if();
  b.write(0, b.load(x));
  b.write(1, b.load(y));
  CHECK(body(promoted(b)) == R"(function main() {
  %1: u32 = extract[0] $GlobalInvocationId
  %2: bool = less %1, 7u32
  if %2
  then {
    %3: u32 = load @0 stride 4 offset 0
    yield %3
  }
  else {
    return
  }
  %4: u32 = result[0] %5
  store @1 stride 4 offset 0 2u32
  store @1 stride 4 offset 4 %4
  return
}
)");
}

TEST_CASE("promotion of a loop carries the sum, and neither what stays nor what is made anew each time") {
  Words b;
  const AnyVariable sum = b.variable(u32_type, "sum"), same = b.variable(u32_type, "same"),
                    fresh = b.variable(u32_type, "fresh");
  b.store(sum, b.word(0));
  b.store(same, b.thread());
  const AnyValue i = b.begin_for(b.word(0), b.word(9), b.word(1));
  b.store(fresh, b.read(i));
  b.store(same, b.load(same));
  b.store(sum, b.apply(Op::Add, b.load(sum), b.load(fresh)));
  b.end_loop();
  b.write(b.load(same), b.load(sum));
  CHECK(body(promoted(b)) == R"(function main() {
  %1: u32 = extract[0] $GlobalInvocationId
  loop 0u32, 0u32
  %2 body(%3: u32, %4: u32) {
    %5: bool = less %3, 9u32
    if %5
    then {
      yield
    }
    else {
      break %2 %4
    }
    %6: u32 = load @0 stride 4 offset 0 index %3
    %7: u32 = add %4, %6
    %8: u32 = add %3, 1u32
    continue %2 %8, %7
  }
  %9: u32 = result[0] %2
  store @1 stride 4 offset 0 index %9, %1
  return
}
)");
}

TEST_CASE("promotion with break and continue out of nested ifs and a switch") {
  Words b;
  const AnyVariable x = b.variable(u32_type, "x"), y = b.variable(u32_type, "y");
  b.store(x, b.word(0));
  b.store(y, b.word(0));
  const AnyValue i = b.begin_for(b.word(0), b.word(20), b.word(1));
  const NodeId loop = b.current_construct();
  b.store(x, b.apply(Op::Add, b.load(x), b.word(1)));
  b.begin_switch(i);
  const std::uint64_t three[] = {3}, four[] = {4, 5};
  b.begin_case(three);
  b.store(y, b.load(x));
  b.continue_();
  b.end_case();
  b.begin_case(four);
  b.begin_if(b.apply(Op::Less, b.load(y), b.word(2)));
  b.store(y, b.word(77));
  b.break_();
  b.end_if();
  b.break_(loop);
  b.end_case();
  b.begin_default();
  b.store(x, b.apply(Op::Add, b.load(x), b.load(y)));
  b.end_case();
  b.end_switch();
  b.write(i, b.load(y));
  b.end_loop();
  b.write(0, b.load(x));
  b.write(1, b.load(y));
  const Kernel kernel = promoted(b);
  CHECK(body(kernel) == R"(function main() {
  loop 0u32, 0u32, 0u32
  %1 body(%2: u32, %3: u32, %4: u32) {
    %5: bool = less %2, 20u32
    if %5
    then {
      yield
    }
    else {
      break %1 %3, %4
    }
    %6: u32 = add %3, 1u32
    switch %2
    case 3 {
      %7: u32 = add %2, 1u32
      continue %1 %7, %6, %6
    }
    case 4 5 {
      %8: bool = less %4, 2u32
      if %8
      then {
        break %9 77u32, %6
      }
      else {
        yield
      }
      break %1 %6, %4
    }
    default {
      %10: u32 = add %6, %4
      yield %4, %10
    }
    %11: u32 = result[0] %9
    %12: u32 = result[1] %9
    store @1 stride 4 offset 0 index %11, %2
    %13: u32 = add %2, 1u32
    continue %1 %13, %12, %11
  }
  %14: u32 = result[0] %1
  %15: u32 = result[1] %1
  store @1 stride 4 offset 0 %14
  store @1 stride 4 offset 4 %15
  return
}
)");
}

TEST_CASE("promotion after an endless loop and in unreachable code") {
  Words b;
  const AnyVariable x = b.variable(u32_type, "x");
  b.store(x, b.word(1));
  b.begin_loop();
  b.store(x, b.apply(Op::Add, b.load(x), b.word(1)));
  b.begin_if(b.apply(Op::Less, b.word(9), b.load(x)));
  b.write(0, b.load(x));
  b.return_();
  b.end_if();
  b.end_loop();
  b.begin_loop();
  b.store(x, b.apply(Op::Add, b.load(x), b.word(1)));
  b.begin_if(b.apply(Op::Less, b.word(9), b.load(x)));
  b.break_();
  b.end_if();
  b.end_loop();
  b.write(0, b.load(x));
  const Kernel kernel = promoted(b);
  CHECK(kernel.arguments(kernel.regions(find(kernel, Op::Loop))[0]).size() == 1);
}

TEST_CASE("promotion of nested loops carries a variable of the inner one through both") {
  Words b;
  const AnyVariable x = b.variable(u32_type, "x");
  b.store(x, b.word(0));
  b.begin_for(b.word(0), b.word(3), b.word(1));
  b.begin_for(b.word(0), b.word(4), b.word(1));
  b.store(x, b.apply(Op::Add, b.load(x), b.word(1)));
  b.end_loop();
  b.end_loop();
  b.write(0, b.load(x));
  const Kernel kernel = promoted(b);
  CHECK(count(kernel, Op::Result) == 2);
}

TEST_CASE("promotion in helpers; a variable of two functions stays in both") {
  Words b;
  const AnyVariable common = b.variable(u32_type, "common");
  const Type parameter[] = {u32_type};
  const std::uint32_t helper = b.begin_function("helper", u32_type, parameter);
  const AnyVariable own = b.variable(u32_type, "own");
  b.store(own, b.function_parameter(helper, 0));
  b.begin_if(b.apply(Op::Less, b.load(own), b.word(5)));
  b.store(own, b.apply(Op::Add, b.load(own), b.load(common)));
  b.end_if();
  b.store(common, b.word(8));
  b.return_(b.load(own));
  b.end_function();
  b.store(common, b.word(3));
  const AnyValue argument[] = {b.thread()};
  b.write(0, b.call(helper, argument));
  b.write(1, b.load(common));
  Kernel kernel = b.finish();
  check_valid(kernel);
  promote_variables(kernel);
  check_valid(kernel);
  CHECK(count(kernel, Op::VariableLoad) == 2);
  CHECK(count(kernel, Op::VariableStore) == 2);
  CHECK(count(kernel, Op::Result) == 1);
}

TEST_CASE("promotion of vectors and cooperative matrices") {
  Words b;
  const Type matrix = b.matrix_type(Scalar::F32, 16, 16, MatrixUse::Accumulator);
  const AnyVariable m = b.variable(matrix, "m"), v = b.variable(Type(Scalar::F32, 4), "v");
  const AnyValue zero[] = {b.constant_float(f32_type, 0.0)};
  b.store(m, b.construct(matrix, zero));
  b.store(v, b.constant_float(Type(Scalar::F32, 4), 1.0));
  b.begin_for(b.word(0), b.word(4), b.word(1));
  b.store(m, b.apply(Op::Add, b.load(m), b.load(m)));
  b.store(v, b.apply(Op::Add, b.load(v), b.load(v)));
  b.end_loop();
  b.matrix_store(b.at(b.out, b.word(0)), b.load(m), b.word(16), false);
  b.write(300, b.load(v).component(2));
  const Kernel kernel = promoted(b);
  CHECK(kernel.arguments(kernel.regions(find(kernel, Op::Loop))[0]).size() == 3);
}

TEST_CASE("a kernel without variables, and one with an error, stay as they are") {
  Words b;
  b.write(0, b.read(b.word(3)));
  const Kernel plain = promoted(b);
  CHECK(count(plain, Op::Store) == 1);
  Words bad;
  bad.store(bad.variable(u32_type), bad.constant_float(f32_type, 1.0));
  Kernel kernel = bad.finish();
  promote_variables(kernel);
  CHECK(kernel.error().code == ErrorCode::WrongType);
  CHECK_FALSE(verify(kernel).ok());
}
