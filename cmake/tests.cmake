# The test programs, one per folder, and the tests that are a compilation.

enable_testing()
find_package(Python3 QUIET COMPONENTS Interpreter)
find_package(doctest QUIET)
set(tests_dir "${PROJECT_SOURCE_DIR}/tests")

# The parts of the ONNX reader are in no single header before there is one of the whole adapter.
# Quoted: there is a variable of that name.
set(onnx_available ON)
if(AIRSTRIP_TEST_MODE STREQUAL "single" AND NOT EXISTS "${PROJECT_SOURCE_DIR}/single_include/airstrip/onnx.hpp")
  set(onnx_available OFF)
endif()

# A test that could not be built is still a test, counted as skipped and with its reason.
function(airstrip_skipped_test name reason)
  add_test(NAME ${name} COMMAND "${CMAKE_COMMAND}" -E echo "SKIPPED: ${name}: ${reason}")
  set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "SKIPPED:")
endfunction()

# --- doctest programs --------------------------------------------------------------------------------------------

# Command-line helpers that tests start.
file(GLOB sources CONFIGURE_DEPENDS "${tests_dir}/tools/*.cpp")
set(tools "")
foreach(source IN LISTS sources)
  get_filename_component(name "${source}" NAME_WE)
  if(name MATCHES "^onnx" AND NOT onnx_available)
    continue()
  endif()
  airstrip_program(${name} tools "${source}")
  list(APPEND tools ${name})
endforeach()

