// Airstrip, layer 1: emit, read and disassemble any SPIR-V. Depends on nothing but the standard library.
#pragma once

#include "config.hpp"
#include "result.hpp"
#include "spirv/builder.hpp"
#include "spirv/disassemble.hpp"
#include "spirv/grammar.hpp"
#include "spirv/import.hpp"
#include "spirv/layout.hpp"
#include "spirv/module.hpp"
#include "spirv/target.hpp"
#include "spirv/view.hpp"

#include "undef.hpp"
