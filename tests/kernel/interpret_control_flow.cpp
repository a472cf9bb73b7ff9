// Control flow in its corners, against the same code in C++, invocation by invocation.
#include "interpret_kernels.hpp"

using namespace interpret_test;

namespace {

// Runs with several subgroup sizes and seeds; each invocation must give what `reference(index)` gives.
template <class Reference>
void check(const Kernel& kernel, const Reference& reference) {
  for (const std::uint32_t subgroup : {4u, 8u, 16u, 32u, 64u, 128u})
    for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{9}}) {
      CAPTURE(subgroup);
      CAPTURE(seed);
      std::vector<std::uint32_t> out(150, 777), expected(150);
      for (std::uint32_t i = 0; i < 150; ++i) expected[i] = reference(i);
      Resources resources;
      resources.bind("out", Span<std::uint32_t>(out));
      InterpretOptions options;
      options.subgroup_size = subgroup;
      options.seed = seed;
      CHECK(text_of(run(kernel, {{2, 1, 1}}, resources, options)) == "");
      CHECK(out == expected);
    }
}

struct Flow : Build {
  Flow()
      : Build(75), out(buffer(Access::ReadWrite, u32_type, "out")), id(global()), v(variable(u32_type, "v")) {
  }
  std::uint32_t out;
  AnyValue id;
  AnyVariable v;
  AnyValue now() { return load(v); }
  void set(AnyValue value) { store(v, value); }
  void more(std::uint32_t n) { store(v, add(load(v), u(n))); }
  AnyValue rem(AnyValue a, std::uint32_t n) { return op(Op::Rem, a, u(n)); }
  Kernel done() {
    put(out, id, now());
    return finish();
  }
};

}  // namespace

TEST_CASE("interpret: continue inside switch inside loop") {
  Flow k;
  k.set(k.u(0));
  const AnyValue i = k.begin_for(k.u(0), k.u(10), k.u(1));
  k.begin_switch(k.rem(k.add(i, k.id), 4));
  k.begin_case({0});
  k.continue_();
  k.end_case();
  k.begin_case({1, 2});
  k.begin_if(k.equal(k.rem(i, 3), k.u(0)));
  k.break_();  // of the switch
  k.end_if();
  k.more(10);
  k.end_case();
  k.begin_default();
  k.more(100);
  k.end_case();
  k.end_switch();
  k.more(1);
  k.end_loop();
  check(k.done(), [](std::uint32_t id) {
    std::uint32_t v = 0;
    for (std::uint32_t n = 0; n < 10; ++n) {
      switch ((n + id) % 4) {
        case 0: continue;
        case 1:
        case 2:
          if (n % 3 == 0) break;
          v += 10;
          break;
        default: v += 100;
      }
      ++v;
    }
    return v;
  });
}

TEST_CASE("interpret: break of the loop from inside a switch") {
  Flow k;
  k.set(k.u(0));
  const AnyValue i = k.begin_for(k.u(0), k.u(20), k.u(1));
  const NodeId loop = k.current_construct();
  k.begin_switch(k.rem(k.add(i, k.id), 7));
  k.begin_case({5});
  k.begin_if(k.less(k.u(8), i));
  k.break_(loop);
  k.end_if();
  k.end_case();
  k.end_switch();
  k.more(1);
  k.end_loop();
  check(k.done(), [](std::uint32_t id) {
    std::uint32_t v = 0;
    for (std::uint32_t n = 0; n < 20; ++n) {
      if ((n + id) % 7 == 5 && n > 8) break;
      ++v;
    }
    return v;
  });
}

TEST_CASE("interpret: nested early returns") {
  Flow k;
  k.put(k.out, k.id, k.u(1));
  k.begin_if(k.equal(k.rem(k.id, 2), k.u(0)));
  k.begin_if(k.equal(k.rem(k.id, 3), k.u(0)));
  k.put(k.out, k.id, k.u(2));
  k.return_();
  k.begin_else();
  const AnyValue i = k.begin_for(k.u(0), k.u(50), k.u(1));
  k.begin_if(k.equal(i, k.rem(k.id, 10)));
  k.put(k.out, k.id, k.add(i, k.u(100)));
  k.return_();
  k.end_if();
  k.end_loop();
  k.end_if();
  k.end_if();
  k.set(k.u(3));
  check(k.done(), [](std::uint32_t id) { return id % 2 != 0 ? 3u : id % 3 == 0 ? 2u : id % 10 + 100; });
}

