// The interval analysis, and 64-bit arithmetic that it lets run in 32 bits.
#include <airstrip/kernel/ranges.hpp>

#include "../support/random_kernel.hpp"

#include "legalize_test.hpp"

using namespace legalize_test;

namespace {

struct Build : DynamicBuilder {
  explicit Build(Extent workgroup = {64, 2, 1}) : DynamicBuilder("ranges", options_of(workgroup)) {
    out = add_buffer(Access::ReadWrite, Scalar::U32, 4, "out");
    global = builtin(BuiltIn::GlobalInvocationId).component(0);
  }
  static KernelOptions options_of(Extent workgroup) {
    KernelOptions options;
    options.workgroup = workgroup;
    return options;
  }
  AnyValue u(std::uint64_t v) { return constant_bits(Scalar::U32, v); }
  AnyValue ul(std::uint64_t v) { return constant_bits(Scalar::U64, v); }
  AnyValue wide(AnyValue value) { return convert(Op::Convert, value, Scalar::U64); }
  // Keeps a value: stores its lower word, and remembers which store it was.
  void keep(AnyValue value) {
    Place at;
    at.builder = this;
    at.resource = out;
    at.stride = 4;
    at.offset = 4 * kept++;
    if (!(value.type() == Type(Scalar::U32))) value = convert(Op::Convert, value, Scalar::U32);
    store(at, value);
  }
  std::uint32_t out, kept = 0;
  AnyValue global;
};

// The range of the value that the n-th Store stores, before its conversion to u32.
Range stored(const Kernel& kernel, std::size_t n) {
  Ranges ranges;
  REQUIRE(kernel.ok());
  REQUIRE(ranges.analyse(kernel));
  Range found;
  std::size_t i = 0;
  for (const Function& function : kernel.functions())
    for_each_node(kernel, function.body, [&](NodeId id) {
      if (kernel.op(id) != Op::Store || i++ != n) return;
      NodeId value = kernel.operands(id)[0];
      if (kernel.op(value) == Op::Convert && kernel.type(kernel.operands(value)[0]).width() == 64)
        value = kernel.operands(value)[0];
      found = ranges.at(id, value);
    });
  return found;
}

#define CHECK_RANGE(kernel, n, least, most)   \
  do {                                        \
    const Range range_ = stored(kernel, n);   \
    CHECK(range_.known);                      \
    CHECK(range_.low == std::int64_t{least}); \
    CHECK(range_.high == std::int64_t{most}); \
  } while (false)

LegalizeOptions without_int64(bool ranges) {
  LegalizeOptions options;
  options.int64 = false;
  options.narrow_by_range = ranges;
  return options;
}

std::size_t nodes(const Kernel& kernel) {
  std::size_t n = 0;
  for (const Function& function : kernel.functions())
    for_each_node(kernel, function.body, [&](NodeId) { ++n; });
  return n;
}

}  // namespace

