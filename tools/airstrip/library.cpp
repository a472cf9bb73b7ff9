// The library's bodies, once: the program's other files see declarations.
#define AIRSTRIP_IMPLEMENTATION
#include <airstrip/airstrip.hpp>
#ifdef AIRSTRIP_TOOL_CROSS
#include <airstrip/cross.hpp>
#elif defined AIRSTRIP_TOOL_VALIDATE
#include <airstrip/validate.hpp>
#endif
#include <airstrip/graph.hpp>
#include <airstrip/onnx.hpp>
#include <airstrip/player_device.hpp>
#include <airstrip/vulkan.hpp>
#include <airstrip/vulkan_device.hpp>
#include <airstrip/vulkan_tensor.hpp>
