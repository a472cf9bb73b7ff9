// Runs one compute shader on a Vulkan device, for tests. Everything Vulkan returns is checked, every message of the
// validation layer (with synchronisation validation, where the layer is installed) and every damaged guard byte fails
// the test case. The loader is opened at run time, so a program with this in it starts without one.
#pragma once

#include <airstrip/support/span.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace test {

struct DeviceRequest {
  // Vulkan 1.minor: the instance, the device and the rules of the validation layer.
  unsigned minor = 1;
  // Members of VkPhysicalDeviceFeatures and, from 1.2 on, of VkPhysicalDeviceVulkan11Features and the later ones; see the
  // table in the .cpp. A SPIR-V target takes the same names.
  std::vector<const char*> features = {};
  // VkSubgroupFeatureFlagBits that compute must have.
  std::uint32_t subgroup_operations = 0;
};

class VulkanDevice;

// What a descriptor is for, or a device address points to. Owned by the device that made it.
class Buffer {
public:
  std::size_t size() const { return size_; }
  // With the feature bufferDeviceAddress; else 0.
  std::uint64_t address() const { return address_; }
  void* data() const { return mapped_ + guard; }

private:
  friend class VulkanDevice;
  static constexpr std::size_t guard = 256;  // no device wants more alignment of a storage buffer
  std::uint64_t buffer_ = 0, address_ = 0;
  std::size_t size_ = 0;
  unsigned char* mapped_ = nullptr;
};

// A two-dimensional image of one level, in the layout GENERAL, whose texels are copied from and to a buffer.
class Image {
private:
  friend class VulkanDevice;
  std::uint64_t image_ = 0, view_ = 0;
  Buffer* texels_ = nullptr;
  std::uint32_t width_ = 0, height_ = 0;
};

// A storage buffer or storage image unless it is said to be another descriptor of the same.
struct Binding {
  static constexpr std::uint32_t in_order = ~0u;  // its place in the list

  Binding(const Buffer& b) : buffer(&b) {}
  Binding(const Image& i) : image(&i) {}
  Binding& at(std::uint32_t in_set, std::uint32_t number) {
    set = in_set;
    binding = number;
    return *this;
  }
  // A uniform buffer, or an image with a sampler: nearest texel, clamped to the edge.
  Binding& read_only() {
    is_read_only = true;
    return *this;
  }

  const Buffer* buffer = nullptr;
  const Image* image = nullptr;
  std::uint32_t set = 0, binding = in_order;
  bool is_read_only = false;
};

struct Dispatch {
  airstrip::Span<const std::uint32_t> words = {};
  std::vector<Binding> bindings = {};
  std::vector<unsigned char> push = {};
  std::vector<std::pair<std::uint32_t, std::uint32_t>> constants = {};  // SpecId, value
  std::uint32_t groups[3] = {1, 1, 1};
};

// One shape of VkCooperativeMatrixPropertiesKHR at subgroup scope; types are VkComponentTypeKHR.
struct CooperativeShape {
  std::uint32_t m, n, k, a, b, c, result;
};

class VulkanDevice {
public:
  // The first device whose name contains AIRSTRIP_TEST_DEVICE, else "llvmpipe". Null where there is none, or it lacks what
  // is asked for; `reason` then says so.
  static std::unique_ptr<VulkanDevice> open(const DeviceRequest& request, std::string& reason);
  ~VulkanDevice();

  const std::string& name() const;  // with the driver's version
  std::uint32_t subgroup_size() const;
  bool has_validation_layer() const;
  const std::vector<CooperativeShape>& cooperative_shapes() const;

  // Memory that the host sees, all bits set: NaN, or -1, until somebody writes.
  Buffer& buffer(std::size_t bytes);
  template <class T>
  Buffer& buffer(const std::vector<T>& content) {
    Buffer& made = buffer(content.size() * sizeof(T));
    if (made.data() && !content.empty()) std::memcpy(made.data(), content.data(), made.size());
    return made;
  }
  template <class T>
  std::vector<T> read(const Buffer& from) const {
    std::vector<T> content(from.size() / sizeof(T));
    if (!content.empty() && from.mapped_)
      std::memcpy(content.data(), from.data(), content.size() * sizeof(T));
    return content;
  }
  // `format`: a VkFormat whose texels take `texel_bytes`.
  Image& image(std::uint32_t format, std::uint32_t width, std::uint32_t height,
               std::uint32_t texel_bytes = 4);
  Buffer& texels(const Image& of) const { return *of.texels_; }

  // Runs it to its end. False after a failure, which is reported to doctest.
  bool run(const Dispatch& dispatch);

private:
  struct Impl;
  VulkanDevice();
  std::unique_ptr<Impl> impl_;
};

// Push constants from values one after another, without padding.
template <class... T>
std::vector<unsigned char> bytes_of(const T&... values) {
  std::vector<unsigned char> bytes((sizeof(T) + ... + 0));
  std::size_t at = 0;
  ((std::memcpy(bytes.data() + at, &values, sizeof(T)), at += sizeof(T)), ...);
  return bytes;
}

}  // namespace test
