// The same with the adapter to SPIRV-Cross, which pulls in SPIRV-Tools and SPIRV-Cross.
#include <airstrip/airstrip.hpp>
#include <airstrip/cross.hpp>

#include <cstdio>

int main() {
  const airstrip::String version = airstrip::linked_cross_version();
  std::printf("airstrip with SPIRV-Cross %s and SPIRV-Tools %s\n", version.c_str(),
              airstrip::linked_validator_version());
  // No module at all.
  return airstrip::translate({}, airstrip::spirv::Target::vulkan(1, 1), airstrip::ShaderLanguage::Hlsl) ? 1
                                                                                                        : 0;
}
