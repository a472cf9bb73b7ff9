// Lacking types everywhere a value can be: loops, branches, switches, functions, variables, arrays, parameters,
// subgroups; random kernels; and what has no other form.
#include "../support/random_kernel.hpp"

#include "legalize_test.hpp"

using namespace legalize_test;
namespace random_kernel = test::random_kernel;

namespace {

LegalizeOptions least(bool ranges = true) {
  LegalizeOptions options;
  options.int64 = options.int16 = options.int8 = options.float16 = options.bfloat16 = false;
  options.storage8 = options.storage16 = options.packed_dot = false;
  options.narrow_by_range = ranges;
  return options;
}

void check_gone(const Kernel& kernel) {
  for (const Scalar scalar : {Scalar::I8, Scalar::U8, Scalar::I16, Scalar::U16, Scalar::F16, Scalar::BF16,
                              Scalar::I64, Scalar::U64})
    CHECK(!uses_type(kernel, scalar));
}

const Scalar lacking[] = {Scalar::U64, Scalar::I64, Scalar::U8,  Scalar::I8,
                          Scalar::U16, Scalar::I16, Scalar::F16, Scalar::BF16};

struct Build : DynamicBuilder {
  explicit Build(std::uint32_t size = 16) : DynamicBuilder("structure", options_of(size)) {
    words = add_buffer(Access::ReadWrite, Scalar::U32, 4, "words");
    thread = builtin(BuiltIn::GlobalInvocationId).component(0);
  }
  static KernelOptions options_of(std::uint32_t size) {
    KernelOptions options;
    options.workgroup = {size};
    return options;
  }
  Place at(std::uint32_t resource, AnyValue index, std::uint32_t stride, std::uint32_t offset = 0) {
    Place place;
    place.builder = this;
    place.resource = resource;
    place.stride = stride;
    place.offset = offset;
    place.index = index;
    return place;
  }
  AnyValue u(std::uint64_t v) { return constant_bits(Scalar::U32, v); }
  // A value of a type, different in each invocation.
  AnyValue some(Type type, std::uint32_t seed) {
    const AnyValue word = apply(Op::Add, apply(Op::Mul, thread, u(seed)), u(seed % 7));
    AnyValue parts[4];
    for (unsigned i = 0; i < type.components(); ++i) {
      AnyValue part = apply(Op::And, apply(Op::Add, word, u(i * 5)), u(type.is_float() ? 31 : 0xFFFFFFFF));
      parts[i] = convert(Op::Convert, part, type.component());
      if (type.width() == 64) {
        const AnyValue high = apply(Op::ShiftLeft, parts[i], u(23 + i));
        parts[i] = apply(Op::Xor, parts[i], high);
      }
    }
    return construct(type, Span<const AnyValue>(parts, type.components()));
  }
  // Every component of a value, folded into the invocation's word `slot` of 8.
  void out(AnyValue value, std::uint32_t slot) {
    AnyValue sum = u(0);
    const Type type = value.type();
    for (unsigned i = 0; i < type.components(); ++i) {
      AnyValue part = type.is_vector() ? value.component(i) : value;
      if (type.is_boolean()) part = convert(Op::Convert, part, Scalar::U32);
      if (type.width() == 64) {
        const AnyValue high = convert(Op::Convert, apply(Op::ShiftRight, part, u(32)), Scalar::U32);
        const AnyValue low = convert(Op::Convert, part, Scalar::U32);
        part = apply(Op::Xor, apply(Op::Mul, high, u(31)), low);
      } else if (type.is_float()) {
        part = convert(Op::Bitcast, convert(Op::Convert, part, Scalar::F32), Scalar::U32);
      } else if (type.width() < 32) {
        part = convert(Op::Convert, part, Scalar::U32);
      }
      sum = apply(Op::Add, apply(Op::Mul, sum, u(17)), part);
    }
    store(at(words, thread, 32, slot * 4), sum);
  }
  std::uint32_t words;
  AnyValue thread;
};

Setup words_of(std::uint32_t threads) {
  Setup setup;
  setup.buffers = {{"words", Bytes(threads * 32)}};
  return setup;
}

void check_all(const Kernel& kernel, const Setup& setup) {
  for (const bool ranges : {false, true}) {
    check_gone(check_same(kernel, least(ranges), setup));
    Kernel passed = kernel.clone();
    run_passes(passed);
    check_gone(check_same(passed, least(ranges), setup));
  }
}

}  // namespace

