// As compiled.cpp, with the adapter to SPIRV-Tools: a program has one file with AIRSTRIP_IMPLEMENTATION, not two.
#define AIRSTRIP_IMPLEMENTATION
#include <airstrip/airstrip.hpp>
#include <airstrip/onnx/file.hpp>
#include <airstrip/onnx/value.hpp>
#include <airstrip/onnx/write.hpp>
#include <airstrip/validate.hpp>
