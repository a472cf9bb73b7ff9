// As compiled.cpp, with the adapters to Vulkan: a program has one file with AIRSTRIP_IMPLEMENTATION, not two.
#define AIRSTRIP_IMPLEMENTATION
#include <airstrip/airstrip.hpp>
#include <airstrip/onnx/file.hpp>
#include <airstrip/onnx/value.hpp>
#include <airstrip/onnx/write.hpp>
#include <airstrip/vulkan.hpp>
#include <airstrip/vulkan_device.hpp>
#include <airstrip/vulkan_tensor.hpp>
