// A GPU's compiler without the GPU: RADV's null device compiles for the family that RADV_FORCE_FAMILY names and says what
// it thinks of the result (VK_KHR_pipeline_executable_properties). Nothing can be dispatched there.
#pragma once

#include <airstrip/tensor.hpp>
#include <airstrip/vulkan.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bench {

/// What the compiler says of a kernel, by the names that it uses: "VGPRs", "Spilled VGPRs", "LDS size", "Code size",
/// "Subgroups per SIMD", "Latency", "Inverse Throughput" and more.
using Statistics = std::map<std::string, double>;

class NullGpu {
public:
  NullGpu() = default;
  ~NullGpu();
  NullGpu(const NullGpu&) = delete;
  NullGpu& operator=(const NullGpu&) = delete;

  /// Whether a family can be had, found out by a process of its own: RADV ends the one that names a family it does not
  /// know. The same GPU has other names in other versions of Mesa.
  static bool knows(const std::string& family);
  /// `family`: "NAVI21", "GFX1100". Empty, or why it cannot be had.
  std::string open(const std::string& family);
  const airstrip::tensor::Target& target() const { return target_; }
  const airstrip::vulkan::Description& describe() const { return context_.describe(); }

  /// Compiles a step of an operation. Empty with `error` set where the driver refuses it.
  Statistics compile(const airstrip::tensor::Operation& operation, std::size_t step,
                     std::string& error) const;

private:
  void* loader_ = nullptr;
  VkInstance instance_ = VK_NULL_HANDLE;
  VkDevice device_ = VK_NULL_HANDLE;
  airstrip::vulkan::Context context_;
  airstrip::tensor::Target target_;
};

}  // namespace bench