TEST_CASE("legalize: loops carry lacking types") {
  for (const Scalar scalar : lacking)
    for (const unsigned n : {1u, 3u}) {
      const Type type(scalar, n);
      Build b;
      const AnyVariable x = b.variable(type, "x"), y = b.variable(type, "y"),
                        z = b.variable(Scalar::U32, "z");
      b.store(x, b.some(type, 5));
      b.store(y, b.some(type, 3));
      b.store(z, b.u(1));
      const AnyValue i = b.begin_for(b.u(0), b.apply(Op::And, b.thread, b.u(7)), b.u(1));
      const AnyValue old = b.load(x);
      b.store(x, b.load(y));
      b.store(y, b.apply(Op::Add, old, b.load(y)));
      b.store(z, b.apply(Op::Add, b.load(z), i));
      b.begin_if(b.apply(Op::Equal, i, b.u(4)));
      b.store(y, old);
      b.break_();
      b.end_if();
      b.begin_if(b.apply(Op::Equal, i, b.u(2)));
      b.store(x, old);
      b.continue_();
      b.end_if();
      b.end_loop();
      b.out(b.load(x), 0);
      b.out(b.load(y), 1);
      b.out(b.load(z), 2);
      check_all(b.finish(), words_of(16));
    }
}

TEST_CASE("legalize: 64-bit counters, those that fit a word and those that do not") {
  for (const Scalar scalar : {Scalar::U64, Scalar::I64})
    for (const std::uint64_t first :
         {std::uint64_t{0}, std::uint64_t{0xFFFFFFF0}, std::uint64_t{0x7FFFFFF8}}) {
      Build b;
      const AnyVariable x = b.variable(Scalar::U32, "x");
      b.store(x, b.u(1));
      const AnyValue start = b.constant_bits(scalar, first);
      const AnyValue trips = b.convert(Op::Convert, b.apply(Op::And, b.thread, b.u(31)), scalar);
      const AnyValue end = b.apply(Op::Add, start, trips);
      const AnyValue i = b.begin_for(start, end, b.constant_bits(scalar, 1));
      const AnyValue j = b.begin_for(b.constant_bits(scalar, 0), i, b.constant_bits(scalar, 1));
      b.begin_if(b.apply(Op::Less, b.constant_bits(scalar, 5), j));
      b.break_();
      b.end_if();
      const AnyValue low = b.convert(Op::Convert, b.apply(Op::Mul, i, b.apply(Op::Add, j, i)), Scalar::U32);
      b.store(x, b.apply(Op::Add, b.apply(Op::Mul, b.load(x), b.u(3)), low));
      b.end_loop();
      const AnyValue high = b.convert(Op::Convert, b.apply(Op::ShiftRight, i, b.u(31)), Scalar::U32);
      b.store(x, b.apply(Op::Add, b.load(x), high));
      b.end_loop();
      b.out(b.load(x), 0);
      check_all(b.finish(), words_of(16));
    }
}