TEST_CASE("interpret: empty branches, zero-trip loops, loops backwards") {
  Flow k;
  k.set(k.u(5));
  k.begin_if(k.less(k.id, k.u(20)));
  k.end_if();
  k.begin_if(k.less(k.id, k.u(20)));
  k.begin_else();
  k.end_if();
  k.begin_switch(k.id);
  k.begin_case({3});
  k.end_case();
  k.end_switch();
  k.begin_for(k.u(4), k.u(4), k.u(1));
  k.more(1000);
  k.end_loop();
  k.begin_for(k.u(0), k.rem(k.id, 3), k.u(1));  // of some invocations only
  k.more(10);
  k.end_loop();
  const AnyValue back = k.begin_for(k.i(3), k.i(-2), k.i(-1));
  k.set(k.add(k.now(), k.convert(Op::Convert, back, u32_type)));
  k.end_loop();
  check(k.done(), [](std::uint32_t id) { return 5 + 10 * (id % 3) + 5; });
}

TEST_CASE("interpret: values of an if, and of branches that leave") {
  Flow k;
  k.set(k.u(0));
  k.begin_if(k.less(k.id, k.u(60)));
  k.yield(k.mul(k.id, k.u(2)));
  k.begin_else();
  k.yield(k.u(7));
  const AnyValue first = k.end_if_value();
  k.begin_if(k.less(k.id, k.u(100)));
  k.yield(k.add(first, k.u(1)));
  k.begin_else();
  k.put(k.out, k.id, k.u(4000));
  k.return_();
  k.end_if_value();
  k.set(first);
  check(k.done(), [](std::uint32_t id) { return id >= 100 ? 4000u : id < 60 ? 2 * id : 7; });
}

TEST_CASE("interpret: a loop's arguments may change places") {
  // Built by hand: promotion makes such loops of variables. (a, b) = (b, a + b), as Fibonacci has it.
  Flow k;
  k.set(k.u(0));
  k.begin_loop();
  const NodeId loop = k.current_construct();
  k.break_();
  k.end_loop();
  k.put(k.out, k.id, k.now());
  Kernel kernel = k.finish();
  const RegionId body = kernel.regions(loop)[0];
  const NodeId old = kernel.region(body).last;
  kernel.unlink(old);
  const NodeId a = kernel.add_argument(body, u32_type, 0), b = kernel.add_argument(body, u32_type, 0),
               n = kernel.add_argument(body, u32_type, 0);
  const NodeId zero = kernel.constant(u32_type, 0), one = kernel.constant(u32_type, 1),
               ten = kernel.constant(u32_type, 10);
  kernel.set_operands(loop, Span<const NodeId>({zero, one, zero}));
  const auto append = [&](RegionId where, Op op, Type type, std::initializer_list<NodeId> operands,
                          std::uint32_t immediate = 0) {
    const NodeId id = kernel.add_node(op, type, Span<const NodeId>(operands), immediate, 0);
    kernel.append(where, id);
    return id;
  };
  const NodeId more = append(body, Op::Less, bool_type, {n, ten});
  const NodeId branch = append(body, Op::If, Type(), {more});
  const RegionId regions[2] = {kernel.add_region(branch), kernel.add_region(branch)};
  kernel.set_regions(branch, regions);
  append(regions[0], Op::Yield, Type(), {});
  append(regions[1], Op::Break, Type(), {a, b}, loop);
  const NodeId sum = append(body, Op::Add, u32_type, {a, b}),
               next = append(body, Op::Add, u32_type, {n, one});
  append(body, Op::Continue, Type(), {b, sum, next}, loop);
  const NodeId result = kernel.add_result(loop, 0, u32_type);
  // What was stored is the loop's first value now.
  for (NodeId id = 1; id < kernel.node_bound(); ++id)
    if (kernel.op(id) == Op::Store) kernel.operands(id)[0] = result;
  check(kernel, [](std::uint32_t) { return 55u; });
}

