// The smallest program that needs a function body of the library.
#include <airstrip/airstrip.hpp>

#include <cstdio>
#include <cstring>

int main() {
  const char* name = airstrip::to_string(airstrip::ErrorCode::EmptyId);
  std::printf("airstrip %d.%d.%d: %s\n", AIRSTRIP_VERSION_MAJOR, AIRSTRIP_VERSION_MINOR,
              AIRSTRIP_VERSION_PATCH, name);
  return std::strcmp(name, "EmptyId") == 0 ? 0 : 1;
}
