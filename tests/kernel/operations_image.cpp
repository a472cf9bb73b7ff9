// Image operations: every declared format, dimension, component type and access; sampled images.
#include "operation_cases.hpp"

using namespace operations;

namespace {

const Need read_need{"shaderStorageImageReadWithoutFormat", nullptr, "StorageImageReadWithoutFormat", false},
    write_need{"shaderStorageImageWriteWithoutFormat", nullptr, "StorageImageWriteWithoutFormat", false};

struct Format {
  TexelFormat format;
  Scalar component;
  unsigned kept;  // components
};
const Format formats[] = {{TexelFormat::Unknown, Scalar::F32, 4}, {TexelFormat::Unknown, Scalar::I32, 4},
                          {TexelFormat::Unknown, Scalar::U32, 4}, {TexelFormat::Rgba32f, Scalar::F32, 4},
                          {TexelFormat::Rgba16f, Scalar::F32, 4}, {TexelFormat::R32f, Scalar::F32, 1},
                          {TexelFormat::Rgba8, Scalar::F32, 4},   {TexelFormat::Rgba8Snorm, Scalar::F32, 4},
                          {TexelFormat::R32i, Scalar::I32, 1},    {TexelFormat::R32ui, Scalar::U32, 1},
                          {TexelFormat::Rgba32i, Scalar::I32, 4}, {TexelFormat::Rgba32ui, Scalar::U32, 4},
                          {TexelFormat::Rgba8ui, Scalar::U32, 4}, {TexelFormat::Rgba8i, Scalar::I32, 4}};

constexpr unsigned width = 8, height = 4, layers = 2, texels = width * height * layers;

AnyValue coordinate(DynamicBuilder& b, ImageDim dim, SourceLocation at) {
  const AnyValue id = b.builtin(BuiltIn::LocalInvocationId);
  const AnyValue all = b.convert(Op::Bitcast, id, Type(Scalar::I32, 3), at);
  const unsigned two[2] = {0, 1};
  return dim == ImageDim::Dim2D ? b.swizzle(all, two, at) : all;
}
Place word_place(DynamicBuilder& b, std::uint32_t resource) {
  Place place;
  place.builder = &b;
  place.resource = resource;
  place.stride = 16;
  place.alignment = 16;
  place.index = b.builtin(BuiltIn::LocalInvocationIndex);
  return place;
}

/// The message of what is wrong with a kernel's module on a target, and empty if nothing is.
std::string written(const Kernel& kernel, const Target& target) {
  Tally tally;
  const Result<spirv::Module> module = write_spirv(kernel, target);
  if (!module.ok()) return std::string(module.error().to_string());
  return invalid_in(module->words(), target, tally);
}

}  // namespace

