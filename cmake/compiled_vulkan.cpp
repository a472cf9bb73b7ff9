// As compiled.cpp, with the adapters to Vulkan: a program has one file with AIRSTRIP_IMPLEMENTATION, not two.
#define AIRSTRIP_IMPLEMENTATION
#include <airstrip/airstrip.hpp>
#include <airstrip/onnx.hpp>
#include <airstrip/player.hpp>
#include <airstrip/player_device.hpp>
#include <airstrip/vulkan.hpp>
#include <airstrip/vulkan_device.hpp>
#include <airstrip/vulkan_tensor.hpp>
