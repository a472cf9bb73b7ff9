// What a module says of itself, for people and for programs.
#pragma once

#include "command.hpp"

#include <airstrip/reflect/reflection.hpp>
#include <airstrip/spirv/view.hpp>
#include <string>

namespace tool {

std::string module_text(const std::string& file, const airstrip::spirv::ModuleView& view,
                        const airstrip::Reflection& reflection, const airstrip::spirv::Target& target);
Json module_json(const std::string& file, const airstrip::spirv::ModuleView& view,
                 const airstrip::Reflection& reflection, const airstrip::spirv::Target& target);

}  // namespace tool
