// Adapter for programs without an engine: plays a compiled program on a Device of vulkan_device.hpp, which owns the memory.
//
//     Result<vulkan::Device> device = vulkan::Device::open();
//     Result<player::Session> session = player::Session::make(*device, *program);   // uploads and packs the weights
//     session->set_parameters({{"height", 240}, {"width", 320}});
//     session->set_input("picture", pixels, bytes);
//     session->run();
//     session->get_output("enlarged", result, result_bytes);
#pragma once

#include "player.hpp"
#include "vulkan_device.hpp"

#include "config.hpp"
#include "support/buffer.hpp"

AIRSTRIP_PLAYER_NAMESPACE_BEGIN

/// A program on a Device, with memory for everything: one run at a time, waited for. It must go before the Device, and the
/// program's bytes after it.
class Session {
public:
  /// Chooses a variant (`variant`: one by its name), compiles its pipelines, uploads the weights and packs them. Errors: those
  /// of Model::make, Model::compile, Instance::make and of the Device; InvalidBinding where a tensor is an image.
  static Result<Session> make(vulkan::Device& device, const program::Program& program, Text variant = {});

  Session() = default;
  Session(Session&&) noexcept = default;
  Session& operator=(Session&& other) noexcept;
  ~Session();

  /// As Instance::set_parameters.
  Result<void> set_parameters(Span<const program::ParameterValue> values);
  /// The elements of an input; as many bytes as it has for the sizes that are set. Errors: InvalidBinding (no input has that
  /// name), InvalidShape (another number of bytes), NotReady (no sizes were set), those of the Device.
  Result<void> set_input(Text name, const void* elements, std::uint64_t bytes);
  /// Runs it, and waits. Errors: those of Instance::record and of the Device; NotReady (an empty session).
  Result<void> run();
  /// The same as often as there is room in `times`: milliseconds by the host's clock, recording and waiting included.
  Result<void> time(Span<double> times);
  /// Times each dispatch of a run alone; milliseconds in the order of the variant's Phase::Run. MissingCapability where the
  /// device's queue has no timestamps.
  Result<void> time_dispatches(Buffer<double>& milliseconds);
  /// As `set_input`, the other way.
  Result<void> get_output(Text name, void* elements, std::uint64_t bytes);

  const Model& model() const { return model_; }
  Instance& instance() { return instance_; }
  const program::VariantRecord& variant() const { return model_.variant(); }
  /// What packing the weights took when the session was made: milliseconds by the host's clock, waiting for the device
  /// included. (Of what size packed weights are: `Model::memory`.)
  double packing_milliseconds() const { return packing_milliseconds_; }
  /// Bytes of device memory: weights, packed, scratch, uniform, tensors.
  std::uint64_t memory_bytes() const;

private:
  Result<void> prepare(vulkan::Device& device);
  Result<vulkan::DeviceBuffer> memory(std::uint64_t bytes);
  // The memory of what has so many bytes for the sizes that are set.
  Result<vulkan::DeviceBuffer> tensor(Text name, program::Direction direction, std::uint64_t bytes) const;
  void release();

  vulkan::Device* device_ = nullptr;
  program::Program program_;
  Model model_;
  Instance instance_;
  double packing_milliseconds_ = 0;
  Buffer<vulkan::DeviceBuffer> buffers_;  // of tensors, in their order; then the others
};

AIRSTRIP_PLAYER_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "player/impl/session.hpp"
#endif

#include "undef.hpp"
