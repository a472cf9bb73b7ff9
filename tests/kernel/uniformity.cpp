// Uniformity: data, control, loops that are left at different times, and calls.
#include <airstrip/kernel/passes/promote_variables.hpp>
#include <airstrip/kernel/uniformity.hpp>

#include "pass_test.hpp"

using namespace test;

namespace {

// The value stored at each constant index of "out", and its level.
class Levels {
public:
  explicit Levels(DynamicBuilder& b) {
    kernel = b.finish();
    REQUIRE(kernel.ok());
    promote_variables(kernel);
    check_valid(kernel);
    levels = uniformity(kernel);
    REQUIRE(levels.size() == kernel.node_bound());
  }
  Uniformity stored(std::uint32_t index) const { return levels[kernel.operands(store(index))[0]]; }
  /// Of who comes to the store.
  Uniformity flow(std::uint32_t index) const { return levels[store(index)]; }
  NodeId store(std::uint32_t index) const {
    NodeId found = no_node;
    for (const Function& f : kernel.functions())
      for_each_node(kernel, f.body, [&](NodeId id) {
        if (kernel.op(id) == Op::Store && kernel.access_of(id).offset == 4 * index) found = id;
      });
    REQUIRE(found != no_node);
    return found;
  }
  Kernel kernel;
  Buffer<Uniformity> levels;
};

KernelOptions wide() {
  KernelOptions options;
  options.workgroup = {64, 1, 1};
  return options;
}

AnyValue group(Words& b) { return b.builtin(BuiltIn::WorkgroupId).component(0); }

}  // namespace

TEST_CASE("values follow their operands") {
  Words b(wide());
  const AnyValue n = b.parameter(u32_type, "n");
  const AnyValue other = b.load(b.at(b.out, n), u32_type);
  b.write(0, b.apply(Op::Add, n, b.word(1)));
  b.write(1, b.apply(Op::Add, n, group(b)));
  b.write(2, b.apply(Op::Add, group(b), b.builtin(BuiltIn::SubgroupId)));
  b.write(3, b.apply(Op::Add, b.thread(), n));
  b.write(4, b.read(group(b)));
  b.write(5, b.read(b.thread()));
  b.write(6, other);
  b.write(7, b.builtin(BuiltIn::GlobalInvocationId).component(1));
  b.write(8, b.builtin(BuiltIn::LocalInvocationId).component(1));
  b.write(9, b.apply(Op::SubgroupAdd, b.thread()));
  const AnyValue first[] = {b.thread()};
  b.write(11, b.apply(Op::SubgroupAdd, first, static_cast<std::uint32_t>(GroupKind::Inclusive)));
  b.write(12, b.apply(Op::SubgroupBroadcastFirst, n));
  b.write(13, b.apply(Op::SubgroupBroadcastFirst, b.thread()));
  b.write(14, b.array_length(b.in, 4));
  const Levels l(b);
  CHECK(l.stored(0) == Uniformity::Dispatch);
  CHECK(l.stored(1) == Uniformity::Workgroup);
  CHECK(l.stored(2) == Uniformity::Subgroup);
  CHECK(l.stored(3) == Uniformity::Varying);
  CHECK(l.stored(4) == Uniformity::Workgroup);
  CHECK(l.stored(5) == Uniformity::Varying);
  CHECK(l.stored(6) == Uniformity::Varying);
  CHECK(l.stored(7) == Uniformity::Workgroup);
  CHECK(l.stored(8) == Uniformity::Dispatch);
  CHECK(l.stored(9) == Uniformity::Subgroup);
  CHECK(l.stored(11) == Uniformity::Varying);
  CHECK(l.stored(12) == Uniformity::Dispatch);
  CHECK(l.stored(13) == Uniformity::Subgroup);
  CHECK(l.stored(14) == Uniformity::Dispatch);
  CHECK(l.flow(0) == Uniformity::Dispatch);
}

TEST_CASE("a Result of a divergent if varies, unless both branches give the same") {
  for (const bool divergent : {true, false}) {
    Words b(wide());
    const AnyVariable x = b.variable(u32_type);
    b.store(x, b.word(1));
    b.begin_if(b.apply(Op::Less, divergent ? b.thread() : group(b), b.word(5)));
    b.store(x, b.word(2));
    b.write(1, b.word(0));
    b.end_if();
    b.write(0, b.load(x));
    const Levels l(b);
    CHECK(l.stored(0) == (divergent ? Uniformity::Varying : Uniformity::Workgroup));
    CHECK(l.flow(1) == (divergent ? Uniformity::Varying : Uniformity::Workgroup));
    CHECK(l.flow(0) == Uniformity::Dispatch);
  }
}

