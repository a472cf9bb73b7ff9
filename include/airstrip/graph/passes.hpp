// The passes over a graph, each usable by itself; `compile` runs them in this order.
//
//   fold            what follows from constants becomes one, computed by the interpreter
//   canonicalize    nodes that do nothing, or that are another one in disguise
//   fuse            elementwise work goes into the kernels before and behind it
//   remove_dead     what no output needs goes
#pragma once

#include "passes/dead_code.hpp"
#include "passes/fold.hpp"
#include "passes/fuse.hpp"
