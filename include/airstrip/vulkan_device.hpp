// Adapter for programs without an engine: finds the Vulkan loader at run time, opens a device, and owns memory, a queue
// and the waiting. It stands beside vulkan.hpp, which an engine uses with a device of its own, and is made with it.
// Needs the Vulkan headers (CMake: airstrip::vulkan, which links the system's dlopen).
//
//     Result<Device> device = Device::open();                        // a GPU, else a software driver
//     if (!device) return puts(device.error().to_string().c_str());  // "… is a Vulkan driver installed?"
//     Result<DeviceBuffer> x = device->make_buffer(4 * n), y = device->make_buffer(4 * n);
//     device->upload(*x, numbers.data(), 4 * n);
//     device->run(*pipeline, {.bindings = {bind("x", *x), bind("y", *y)}, .parameters = {{"n", n}, {"a", 2.0f}}},
//                 {(n + 63) / 64});
//     device->download(*y, numbers.data(), 4 * n);
#pragma once

#include "vulkan.hpp"

#include "config.hpp"
#include "support/span.hpp"
#include "support/string.hpp"

#include <cstddef>
#include <cstdint>

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

struct DeviceOptions {
  /// Part of the device's name; empty: a discrete GPU, else an integrated one, a virtual one, any other, and a CPU last.
  Text name = {};
  /// Vulkan version to make instance and device for, at most; less where the device or the loader has less.
  std::uint32_t api_version = VK_API_VERSION_1_3;
  /// Enables what the device supports and a kernel can use: features, and extensions for compute.
  bool enable_all = true;
  /// What is enabled besides; NoDevice where the device lacks it.
  Span<const Text> features = {};
  Span<const char* const> extensions = {};
  /// Limits to keep to in place of the device's; see ContextInfo.
  const VkPhysicalDeviceLimits* limits = nullptr;

  /// The Khronos validation layer with synchronisation validation, where it is installed.
  bool validation = false;
  /// Called with each message of the layer, by whichever thread calls Vulkan.
  void (*on_message)(void* user, Text message) = nullptr;
  void* user = nullptr;
  /// Bytes before and after each buffer that nobody may write; a multiple of 256, or 0. With them new buffers are filled
  /// with ones: NaN, or -1, until somebody writes.
  std::uint32_t guard_bytes = 0;
  /// Copies through a buffer of the host even where the device's memory is the host's: what a discrete GPU does.
  bool copy_always = false;
  /// File of the loader; empty: the system's (libvulkan.so.1, libvulkan.dylib, libMoltenVK.dylib, vulkan-1.dll).
  Text loader = {};
};

/// Memory of a Device, which owns it. A value: copy it, and forget it when it has been released.
struct DeviceBuffer {
  VkBuffer buffer = VK_NULL_HANDLE;
  VkDeviceSize offset = 0, size = 0;  ///< without the guards
  VkDeviceAddress address = 0;        ///< 0 without the feature bufferDeviceAddress
  std::uint32_t index = 0;
};

/// A two-dimensional image of one level for storage, sampling and copies, in the layout GENERAL.
struct DeviceImage {
  VkImage image = VK_NULL_HANDLE;
  VkImageView view = VK_NULL_HANDLE;
  VkFormat format = VK_FORMAT_UNDEFINED;
  std::uint32_t width = 0, height = 0, texel_bytes = 0;
};

/// Binds a Device's memory.
Binding bind(Slot slot, const DeviceBuffer& buffer);
Binding bind_address(Slot slot, const DeviceBuffer& buffer);
Binding bind(Slot slot, const DeviceImage& image);
Binding bind(Slot slot, const DeviceImage& image, VkSampler sampler);

/// Times of one dispatch on the device, by timestamps, in nanoseconds.
struct Timing {
  double median = 0, minimum = 0, maximum = 0;
  std::uint32_t repeats = 0;
};

/// An instance, a device, a queue with compute, memory. One thread at a time; any number of Devices in a program.
class Device {
public:
  /// Errors: NoDevice (no loader, no driver, no device of that name or with those features; the message says which, and
  /// what there is), VulkanFailed, OutOfMemory.
  static Result<Device> open(const DeviceOptions& options = {});

  Device() = default;
  /// Waits for the device. Pipelines and Prepareds made with `context()` must be gone.
  ~Device();
  Device(Device&& other) noexcept;
  Device& operator=(Device&& other) noexcept;

  const Context& context() const;
  const Description& describe() const { return context().describe(); }
  VkInstance instance() const;
  VkQueue queue() const;
  std::uint32_t queue_family() const;
  /// Of the queue's timestamps; 0: it has none.
  std::uint32_t timestamp_bits() const;
  bool has_validation_layer() const;
  /// Messages of the validation layer so far.
  std::uint64_t messages() const;

  /// Storage, uniform, indirect and transfer usage, and device address where enabled. Not initialised without guards.
  Result<DeviceBuffer> make_buffer(std::uint64_t bytes);
  /// The same, visible to the host, coherent, and mapped for as long as it is there; without guards.
  Result<DeviceBuffer> make_host_buffer(std::uint64_t bytes, void*& mapped);
  /// `texel_bytes` of the format.
  Result<DeviceImage> make_image(VkFormat format, std::uint32_t width, std::uint32_t height,
                                 std::uint32_t texel_bytes);
  /// Texels by index, without filtering, clamped to the edge.
  Result<VkSampler> make_sampler();
  /// Frees before the device is closed. Nothing may be using it.
  void release(DeviceBuffer& buffer);

  /// Copies now, and waits: what is submitted afterwards sees it without a barrier. LimitExceeded beyond the buffer's end.
  Result<void> upload(const DeviceBuffer& to, const void* from, std::uint64_t bytes,
                      std::uint64_t offset = 0);
  Result<void> download(const DeviceBuffer& from, void* to, std::uint64_t bytes, std::uint64_t offset = 0);
  /// All texels, row by row without gaps.
  Result<void> upload(const DeviceImage& to, const void* texels);
  Result<void> download(const DeviceImage& from, void* texels);
  /// Whether all guards are whole: InvalidBinding and the buffer's size where one is not.
  Result<void> check_guards();

  /// Prepares, compiles if need be, records with barriers around, submits and waits.
  Result<void> run(Pipeline& pipeline, const Arguments& arguments, Groups groups);
  /// The same `repeats` times after one for warmth, each timed by itself. MissingCapability where the queue has no timestamps.
  Result<Timing> time(Pipeline& pipeline, const Arguments& arguments, Groups groups,
                      std::uint32_t repeats = 10);

  /// For recording several things: the command buffer, begun; then `submit`, which waits.
  Result<VkCommandBuffer> begin();
  Result<void> submit();
  /// A pool and memory for `times` calls of `prepare` with this pipeline, good until the next call of `frame`.
  Result<Frame*> frame(const Pipeline& pipeline, std::uint32_t times = 1);
  /// The same for several that are prepared together, as the steps of an operation. (For several operations in one command
  /// buffer make a VkDescriptorPool of their `pool_sizes()` added up.)
  Result<Frame*> frame(Span<const Pipeline> pipelines, std::uint32_t times = 1);

private:
  struct Body;
  Body* body_ = nullptr;
};

AIRSTRIP_VULKAN_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "vulkan/impl/device.hpp"
#include "vulkan/impl/device_memory.hpp"
#include "vulkan/impl/device_run.hpp"
#endif

#include "undef.hpp"