TEST_CASE("inside a divergent guard, uniform control gives uniform values") {
  Words b(wide());
  b.begin_if(b.apply(Op::Less, b.thread(), b.word(100)));
  const AnyVariable x = b.variable(u32_type), sum = b.variable(u32_type);
  b.store(x, b.word(1));
  b.store(sum, b.word(0));
  b.begin_if(b.apply(Op::Less, group(b), b.word(5)));
  b.store(x, b.word(2));
  b.end_if();
  const AnyValue i = b.begin_for(b.word(0), b.word(9), b.word(1));
  b.store(sum, b.apply(Op::Add, b.load(sum), i));
  b.end_loop();
  b.write(0, b.load(x));
  b.write(1, b.load(sum));
  b.end_if();
  const Levels l(b);
  CHECK(l.stored(0) == Uniformity::Workgroup);
  CHECK(l.stored(1) == Uniformity::Dispatch);
  CHECK(l.flow(0) == Uniformity::Varying);
}

TEST_CASE("a loop counter is uniform inside, and varies after a divergent exit") {
  for (const bool divergent : {true, false}) {
    Words b(wide());
    const AnyVariable i = b.variable(u32_type);
    b.store(i, b.word(0));
    b.begin_loop();
    b.begin_if(b.apply(Op::LessEqual, divergent ? b.thread() : b.word(9), b.load(i)));
    b.break_();
    b.end_if();
    b.write(0, b.load(i));
    b.store(i, b.apply(Op::Add, b.load(i), b.word(1)));
    b.end_loop();
    b.write(1, b.load(i));
    const Levels l(b);
    CHECK(l.stored(0) == Uniformity::Dispatch);
    CHECK(l.flow(0) == (divergent ? Uniformity::Varying : Uniformity::Dispatch));
    CHECK(l.stored(1) == (divergent ? Uniformity::Varying : Uniformity::Dispatch));
    CHECK(l.flow(1) == Uniformity::Dispatch);
  }
}

TEST_CASE("a value carried round a loop rises with what is added to it") {
  Words b(wide());
  const AnyVariable x = b.variable(u32_type), y = b.variable(u32_type);
  b.store(x, b.word(0));
  b.store(y, b.word(0));
  b.begin_for(b.word(0), b.word(4), b.word(1));
  b.write(0, b.load(x));
  b.store(x, b.load(y));
  b.store(y, b.thread());
  b.end_loop();
  CHECK(Levels(b).stored(0) == Uniformity::Varying);
}

TEST_CASE("a divergent continue makes the next iteration's values vary, and what follows it is not reached "
          "together") {
  Words b(wide());
  const AnyVariable x = b.variable(u32_type);
  b.store(x, b.word(0));
  b.begin_for(b.word(0), b.word(4), b.word(1));
  b.write(0, b.load(x));
  b.begin_if(b.apply(Op::Less, b.thread(), b.word(3)));
  b.continue_();
  b.end_if();
  b.write(1, b.word(1));
  b.store(x, b.apply(Op::Add, b.load(x), b.word(1)));
  b.end_loop();
  b.write(2, b.word(1));
  const Levels l(b);
  CHECK(l.stored(0) == Uniformity::Varying);
  CHECK(l.flow(0) == Uniformity::Dispatch);
  CHECK(l.flow(1) == Uniformity::Varying);
  CHECK(l.flow(2) == Uniformity::Dispatch);
}

TEST_CASE("after a divergent return fewer are left for good") {
  Words b(wide());
  b.begin_if(b.apply(Op::Less, b.thread(), b.word(3)));
  b.return_();
  b.end_if();
  b.write(0, b.word(1));
  CHECK(Levels(b).flow(0) == Uniformity::Varying);
}

TEST_CASE("a break of a switch, from inside an if") {
  Words b(wide());
  const AnyVariable x = b.variable(u32_type);
  b.store(x, b.word(0));
  const std::uint64_t one[] = {1};
  b.begin_switch(group(b));
  b.begin_case(one);
  b.begin_if(b.apply(Op::Less, b.thread(), b.word(3)));
  b.break_();
  b.end_if();
  b.write(0, b.word(1));
  b.store(x, b.word(1));
  b.end_case();
  b.end_switch();
  b.write(1, b.load(x));
  const Levels l(b);
  CHECK(l.flow(0) == Uniformity::Varying);
  CHECK(l.stored(1) == Uniformity::Varying);
  CHECK(l.flow(1) == Uniformity::Dispatch);
}

TEST_CASE("helpers: parameters are what the calls give, the value what they return") {
  for (const int which : {0, 1, 2}) {
    CAPTURE(which);
    Words b(wide());
    const Type parameter[] = {u32_type};
    const std::uint32_t helper = b.begin_function("helper", u32_type, parameter);
    b.write(5, b.function_parameter(helper, 0));
    b.return_(b.apply(Op::Add, b.function_parameter(helper, 0), b.word(1)));
    b.end_function();
    const AnyValue one[] = {b.word(7)}, other[] = {which == 1 ? b.thread() : group(b)};
    if (which == 2) b.begin_if(b.apply(Op::Less, b.thread(), b.word(3)));
    b.write(0, b.call(helper, one));
    if (which == 2) b.end_if();
    b.write(1, b.call(helper, other));
    const Levels l(b);
    const Uniformity expected = which == 1 ? Uniformity::Varying : Uniformity::Workgroup;
    CHECK(l.stored(0) == expected);
    CHECK(l.stored(5) == expected);
    CHECK(l.flow(5) == (which == 2 ? Uniformity::Varying : Uniformity::Dispatch));
  }
}
