// The adapter for engines: dispatches under every layout of bindings, and what a device says of itself.
#include "adapter_fixture.hpp"

#include <algorithm>

using namespace airstrip;
using namespace airstrip::kernel;
using namespace airstrip::vulkan;

namespace {

constexpr u32 count = 1000;

void check_saxpy(test::AdapterDevice& d, const WriteOptions& options, bool push, bool by_address) {
  Pipeline pipeline = d.pipeline(test::make_saxpy(), options, {.push_descriptors = push});
  std::vector<float> xs(count), ys(count, 1.0f);
  for (u32 i = 0; i < count; ++i) xs[i] = static_cast<float>(i);
  const DeviceBuffer x = d.buffer(xs), y = d.buffer(ys);
  const Binding bindings[] = {by_address ? bind_address("x", x) : bind("x", x),
                              by_address ? bind_address("y", y) : bind("y", y)};
  const Parameter parameters[] = {{"n", count}, {"a", 2.0f}};
  CHECK(test::is_ok(
      d.device.run(pipeline, {.bindings = bindings, .parameters = parameters}, {(count + 63) / 64})));
  CHECK(pipeline.is_ready());
  const std::vector<float> found = d.read<float>(y);
  for (u32 i = 0; i < count; ++i) REQUIRE(found[i] == 2.0f * static_cast<float>(i) + 1.0f);
}

}  // namespace

TEST_CASE("adapter: saxpy in a plain layout, parameters as push constants and as a uniform buffer") {
  test::AdapterDevice d;
  if (!d.is_open) return;
  check_saxpy(d, {}, false, false);
  check_saxpy(d, {.parameters = ParameterPlacement::Uniform}, false, false);
  check_saxpy(d, {.layout = BindingLayout::SdlGpu}, false, false);
  check_saxpy(d, {.layout = BindingLayout::Godot}, false, false);
}

TEST_CASE("adapter: saxpy on a device whose memory the host does not see") {
  test::AdapterDevice d({.copy_always = true});
  if (!d.is_open) return;
  check_saxpy(d, {}, false, false);
  const DeviceBuffer buffer = d.buffer(std::vector<u32>{1, 2, 3, 4, 5});
  u32 two[2] = {};
  CHECK(test::is_ok(d.device.download(buffer, two, sizeof two, 8)));
  CHECK(two[0] == 3);
  CHECK(two[1] == 4);
  const Result<void> beyond = d.device.download(buffer, two, sizeof two, 16);
  CHECK(beyond.error().code == ErrorCode::LimitExceeded);
  CHECK(beyond.error().message.contains("8 bytes at 16 goes beyond the end of a buffer of 20 bytes"));
}

TEST_CASE("adapter: saxpy with push descriptors") {
  test::AdapterDevice d;
  if (!d.is_open) return;
  if (d.device.describe().max_push_descriptors == 0)
    return test::skip("the device has no VK_KHR_push_descriptor");
  check_saxpy(d, {.layout = BindingLayout::PushDescriptors}, true, false);
}

TEST_CASE("adapter: saxpy by device addresses, in push constants and in a uniform buffer") {
  test::AdapterDevice d;
  if (!d.is_open) return;
  if (!d.device.describe().has_device_addresses) return test::skip("the device has no bufferDeviceAddress");
  check_saxpy(d, {.layout = BindingLayout::DeviceAddresses}, false, true);
  check_saxpy(d, {.layout = BindingLayout::DeviceAddresses, .parameters = ParameterPlacement::Uniform}, false,
              true);
}