# Every folder with sources is a program, those aside that hold something else.
file(GLOB folders RELATIVE "${tests_dir}" CONFIGURE_DEPENDS LIST_DIRECTORIES true "${tests_dir}/*")
list(REMOVE_ITEM folders compile_fail consumer fuzz models odr onnx_nodes support tools ${AIRSTRIP_TESTS_LEAVE_OUT})
foreach(folder IN LISTS folders)
  set(name airstrip_test_${folder})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${tests_dir}/${folder}/*.cpp")
  if(NOT AIRSTRIP_TEST_MODE STREQUAL header)
    # A test of an internal header has no place where those headers are not, or are compiled elsewhere.
    foreach(source IN LISTS sources)
      file(STRINGS "${source}" internal REGEX "^#include <airstrip/.*impl/")
      if(internal)
        list(REMOVE_ITEM sources "${source}")
        file(RELATIVE_PATH relative "${PROJECT_SOURCE_DIR}" "${source}")
        airstrip_skipped_test(${relative} "includes an internal header, which mode ${AIRSTRIP_TEST_MODE} hides")
      endif()
    endforeach()
  endif()
  if(NOT sources)
    continue()
  elseif(NOT doctest_FOUND)
    airstrip_skipped_test(${name} "doctest was not found")
  elseif(folder STREQUAL airstrip_tool AND NOT TARGET airstrip_tool)
    airstrip_skipped_test(${name} "the program is not built: ${airstrip_tool_absent}")
  elseif(NOT folder MATCHES "^(airstrip_tool|base|graph|onnx|player|program|spirv|tensor|vulkan)$" AND NOT TARGET airstrip_validate)
    airstrip_skipped_test(${name} "SPIRV-Tools was not found")
  elseif(folder STREQUAL onnx AND NOT onnx_available)
    airstrip_skipped_test(${name} "there is no single header of the ONNX reader")
  elseif(folder MATCHES "^(player|vulkan)$" AND NOT TARGET airstrip_vulkan)
    airstrip_skipped_test(${name} "the Vulkan headers were not found")
  elseif(folder STREQUAL cross AND NOT TARGET airstrip_cross)
    airstrip_skipped_test(${name} "SPIRV-Cross's C interface was not found")
  else()
    airstrip_program(${name} ${folder} ${sources} "${tests_dir}/support/main.cpp")
    target_link_libraries(${name} PRIVATE doctest::doctest)
    if(AIRSTRIP_NO_EXCEPTIONS)
      target_compile_definitions(${name} PRIVATE DOCTEST_CONFIG_NO_EXCEPTIONS_BUT_WITH_ALL_ASSERTS)
    endif()
    if(folder MATCHES "^(graph|onnx|tensor)$" AND TARGET airstrip_vulkan)
      # Without it operations and graphs run in the interpreter alone.
      target_compile_definitions(${name} PRIVATE AIRSTRIP_TEST_VULKAN)
    endif()
    if(folder STREQUAL reflect AND TARGET spirv-cross-c-shared)
      # Another reader of the same words, to compare with.
      target_link_libraries(${name} PRIVATE spirv-cross-c-shared)
      target_compile_definitions(${name} PRIVATE AIRSTRIP_TEST_SPIRV_CROSS)
    endif()
    if(tools)
      add_dependencies(${name} ${tools})
    endif()
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 900)
    if(AIRSTRIP_SANITIZE)
      # Drivers leak, and are unloaded before a suppression could tell by whom.
      set(leaks 1)
      if(folder MATCHES "^(graph|player|tensor|vulkan)$")
        set(leaks 0)
      endif()
      if(folder STREQUAL "graph")
        # All of it but what opens a device, with leaks.
        add_test(NAME ${name}_leaks COMMAND ${name} --source-file-exclude=*program_test.cpp)
        set_tests_properties(${name}_leaks PROPERTIES TIMEOUT 900 ENVIRONMENT "ASAN_OPTIONS=detect_leaks=1")
      endif()
      set_tests_properties(${name} PROPERTIES ENVIRONMENT
        "ASAN_OPTIONS=detect_stack_use_after_return=1:detect_leaks=${leaks};UBSAN_OPTIONS=print_stacktrace=1")
    endif()
  endif()
endforeach()

# --- ONNX's node tests -------------------------------------------------------------------------------------------

# The program has a main of its own, and is run where the tests are.
set(AIRSTRIP_ONNX_NODE_TESTS "" CACHE PATH "The folder of ONNX's node tests (onnx/backend/test/data/node)")
if(NOT AIRSTRIP_TEST_MODE STREQUAL "header" OR "onnx_nodes" IN_LIST AIRSTRIP_TESTS_LEAVE_OUT)
  airstrip_skipped_test(airstrip_test_onnx_nodes "it is built of the headers themselves")
else()
  airstrip_program(airstrip_test_onnx_nodes onnx "${tests_dir}/onnx_nodes/main.cpp")
  if(TARGET airstrip_vulkan)
    # Without it --device is refused.
    target_compile_definitions(airstrip_test_onnx_nodes PRIVATE AIRSTRIP_TEST_VULKAN)
  endif()
  if(AIRSTRIP_ONNX_NODE_TESTS)
    foreach(how "" "--open-sizes" "--optimize")
      add_test(NAME airstrip_test_onnx_nodes${how} COMMAND airstrip_test_onnx_nodes "${AIRSTRIP_ONNX_NODE_TESTS}" ${how})
      set_tests_properties(airstrip_test_onnx_nodes${how} PROPERTIES TIMEOUT 1800)
    endforeach()
  else()
    airstrip_skipped_test(airstrip_test_onnx_nodes "AIRSTRIP_ONNX_NODE_TESTS names no folder")
  endif()
endif()

# --- scripts -------------------------------------------------------------------------------------------------------

# Each prints "SKIPPED: reason" where what it compares with is not there.
function(airstrip_script_test name)
  if(Python3_FOUND)
    add_test(NAME ${name} COMMAND Python3::Interpreter ${ARGN})
    set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "SKIPPED:" TIMEOUT 900)
  else()
    airstrip_skipped_test(${name} "Python 3 was not found")
  endif()
endfunction()

if(TARGET disassemble_tool)
  airstrip_script_test(roundtrip_assembler "${tests_dir}/tools/roundtrip_assembler.py" $<TARGET_FILE:disassemble_tool>)
endif()
if(TARGET onnx_dump)
  airstrip_script_test(compare_onnx "${tests_dir}/tools/compare_onnx.py" $<TARGET_FILE:onnx_dump>)
endif()
airstrip_script_test(compare_headers "${tests_dir}/tools/compare_headers.py")
airstrip_script_test(summary "${tests_dir}/tools/summary_test.py")
if(Python3_FOUND)
  # It talks of skips, and skips nothing itself.
  set_tests_properties(summary PROPERTIES SKIP_REGULAR_EXPRESSION "")
endif()
if(TARGET airstrip_tool)
  airstrip_script_test(airstrip_tool_commands "${tests_dir}/airstrip_tool/commands.py" $<TARGET_FILE:airstrip_tool>)

  # Whole models out of packages that are fetched: minutes, and only where it is asked for.
  option(AIRSTRIP_MODEL_TESTS "Fetch models of others and compare with onnxruntime" OFF)
  if(AIRSTRIP_MODEL_TESTS)
    airstrip_script_test(models "${tests_dir}/models/run.py" $<TARGET_FILE:airstrip_tool> --build "${CMAKE_BINARY_DIR}/models")
    # Some models may be skipped where others are not: only the exit code tells.
    set_tests_properties(models PROPERTIES SKIP_REGULAR_EXPRESSION "" SKIP_RETURN_CODE 77 TIMEOUT 1800)
  else()
    airstrip_skipped_test(models "AIRSTRIP_MODEL_TESTS is off; tests/models/run.py runs it")
  endif()
endif()
if(TARGET quickstart)
  airstrip_script_test(readme "${PROJECT_SOURCE_DIR}/scripts/readme.py" --check $<TARGET_FILE:quickstart>)
endif()

# --- examples ----------------------------------------------------------------------------------------------------

# Each compares its results with a reference of its own and fails where they differ.
if(AIRSTRIP_EXAMPLES)
  foreach(name IN LISTS example_names)
    add_test(NAME example_${name} COMMAND ${name})
    set_tests_properties(example_${name} PROPERTIES TIMEOUT 300)
    if(AIRSTRIP_SANITIZE AND name MATCHES "^(engine|super_resolution|upscale)$")
      set_tests_properties(example_${name} PROPERTIES ENVIRONMENT "ASAN_OPTIONS=detect_leaks=0")  # drivers, see above
    endif()
  endforeach()
endif()

# --- files that must not compile ---------------------------------------------------------------------------------

set(compile_flags -std=c++20 "-I${tests_dir}")
if(AIRSTRIP_TEST_MODE STREQUAL single)
  list(APPEND compile_flags "-I${forward_dir}")
else()
  list(APPEND compile_flags "-I${PROJECT_SOURCE_DIR}/include")
endif()
if(AIRSTRIP_TEST_MODE STREQUAL compiled)
  list(APPEND compile_flags -DAIRSTRIP_HEADER_ONLY=0)
endif()
if(AIRSTRIP_NO_EXCEPTIONS)
  list(APPEND compile_flags -fno-exceptions -fno-rtti)
endif()
file(GLOB sources CONFIGURE_DEPENDS "${tests_dir}/compile_fail/*.cpp")
foreach(source IN LISTS sources)
  get_filename_component(name "${source}" NAME_WE)
  if(MSVC)
    airstrip_skipped_test(compile_fail_${name} "the driver script knows the options of g++ and clang only")
  elseif(NOT Python3_FOUND)
    airstrip_skipped_test(compile_fail_${name} "Python 3 was not found")
  else()
    add_test(NAME compile_fail_${name}
      COMMAND Python3::Interpreter "${tests_dir}/compile_fail/run.py" "${source}" "${CMAKE_CXX_COMPILER}" ${compile_flags})
  endif()
endforeach()

# --- two translation units ---------------------------------------------------------------------------------------

# Linked header-only and compiled; the single header takes part in both as well.
function(airstrip_odr_test name)
  airstrip_program(${name} odr "${tests_dir}/odr/a.cpp" "${tests_dir}/odr/b.cpp" ${ARGN})
  add_test(NAME ${name} COMMAND ${name})
endfunction()

if(AIRSTRIP_TEST_MODE STREQUAL compiled)
  airstrip_odr_test(airstrip_test_odr_library)
else()
  airstrip_odr_test(airstrip_test_odr)
  airstrip_odr_test(airstrip_test_odr_implementation "${PROJECT_SOURCE_DIR}/cmake/compiled.cpp")
  target_compile_definitions(airstrip_test_odr_implementation PRIVATE AIRSTRIP_HEADER_ONLY=0)
endif()
