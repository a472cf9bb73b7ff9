// Memory of every type, atomic operations, images, cooperative matrices and the float environment.
#include "interpret_kernels.hpp"

#include <cmath>
#include <cstring>

using namespace interpret_test;

TEST_CASE("interpret: loads and stores of every type, in buffers, workgroup and private memory") {
  for (const Scalar s : {Scalar::I8, Scalar::U8, Scalar::I16, Scalar::U16, Scalar::I32, Scalar::U32,
                         Scalar::I64, Scalar::U64, Scalar::F16, Scalar::BF16, Scalar::F32, Scalar::F64})
    for (const unsigned n : {1u, 2u, 4u}) {
      const Type type(s, n);
      CAPTURE(std::string(to_string(type)));
      Build k(16);
      const auto in = k.buffer(Access::ReadOnly, type, "in"), out = k.buffer(Access::WriteOnly, type, "out");
      const auto tile = k.shared(type, 16, "tile"),
                 list = k.add_array(ResourceKind::Private, type, 3, "list");
      const AnyVariable v = k.variable(type);
      k.store(v, k.get(in, k.local()));
      k.put(list, k.u(1), k.load(v));
      k.put(tile, k.local(), k.get(list, k.u(1)));
      k.barrier();
      k.put(out, k.local(), k.get(tile, k.op(Op::Sub, k.u(15), k.local())));
      std::vector<std::uint8_t> a(16 * type.size()), b(16 * type.size());
      for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<std::uint8_t>(i * 37 + 11);
      Resources resources;
      resources.bind("in", Span<const std::uint8_t>(a));
      resources.bind("out", Span<std::uint8_t>(b));
      CHECK(text_of(run(k.finish(), {}, resources)) == "");
      for (std::uint32_t i = 0; i < 16; ++i)
        CHECK(std::memcmp(&a[i * type.size()], &b[(15 - i) * type.size()], type.size()) == 0);
    }
}

TEST_CASE("interpret: atomic operations") {
  const struct {
    Op op;
    std::uint32_t start, expected;
  } cases[] = {{Op::AtomicAdd, 5, 5 + 36}, {Op::AtomicSub, 100, 100 - 36}, {Op::AtomicMin, 3, 1},
               {Op::AtomicMax, 3, 8},      {Op::AtomicAnd, 0xFF, 0},       {Op::AtomicOr, 0, 15},
               {Op::AtomicXor, 0, 8},      {Op::AtomicExchange, 0, 8},     {Op::AtomicStore, 0, 8}};
  for (const auto& c : cases) {
    CAPTURE(info_of(c.op).name);
    Build k(8);
    const auto io = k.buffer(Access::ReadWrite, u32_type, "io");
    const AnyValue value = k.add(k.local(), k.u(1));
    const AnyValue before =
        k.atomic(c.op, k.at(io, k.u(0)), u32_type, Span<const AnyValue>(&value, 1), MemoryScope::Device, 0);
    if (c.op != Op::AtomicStore) k.put(io, value, before);
    std::vector<std::uint32_t> data(9);
    data[0] = c.start;
    Resources resources;
    resources.bind("io", Span<std::uint32_t>(data));
    CHECK(text_of(run(k.finish(), {}, resources)) == "");
    CHECK(data[0] == c.expected);
    if (c.op != Op::AtomicStore) CHECK(data[1] == c.start);  // lane 0 came first
  }
  Build k(8);
  const auto io = k.buffer(Access::ReadWrite, u32_type, "io");
  const AnyValue operands[2] = {k.add(k.local(), k.u(1)), k.local()};  // i + 1 where i is found
  k.atomic(Op::AtomicCompareExchange, k.at(io, k.u(0)), u32_type, operands, MemoryScope::Device, 0);
  std::vector<std::uint32_t> data(1);
  Resources resources;
  resources.bind("io", Span<std::uint32_t>(data));
  CHECK(text_of(run(k.finish(), {}, resources)) == "");
  CHECK(data[0] == 8);
}

TEST_CASE("interpret: the length of a buffer is as bound") {
  Build k(1);
  const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
  k.put(out, k.u(0), k.array_length(out, 4));
  std::vector<std::uint32_t> data(7);
  Resources resources;
  resources.bind("out", Span<std::uint32_t>(data));
  CHECK(run(k.finish(), {}, resources).clean());
  CHECK(data[0] == 7);
}

