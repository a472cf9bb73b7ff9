// As compiled_validate.cpp, with the adapter to SPIRV-Cross as well.
#define AIRSTRIP_IMPLEMENTATION
#include <airstrip/airstrip.hpp>
#include <airstrip/cross.hpp>
#include <airstrip/onnx/file.hpp>
#include <airstrip/onnx/value.hpp>
#include <airstrip/onnx/write.hpp>
