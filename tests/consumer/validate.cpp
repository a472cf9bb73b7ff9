// The same with the adapter, which pulls in SPIRV-Tools.
#include <airstrip/airstrip.hpp>
#include <airstrip/validate.hpp>

#include <spirv-tools/libspirv.h>

#include <cstdio>

int main() {
  std::printf("airstrip with %s\n", spvSoftwareVersionString());
  return airstrip::to_string(airstrip::ErrorCode::EmptyId)[0] == 'E' ? 0 : 1;
}
