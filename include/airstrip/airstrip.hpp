// Airstrip: the layers, from the emitter up. Today those are 1 (spirv) and 2 (kernel), with what consumes a kernel.
#pragma once

#include "config.hpp"
#include "kernel.hpp"
#include "kernel/interpret.hpp"
#include "kernel/verify.hpp"
#include "kernel/write_spirv.hpp"
#include "spirv.hpp"

#include "undef.hpp"
