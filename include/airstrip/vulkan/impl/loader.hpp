// The Vulkan loader, opened at run time.
#pragma once

#include "../functions.hpp"
#include "functions.hpp"

#include <cstdint>

#if defined(_WIN32)
// As <windows.h> declares them, whose other contents are not wanted.
struct HINSTANCE__;
extern "C" __declspec(dllimport) HINSTANCE__* __stdcall LoadLibraryA(const char* name);
extern "C" __declspec(dllimport) std::intptr_t(__stdcall* __stdcall GetProcAddress(HINSTANCE__* library,
                                                                                   const char* name))();
#else
#include <dlfcn.h>
#endif

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

namespace detail {

// It stays open: drivers do not survive being unloaded while their threads end. Opening it again costs nothing.
inline Diagnostic open_loader(Text file, PFN_vkGetInstanceProcAddr& entry_point) {
#if defined(_WIN32)
  static constexpr const char* names[] = {"vulkan-1.dll"};
#elif defined(__APPLE__)
  static constexpr const char* names[] = {"libvulkan.dylib", "libvulkan.1.dylib", "libMoltenVK.dylib"};
#else
  static constexpr const char* names[] = {"libvulkan.so.1", "libvulkan.so"};
#endif
  const String own(file);
  const char* const only[] = {own.c_str()};
  const Span<const char* const> candidates =
      file.empty() ? Span<const char* const>(names) : Span<const char* const>(only);
  for (const char* const name : candidates) {
#if defined(_WIN32)
    HINSTANCE__* const library = LoadLibraryA(name);
    const auto entry = library ? GetProcAddress(library, "vkGetInstanceProcAddr") : nullptr;
#else
    void* const library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    void* const entry = library ? dlsym(library, "vkGetInstanceProcAddr") : nullptr;
#endif
    if (entry) {
      entry_point = reinterpret_cast<PFN_vkGetInstanceProcAddr>(entry);
      return {};
    }
  }
  String message("no Vulkan loader: ");
  message << Text(candidates[0]) << " was not found; install it (Debian: libvulkan1) and a driver";
  return failure(ErrorCode::NoDevice, static_cast<String&&>(message));
}

}  // namespace detail

AIRSTRIP_VULKAN_NAMESPACE_END
