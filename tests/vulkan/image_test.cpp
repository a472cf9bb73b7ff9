// Storage images, with and without a format in the module.
#include "fixture.hpp"

using namespace airstrip::spirv;

namespace {

using Word = std::uint32_t;
constexpr Word width = 37, height = 19;
constexpr Word format_r32_uint = 98, format_r8g8b8a8_unorm = 37;  // VkFormat

// out(x, y) = the bytes of in(width - 1 - x, y), as numbers from 0 to 1.
void convert(const test::DeviceRequest& request, ImageFormat format) {
  Builder b({.target = test::target_of(request)});
  const TypeId u32 = b.declare_uint32(), i32 = b.declare_int32(), f32 = b.declare_float(32);
  const TypeId ivec2 = b.declare_vector(i32, 2), uvec2 = b.declare_vector(u32, 2),
               vec4 = b.declare_vector(f32, 4);
  const ValueId in = b.add_resource(
      b.declare_image({.sampled_type = u32, .storage = true, .format = ImageFormat::R32ui}), 0, 0, "in");
  const ValueId out =
      b.add_resource(b.declare_image({.sampled_type = f32, .storage = true, .format = format}), 0, 1, "out");
  const FunctionId main = b.begin_function(b.declare_void());
  const ValueId id = b.OpLoad(b.declare_builtin_uvec3(BuiltIn::GlobalInvocationId));
  const ValueId at = b.OpVectorShuffle(uvec2, id, id, {0, 1});
  const ValueId size = b.OpImageQuerySize(uvec2, b.OpLoad(out));
  b.if_(b.OpAll(b.OpULessThan(at, size)), [&] {
    const ValueId x = b.OpCompositeExtract(at, {0}), y = b.OpCompositeExtract(at, {1});
    const ValueId mirrored = b.OpISub(b.OpISub(b.OpCompositeExtract(size, {0}), b.constant(1u)), x);
    const ValueId from = b.OpBitcast(ivec2, b.OpCompositeConstruct(uvec2, {mirrored, y}));
    const ValueId texel =
        b.OpCompositeExtract(b.OpImageRead(b.declare_vector(u32, 4), b.OpLoad(in), from), {0});
    ValueId channels[4];
    for (Word c = 0; c < 4; ++c) {
      const ValueId byte = b.OpBitFieldUExtract(texel, b.constant(8 * c), b.constant(8u));
      channels[c] = b.OpFDiv(b.OpConvertUToF(f32, byte), b.constant(255.0f));
    }
    b.OpImageWrite(b.OpLoad(out), at, b.OpCompositeConstruct(vec4, channels));
  });
  b.end_function();
  b.add_compute_entry_point(main, "main", 8, 8);
  const test::Ready ready = test::prepare(b, request);
  if (!ready) return;

  test::Image& from = ready.device->image(format_r32_uint, width, height);
  test::Image& to = ready.device->image(format_r8g8b8a8_unorm, width, height);
  std::vector<Word> texels(width * height), expected(width * height);
  for (Word i = 0; i < texels.size(); ++i) texels[i] = i * 2654435761u;
  for (Word i = 0; i < texels.size(); ++i) expected[i] = texels[i / width * width + width - 1 - i % width];
  std::memcpy(ready.device->texels(from).data(), texels.data(), texels.size() * sizeof(Word));
  if (!ready.run({.bindings = {from, to}, .groups = {(width + 7) / 8, (height + 7) / 8, 1}})) return;
  CHECK(ready.device->read<Word>(ready.device->texels(to)) == expected);
  CHECK(ready.device->read<Word>(ready.device->texels(from)) == texels);
}

}  // namespace

TEST_CASE("a storage image is read and written, with its format in the module") {
  convert({1}, ImageFormat::Rgba8);
}
TEST_CASE("a storage image is written without a format in the module") {
  convert({1, {"shaderStorageImageWriteWithoutFormat"}}, ImageFormat::Unknown);
}
