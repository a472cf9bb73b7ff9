# Tests, benchmarks, examples and fuzz targets. Nothing here reaches a user of the library.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_CXX_EXTENSIONS OFF)
find_package(Threads REQUIRED)

# --- flags -------------------------------------------------------------------------------------------------------

# The library's folder is an ordinary (not a system) include folder of every program below, so these warnings apply
# to its headers; third parties come as system headers.
add_library(airstrip_flags INTERFACE)
if(MSVC)
  target_compile_options(airstrip_flags INTERFACE /W4 /permissive- /utf-8 $<$<BOOL:${AIRSTRIP_WERROR}>:/WX>)
else()
  target_compile_options(airstrip_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wcast-align -Wcast-qual -Wnull-dereference -Wdouble-promotion -Wformat=2 -Wundef -Wunused
    -Wmissing-declarations -Wimplicit-fallthrough -Wextra-semi -Wzero-as-null-pointer-constant
    $<$<BOOL:${AIRSTRIP_WERROR}>:-Werror>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    target_compile_options(airstrip_flags INTERFACE -Wduplicated-cond -Wlogical-op -Wuseless-cast)
  else()
    target_compile_options(airstrip_flags INTERFACE -Wshadow-all -Wno-shadow-field-in-constructor -Wcomma
      -Wunreachable-code)
  endif()
endif()
if(AIRSTRIP_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(AIRSTRIP_NO_EXCEPTIONS)
  add_compile_options(-fno-exceptions -fno-rtti)
endif()

# What the programs are compiled against.
add_library(airstrip_subject INTERFACE)
if(AIRSTRIP_TEST_MODE STREQUAL header)
  target_link_libraries(airstrip_subject INTERFACE airstrip)
elseif(AIRSTRIP_TEST_MODE STREQUAL compiled)
  target_link_libraries(airstrip_subject INTERFACE airstrip_compiled)
else()
  # Every public header's name leads to the single header that contains it. The library's own folder is not on the
  # include path, so nothing can leak in from there.
  set(forward_dir "${PROJECT_BINARY_DIR}/single")
  file(REMOVE_RECURSE "${forward_dir}")
  file(GLOB_RECURSE headers RELATIVE "${PROJECT_SOURCE_DIR}/include" CONFIGURE_DEPENDS
    "${PROJECT_SOURCE_DIR}/include/airstrip/*.hpp")
  list(FILTER headers EXCLUDE REGEX "/impl/|/undef.hpp$")
  foreach(header IN LISTS headers)
    set(single "${PROJECT_SOURCE_DIR}/single_include/airstrip/airstrip.hpp")
    if(EXISTS "${PROJECT_SOURCE_DIR}/single_include/${header}")
      set(single "${PROJECT_SOURCE_DIR}/single_include/${header}")
    endif()
    file(WRITE "${forward_dir}/${header}" "#pragma once\n#include \"${single}\"\n")
  endforeach()
  target_include_directories(airstrip_subject INTERFACE "${forward_dir}")
  target_compile_features(airstrip_subject INTERFACE cxx_std_20)
endif()

# The same with the adapter to SPIRV-Tools.
if(TARGET airstrip_validate)
  add_library(airstrip_subject_validate INTERFACE)
  if(AIRSTRIP_TEST_MODE STREQUAL compiled)
    target_link_libraries(airstrip_subject_validate INTERFACE airstrip_compiled_validate)
  elseif(AIRSTRIP_TEST_MODE STREQUAL header)
    target_link_libraries(airstrip_subject_validate INTERFACE airstrip_validate)
  else()
    # Without airstrip::airstrip, whose folder must stay off the include path.
    get_target_property(validate_links airstrip_validate INTERFACE_LINK_LIBRARIES)
    list(REMOVE_ITEM validate_links airstrip::airstrip)
    target_link_libraries(airstrip_subject_validate INTERFACE airstrip_subject ${validate_links})
  endif()
endif()

find_package(Vulkan QUIET)

# airstrip_program(NAME FOLDER SOURCES…): an executable with the strict warnings. FOLDER decides what it is linked to:
# the folders named here do without SPIRV-Tools, which shows that the library does.
function(airstrip_program name folder)
  add_executable(${name} ${ARGN})
  set(subject airstrip_subject)
  if(NOT folder MATCHES "^(base|spirv|odr|tools)$" AND TARGET airstrip_subject_validate)
    set(subject airstrip_subject_validate)
  endif()
  target_link_libraries(${name} PRIVATE airstrip_flags ${subject} Threads::Threads)
  if(folder STREQUAL vulkan)
    target_link_libraries(${name} PRIVATE Vulkan::Headers ${CMAKE_DL_LIBS})  # the loader is loaded at run time
  endif()
  if(folder STREQUAL kernel AND NOT MSVC)
    # C++ references of floating-point operations round each of them once, as the interpreter does.
    target_compile_options(${name} PRIVATE -ffp-contract=off)
  endif()
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_compile_definitions(${name} PRIVATE
    TEST_SOURCE_DIR="${PROJECT_SOURCE_DIR}" TEST_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
endfunction()

# --- the rest ----------------------------------------------------------------------------------------------------

if(AIRSTRIP_EXAMPLES)
  find_package(PNG QUIET)
  file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/examples")
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/examples/*.cpp")
  foreach(source IN LISTS sources)
    get_filename_component(name "${source}" NAME_WE)
    airstrip_program(${name} examples "${source}")
    target_compile_definitions(${name} PRIVATE AIRSTRIP_EXAMPLE_OUTPUT="${PROJECT_BINARY_DIR}/examples")
    if(TARGET airstrip_subject_validate)
      target_compile_definitions(${name} PRIVATE AIRSTRIP_EXAMPLE_VALIDATE)
    endif()
    file(STRINGS "${source}" wants_png REGEX "^#include <png.h>")
    if(wants_png AND PNG_FOUND)
      target_link_libraries(${name} PRIVATE PNG::PNG)
      target_compile_definitions(${name} PRIVATE AIRSTRIP_EXAMPLE_PNG)
    endif()
  endforeach()
endif()

if(AIRSTRIP_TESTS)
  include(cmake/tests.cmake)
endif()

if(AIRSTRIP_BENCHES)
  find_package(benchmark QUIET)
  find_package(glslang CONFIG QUIET)
  find_package(spirv_cross_core CONFIG QUIET)
  # Every folder with sources is a program, as with the tests. What is timed stands beside what it is compared with, so
  # a program needs all of it.
  file(GLOB folders RELATIVE "${PROJECT_SOURCE_DIR}/bench" CONFIGURE_DEPENDS LIST_DIRECTORIES true
    "${PROJECT_SOURCE_DIR}/bench/*")
  # What they share, main() among it.
  list(REMOVE_ITEM folders support)
  file(GLOB bench_support CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/support/*.cpp")
  foreach(folder IN LISTS folders)
    file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/${folder}/*.cpp")
    if(NOT sources)
      continue()
    endif()
    set(absent "")
    set(needs benchmark::benchmark)
    if(NOT TARGET benchmark::benchmark)
      list(APPEND absent "Google Benchmark")
    endif()
    if(NOT TARGET airstrip_validate)
      list(APPEND absent "SPIRV-Tools")
    endif()
    set(text "")
    foreach(source IN LISTS sources)
      file(STRINGS "${source}" includes REGEX "^#include <(glslang|spirv_cross)/")
      string(APPEND text "${includes}")
    endforeach()
    if(text MATCHES "<glslang/")
      list(APPEND needs glslang::SPIRV)
      if(NOT TARGET glslang::SPIRV)
        list(APPEND absent "glslang")
      endif()
    endif()
    if(text MATCHES "<spirv_cross/")
      list(APPEND needs spirv-cross-core)
      if(NOT TARGET spirv-cross-core)
        list(APPEND absent "SPIRV-Cross")
      endif()
    endif()
    if(absent)
      list(JOIN absent ", " absent)
      message(STATUS "bench/${folder}: skipped, not found: ${absent}")
      continue()
    endif()
    airstrip_program(airstrip_bench_${folder} bench ${sources} ${bench_support})
    target_link_libraries(airstrip_bench_${folder} PRIVATE ${needs})
  endforeach()
endif()

if(AIRSTRIP_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "AIRSTRIP_FUZZ needs clang (libFuzzer); this is ${CMAKE_CXX_COMPILER_ID}")
  endif()
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/fuzz/*.cpp")
  foreach(source IN LISTS sources)
    get_filename_component(name "${source}" NAME_WE)
    airstrip_program(fuzz_${name} fuzz "${source}")
    target_compile_options(fuzz_${name} PRIVATE -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer,address,undefined)
  endforeach()
endif()
