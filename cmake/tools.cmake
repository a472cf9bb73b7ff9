# The command line program. It uses the library header-only in every test mode: what the modes compare, the tests do.

# Why there is none; tests that need it say so.
set(airstrip_tool_absent "")
if(AIRSTRIP_NO_EXCEPTIONS)
  set(airstrip_tool_absent "this build is without exceptions, which the program and its libraries use")
else()
  find_package(CLI11 CONFIG QUIET)
  find_package(nlohmann_json CONFIG QUIET)
  find_package(PNG QUIET)
  # Debian's configuration of libjpeg-turbo names files that are in another package.
  find_path(AIRSTRIP_TURBOJPEG_INCLUDE_DIR turbojpeg.h)
  find_library(AIRSTRIP_TURBOJPEG_LIBRARY NAMES turbojpeg)
  mark_as_advanced(AIRSTRIP_TURBOJPEG_INCLUDE_DIR AIRSTRIP_TURBOJPEG_LIBRARY)
  set(absent "")
  foreach(need "CLI11::CLI11|CLI11" "nlohmann_json::nlohmann_json|nlohmann-json" "PNG::PNG|libpng"
      "airstrip_vulkan|the Vulkan headers")
    string(REPLACE "|" ";" need "${need}")
    list(GET need 0 target)
    list(GET need 1 library)
    if(NOT TARGET ${target})
      list(APPEND absent "${library}")
    endif()
  endforeach()
  if(NOT AIRSTRIP_TURBOJPEG_INCLUDE_DIR OR NOT AIRSTRIP_TURBOJPEG_LIBRARY)
    list(APPEND absent "libturbojpeg")
  endif()
  if(absent)
    list(JOIN absent ", " absent)
    set(airstrip_tool_absent "not found: ${absent}")
  endif()
endif()
if(airstrip_tool_absent)
  message(STATUS "tools/airstrip: skipped, ${airstrip_tool_absent}")
  return()
endif()

# The library's bodies, in one file. Like the compiled library it does without the strict warnings: where g++ 12 optimises
# all of it together it warns of sizes that cannot be.
add_library(airstrip_tool_library STATIC tools/airstrip/library.cpp)
target_compile_options(airstrip_tool_library PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>)
target_link_libraries(airstrip_tool_library PUBLIC airstrip airstrip_vulkan)
target_compile_definitions(airstrip_tool_library PUBLIC AIRSTRIP_HEADER_ONLY=0)
foreach(adapter validate cross)
  if(TARGET airstrip_${adapter})
    string(TOUPPER ${adapter} macro)
    target_link_libraries(airstrip_tool_library PUBLIC airstrip_${adapter})
    target_compile_definitions(airstrip_tool_library PUBLIC AIRSTRIP_TOOL_${macro})
  endif()
endforeach()

# Tensors and pictures in files: an example links it, too.
file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tools/airstrip/io/*.cpp")
add_library(airstrip_tool_io STATIC ${sources} tools/airstrip/failure.cpp)
target_include_directories(airstrip_tool_io PUBLIC "${PROJECT_SOURCE_DIR}/tools/airstrip")
target_include_directories(airstrip_tool_io SYSTEM PUBLIC "${AIRSTRIP_TURBOJPEG_INCLUDE_DIR}")
target_link_libraries(airstrip_tool_io
  PRIVATE airstrip_flags
  PUBLIC airstrip_tool_library PNG::PNG "${AIRSTRIP_TURBOJPEG_LIBRARY}")

# The rest but main(): the program and its tests link it.
file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tools/airstrip/*.cpp")
list(FILTER sources EXCLUDE REGEX "/tools/airstrip/(main|library|failure).cpp$")
add_library(airstrip_tool_parts STATIC ${sources})
target_link_libraries(airstrip_tool_parts
  PRIVATE airstrip_flags
  PUBLIC airstrip_tool_io CLI11::CLI11 nlohmann_json::nlohmann_json)

add_executable(airstrip_tool tools/airstrip/main.cpp)
set_target_properties(airstrip_tool PROPERTIES OUTPUT_NAME airstrip)
target_link_libraries(airstrip_tool PRIVATE airstrip_flags airstrip_tool_parts)
