// Airstrip, layer 1: emit, read and disassemble any SPIR-V. Depends on nothing but the standard library.
//
//   emit    Builder (spirv/builder.hpp), for a Target (spirv/target.hpp)
//   read    parse, ModuleView (spirv/view.hpp); import_module into a builder (spirv/import.hpp)
//   print   disassemble (spirv/disassemble.hpp)
//   ask     the grammar (spirv/grammar.hpp), Vulkan's features (spirv/vulkan_features.hpp), layouts (spirv/layout.hpp)
#pragma once

#include "config.hpp"
#include "result.hpp"
#include "spirv/builder.hpp"
#include "spirv/disassemble.hpp"
#include "spirv/extended_sets.hpp"
#include "spirv/grammar.hpp"
#include "spirv/import.hpp"
#include "spirv/layout.hpp"
#include "spirv/module.hpp"
#include "spirv/target.hpp"
#include "spirv/view.hpp"
#include "spirv/vulkan_features.hpp"

#include "undef.hpp"
