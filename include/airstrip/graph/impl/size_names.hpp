// What sizes are called that no user named.
#pragma once

#include "../../config.hpp"
#include "../../support/string.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

namespace detail {

inline constexpr Text size_prefix = "size_";
/// Of sizes that are numbers in the graph, and that a kernel is given nevertheless.
inline constexpr Text literal_prefix = "literal_";

inline bool begins_with(Text text, Text prefix) {
  return text.size() >= prefix.size() && Text(text.data(), prefix.size()) == prefix;
}

}  // namespace detail

AIRSTRIP_GRAPH_NAMESPACE_END
