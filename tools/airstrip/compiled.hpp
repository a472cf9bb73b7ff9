// Programs as commands tell of them: counts, sizes, validity of the modules.
#pragma once

#include "command.hpp"
#include "source.hpp"
#include "target_choice.hpp"

#include <airstrip/graph/compile.hpp>
#include <airstrip/program/program.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace tool {

/// A program with a variant for each target, called as the model's graph. Throws Failure.
airstrip::program::Program compile_for(const ModelFile& file, const airstrip::graph::Graph& graph,
                                       const std::vector<NamedTarget>& targets,
                                       airstrip::graph::CompileOptions options = {});

/// What a variant has; of the modules each is counted once.
struct VariantCounts {
  std::uint32_t dispatches = 0, prepares = 0, modules = 0;
  std::uint64_t spirv_bytes = 0, operations = 0, bytes = 0;  ///< of a run
};
VariantCounts counts_of(const airstrip::program::Program& program,
                        const airstrip::program::VariantRecord& variant);

/// Inputs, outputs, sizes, weights; and of each variant counts, memory, requirements, dispatches and the report.
Json program_json(const airstrip::program::Program& program);

/// Validates every module for its variant's Vulkan. A sentence for each that is invalid. Throws Failure, Unsupported: built
/// without SPIRV-Tools, or these do not know what a module uses.
std::vector<std::string> validate_modules(const airstrip::program::Program& program);
/// Of the validator: "v2023.1"; empty without one.
std::string validator_version();

}  // namespace tool
