# airstrip::vulkan: the adapter headers airstrip/vulkan.hpp, vulkan_device.hpp and vulkan_tensor.hpp, and player.hpp, with
# the Vulkan headers.
# Read by the build and, installed beside it, by the package configuration, so that both find the headers alike.

# Defines the target if the headers are found. No loader is linked: the engine's functions come from the engine, and
# vulkan_device.hpp opens the loader at run time, for which some systems need a library of their own.
function(airstrip_add_vulkan)
  if(TARGET airstrip::vulkan)
    return()
  endif()
  set(headers "")
  if(NOT TARGET Vulkan::Headers)
    find_package(VulkanHeaders CONFIG QUIET)
    if(TARGET Vulkan::Headers)
      set_property(TARGET Vulkan::Headers PROPERTY IMPORTED_GLOBAL TRUE)
    endif()
  endif()
  if(TARGET Vulkan::Headers)
    set(headers Vulkan::Headers)
  else()
    find_path(AIRSTRIP_VULKAN_INCLUDE_DIR vulkan/vulkan_core.h HINTS "$ENV{VULKAN_SDK}/include")
    mark_as_advanced(AIRSTRIP_VULKAN_INCLUDE_DIR)
    if(NOT AIRSTRIP_VULKAN_INCLUDE_DIR)
      return()
    endif()
  endif()
  add_library(airstrip_vulkan INTERFACE)
  add_library(airstrip::vulkan ALIAS airstrip_vulkan)
  target_link_libraries(airstrip_vulkan INTERFACE airstrip::airstrip ${headers} ${CMAKE_DL_LIBS})
  if(NOT headers)
    target_include_directories(airstrip_vulkan SYSTEM INTERFACE "${AIRSTRIP_VULKAN_INCLUDE_DIR}")
  endif()
endfunction()
