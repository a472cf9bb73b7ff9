// What the caller gives a dispatch: buffers, images, samplers, addresses and parameters, by name or by place.
#pragma once

#include "../config.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vulkan/vulkan_core.h>

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

/// Where something is bound: by the name that the module has for it (OpName; `WriteOptions::names` for kernels), by set and
/// binding, or by its offset in the push constants.
struct Slot {
  enum class By : std::uint8_t { Name, Number, Offset };

  Slot(Text by_name) : name(by_name) {}
  Slot(const char* by_name) : name(by_name) {}
  Slot(std::uint32_t in_set, std::uint32_t number) : by(By::Number), set(in_set), binding(number) {}
  static Slot at_offset(std::uint32_t bytes) {
    Slot slot{Text()};
    slot.by = By::Offset;
    slot.offset = bytes;
    return slot;
  }
  /// An element of an array of descriptors.
  Slot element_of_array(std::uint32_t index) const {
    Slot slot = *this;
    slot.element = index;
    return slot;
  }

  By by = By::Name;
  Text name;
  std::uint32_t set = 0, binding = 0, element = 0;
  std::uint32_t offset = 0;
};

/// One descriptor, or an address. Made by the functions below.
struct Binding {
  enum class Kind : std::uint8_t { Buffer, Image, SampledImage, Sampler, TexelBuffer, Address };

  Slot slot;
  Kind kind = Kind::Buffer;
  VkBuffer buffer = VK_NULL_HANDLE;
  VkDeviceSize offset = 0, size = 0;
  /// What the buffer or image was created for; 0: not said, and not checked.
  VkFlags usage = 0;
  VkImageView view = VK_NULL_HANDLE;
  VkSampler sampler = VK_NULL_HANDLE;
  VkImageLayout layout = VK_IMAGE_LAYOUT_UNDEFINED;
  VkBufferView texels = VK_NULL_HANDLE;
  VkDeviceAddress address = 0;

  /// States the usage, so that a wrong one is an error.
  Binding with_usage(VkFlags flags) const {
    Binding binding = *this;
    binding.usage = flags;
    return binding;
  }
};

/// A storage or uniform buffer: `size` bytes from `offset`. VK_WHOLE_SIZE will not do: what cannot be known is not checked.
Binding bind_buffer(Slot slot, VkBuffer buffer, VkDeviceSize size, VkDeviceSize offset = 0);
/// A storage image, or an image without its sampler (with SHADER_READ_ONLY_OPTIMAL).
Binding bind_image(Slot slot, VkImageView view, VkImageLayout layout = VK_IMAGE_LAYOUT_GENERAL);
/// An image with its sampler.
Binding bind_sampled(Slot slot, VkImageView view, VkSampler sampler,
                     VkImageLayout layout = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
Binding bind_sampler(Slot slot, VkSampler sampler);
/// A uniform or storage texel buffer.
Binding bind_texels(Slot slot, VkBufferView texels);
/// A buffer by its address (`BindingLayout::DeviceAddresses`): the 64 bits go into the push constants or the block of
/// parameters. `size`: what lies there, for those who ask what a dispatch uses.
Binding bind_address(Slot slot, VkDeviceAddress address, VkDeviceSize size = 0);

/// A value for a member of the push constants, or of a block of parameters. A C++ number is checked against the member's
/// type: `{"a", 2}` for a float is an error, not the bits of an integer. What is narrower than its member (bool, u8, i16)
/// is widened by its own sign, as kernels expect it.
struct Parameter {
  enum class Kind : std::uint8_t { Integer, Float, Bytes };
  static constexpr std::uint32_t max_size = 64;

  template <class T>
    requires(std::is_trivially_copyable_v<T> && sizeof(T) <= max_size)
  Parameter(Slot where, const T& value) : slot(where), size(sizeof(T)) {
    if constexpr (std::is_floating_point_v<T>) {
      kind = Kind::Float;
    } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      kind = Kind::Integer;
      if constexpr (std::is_signed_v<T>) is_negative = value < 0;
    }
    std::memcpy(bytes, &value, sizeof(T));
  }
  /// Bytes as they lie, `max_size` of them at most.
  static Parameter from_bytes(Slot where, const void* from, std::uint32_t size) {
    Parameter parameter(where, '\0');
    parameter.kind = Kind::Bytes;
    parameter.size = size;
    if (size <= max_size) std::memcpy(parameter.bytes, from, size);
    return parameter;
  }

  Slot slot;
  Kind kind = Kind::Bytes;
  bool is_negative = false;
  std::uint32_t size = 0;
  unsigned char bytes[max_size] = {};
};

/// Everything for one dispatch. Lists in braces live as long as the call they stand in.
struct Arguments {
  Span<const Binding> bindings = {};
  Span<const Parameter> parameters = {};
  /// All push constants as they lie, from the range's offset; parameters and addresses go on top.
  Span<const unsigned char> push_constants = {};
  /// What the module has no use for is passed over; else it is an error, since mostly it is a name misspelt.
  bool ignore_unused = false;
};

AIRSTRIP_VULKAN_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/binding.hpp"
#endif
