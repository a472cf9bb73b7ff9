// As compiled.cpp, with the adapter to SPIRV-Tools: a program has one file with AIRSTRIP_IMPLEMENTATION, not two.
#define AIRSTRIP_IMPLEMENTATION
#include <airstrip/airstrip.hpp>
#include <airstrip/onnx.hpp>
#include <airstrip/validate.hpp>