TEST_CASE("legalize: branches and switches give lacking types") {
  for (const Scalar scalar : lacking) {
    Build b;
    const Type type = scalar;
    b.begin_if(b.apply(Op::Less, b.thread, b.u(6)));
    b.yield(b.some(type, 3));
    b.begin_else();
    b.yield(b.some(type, 7));
    b.out(b.end_if_value(), 0);
    const AnyVariable x = b.variable(type, "x"), y = b.variable(Scalar::U32, "y");
    b.store(x, b.some(type, 1));
    b.store(y, b.u(7));
    AnyValue selector = b.some(is_float(scalar) ? Scalar::U32 : scalar, 1);
    if (width_of(scalar) == 64) selector = b.apply(Op::And, selector, b.constant_bits(type, 0xFF00000003));
    b.begin_switch(selector);
    const std::uint64_t first[] = {1, 2}, second[] = {width_of(scalar) == 64 ? 0x300000003u : 5u},
                        third[] = {~std::uint64_t{0}};
    b.begin_case(first);
    b.store(x, b.some(type, 9));
    b.end_case();
    b.begin_case(second);
    b.store(x, b.some(type, 11));
    b.store(y, b.u(9));
    b.begin_if(b.apply(Op::Less, b.thread, b.u(3)));
    b.break_();
    b.end_if();
    b.store(y, b.u(10));
    b.end_case();
    b.begin_case(third);
    b.store(x, b.some(type, 13));
    b.end_case();
    b.end_switch();
    b.out(b.load(x), 1);
    b.out(b.load(y), 2);
    check_all(b.finish(), words_of(16));
  }
}

TEST_CASE("legalize: switch on a 64-bit selector whose literals fit a word") {
  Build b;
  const AnyValue selector = b.apply(Op::ShiftLeft, b.convert(Op::Convert, b.thread, Scalar::U64),
                                    b.apply(Op::And, b.thread, b.u(32)));
  const AnyVariable y = b.variable(Scalar::U32, "y");
  b.store(y, b.u(7));
  b.begin_switch(selector);
  for (std::uint64_t literal = 0; literal < 5; ++literal) {
    b.begin_case(Span<const std::uint64_t>(&literal, 1));
    b.store(y, b.u(20 + literal));
    b.end_case();
  }
  b.end_switch();
  b.out(b.load(y), 0);
  check_all(b.finish(), words_of(16));
}

TEST_CASE("legalize: helper functions take and give lacking types") {
  for (const Scalar scalar : lacking)
    for (unsigned n = 1; n <= 4; ++n) {
      const Type type(scalar, n);
      Build b;
      const Type parameters[] = {type, Scalar::U32, type};
      const std::uint32_t helper = b.begin_function("helper", type, parameters);
      const AnyValue x = b.function_parameter(helper, 0), w = b.function_parameter(helper, 1);
      b.begin_if(b.apply(Op::Less, w, b.u(5)));
      b.return_(x);
      b.end_if();
      b.return_(b.apply(Op::Add, x, b.function_parameter(helper, 2)));
      b.end_function();
      const AnyValue a = b.some(type, 3);
      const AnyValue arguments[] = {a, b.thread, b.some(type, 11)};
      const AnyValue first = b.call(helper, arguments);
      const AnyValue again[] = {first, b.u(9), first};
      b.out(b.call(helper, again), 0);
      b.out(first, 1);
      check_all(b.finish(), words_of(16));
    }
}

TEST_CASE("legalize: arrays and buffers of lacking types") {
  for (const Scalar scalar : lacking)
    for (const unsigned n : {1u, 2u, 3u, 4u})
      for (const ResourceKind kind : {ResourceKind::Workgroup, ResourceKind::Private, ResourceKind::Buffer}) {
        const Type type(scalar, n);
        Build b;
        const bool buffer = kind == ResourceKind::Buffer;
        const std::uint32_t array = buffer ? b.add_buffer(Access::ReadWrite, type, type.size(), "array")
                                           : b.add_array(kind, type, 16, "array");
        const AnyValue index = kind == ResourceKind::Private ? b.apply(Op::And, b.thread, b.u(3)) : b.thread;
        Place at = b.at(array, index, type.size());
        b.store(at, b.some(type, 3));
        SyncScope scope;
        if (kind == ResourceKind::Workgroup) b.barrier(scope);
        if (kind == ResourceKind::Workgroup) at.index = b.apply(Op::Xor, b.thread, b.u(1));
        b.out(b.load(at, type), 0);
        if (n > 1) {
          at.offset = type.width() / 8;
          b.out(b.load(at, type.component()), 1);
        }
        Setup setup = words_of(16);
        if (buffer) setup.buffers.push_back({"array", Bytes(16 * 32)});
        const Kernel kernel = b.finish();
        check_all(kernel, setup);
      }
}

