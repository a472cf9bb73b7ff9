// A device opened through the adapter, for its tests: with guards around every buffer and every message of the
// validation layer a failure.
#pragma once

#include <airstrip/kernel/builder.hpp>
#include <airstrip/kernel/write_spirv.hpp>
#include <airstrip/vulkan_device.hpp>

#include "kernel/example_kernels.hpp"
#include "support/device.hpp"
#include "support/skip.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace test {

inline void on_validation_message(void*, airstrip::Text message) {
  FAIL_CHECK("validation layer: ", std::string(message));
}

inline std::string text_of(const airstrip::Diagnostic& error) { return std::string(error.to_string()); }

// What `what` gave, or a failure with its error.
template <class T>
bool is_ok(const airstrip::Result<T>& result) {
  if (!result.ok()) FAIL_CHECK(text_of(result.error()));
  return result.ok();
}

// The device at hand. Skips the test case where there is none.
struct AdapterDevice {
  explicit AdapterDevice(airstrip::vulkan::DeviceOptions options = {}) {
    options.name = device_name();
    options.validation = true;
    options.on_message = on_validation_message;
    options.guard_bytes = 256;
    turn_off_shader_cache();
    airstrip::Result<airstrip::vulkan::Device> opened = airstrip::vulkan::Device::open(options);
    if (opened.ok())
      device = static_cast<airstrip::vulkan::Device&&>(*opened);
    else if (opened.error().code == airstrip::ErrorCode::NoDevice)
      skip(opened.error().message.c_str());
    else
      FAIL(text_of(opened.error()));
    is_open = opened.ok();
  }
  ~AdapterDevice() {
    if (is_open) {
      CHECK(is_ok(device.check_guards()));
      CHECK(device.messages() == 0);
    }
  }

  template <class T>
  airstrip::vulkan::DeviceBuffer buffer(const std::vector<T>& content) {
    const auto made = device.make_buffer(content.size() * sizeof(T));
    REQUIRE(is_ok(made));
    REQUIRE(is_ok(device.upload(*made, content.data(), content.size() * sizeof(T))));
    return *made;
  }
  template <class T>
  std::vector<T> read(const airstrip::vulkan::DeviceBuffer& from) {
    std::vector<T> content(from.size / sizeof(T));
    REQUIRE(is_ok(device.download(from, content.data(), content.size() * sizeof(T))));
    return content;
  }
  // The kernel as this device takes it, with the names that it has in C++.
  airstrip::vulkan::Pipeline pipeline(const airstrip::kernel::Kernel& kernel,
                                      airstrip::kernel::WriteOptions options = {},
                                      airstrip::vulkan::PipelineInfo info = {}) {
    options.names = true;
    const auto module = airstrip::kernel::write_spirv(kernel, device.describe().target, options);
    REQUIRE(is_ok(module));
    info.words = module->words();
    if (info.label.empty()) info.label = kernel.name();
    auto made = airstrip::vulkan::Pipeline::make(device.context(), info);
    REQUIRE(is_ok(made));
    return static_cast<airstrip::vulkan::Pipeline&&>(*made);
  }

  airstrip::vulkan::Device device;
  bool is_open = false;
};

// It with all that it has, opened once for all cases of a program, and not closed: the end of the program is no place for
// checks. Null where there is none, and the case is skipped.
inline AdapterDevice* device_at_hand() {
  static AdapterDevice* opened = nullptr;
  if (!opened)
    opened = new AdapterDevice;  // says so itself
  else if (!opened->is_open)
    skip("there is no device, as the first case that was skipped says");
  return opened->is_open ? opened : nullptr;
}

// y = a * x + y.
inline airstrip::kernel::Kernel make_saxpy() { return example_kernels::saxpy(); }

}  // namespace test