TEST_CASE("ranges: values of the dispatch and arithmetic") {
  Build b;
  const AnyValue x = b.builtin(BuiltIn::LocalInvocationId).component(0);
  const AnyValue g = b.wide(b.global);
  b.keep(x);                                                                  // 0
  b.keep(b.builtin(BuiltIn::LocalInvocationIndex));                           // 1
  b.keep(g);                                                                  // 2
  b.keep(b.apply(Op::Mul, g, b.ul(1000)));                                    // 3
  b.keep(b.apply(Op::Add, g, g));                                             // 4
  b.keep(b.apply(Op::And, b.global, b.u(12)));                                // 5
  b.keep(b.apply(Op::ShiftRight, b.global, b.u(20)));                         // 6
  b.keep(b.apply(Op::Rem, g, b.ul(10)));                                      // 7
  b.keep(b.apply(Op::Min, b.global, b.u(99)));                                // 8
  b.keep(b.apply(Op::Sub, x, b.u(1)));                                        // 9: may wrap
  b.keep(b.apply(Op::ShiftLeft, g, b.u(3)));                                  // 10
  b.keep(b.apply(Op::Div, g, b.ul(16)));                                      // 11
  b.keep(b.convert(Op::Convert, b.apply(Op::Less, x, b.u(3)), Scalar::U32));  // 12
  b.keep(b.apply(Op::Add, b.global, b.u(1)));                                 // 13: may wrap
  const Kernel kernel = b.finish();
  CHECK_RANGE(kernel, 0, 0, 63);
  CHECK_RANGE(kernel, 1, 0, 127);
  CHECK_RANGE(kernel, 2, 0, 0xFFFFFFFF);
  CHECK_RANGE(kernel, 3, 0, 0xFFFFFFFF * 1000ll);
  CHECK_RANGE(kernel, 4, 0, 0x1FFFFFFFE);
  CHECK_RANGE(kernel, 5, 0, 12);
  CHECK_RANGE(kernel, 6, 0, 4095);
  CHECK_RANGE(kernel, 7, 0, 9);
  CHECK_RANGE(kernel, 8, 0, 99);
  CHECK_RANGE(kernel, 9, 0, 0xFFFFFFFF);
  CHECK_RANGE(kernel, 10, 0, 0xFFFFFFFFll * 8);
  CHECK_RANGE(kernel, 11, 0, 0xFFFFFFF);
  CHECK_RANGE(kernel, 12, 0, 1);
  CHECK_RANGE(kernel, 13, 0, 0xFFFFFFFF);
}

TEST_CASE("ranges: a workgroup of unknown size bounds nothing") {
  KernelOptions options;
  options.workgroup = {64};
  options.workgroup_spec[0] = 3;
  DynamicBuilder b("ranges", options);
  Place at;
  at.builder = &b;
  at.resource = b.add_buffer(Access::ReadWrite, Scalar::U32, 4, "out");
  b.store(at, b.builtin(BuiltIn::LocalInvocationId).component(0));
  CHECK_RANGE(b.finish(), 0, 0, 0xFFFFFFFF);
}

TEST_CASE("ranges: counters of loops") {
  Build b;
  const AnyValue i = b.begin_for(b.ul(3), b.wide(b.apply(Op::And, b.global, b.u(255))), b.ul(2));
  b.keep(i);
  const AnyValue j = b.begin_for(b.u(0), b.u(10), b.u(1));
  b.keep(b.apply(Op::Add, i, b.wide(j)));
  b.end_loop();
  b.end_loop();
  const AnyValue k = b.begin_for(b.ul(0), b.ul(0x100000000), b.ul(1));  // does not fit, and says so
  b.keep(k);
  b.end_loop();
  const Kernel kernel = b.finish();
  CHECK_RANGE(kernel, 0, 3, 254);
  CHECK_RANGE(kernel, 1, 3, 263);
  CHECK_RANGE(kernel, 2, 0, 0xFFFFFFFF);
}

TEST_CASE("ranges: a counter that something else changes is not known") {
  Build b;
  const AnyVariable x = b.variable(Scalar::U64, "x");
  b.store(x, b.ul(1));
  b.begin_for(b.u(0), b.u(10), b.u(1));
  b.store(x, b.apply(Op::Mul, b.load(x), b.ul(3)));
  b.end_loop();
  b.keep(b.load(x));
  Kernel kernel = b.finish();
  run_passes(kernel);
  CHECK(!stored(kernel, 0).fits_u32());
}

