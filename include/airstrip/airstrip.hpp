// Airstrip: the layers, from the emitter up. Today that is layer 1.
#pragma once

#include "spirv.hpp"