TEST_CASE("operations: storage images of every format, dimension and access") {
  std::mt19937_64 random(3);
  for (const Format& format : formats)
    for (const ImageDim dim : {ImageDim::Dim2D, ImageDim::Dim2DArray})
      for (const Access access : {Access::ReadOnly, Access::WriteOnly, Access::ReadWrite}) {
        CAPTURE(int(format.format));
        CAPTURE(int(format.component));
        CAPTURE(int(access));
        const bool array = dim == ImageDim::Dim2DArray;
        KernelOptions options;
        options.workgroup = {width, height, array ? layers : 1};
        DynamicBuilder b("image", options, line_of(0));
        const Type texel(format.component, 4);
        const std::uint32_t image = b.add_image(ResourceKind::StorageImage, format.component, dim, access,
                                                format.format, "image", line_of(0));
        const std::uint32_t in = b.add_buffer(Access::ReadOnly, texel, 16, "in", line_of(0));
        const std::uint32_t out = b.add_buffer(Access::WriteOnly, texel, 16, "out", line_of(0));
        const std::uint32_t size_out =
            b.add_buffer(Access::WriteOnly, Type(Scalar::I32), 4, "size", line_of(0));
        const AnyValue at = coordinate(b, dim, line_of(0));
        if (can_read(access)) {
          const AnyValue value = b.image_read(Op::ImageLoad, image, Span<const AnyValue>(&at, 1), line_of(0));
          b.store(word_place(b, out), value, line_of(0));
        }
        if (can_write(access)) {
          const AnyValue value = b.load(word_place(b, in), texel, line_of(0));
          b.image_store(image, at, value, line_of(0));
        }
        const AnyValue zero = b.constant_int(Type(Scalar::I32), 0);
        const AnyValue size = b.image_size(image, zero, line_of(0));
        const AnyValue first = b.builtin(BuiltIn::LocalInvocationIndex);
        b.begin_if(b.apply(Op::Equal, first, b.constant_bits(Type(Scalar::U32), 0)), line_of(0));
        for (unsigned i = 0; i < (array ? 3u : 2u); ++i)
          b.store({&b, size_out, 4, 4 * i, 0, {}, {}, {}, false, false}, size.component(i), line_of(0));
        b.end_if(line_of(0));
        const Kernel kernel = b.finish(line_of(0));
        REQUIRE(kernel.ok());

        // What it does: on the kernel as it is, and lowered.
        std::vector<const Need*> needs;
        if (format.format == TexelFormat::Unknown && can_read(access)) needs.push_back(&read_need);
        if (format.format == TexelFormat::Unknown && can_write(access)) needs.push_back(&write_need);
        const unsigned count = array ? texels : width * height;
        const std::uint32_t alpha = format.component == Scalar::F32 ? 0x3F800000 : 1;
        for (const Kernel* const each : {&kernel, static_cast<const Kernel*>(nullptr)}) {
          const Kernel lowered = lowered_for(kernel, with(Target::vulkan(1, 0), needs));
          REQUIRE(lowered.ok());
          std::vector<std::uint32_t> memory(count * 4), data(count * 4), result(count * 4);
          // Values that every format keeps: 0 and 1, -1 where it has a sign, of integers a byte.
          const auto kept_value = [&]() -> std::uint32_t {
            if (format.component == Scalar::U32) return static_cast<std::uint32_t>(random() % 256);
            if (format.component == Scalar::I32) return static_cast<std::uint32_t>(random() % 256) - 128;
            const float values[] = {0, 1, -1};
            return static_cast<std::uint32_t>(
                bits_of(values[random() % (format.format == TexelFormat::Rgba8 ? 2 : 3)]));
          };
          for (std::uint32_t& word : data) word = kept_value();
          for (std::size_t i = 0; i < memory.size(); ++i)
            memory[i] = i % 4 < format.kept ? kept_value() : i % 4 < 3 ? 0 : alpha;
          const std::vector<std::uint32_t> before = memory;
          std::int32_t extent[3] = {};
          Resources resources;
          ImageBinding binding;
          binding.width = width;
          binding.height = height;
          binding.layers = array ? layers : 1;
          binding.texels = memory.data();
          resources.bind_image("image", binding);
          resources.bind("in", Span<const std::uint32_t>(data));
          resources.bind("out", Span<std::uint32_t>(result));
          resources.bind("size", extent, sizeof extent);
          const Result<Report> report = interpret(each ? *each : lowered, Dispatch{}, resources);
          REQUIRE(report.ok());
          CHECK(std::string(report->to_string()) == "");
          CHECK(extent[0] == static_cast<std::int32_t>(width));
          CHECK(extent[1] == static_cast<std::int32_t>(height));
          if (array) CHECK(extent[2] == static_cast<std::int32_t>(layers));
          if (can_read(access)) CHECK(result == before);
          std::vector<std::uint32_t> kept = data;
          for (std::size_t i = 0; i < kept.size(); ++i)
            if (i % 4 >= format.kept) kept[i] = i % 4 < 3 ? 0 : alpha;
          CHECK(memory == (can_write(access) ? kept : before));
        }

        for (const unsigned minor : {0u, 1u, 4u})
          CHECK(written(kernel, with(Target::vulkan(1, minor), needs)) == "");
        for (const Need* const missing : needs) {
          // In Vulkan 1.3 they are still features of the device.
          const Result<spirv::Module> module =
              write_spirv(kernel, with(Target::vulkan(1, 0), needs, missing));
          REQUIRE_FALSE(module.ok());
          CHECK(wrong_error(module.error(), missing->capability, 1) == "");
        }
      }
}

