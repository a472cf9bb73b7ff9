// The device that is measured, and dispatches recorded for it: those of an Operation, and those of modules from elsewhere.
#pragma once

#include <airstrip/tensor.hpp>
#include <airstrip/vulkan_device.hpp>
#include <airstrip/vulkan_tensor.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace bench {

/// Sets of buffers that timed runs go round, so that what one run reads is not what the run before left in the caches.
inline constexpr std::size_t buffer_sets = 4;

/// The same tensor in each set, with contents of its own.
struct Buffers {
  airstrip::vulkan::DeviceBuffer set[buffer_sets];
};

/// Opened once. AIRSTRIP_BENCH_DEVICE names one; without it Device::open chooses.
class Machine {
public:
  /// Empty, or why there is no device.
  std::string open();

  airstrip::vulkan::Device device;
  airstrip::tensor::Target target;

  /// Numbers of [-1, 1), never 0, which differ from set to set. What they are, the host knows: `number`.
  Buffers random(std::size_t count, std::uint64_t seed);
  Buffers empty(std::size_t bytes);
  static float number(std::uint64_t seed, std::size_t set, std::size_t index);
  static std::vector<float> numbers(std::uint64_t seed, std::size_t set, std::size_t count);
  std::vector<float> download(const airstrip::vulkan::DeviceBuffer& from, std::size_t count);
  void release(Buffers& buffers);
};

/// Dispatches in order, with barriers between, each prepared for every set of buffers.
class Chain {
public:
  explicit Chain(Machine& machine) : machine_(&machine) {}
  ~Chain();
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  struct Bound {
    airstrip::vulkan::Slot slot;
    const Buffers* buffers;
    bool by_address = false;
  };
  /// Adds a dispatch. `info.words` need not outlive the call. Empty, or the error.
  std::string add(const airstrip::vulkan::PipelineInfo& info, airstrip::vulkan::Groups groups,
                  const std::vector<Bound>& bound,
                  const std::vector<airstrip::vulkan::Parameter>& parameters = {});
  /// Runs all dispatches for one set. Seconds by the clock from the submission until the device is done; negative after a failure.
  double run(std::size_t set);
  const std::string& error() const { return error_; }
  /// Seconds of making and compiling the pipelines.
  double compile_seconds() const { return compile_seconds_; }
  /// The same and the first run, in which some drivers compile. 0: not run yet.
  double first_seconds() const { return first_seconds_; }

private:
  struct Dispatch {
    airstrip::vulkan::Pipeline pipeline;
    VkDescriptorPool pool = VK_NULL_HANDLE;
    airstrip::vulkan::Prepared prepared[buffer_sets];
    airstrip::vulkan::Groups groups;
  };
  Machine* machine_;
  std::vector<std::unique_ptr<Dispatch>> dispatches_;
  std::string error_;
  double compile_seconds_ = 0, first_seconds_ = 0;
};

/// An Operation ready to run: Phase::Prepare has been executed, Phase::Run is in `chain`.
struct Ready {
  explicit Ready(Machine& on) : machine(&on), chain(on) {}
  ~Ready();
  Ready(const Ready&) = delete;
  Ready& operator=(const Ready&) = delete;

  Machine* machine;
  Chain chain;
  std::map<std::string, Buffers> own;  ///< packed, scratch and outputs
  std::string error;
};
/// `given`: the inputs by name. Sizes of run time are all `run_time_size`.
inline constexpr std::uint32_t run_time_size = 64;
std::unique_ptr<Ready> make_ready(Machine& machine, const airstrip::tensor::Operation& operation,
                                  const std::map<std::string, const Buffers*>& given);

}  // namespace bench
