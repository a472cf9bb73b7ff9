// The passes over a graph, each usable by itself; `compile` runs them in this order.
//
//   fold            what follows from constants becomes one, computed by the interpreter
//   canonicalize    nodes that do nothing, or that are another one in disguise
//   float16         tensors of f32 become f16 in memory, for the targets that want it
//   fuse            elementwise work goes into the kernels before and behind it
//   remove_dead     what no output needs goes
#pragma once

#include "passes/canonicalize.hpp"
#include "passes/dead_code.hpp"
#include "passes/float16.hpp"
#include "passes/fold.hpp"
#include "passes/fuse.hpp"
