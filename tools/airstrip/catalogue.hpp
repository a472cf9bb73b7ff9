// Operations of every family, in small: what `airstrip verify` without a model checks.
#pragma once

#include <airstrip/graph/graph.hpp>
#include <string>
#include <vector>

namespace tool {

struct CatalogueEntry {
  std::string name;
  airstrip::graph::Graph graph;
};
/// Throws Failure, Internal: a graph cannot be built, which is a defect.
std::vector<CatalogueEntry> make_catalogue();

}  // namespace tool