TEST_CASE("ranges: every value of random kernels lies in its range") {
  // Each integer of 32 bits that a store stores is compared with its range by the kernel itself.
  std::size_t bounded = 0;
  for (std::uint64_t seed = 500; seed < 700; ++seed) {
    test::random_kernel::Generator generator(seed);
    Kernel kernel = generator.run();
    run_passes(kernel);
    REQUIRE(kernel.ok());
    Ranges ranges;
    REQUIRE(ranges.analyse(kernel));
    // out = (value < low || value > high) for each bounded value of main's own stores
    Rewriter r(kernel);
    const NodeId zero = kernel.constant(Scalar::U32, 0);
    for (const Function& function : kernel.functions())
      for_each_node(kernel, function.body, [&](NodeId id) {
        if (kernel.op(id) != Op::Store) return;
        if (!(kernel.resource(kernel.access_of(id).resource).kind == ResourceKind::Buffer)) return;
        NodeId value = static_cast<const Kernel&>(kernel).operands(id)[0];
        while (kernel.op(value) == Op::Bitcast || kernel.op(value) == Op::Xor)
          value = static_cast<const Kernel&>(kernel).operands(value)[0];
        const Type type = kernel.type(value);
        if (!type.is_int() || type.is_vector()) {
          kernel.operands(id)[0] = zero;
          return;
        }
        const Range range = ranges.at(id, value);
        if (!range.known) {
          kernel.operands(id)[0] = zero;
          return;
        }
        r.before(id);
        using namespace kernel::detail;
        const Term low = r.emit(Op::Less, Type(Scalar::Boolean), r.term(value),
                                r.constant(type, static_cast<std::uint64_t>(range.low)));
        const Term high = r.emit(Op::Less, Type(Scalar::Boolean),
                                 r.constant(type, static_cast<std::uint64_t>(range.high)), r.term(value));
        const Term outside = r.emit(Op::Or, Type(Scalar::Boolean), low, high);
        kernel.operands(id)[0] = r.emit(Op::Convert, Type(Scalar::U32), outside).node;
        ++bounded;
      });
    check_valid(kernel);
    Setup setup;
    Bytes in(test::random_kernel::inputs * 4);
    Values random{seed};
    for (auto& byte : in) byte = static_cast<std::uint8_t>(random() >> (random() & 7));
    setup.buffers = {{"in", in},
                     {"out", Bytes(test::random_kernel::workgroup_size * test::random_kernel::groups *
                                   test::random_kernel::outputs_per_invocation * 4)}};
    setup.groups = test::random_kernel::groups;
    setup.subgroup_size = 4;
    setup.values = [](Resources& values, bool) { values.set<u32>("n", 5); };
    INFO("seed ", seed);
    const std::vector<Bytes> result = run(kernel, setup, false);
    for (const std::uint8_t byte : result[1]) CHECK(byte == 0);
  }
  CHECK(bounded > 200);
}

TEST_CASE("ranges: an index computed in 64 bits costs nothing") {
  // row * width + column for a grid of at most 2^16 squared, in u64, against the same in u32.
  const auto build = [](bool wide) {
    const Scalar scalar = wide ? Scalar::U64 : Scalar::U32;
    Build b;
    const AnyValue group = b.apply(Op::And, b.builtin(BuiltIn::WorkgroupId).component(0), b.u(0xFF));
    const auto as = [&](AnyValue value) { return wide ? b.convert(Op::Convert, value, scalar) : value; };
    const AnyVariable sum = b.variable(Scalar::U32, "sum");
    b.store(sum, b.u(0));
    const AnyValue i =
        b.begin_for(b.constant_bits(scalar, 0), b.constant_bits(scalar, 100), b.constant_bits(scalar, 1));
    const AnyValue row = b.apply(Op::Mul, as(group), b.constant_bits(scalar, 1000));
    const AnyValue index = b.apply(Op::Add, row, i);
    Place at;
    at.builder = &b;
    at.resource = b.out;
    at.stride = 4;
    at.index = index;
    b.store(sum, b.apply(Op::Add, b.load(sum), b.load(at, Scalar::U32)));
    b.end_loop();
    b.keep(b.load(sum));
    Kernel kernel = b.finish();
    run_passes(kernel);
    return kernel;
  };
  Kernel narrow = build(false), wide = build(true), pairs = wide.clone();
  legalize(wide, without_int64(true));
  legalize(pairs, without_int64(false));
  for (Kernel* kernel : {&narrow, &wide, &pairs}) {
    REQUIRE(kernel->ok());
    run_passes(*kernel);
    check_valid(*kernel);
    CHECK(!uses_type(*kernel, Scalar::U64));
  }
  CHECK(nodes(wide) == nodes(narrow));
  CHECK(nodes(pairs) > nodes(narrow));
}
