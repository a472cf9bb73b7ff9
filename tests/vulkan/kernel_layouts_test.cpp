// What a kernel's interface says is where its resources and parameters are, under each layout, placement and target.
#include "check_kernel.hpp"

using namespace airstrip::kernel;

namespace {

// Buffers in an order that SDL_GPU's sets change, and parameters whose alignments leave gaps.
Kernel make_kernel_of_everything() {
  return make_kernel("everything", {.workgroup = {16}}, [](KernelBuilder& k) {
    const auto out = k.output<u32>("out");
    const auto in = k.input<u32>("in");
    const auto scale = k.param<u32>("scale");
    const auto offset = k.param<u32x3>("offset");
    const auto flag = k.param<bool>("flag");
    const auto pair = k.param<f32x2>("pair");
    const auto both = k.inout<u32>("both");
    const auto more = k.input<u32x4>("more");
    const auto i = k.global_id().x;
    const auto sum = in[i] * scale + offset.x + (offset.y ^ offset.z);
    const auto four = more[i].value();
    out[i] = select(flag, sum, ~sum) + four.x * four.w;
    both[i] += bitcast<u32>(pair.x) ^ (bitcast<u32>(pair.y) + four.y - four.z);
  });
}

std::vector<u32> numbers(u32 count, u32 factor) {
  std::vector<u32> list(count);
  for (u32 i = 0; i < count; ++i) list[i] = (i + 1) * factor;
  return list;
}

test::Given given_to_everything() {
  test::Given given;
  given.buffer("out", std::vector<u32>(48)).buffer("in", numbers(48, 2654435761u));
  given.buffer("both", numbers(48, 97)).buffer("more", numbers(48 * 4, 40503u << 9));
  given.parameter<u32>("scale", 12345).parameter<u32x3>("offset", {7, 0xFFFF0000u, 99});
  given.parameter<bool>("flag", true).parameter<f32x2>("pair", {1.5f, -3.25f}).workgroups(3);
  return given;
}

// Narrow and wide parameters, and a buffer of each.
Kernel make_kernel_of_types() {
  return make_kernel("types", {.workgroup = {16}}, [](KernelBuilder& k) {
    const auto byte = k.param<u8>("byte");
    const auto number = k.param<i16x3>("number");
    const auto wide = k.param<u64>("wide");
    const auto half = k.param<f16>("half");
    const auto is_set = k.param<bool>("is set");
    const auto out = k.output<u64>("out");
    const auto halves = k.inout<f16>("halves");
    const auto i = k.global_id().x;
    const auto sum = convert<u64>(convert<i64>(number.x) * convert<i64>(number.z)) + convert<u64>(byte);
    out[i] = select(is_set, wide * convert<u64>(i + 1), wide) ^ (sum + convert<u64>(convert<i64>(number.y)));
    halves[i] = halves[i] * half;
  });
}

test::Given given_to_types() {
  std::vector<f16> halves(32);
  for (std::size_t i = 0; i < halves.size(); ++i) halves[i] = f16(static_cast<double>(i) * 0.375 - 5);
  test::Given given;
  given.parameter<u8>("byte", 250).parameter<i16x3>("number", {-300, 17, 32767});
  given.parameter<u64>("wide", 0x123456789ABCDEFu).parameter<f16>("half", f16(-1.5));
  given.parameter<bool>("is set", true).workgroups(2);
  given.buffer("out", std::vector<u64>(32)).buffer("halves", halves);
  return given;
}

const char* const all_types[] = {"shaderInt8", "shaderInt16", "shaderInt64", "shaderFloat16",
                                 "storageBuffer16BitAccess"};

}  // namespace

TEST_CASE("kernel layout: plain, parameters as push constants and as a uniform buffer") {
  const Kernel kernel = make_kernel_of_everything();
  const test::Given given = given_to_everything();
  for (const unsigned minor : {0u, 1u, 2u, 3u})
    for (const ParameterPlacement placement :
         {ParameterPlacement::PushConstants, ParameterPlacement::Uniform})
      if (!check_kernel(kernel, given, {minor}, {.parameters = placement})) return;
}

TEST_CASE("kernel layout: push constants too few, so a uniform buffer") {
  check_kernel(make_kernel_of_everything(), given_to_everything(), {1}, {.max_push_constants = 16});
}

TEST_CASE("kernel layout: SDL_GPU's sets") {
  check_kernel(make_kernel_of_everything(), given_to_everything(), {1}, {.layout = BindingLayout::SdlGpu});
}

TEST_CASE("kernel layout: Godot's push constants, WebGPU's uniform buffer, a set to be pushed") {
  for (const BindingLayout layout :
       {BindingLayout::Godot, BindingLayout::WebGpu, BindingLayout::PushDescriptors})
    if (!check_kernel(make_kernel_of_everything(), given_to_everything(), {1}, {.layout = layout})) return;
}

TEST_CASE("kernel layout: device addresses, in push constants and in a uniform buffer") {
  const std::vector<const char*> features[] = {
      {"bufferDeviceAddress"}, {"bufferDeviceAddress", "vulkanMemoryModel", "vulkanMemoryModelDeviceScope"}};
  for (const std::vector<const char*>& f : features)
    for (const ParameterPlacement placement :
         {ParameterPlacement::PushConstants, ParameterPlacement::Uniform})
      if (!check_kernel(make_kernel_of_everything(), given_to_everything(), {3, f},
                        {.layout = BindingLayout::DeviceAddresses, .parameters = placement}))
        return;
}

TEST_CASE("kernel layout: parameters of 8, 16 and 64 bits, native and legalised") {
  const std::vector<const char*> native(std::begin(all_types), std::end(all_types));
  for (const ParameterPlacement placement :
       {ParameterPlacement::PushConstants, ParameterPlacement::Uniform}) {
    if (!check_kernel(make_kernel_of_types(), given_to_types(), {1}, {.parameters = placement})) return;
    if (!check_kernel(make_kernel_of_types(), given_to_types(), {3, native}, {.parameters = placement}))
      return;
  }
}

TEST_CASE("kernel layout: narrow and wide buffers by their addresses, native and legalised") {
  std::vector<const char*> native(std::begin(all_types), std::end(all_types));
  native.push_back("bufferDeviceAddress");
  const WriteOptions options{.layout = BindingLayout::DeviceAddresses};
  if (!check_kernel(make_kernel_of_types(), given_to_types(), {2, native}, options)) return;
  check_kernel(make_kernel_of_types(), given_to_types(), {2, {"bufferDeviceAddress"}}, options);
}