TEST_CASE("interpret: storage images keep what their format keeps") {
  const struct {
    TexelFormat format;
    float in[4], out[4];
  } cases[] = {{TexelFormat::Rgba32f, {0.1f, -2, 3e30f, 4}, {0.1f, -2, 3e30f, 4}},
               {TexelFormat::Rgba16f, {0.1f, -2, 2049, 1e6f}, {0.0999755859375f, -2, 2048, HUGE_VALF}},
               {TexelFormat::R32f, {0.5f, 2, 3, 4}, {0.5f, 0, 0, 1}},
               {TexelFormat::Rgba8, {0.5f, -1, 2, 0.2f}, {128.0f / 255.0f, 0, 1, 51.0f / 255.0f}},
               {TexelFormat::Rgba8Snorm, {1, -1, -7, 0}, {1, -1, -1, 0}}};
  for (const auto& c : cases) {
    Build k(3, 2);
    const auto image = k.add_image(ResourceKind::StorageImage, Scalar::F32, ImageDim::Dim2D,
                                   Access::ReadWrite, c.format, "image");
    const AnyValue x = k.convert(Op::Bitcast, k.local(0), i32_type),
                   y = k.convert(Op::Bitcast, k.local(1), i32_type);
    const AnyValue parts[2] = {x, y};
    const AnyValue at = k.construct(Type(Scalar::I32, 2), parts);
    const AnyValue texel[4] = {k.f(static_cast<double>(c.in[0])), k.f(static_cast<double>(c.in[1])),
                               k.f(static_cast<double>(c.in[2])), k.f(static_cast<double>(c.in[3]))};
    k.image_store(image, at, k.construct(Type(Scalar::F32, 4), texel));
    k.image_store(image, at, k.image_read(Op::ImageLoad, image, Span<const AnyValue>(&at, 1)));
    std::vector<float> texels(3 * 2 * 4, 9);
    ImageBinding binding;
    binding.width = 3;
    binding.height = 2;
    binding.texels = texels.data();
    Resources resources;
    resources.bind_image("image", binding);
    CHECK(text_of(run(k.finish(), {}, resources)) == "");
    for (std::size_t i = 0; i < texels.size(); ++i) CHECK(texels[i] == c.out[i % 4]);
  }
}

TEST_CASE("interpret: image faults, sizes, levels and layers") {
  Build k(4);
  const auto image = k.add_image(ResourceKind::SampledImage, Scalar::U32, ImageDim::Dim2DArray,
                                 Access::ReadOnly, TexelFormat::Unknown, "image");
  const auto out = k.buffer(Access::WriteOnly, u32_type, "out");
  const AnyValue x = k.convert(Op::Bitcast, k.local(), i32_type);
  const AnyValue parts[3] = {x, k.i(0), k.i(1)};
  const AnyValue operands[2] = {k.construct(Type(Scalar::I32, 3), parts), k.i(1)};
  const AnyValue texel = k.image_read(Op::ImageFetch, image, operands);
  const AnyValue size = k.image_size(image, k.i(1));
  const AnyValue packed =
      k.add(k.mul(size.component(0), k.i(100)), k.add(k.mul(size.component(1), k.i(10)), size.component(2)));
  k.put(out, k.local(), texel.component(2));
  k.put(out, k.u(4), k.convert(Op::Bitcast, packed, u32_type));
  const Kernel kernel = k.finish();
  // Level 0: 4 x 2, two layers; level 1: 2 x 1.
  std::vector<std::uint32_t> texels((16 + 4) * 4), data(5);
  for (std::size_t i = 0; i < texels.size(); ++i) texels[i] = static_cast<std::uint32_t>(i);
  ImageBinding binding;
  binding.width = 4;
  binding.height = 2;
  binding.layers = binding.levels = 2;
  binding.texels = texels.data();
  Resources resources;
  resources.bind_image("image", binding);
  resources.bind("out", Span<std::uint32_t>(data));
  InterpretOptions options;
  options.sanitize.races = false;  // out[4] is written by all
  const Report report = run(kernel, {}, resources, options);
  CHECK(data == std::vector<std::uint32_t>{18 * 4 + 2, 19 * 4 + 2, 0, 0, 212});
  REQUIRE(report.findings().size() == 1);
  CHECK(report.findings()[0].kind == FindingKind::OutOfBounds);
  CHECK(text_of(report).find("reads image at (2, 0), layer 1, level 1; that level has 2 x 1 texels") !=
        std::string::npos);
}

