// The Vulkan device that tests run on.
#pragma once

#include <cstdlib>

namespace test {

/// Part of its name: AIRSTRIP_TEST_DEVICE, llvmpipe if nothing is said.
inline const char* device_name() {
  const char* const named = std::getenv("AIRSTRIP_TEST_DEVICE");
  return named && *named ? named : "llvmpipe";
}

/// Before the driver is loaded. Mesa's key of what llvmpipe compiled does not have its vector width: a cache that a run at
/// 128 bits has filled gives subgroups of 4 to one at 512. The variable's name is that of 21.3 and later.
inline void turn_off_shader_cache() { setenv("MESA_SHADER_CACHE_DISABLE", "true", 1); }

}  // namespace test