TEST_CASE("legalize: 64-bit values at the alignment of a word") {
  for (const std::uint32_t alignment : {4u, 8u})
    for (const unsigned n : {1u, 3u}) {
      const Type type(Scalar::I64, n);
      Build b;
      const std::uint32_t array = b.add_buffer(Access::ReadWrite, Scalar::I64, 8, "array");
      Place at = b.at(array, b.convert(Op::Convert, b.thread, Scalar::I64), 32, alignment);
      at.alignment = alignment;
      const AnyValue x = b.load(at, type);
      b.store(at, b.apply(Op::Mul, x, x));
      Setup setup = words_of(16);
      setup.buffers.push_back({"array", Bytes(16 * 32 + 16)});
      for (std::size_t i = 0; i < setup.buffers[1].bytes.size(); ++i)
        setup.buffers[1].bytes[i] = static_cast<std::uint8_t>(i * 91 + 7);
      const Kernel legal = check_same(b.finish(), least(), setup);
      CHECK(test::count(legal, Op::Load) == (alignment == 8 ? n : 2 * n));
    }
}

TEST_CASE("legalize: parameters of lacking types") {
  Build b;
  const AnyValue wide = b.parameter(Scalar::U64, "wide"), two = b.parameter(Type(Scalar::I64, 2), "two");
  const AnyValue byte = b.parameter(Scalar::I8, "byte"), half = b.parameter(Type(Scalar::F16, 2), "half");
  const AnyValue brain = b.parameter(Scalar::BF16, "brain"),
                 number = b.spec_constant(Scalar::I16, 7, 0xFFFE, "number");
  const std::uint32_t helper = b.begin_function("helper", Scalar::U64, Span<const Type>());
  b.return_(b.apply(Op::Mul, wide, wide));
  b.end_function();
  b.out(b.apply(Op::Add, b.call(helper, Span<const AnyValue>()), wide), 0);
  b.out(b.apply(Op::Mul, two, two), 1);
  b.out(b.apply(Op::Mul, byte, byte), 2);
  b.out(b.apply(Op::Add, half, half), 3);
  b.out(b.apply(Op::Add, brain, brain), 4);
  b.out(b.apply(Op::ShiftRight, number, b.u(1)), 5);
  const Kernel kernel = b.finish();
  Setup setup = words_of(16);
  setup.values = [](Resources& r, bool legal) {
    if (!legal) {
      r.set<u64>("wide", 0xFEDCBA9876543210u);
      r.set<i64x2>("two", {-5, 0x123456789ll});
      r.set<i8>("byte", -77);
      r.set<f16x2>("half", {f16(1.5), f16(-3.25)});
      r.set<bf16>("brain", bf16(7.75));
      return;
    }
    r.set<u32x2>("wide", {0x76543210u, 0xFEDCBA98u});
    r.set<u32x4>("two", {0xFFFFFFFBu, 0xFFFFFFFFu, 0x23456789u, 1u});
    r.set<i32>("byte", 0x7F00 | 0xB3);  // the upper bits do not count
    r.set<u32x2>("half", {0x10000u | f16(1.5).bits, f16(-3.25).bits});
    r.set<u32>("brain", bf16(7.75).bits);
  };
  check_gone(check_same(kernel, least(), setup));
}