TEST_CASE("sanitizer: a race on a texel") {
  for (const bool apart : {true, false}) {
    Build k(4);
    const auto image = k.add_image(ResourceKind::StorageImage, Scalar::U32, ImageDim::Dim2D,
                                   Access::ReadWrite, TexelFormat::R32ui, "image");
    const AnyValue x =
        k.convert(Op::Bitcast, apart ? k.local() : k.op(Op::ShiftRight, k.local(), k.u(1)), i32_type);
    const AnyValue parts[2] = {x, k.i(0)};
    const AnyValue texel[4] = {k.local(), k.u(0), k.u(0), k.u(0)};
    k.image_store(image, k.construct(Type(Scalar::I32, 2), parts), k.construct(Type(Scalar::U32, 4), texel));
    std::vector<std::uint32_t> texels(16);
    ImageBinding binding;
    binding.width = 4;
    binding.height = 1;
    binding.texels = texels.data();
    Resources resources;
    resources.bind_image("image", binding);
    const Report report = run(k.finish(), {}, resources);
    CHECK(report.clean() == apart);
    if (!apart) CHECK(report.findings()[0].kind == FindingKind::Race);
  }
}

TEST_CASE("interpret: sampling") {
  const struct {
    Filter filter;
    AddressMode mode;
    float u, expected;
  } cases[] = {{Filter::Nearest, AddressMode::ClampToEdge, 0.3f, 1},
               {Filter::Nearest, AddressMode::ClampToEdge, -3, 0},
               {Filter::Nearest, AddressMode::Repeat, 1.3f, 1},
               {Filter::Nearest, AddressMode::ClampToEdge, 7, 3},
               {Filter::Linear, AddressMode::ClampToEdge, 0.5f, 1.5f},
               {Filter::Linear, AddressMode::ClampToEdge, 0, 0},
               {Filter::Linear, AddressMode::Repeat, 0, 1.5f}};
  for (const auto& c : cases) {
    Build k(1);
    const auto image = k.add_image(ResourceKind::SampledImage, Scalar::F32, ImageDim::Dim2D, Access::ReadOnly,
                                   TexelFormat::Unknown, "image");
    const auto out = k.buffer(Access::WriteOnly, f32_type, "out");
    const AnyValue parts[2] = {k.f(static_cast<double>(c.u)), k.f(0.5)};
    const AnyValue operands[2] = {k.construct(Type(Scalar::F32, 2), parts), k.f(0)};
    k.put(out, k.u(0), k.image_read(Op::ImageSample, image, operands).component(0));
    std::vector<float> texels = {0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0}, data(1);
    ImageBinding binding;
    binding.width = 4;
    binding.height = 1;
    binding.texels = texels.data();
    binding.filter = c.filter;
    binding.address_mode = c.mode;
    Resources resources;
    resources.bind_image("image", binding);
    resources.bind("out", Span<float>(data));
    CHECK(text_of(run(k.finish(), {}, resources)) == "");
    CHECK(data[0] == c.expected);
  }
}

namespace {

// C = 2 (A B + C) for one 16 x 16 x 8 product of a subgroup, and the sum of its components.
Kernel matrix_product(bool divergent) {
  Build k(32);
  const auto a = k.buffer(Access::ReadOnly, Type(Scalar::F16), "a"),
             b = k.buffer(Access::ReadOnly, Type(Scalar::F16), "b"),
             c = k.buffer(Access::ReadWrite, f32_type, "c"),
             sums = k.buffer(Access::WriteOnly, f32_type, "sums");
  const Type ta = k.matrix_type(Scalar::F16, 16, 8, MatrixUse::A),
             tb = k.matrix_type(Scalar::F16, 8, 16, MatrixUse::B),
             tc = k.matrix_type(Scalar::F32, 16, 16, MatrixUse::Accumulator);
  if (divergent) k.begin_if(k.less(k.lane(), k.u(3)));
  const AnyValue ma = k.matrix_load(k.at(a, k.u(0)), ta, k.u(8), false);
  const AnyValue mb = k.matrix_load(k.at(b, k.u(0)), tb, k.u(8), true);
  const AnyValue mc = k.matrix_load(k.at(c, k.u(0)), tc, k.u(16), false);
  const AnyValue product = k.op3(Op::MatrixMulAdd, ma, mb, mc);
  const AnyValue twice = k.op(Op::MatrixScale, k.add(product, product), k.f(1));
  k.matrix_store(k.at(c, k.u(0)), twice, k.u(16), false);
  const AnyVariable sum = k.variable(f32_type);
  k.store(sum, k.f(0));
  const AnyValue length = k.apply(Op::MatrixLength, {}, tc.bits());
  const AnyValue i = k.begin_for(k.u(0), length, k.u(1));
  k.store(sum, k.add(k.load(sum), k.op(Op::MatrixExtract, twice, i)));
  k.end_loop();
  k.put(sums, k.lane(), k.load(sum));
  if (divergent) k.end_if();
  return k.finish();
}

}  // namespace

