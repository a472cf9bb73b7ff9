// Loop invariants: what moves, how far, and what stays.
#include <airstrip/kernel/passes/hoist.hpp>

#include "pass_test.hpp"

using namespace test;

namespace {

Kernel hoisted(DynamicBuilder& b, bool moves = true) {
  Kernel kernel = b.finish();
  REQUIRE(kernel.ok());
  check_valid(kernel);
  CHECK(hoist_invariants(kernel) == moves);
  check_valid(kernel);
  return kernel;
}

// How many loops a node stands in.
int depth(const Kernel& kernel, NodeId id) {
  int loops = 0;
  for (NodeId owner = kernel.region(kernel.node(id).region).owner; owner != no_node;
       owner = kernel.region(kernel.node(owner).region).owner)
    loops += kernel.op(owner) == Op::Loop;
  return loops;
}

}  // namespace

TEST_CASE("invariants move before the loop in their order, what depends on it stays") {
  Words b;
  const AnyValue n = b.read(b.word(0));
  const AnyValue i = b.begin_for(b.word(0), b.word(9), b.word(1));
  const AnyValue a = b.apply(Op::Mul, n, b.word(3));
  const AnyValue c = b.apply(Op::Xor, a, n);
  b.write(i, b.apply(Op::Add, c, i));
  b.end_loop();
  CHECK(body(hoisted(b)) == R"(function main() {
  %1: u32 = load @0 stride 4 offset 0
  %2: u32 = mul %1, 3u32
  %3: u32 = xor %2, %1
  loop 0u32
  %4 body(%5: u32) {
    %6: bool = less %5, 9u32
    if %6
    then {
      yield
    }
    else {
      break %4
    }
    %7: u32 = add %3, %5
    store @1 stride 4 offset 0 index %7, %5
    %8: u32 = add %5, 1u32
    continue %4 %8
  }
  return
}
)");
}

TEST_CASE("values climb out of as many loops as their operands permit") {
  Words b;
  const AnyValue n = b.read(b.word(0));
  const AnyValue i = b.begin_for(b.word(0), b.word(9), b.word(1));
  const AnyValue j = b.begin_for(b.word(0), b.word(9), b.word(1));
  b.begin_if(b.apply(Op::Less, i, j));
  const AnyValue out = b.apply(Op::Mul, n, n);
  const AnyValue between = b.apply(Op::Xor, out, i);
  const AnyValue in = b.apply(Op::Or, between, j);
  b.write(j, in);
  b.end_if();
  b.end_loop();
  b.end_loop();
  const Kernel kernel = hoisted(b);
  CHECK(depth(kernel, find(kernel, Op::Mul)) == 0);
  CHECK(depth(kernel, find(kernel, Op::Xor)) == 1);
  CHECK(depth(kernel, find(kernel, Op::Or)) == 2);
}

TEST_CASE("what may be undefined moves only where it is executed anyway, or by a safe constant") {
  Words b;
  const AnyValue n = b.read(b.word(0)), m = b.read(b.word(1));
  b.begin_loop();
  b.write(0, b.apply(Op::Div, n, m));  // the first iteration does it
  b.begin_if(b.apply(Op::Less, b.load(b.at(b.out, b.word(9)), u32_type), n));
  b.break_();
  b.end_if();
  b.write(1, b.apply(Op::Rem, n, m));                  // may never be reached
  b.write(2, b.apply(Op::Mod, n, b.word(7)));          // cannot fail
  b.write(3, b.apply(Op::ShiftLeft, n, m));            // may be too far
  b.write(4, b.apply(Op::ShiftRight, n, b.word(31)));  // is not
  b.end_loop();
  const Kernel kernel = hoisted(b);
  CHECK(depth(kernel, find(kernel, Op::Div)) == 0);
  CHECK(depth(kernel, find(kernel, Op::Rem)) == 1);
  CHECK(depth(kernel, find(kernel, Op::Mod)) == 0);
  CHECK(depth(kernel, find(kernel, Op::ShiftLeft)) == 1);
  CHECK(depth(kernel, find(kernel, Op::ShiftRight)) == 0);
}