TEST_CASE("legalize: subgroup operations on lacking types") {
  struct Group {
    Op op;
    std::uint32_t immediate;
  };
  const auto kind = [](GroupKind k, std::uint32_t cluster = 0) {
    return static_cast<std::uint32_t>(k) | cluster << 8;
  };
  for (const Scalar scalar : lacking)
    for (const std::uint32_t size : {4u, 16u}) {
      Build b;
      const AnyValue x = b.some(scalar, 0x2545F491);
      b.out(b.apply(Op::SubgroupShuffleXor, x, b.u(1)), 0);
      b.out(b.apply(Op::SubgroupBroadcastFirst, x), 1);
      b.out(b.apply(Op::SubgroupAllEqual, x), 2);
      const GroupKind kinds[] = {GroupKind::Reduce, GroupKind::Clustered, GroupKind::Inclusive,
                                 GroupKind::Exclusive};
      std::uint32_t slot = 3;
      for (const Op op :
           {Op::SubgroupAdd, Op::SubgroupMin, Op::SubgroupMax, Op::SubgroupXor, Op::SubgroupAnd})
        for (const GroupKind k : kinds) {
          const bool scan = k == GroupKind::Inclusive || k == GroupKind::Exclusive;
          if (is_float(scalar) && (op == Op::SubgroupXor || op == Op::SubgroupAnd)) continue;
          if (width_of(scalar) == 64 && scan && (op == Op::SubgroupMin || op == Op::SubgroupMax)) continue;
          const AnyValue result =
              b.apply(op, Span<const AnyValue>(&x, 1), kind(k, k == GroupKind::Clustered ? 4 : 0));
          b.out(result, slot++ % 5 + 3);
        }
      Setup setup = words_of(16);
      setup.subgroup_size = size;
      check_gone(check_same(b.finish(), least(), setup));
    }
}

TEST_CASE("legalize: packed dot products") {
  Values random{12};
  std::vector<std::uint64_t> a, b, c;
  const std::uint64_t bytes[] = {0, 1, 0x7F, 0x80, 0x81, 0xFF};
  for (int i = 0; i < 4096; ++i) {
    std::uint64_t x = random() & 0xFFFFFFFF, y = random() & 0xFFFFFFFF;
    if (i % 2)
      for (int k = 0; k < 4; ++k) {
        x = (x & ~(0xFFull << 8 * k)) | bytes[random() % 6] << 8 * k;
        y = (y & ~(0xFFull << 8 * k)) | bytes[random() % 6] << 8 * k;
      }
    a.push_back(x);
    b.push_back(y);
    const std::uint64_t ends[] = {
        random() & 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFF0000, 0x80010000, 0, 0xFFFF0000};
    c.push_back(ends[random() % 8]);
  }
  for (const DotKind kind : {DotKind::Unsigned, DotKind::Signed, DotKind::SignedUnsigned}) {
    const auto immediate = static_cast<std::uint32_t>(kind);
    const Type sum = kind == DotKind::Unsigned ? Scalar::U32 : Scalar::I32;
    for (const Scalar words : {Scalar::U32, Scalar::I32}) {
      const Kernel plain = check_operation({Op::DotPacked, {words, words}, {}, immediate}, least(), {a, b});
      CHECK(test::count(plain, Op::DotPacked) == 0);
      const Kernel added =
          check_operation({Op::DotPackedAccSat, {words, words, sum}, {}, immediate}, least(), {a, b, c});
      CHECK(test::count(added, Op::DotPackedAccSat) == 0);
    }
  }
}