TEST_CASE("interpret: cooperative matrices") {
  for (const std::uint32_t size : {4u, 8u, 32u, 64u, 128u})
    for (const bool divergent : {false, true}) {
      CAPTURE(size);
      std::vector<std::uint16_t> a(16 * 8), b(8 * 16);
      std::vector<float> c(16 * 16), expected(16 * 16), sums(32);
      for (std::uint32_t i = 0; i < 128; ++i) {
        a[i] = f16(static_cast<double>(i % 7) - 3).bits;
        b[i] = f16(static_cast<double>(i % 5) * 0.5).bits;
      }
      for (std::uint32_t i = 0; i < 256; ++i) c[i] = static_cast<float>(i % 3);
      float total = 0;
      for (std::uint32_t r = 0; r < 16; ++r)
        for (std::uint32_t col = 0; col < 16; ++col) {
          double sum = static_cast<double>(c[r * 16 + col]);
          for (std::uint32_t k = 0; k < 8; ++k)
            sum += f16_to_double(a[r * 8 + k]) * f16_to_double(b[col * 8 + k]);
          expected[r * 16 + col] = static_cast<float>(2 * sum);
          total += static_cast<float>(2 * sum);
        }
      Resources resources;
      resources.bind("a", Span<const std::uint16_t>(a));
      resources.bind("b", Span<const std::uint16_t>(b));
      resources.bind("c", Span<float>(c));
      resources.bind("sums", Span<float>(sums));
      InterpretOptions options;
      options.subgroup_size = size;
      options.sanitize.races = false;  // subgroups of less than 32 do the same product several times
      const Report report = run(matrix_product(divergent), {}, resources, options);
      if (divergent || size > 32) {
        REQUIRE(!report.clean());
        CHECK(report.findings()[0].kind == FindingKind::InactiveLane);
        CHECK(text_of(report).find("needs the whole subgroup") != std::string::npos);
        continue;
      }
      CHECK(text_of(report) == "");
      if (size != 32) continue;
      CHECK(c == expected);
      float sum = 0;
      for (const float s : sums) sum += s;
      CHECK(sum == total);
    }
}

TEST_CASE("interpret: denormals are flushed where the kernel says so, and kept elsewhere") {
  for (const bool flush : {true, false}) {
    KernelOptions options;
    if (flush) options.floats.denormals_32 = Denormals::FlushToZero;
    DynamicBuilder b("denormals", options);
    const auto io = b.add_buffer(Access::ReadWrite, f32_type, 4, "io");
    Place place;
    place.builder = &b;
    place.resource = io;
    place.stride = 4;
    place.index = b.constant_bits(u32_type, 0);
    const AnyValue x = b.load(place, f32_type), half = b.constant_float(f32_type, 0.5);
    const AnyValue halved = b.apply(Op::Mul, x, half);
    const AnyValue back = b.apply(Op::Mul, halved, b.constant_float(f32_type, 2.0));
    b.store(place, back);
    std::vector<float> data = {1.17549435e-38f};
    Resources resources;
    resources.bind("io", Span<float>(data));
    CHECK(run(b.finish(), {}, resources).clean());
    CHECK(data[0] == (flush ? 0.0f : 1.17549435e-38f));
  }
  KernelOptions options;
  options.floats.rounding_16 = Rounding::TowardZero;
  DynamicBuilder b("rounding", options);
  CHECK(!interpret(b.finish(), {}, Resources()).ok());
}
