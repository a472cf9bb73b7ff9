// 8- and 16-bit values in buffers through words: every type, place and way of storing.
#include "legalize_test.hpp"

using namespace legalize_test;

namespace {

struct Layout {
  Type type;
  std::uint32_t stride, offset, alignment;
  bool index, is_signed, wide_index, base, range;
};

// out[i] = in[i], both laid out so, from the parameter "base" on.
Kernel copy_kernel(const Layout& in, const Layout& out, std::uint32_t range_bytes) {
  KernelOptions options;
  options.workgroup = {16};
  DynamicBuilder b("copy", options);
  const std::uint32_t resources[2] = {b.add_buffer(Access::ReadOnly, in.type, in.type.size(), "in"),
                                      b.add_buffer(Access::WriteOnly, out.type, out.type.size(), "out")};
  const AnyValue thread = b.builtin(BuiltIn::GlobalInvocationId).component(0);
  const AnyValue base = b.parameter(Scalar::U32, "base");
  const auto place = [&](const Layout& layout, std::uint32_t resource) {
    Place at;
    at.builder = &b;
    at.resource = resource;
    at.stride = layout.stride;
    at.offset = layout.offset;
    at.alignment = layout.alignment;
    if (layout.index) {
      at.index = thread;
      if (layout.wide_index)
        at.index = b.convert(Op::Convert, thread, layout.is_signed ? Scalar::I64 : Scalar::U64);
      else if (layout.is_signed)
        at.index = b.convert(Op::Bitcast, thread, Scalar::I32);
      if (layout.is_signed && layout.base) {
        // Counted from behind: i - 16 from a base that is 16 elements further.
        at.index = b.apply(Op::Sub, at.index, b.constant_int(at.index.type(), 16));
      }
    }
    if (layout.base) {
      at.base = base;
      if (layout.is_signed && layout.index)
        at.base = b.apply(Op::Add, base, b.constant_int(Scalar::U32, 16 * layout.stride));
    }
    if (layout.range && !(layout.is_signed && layout.base))
      at.range = b.constant_int(Scalar::U32, range_bytes);
    return at;
  };
  const AnyValue value = b.load(place(in, resources[0]), in.type);
  if (!out.index) b.begin_if(b.apply(Op::Equal, thread, b.constant_int(Scalar::U32, 5)));
  b.store(place(out, resources[1]), value);
  if (!out.index) b.end_if();
  return b.finish();
}

LegalizeOptions without_storage(NarrowStores stores, bool small) {
  LegalizeOptions options;
  options.storage8 = options.storage16 = false;
  options.int8 = options.int16 = options.float16 = options.bfloat16 = small;
  options.narrow_stores = stores;
  return options;
}

}  // namespace

TEST_CASE("legalize: small values anywhere in a buffer") {
  Values random{2026};
  int kept = 0;
  for (int round = 0; round < 3000; ++round) {
    const Scalar scalars[] = {Scalar::U8, Scalar::I8, Scalar::U16, Scalar::I16, Scalar::F16, Scalar::BF16};
    const Type type(scalars[random() % 6], 1 + static_cast<unsigned>(random() % 4));
    const std::uint32_t unit = type.width() / 8;
    const auto make = [&](Layout& layout) {
      layout.type = type;
      layout.alignment = unit << random() % (unit == 1 ? 4 : 3);
      if (layout.alignment > 8) layout.alignment = 8;
      const std::uint32_t least = (type.size() + layout.alignment - 1) / layout.alignment * layout.alignment;
      layout.stride = least + layout.alignment * static_cast<std::uint32_t>(random() % 3);
      layout.offset = layout.alignment * static_cast<std::uint32_t>(random() % 6);
      layout.index = random() % 4 != 0;
      layout.is_signed = random() % 2;
      layout.wide_index = random() % 3 == 0;
      layout.base = random() % 2;
      layout.range = random() % 3 == 0;
    };
    Layout in, out;
    make(in);
    make(out);
    const std::uint32_t greatest = in.alignment > out.alignment ? in.alignment : out.alignment;
    const std::uint32_t base = greatest * static_cast<std::uint32_t>(random() % 4);
    const std::size_t bytes = 64 + 40 * 40;
    const Kernel kernel = copy_kernel(in, out, static_cast<std::uint32_t>(bytes) - base);
    Setup setup;
    Bytes noise(bytes), before(bytes);
    for (auto& byte : noise) byte = static_cast<std::uint8_t>(random());
    for (auto& byte : before) byte = static_cast<std::uint8_t>(random());
    // No signalling NaNs: moving one through f32 may make it quiet.
    if (type.is_float())
      for (std::size_t i = 0; i < bytes; i += 2)
        noise[i + 1] = static_cast<std::uint8_t>((noise[i + 1] & 0xBF) | 0x08);
    setup.buffers = {{"in", noise}, {"out", before}};
    setup.groups = 2;
    setup.values = [&](Resources& r, bool) { r.set<u32>("base", base); };
    INFO("round ", round, " of seed 2026");
    // One invocation writes each word where elements are whole words apart and begin in them.
    const bool own_words =
        !out.index ||
        (out.stride % 4 == 0 && (out.offset + (out.base ? base : 0)) % 4 + type.size() <= out.stride);
    const NarrowStores stores =
        own_words && random() % 2 ? NarrowStores::OneWriterAWord : NarrowStores::Atomic;
    const bool small = random() % 2;
    LegalizeOptions options = without_storage(stores, small);
    options.int64 = random() % 2;
    const Kernel legal = check_same(kernel, options, setup);
    if (!small)
      for (const Scalar scalar : scalars) kept += uses_type(legal, scalar);
  }
  CHECK(kept == 0);
}

