// Airstrip: the layers, from the emitter up: 1 (spirv), 2 (kernel), 3 (tensor) and 4 (graph), with what consumes a kernel and
// what works on its IR, and the reflection of modules, which needs nothing else.
#pragma once

#include "config.hpp"
#include "graph.hpp"
#include "kernel.hpp"
#include "kernel/evaluate.hpp"
#include "kernel/interpret.hpp"
#include "kernel/legalize.hpp"
#include "kernel/loops.hpp"
#include "kernel/passes.hpp"
#include "kernel/passes/lower_addresses.hpp"
#include "kernel/ranges.hpp"
#include "kernel/uniformity.hpp"
#include "kernel/verify.hpp"
#include "kernel/write_spirv.hpp"
#include "reflect.hpp"
#include "spirv.hpp"
#include "tensor.hpp"
#include "tensor/primitives.hpp"

#include "undef.hpp"