TEST_CASE("interpret: helper functions, called from divergent code and from each other") {
  Flow k;
  const Type parameters[2] = {u32_type, u32_type};
  const std::uint32_t collatz = k.begin_function("steps", u32_type, Span<const Type>(parameters, 1));
  {
    const AnyVariable n = k.variable(u32_type), steps = k.variable(u32_type);
    k.store(n, k.function_parameter(collatz, 0));
    k.store(steps, k.u(0));
    k.begin_loop();
    k.begin_if(k.less(k.load(n), k.u(2)));
    k.return_(k.load(steps));
    k.end_if();
    const AnyValue odd = k.equal(k.op(Op::And, k.load(n), k.u(1)), k.u(1));
    k.store(n, k.op3(Op::Select, odd, k.add(k.mul(k.load(n), k.u(3)), k.u(1)),
                     k.op(Op::ShiftRight, k.load(n), k.u(1))));
    k.store(steps, k.add(k.load(steps), k.u(1)));
    k.end_loop();
    k.return_(k.load(steps));
  }
  k.end_function();
  const std::uint32_t both = k.begin_function("both", u32_type, parameters);
  {
    const AnyValue a = k.function_parameter(both, 0), b = k.function_parameter(both, 1);
    k.begin_if(k.less(a, b));
    k.return_(k.u(1000000));
    k.end_if();
    const AnyValue first = k.call(collatz, Span<const AnyValue>(&a, 1));
    const AnyValue second = k.call(collatz, Span<const AnyValue>(&b, 1));
    k.return_(k.add(k.mul(first, k.u(1000)), second));
  }
  k.end_function();
  k.set(k.u(1));
  k.begin_if(k.equal(k.rem(k.id, 5), k.u(2)));
  const AnyValue arguments[2] = {k.id, k.u(27)};
  k.set(k.call(both, arguments));
  k.end_if();
  check(k.done(), [](std::uint32_t id) {
    const auto steps = [](std::uint32_t n) {
      std::uint32_t count = 0;
      for (; n >= 2; ++count) n = (n & 1) ? 3 * n + 1 : n / 2;
      return count;
    };
    if (id % 5 != 2) return 1u;
    return id < 27 ? 1000000u : steps(id) * 1000 + steps(27);
  });
}

TEST_CASE("interpret: errors say what is missing") {
  Build k(4);
  const auto a = k.buffer(Access::ReadWrite, u32_type, "a");
  const AnyValue n = k.parameter(f32_type, "n");
  k.put(a, k.local(), k.convert(Op::Convert, n, u32_type));
  const Kernel kernel = k.finish();
  const auto message = [&](const Resources& r) {
    return std::string(interpret(kernel, {}, r).error().message);
  };
  Resources r;
  CHECK(message(r) == "the parameter n is f32 and was not set; call Resources::set");
  r.set("n", 3u);
  CHECK(message(r) == "the parameter n is f32 and was set to u32");
  r.set("n", 3.5f);
  CHECK(message(r) == "no memory is bound to the buffer a; call Resources::bind");
  const std::vector<std::uint32_t> fixed(4);
  r.bind("a", Span<const std::uint32_t>(fixed));
  CHECK(message(r).find("constant memory") != std::string::npos);
  std::vector<std::uint32_t> data(4);
  r.bind(a, Span<std::uint32_t>(data));
  CHECK(message(r) == "");
  CHECK(data == std::vector<std::uint32_t>{3, 3, 3, 3});

  DynamicBuilder broken("broken");
  broken.end_loop();
  CHECK(!interpret(broken.finish(), {}, r).ok());
}

TEST_CASE("interpret: specialisation constants, vector parameters and the size of a workgroup") {
  KernelOptions options;
  options.workgroup.x = 2;
  options.workgroup_spec[0] = 7;
  DynamicBuilder b("spec", options);
  const auto out = b.add_buffer(Access::WriteOnly, u32_type, 4, "out");
  const AnyValue c = b.spec_constant(u32_type, 3, 40, "c");
  const AnyValue v = b.parameter(Type(Scalar::U32, 3), "v");
  Place place;
  place.builder = &b;
  place.resource = out;
  place.stride = 4;
  place.index = b.builtin(BuiltIn::LocalInvocationIndex);
  b.store(place, b.apply(Op::Add, c, v.component(2)));
  const Kernel kernel = b.finish();
  std::vector<std::uint32_t> data(6);
  Resources r;
  r.bind("out", Span<std::uint32_t>(data));
  r.set("v", u32x3{1, 2, 3});
  CHECK(run(kernel, {}, r).clean());
  CHECK(data == std::vector<std::uint32_t>{43, 43, 0, 0, 0, 0});
  r.specialize(3, 100);
  r.specialize(7, 5);
  CHECK(run(kernel, {}, r).clean());
  CHECK(data == std::vector<std::uint32_t>{103, 103, 103, 103, 103, 0});
}