TEST_CASE("legalize: neighbours in a word") {
  // Sixteen invocations, each with its byte of four words, again and again between barriers; they read each other's.
  for (const Type type : {Type(Scalar::U8), Type(Scalar::I16), Type(Scalar::F16)}) {
    KernelOptions options;
    options.workgroup = {16};
    DynamicBuilder b("neighbours", options);
    const std::uint32_t data = b.add_buffer(Access::ReadWrite, type, type.size(), "data");
    b.set_coherent(data);
    const AnyValue local = b.builtin(BuiltIn::LocalInvocationId).component(0);
    const auto at = [&](AnyValue index) {
      Place place;
      place.builder = &b;
      place.resource = data;
      place.stride = type.size();
      place.index = index;
      return place;
    };
    SyncScope scope;
    scope.memory = MemoryScope::Workgroup;
    for (int round = 0; round < 3; ++round) {
      const AnyValue next = b.apply(Op::And, b.apply(Op::Add, local, b.constant_int(Scalar::U32, 1)),
                                    b.constant_int(Scalar::U32, 15));
      const AnyValue mine = b.load(at(local), type);
      const AnyValue other = b.load(at(next), type);
      const AnyValue sum = b.apply(Op::Add, mine, other);
      b.barrier(scope);
      b.store(at(local), sum);
      b.barrier(scope);
    }
    const Kernel kernel = b.finish();
    Setup setup;
    Bytes bytes(16 * type.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 37 % 61);
    setup.buffers = {{"data", bytes}};
    for (const std::uint32_t size : {4u, 16u}) {
      setup.subgroup_size = size;
      for (const bool small : {false, true})
        check_same(kernel, without_storage(NarrowStores::Atomic, small), setup);
    }
  }
}

TEST_CASE("legalize: the race detector sees a broken promise of one writer a word") {
  KernelOptions options;
  options.workgroup = {8};
  DynamicBuilder b("bytes", options);
  const std::uint32_t out = b.add_buffer(Access::WriteOnly, Scalar::U8, 1, "out");
  const AnyValue local = b.builtin(BuiltIn::LocalInvocationId).component(0);
  Place at;
  at.builder = &b;
  at.resource = out;
  at.stride = 1;
  at.index = local;
  b.store(at, b.convert(Op::Convert, local, Scalar::U8));
  const Kernel kernel = b.finish();
  for (const bool promise : {false, true}) {
    Kernel legal = kernel.clone();
    legalize(legal, without_storage(promise ? NarrowStores::OneWriterAWord : NarrowStores::Atomic, false));
    REQUIRE(legal.ok());
    CHECK(legal.resource(0).access == Access::ReadWrite);
    Bytes bytes(8);
    Resources resources;
    resources.bind("out", bytes.data(), bytes.size());
    const Result<Report> report = interpret(legal, Dispatch{}, resources);
    REQUIRE(report.ok());
    CHECK(report->clean() == !promise);
    if (promise) CHECK(report->findings()[0].kind == FindingKind::Race);
    if (!promise)
      for (std::size_t i = 0; i < 8; ++i) CHECK(bytes[i] == i);
  }
}

TEST_CASE("legalize: whole words are stored as words") {
  struct Case {
    Type type;
    std::uint32_t alignment;
    std::size_t stores, atomics;
  };
  const Case cases[] = {{Type(Scalar::U8, 4), 4, 1, 0},  {Type(Scalar::F16, 2), 4, 1, 0},
                        {Type(Scalar::I16, 4), 8, 2, 0}, {Type(Scalar::U8, 4), 1, 0, 4},
                        {Type(Scalar::U8, 2), 2, 0, 1},  {Type(Scalar::U8, 3), 4, 0, 1},
                        {Type(Scalar::F16, 3), 4, 1, 1}, {Type(Scalar::U16), 2, 0, 1}};
  for (const Case& c : cases) {
    DynamicBuilder b("whole");
    const std::uint32_t out = b.add_buffer(Access::ReadWrite, c.type, 8, "out");
    Place at;
    at.builder = &b;
    at.resource = out;
    at.stride = 8;
    at.alignment = c.alignment;
    if (c.alignment < 4) at.stride = c.alignment;
    at.index = b.builtin(BuiltIn::GlobalInvocationId).component(0);
    b.store(at, b.constant_bits(c.type, 1));
    Kernel legal = b.finish();
    legalize(legal, without_storage(NarrowStores::Atomic, false));
    REQUIRE(legal.ok());
    const std::string of(to_string(c.type));
    INFO(of, " at an alignment of ", c.alignment);
    CHECK(count(legal, Op::Store) == c.stores);
    CHECK(count(legal, Op::AtomicXor) == c.atomics);
    CHECK(legal.resource(0).element == Type(Scalar::U32));
    CHECK(legal.resource(0).stride == 4);
  }
}

TEST_CASE("legalize: the length of a buffer stays in its elements") {
  for (const std::uint32_t stride : {1u, 2u, 3u, 4u, 8u}) {
    DynamicBuilder b("length");
    const std::uint32_t in = b.add_buffer(Access::ReadOnly, Scalar::U8, 1, "in");
    const std::uint32_t out = b.add_buffer(Access::ReadWrite, Scalar::U32, 4, "out");
    Place at;
    at.builder = &b;
    at.resource = out;
    at.stride = 4;
    b.store(at, b.array_length(in, stride));
    Setup setup;
    setup.buffers = {{"in", Bytes(52)}, {"out", Bytes(4)}};
    check_same(b.finish(), without_storage(NarrowStores::Atomic, false), setup);
  }
}