TEST_CASE("operations: sampled images are sampled, fetched and asked for their size") {
  for (const Scalar s : {Scalar::F32, Scalar::I32, Scalar::U32})
    for (const ImageDim dim : {ImageDim::Dim2D, ImageDim::Dim2DArray})
      for (const Op op : {Op::ImageFetch, Op::ImageSample, Op::ImageSize}) {
        CAPTURE(int(s));
        CAPTURE(info_of(op).name);
        const bool array = dim == ImageDim::Dim2DArray;
        KernelOptions options;
        options.workgroup = {width, height, array ? layers : 1};
        DynamicBuilder b("image", options, line_of(0));
        const Type texel(s, 4);
        const std::uint32_t image = b.add_image(ResourceKind::SampledImage, s, dim, Access::ReadOnly,
                                                TexelFormat::Unknown, "image", line_of(0));
        const std::uint32_t out = b.add_buffer(Access::WriteOnly, texel, 16, "out", line_of(0));
        const AnyValue at = coordinate(b, dim, line_of(0));
        const AnyValue level = b.constant_int(Type(Scalar::I32), 0);
        AnyValue value;
        if (op == Op::ImageSize) {
          const AnyValue size = b.image_size(image, level, line_of(0));
          const AnyValue zero = b.constant_int(Type(Scalar::I32), 0);
          const AnyValue parts[4] = {size.component(0), size.component(1), array ? size.component(2) : zero,
                                     zero};
          value =
              b.convert(Op::Convert, b.construct(Type(Scalar::I32, 4), parts, line_of(0)), texel, line_of(0));
        } else if (op == Op::ImageFetch) {
          const AnyValue operands[2] = {at, level};
          value = b.image_read(op, image, operands, line_of(0));
        } else {
          // The middles of texels: (i + 1/2) / size; the layer as it is.
          const AnyValue f = b.convert(Op::Convert, at, Type(Scalar::F32, array ? 3 : 2), line_of(0));
          const AnyValue half = b.constant_float(Type(Scalar::F32), 0.5);
          AnyValue parts[3];
          const double scales[2] = {1.0 / width, 1.0 / height};
          for (unsigned i = 0; i < 2; ++i) {
            const AnyValue middle = b.apply(Op::Add, f.component(i), half, line_of(0));
            const AnyValue scale = b.constant_float(Type(Scalar::F32), scales[i]);
            parts[i] = b.apply(Op::Mul, middle, scale, line_of(0));
          }
          parts[2] = f.component(2);
          const AnyValue operands[2] = {b.construct(Type(Scalar::F32, array ? 3 : 2),
                                                    Span<const AnyValue>(parts, array ? 3 : 2), line_of(0)),
                                        b.constant_float(Type(Scalar::F32), 0)};
          value = b.image_read(op, image, operands, line_of(0));
        }
        b.store(word_place(b, out), value, line_of(0));
        const Kernel kernel = b.finish(line_of(0));
        REQUIRE(kernel.ok());
        // ImageQuery asks for the capability of that name, which every Vulkan has.
        for (const unsigned minor : {0u, 1u, 4u}) CHECK(written(kernel, Target::vulkan(1, minor)) == "");
        const unsigned count = array ? texels : width * height;
        std::vector<std::uint32_t> memory(count * 4), result(count * 4), expected;
        for (std::size_t i = 0; i < memory.size(); ++i)
          memory[i] = s == Scalar::F32 ? static_cast<std::uint32_t>(bits_of(static_cast<float>(i)))
                                       : static_cast<std::uint32_t>(i * 3);
        expected = memory;
        if (op == Op::ImageSize)
          for (std::size_t i = 0; i < expected.size(); ++i) {
            const unsigned v[4] = {width, height, array ? layers : 0u, 0u};
            expected[i] = s == Scalar::F32 ? static_cast<std::uint32_t>(bits_of(static_cast<float>(v[i % 4])))
                                           : v[i % 4];
          }
        Resources resources;
        ImageBinding binding;
        binding.width = width;
        binding.height = height;
        binding.layers = array ? layers : 1;
        binding.texels = memory.data();
        resources.bind_image("image", binding);
        resources.bind("out", Span<std::uint32_t>(result));
        const Result<Report> report = interpret(kernel, Dispatch{}, resources);
        REQUIRE(report.ok());
        CHECK(std::string(report->to_string()) == "");
        CHECK(result == expected);
      }
}