TEST_CASE("a division in nested loops moves as far as it is certain to be executed") {
  Words b;
  const AnyValue n = b.read(b.word(0)), m = b.read(b.word(1));
  b.begin_for(b.word(0), m, b.word(1));  // perhaps never
  b.begin_loop();
  b.begin_loop();
  b.write(0, b.apply(Op::Div, n, m));
  b.begin_if(b.apply(Op::Less, b.load(b.at(b.out, b.word(9)), u32_type), n));
  b.break_();
  b.end_if();
  b.end_loop();
  b.begin_if(b.apply(Op::Less, b.load(b.at(b.out, b.word(8)), u32_type), n));
  b.break_();
  b.end_if();
  b.end_loop();
  b.end_loop();
  const Kernel kernel = hoisted(b);
  CHECK(depth(kernel, find(kernel, Op::Div)) == 1);
}

TEST_CASE("signed division by -1 and by zero stay, vectors need every component safe") {
  Words b;
  const AnyValue n = b.convert(Op::Bitcast, b.read(b.word(0)), i32_type);
  const Type pair(Scalar::I32, 2);
  const AnyValue both[] = {n, n};
  const AnyValue v = b.construct(pair, both);
  const AnyValue bad[] = {b.constant_int(i32_type, 3), b.constant_int(i32_type, -1)};
  const AnyValue good[] = {b.constant_int(i32_type, 3), b.constant_int(i32_type, -3)};
  const AnyValue i = b.begin_for(b.word(0), b.word(9), b.word(1));
  b.write(i, b.apply(Op::Div, v, b.construct(pair, bad)).component(0));
  b.write(i, b.apply(Op::Rem, v, b.construct(pair, good)).component(0));
  b.write(i, b.apply(Op::Mod, n, b.constant_int(i32_type, 0)));
  b.end_loop();
  const Kernel kernel = hoisted(b);
  CHECK(depth(kernel, find(kernel, Op::Div)) == 1);
  CHECK(depth(kernel, find(kernel, Op::Rem)) == 0);
  CHECK(depth(kernel, find(kernel, Op::Mod)) == 1);
}

TEST_CASE("loads and operations of the subgroup stay, the length of a buffer moves") {
  Words b;
  const AnyValue i = b.begin_for(b.word(0), b.word(9), b.word(1));
  b.write(i, b.read(b.word(3)));
  b.write(i, b.apply(Op::SubgroupAdd, b.word(3)));
  b.write(i, b.array_length(b.in, 4));
  b.end_loop();
  const Kernel kernel = hoisted(b);
  CHECK(depth(kernel, find(kernel, Op::Load)) == 1);
  CHECK(depth(kernel, find(kernel, Op::SubgroupAdd)) == 1);
  CHECK(depth(kernel, find(kernel, Op::ArrayLength)) == 0);
}

TEST_CASE("nothing moves without loops") {
  Words b;
  b.begin_if(b.apply(Op::Less, b.thread(), b.word(4)));
  b.write(0, b.apply(Op::Add, b.thread(), b.word(1)));
  b.end_if();
  hoisted(b, false);
}

TEST_CASE(
    "merging and hoisting at once: what leaves two loops is one value, and merged loads make invariants") {
  Words b;
  const AnyValue n = b.read(b.word(0));
  for (int round = 0; round < 2; ++round) {
    const AnyValue i = b.begin_for(b.word(0), b.word(9), b.word(1));
    b.write(i, b.apply(Op::Mul, n, b.word(3)));
    b.write(i, b.apply(Op::Xor, b.read(b.word(0)), b.word(5)));  // the load stands before the loop already
    b.end_loop();
  }
  Kernel kernel = b.finish();
  CHECK(merge_and_hoist(kernel));
  check_valid(kernel);
  CHECK(count(kernel, Op::Mul) == 1);
  CHECK(count(kernel, Op::Xor) == 1);
  CHECK(count(kernel, Op::Load) == 1);
  CHECK(depth(kernel, find(kernel, Op::Xor)) == 0);
}
