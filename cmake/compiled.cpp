// The one file that compiles the bodies for programs built with AIRSTRIP_HEADER_ONLY=0.
#define AIRSTRIP_IMPLEMENTATION
#include <airstrip/airstrip.hpp>
#include <airstrip/onnx.hpp>