TEST_CASE("legalize: random kernels") {
  std::size_t wide = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed ", seed);
    random_kernel::Generator generator(seed);
    Kernel kernel = generator.run();
    REQUIRE(kernel.ok());
    if (seed % 2) run_passes(kernel);
    Setup setup;
    Bytes in(random_kernel::inputs * 4);
    Values random{seed};
    for (auto& byte : in) byte = static_cast<std::uint8_t>(random() >> (random() & 7));
    setup.buffers = {{"in", in},
                     {"out", Bytes(random_kernel::workgroup_size * random_kernel::groups *
                                   random_kernel::outputs_per_invocation * 4)}};
    setup.groups = random_kernel::groups;
    setup.subgroup_size = 4;
    setup.values = [](Resources& r, bool) { r.set<u32>("n", 5); };
    wide += uses_type(kernel, Scalar::U64) || uses_type(kernel, Scalar::I64);
    check_gone(check_same(kernel, least(seed % 3 != 0), setup));
  }
  CHECK(wide > 30);
}

TEST_CASE("legalize: what has no other form is an error with its line") {
  const auto message = [](Build& b, const LegalizeOptions& options) {
    Kernel kernel = b.finish();
    REQUIRE(kernel.ok());
    legalize(kernel, options);
    CHECK(kernel.error().code == ErrorCode::MissingCapability);
    return std::string(kernel.error().message);
  };
  {
    Build b;
    const AnyValue one = b.constant_bits(Scalar::F64, 0x3FF0000000000000u);
    const AnyValue x = b.convert(Op::Convert, b.thread, Scalar::F64);
    b.out(b.convert(Op::Convert, b.apply(Op::Add, x, one), Scalar::U32), 0);
    LegalizeOptions options;
    options.float64 = false;
    const std::string text = message(b, options);
    CHECK(text.find("64-bit floats") != std::string::npos);
    CHECK(text.find("legalize_structure.cpp") != std::string::npos);
  }
  {
    Build b;
    const std::uint32_t array = b.add_buffer(Access::ReadWrite, Scalar::U64, 8, "array");
    const AnyValue one = b.constant_bits(Scalar::U64, 1);
    const std::string line = std::to_string(__LINE__ + 1);
    b.atomic(Op::AtomicAdd, b.at(array, b.thread, 8), Scalar::U64, Span<const AnyValue>(&one, 1),
             MemoryScope::Device, 0);
    const std::string text = message(b, least());
    CHECK(text.find("atomic_add of u64") != std::string::npos);
    CHECK(text.find("legalize_structure.cpp:" + line) != std::string::npos);
  }
  {
    Build b;
    const AnyValue x = b.some(Scalar::I64, 3);
    const std::string line = std::to_string(__LINE__ + 1);
    b.out(b.apply(Op::SubgroupMul, x), 0);
    const std::string text = message(b, least());
    CHECK(text.find("subgroup_mul of i64") != std::string::npos);
    CHECK(text.find("legalize_structure.cpp:" + line) != std::string::npos);
  }
  {
    Build b;
    const AnyValue x = b.spec_constant(Scalar::U64, 1, 5, "n");
    b.out(x, 0);
    CHECK(message(b, least()).find("specialisation constant") != std::string::npos);
  }
  {
    Build b;
    const std::uint32_t array = b.add_buffer(Access::ReadWrite, Scalar::F16, 2, "array");
    const Type matrix = b.matrix_type(Scalar::F16, 16, 16, MatrixUse::A);
    const AnyValue a = b.matrix_load(b.at(array, b.u(0), 2), matrix, b.u(16), false);
    b.matrix_store(b.at(array, b.u(0), 2), a, b.u(16), false);
    CHECK(message(b, least()).find("cooperative matrix") != std::string::npos);
  }
}

TEST_CASE("legalize: a target that has everything changes nothing") {
  for (std::uint64_t seed = 400; seed < 420; ++seed) {
    random_kernel::Generator generator(seed);
    Kernel kernel = generator.run();
    LegalizeOptions options;
    options.bit_operations = options.saturating_convert = true;
    const std::string before = body(kernel);
    if (uses_type(kernel, Scalar::BF16)) continue;
    legalize(kernel, options);
    CHECK(body(kernel) == before);
  }
}
