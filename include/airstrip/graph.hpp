// Airstrip, layer 4: a graph of tensors, passes over it, and its compilation to a program.
//
//   graph        graph/graph.hpp: values and nodes; what operators there are: graph/families.hpp
//   passes       graph/passes.hpp: folding, fusion, dead code, each usable by itself
//   evaluate     graph/evaluate.hpp: the reference, node by node in the interpreter
//   memory       graph/memory_plan.hpp: lifetimes to offsets
//   compile      graph/compile.hpp: a program of modules, dispatches, memory and weights, for one target or several
//   targets      graph/targets.hpp: for devices that are not known when it is compiled
//   print        graph/print.hpp: as text, and for Graphviz
//
// What a program is, and how it is saved: program/program.hpp; as a C++ header or a folder: program/export.hpp. To run one in
// an engine: player.hpp, which needs none of the layers. Graphs out of ONNX models: onnx.hpp.
#pragma once

#include "config.hpp"
#include "graph/compile.hpp"
#include "graph/evaluate.hpp"
#include "graph/families.hpp"
#include "graph/graph.hpp"
#include "graph/lower.hpp"
#include "graph/memory_plan.hpp"
#include "graph/passes.hpp"
#include "graph/print.hpp"
#include "graph/targets.hpp"
#include "program/explain.hpp"
#include "program/export.hpp"
#include "program/program.hpp"
#include "program/writer.hpp"

#include "undef.hpp"
