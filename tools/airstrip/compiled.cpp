#include "compiled.hpp"

#include "progress.hpp"
#include "text.hpp"

#include <airstrip/program/explain.hpp>
#include <airstrip/spirv/target.hpp>
#include <set>
#ifdef AIRSTRIP_TOOL_VALIDATE
#include <airstrip/validate.hpp>
#endif

namespace tool {

using namespace airstrip;
using program::DispatchRecord;
using program::Program;
using program::VariantRecord;

Program compile_for(const ModelFile& file, const graph::Graph& graph, const std::vector<NamedTarget>& targets,
                    graph::CompileOptions options) {
  std::vector<graph::CompileTarget> list;
  for (const NamedTarget& target : targets)
    list.push_back({Text(target.name), target.target, target.float16});
  options.name = file.model.graph->name.empty() ? Text("program") : file.model.graph->name;
  auto program = graph::compile(graph, {list.data(), list.size()}, options);
  if (!program) throw Failure(file.path, program.error());
  return std::move(*program);
}

VariantCounts counts_of(const Program& program, const VariantRecord& variant) {
  VariantCounts counts;
  std::set<std::uint32_t> modules;
  for (const DispatchRecord& dispatch : program.dispatches(variant)) {
    modules.insert(dispatch.module);
    if (dispatch.phase == program::Phase::Prepare) {
      ++counts.prepares;
      continue;
    }
    ++counts.dispatches;
    counts.operations += dispatch.operations;
    counts.bytes += dispatch.bytes;
  }
  counts.modules = static_cast<std::uint32_t>(modules.size());
  for (const std::uint32_t module : modules)
    counts.spirv_bytes += program.modules()[module].words.count * 4ull;
  return counts;
}

namespace {

Json json_of(const Program& program, const VariantRecord& variant) {
  const VariantCounts counts = counts_of(program, variant);
  Json j;
  j["name"] = std::string(program.text(variant.name));
  j["api_version"] = api_version_text(variant.api_version);
  j["dispatches"] = counts.dispatches;
  j["prepare_dispatches"] = counts.prepares;
  j["modules"] = counts.modules;
  j["spirv_bytes"] = counts.spirv_bytes;
  j["operations"] = counts.operations;
  j["traffic_bytes"] = counts.bytes;
  j["scratch_bytes"] = variant.scratch_bytes;
  j["scratch_lower_bound"] = variant.scratch_lower_bound;
  j["packed_bytes"] = variant.packed_bytes;
  j["uniform_bytes"] = variant.uniform_bytes;
  Json& needs = j["requirements"] = Json::array();
  constexpr const char* kinds[] = {"feature", "extension", "property", "limit"};
  for (const program::RequirementRecord& r : program.requirements(variant)) {
    Json one = {{"kind", kinds[static_cast<std::uint32_t>(r.kind)]},
                {"name", std::string(program.text(r.name))}};
    if (r.kind == program::RequirementRecord::Kind::Limit) one["at_least"] = r.at_least;
    needs.push_back(std::move(one));
  }
  Json& kernels = j["kernels"] = Json::array();
  for (const DispatchRecord& d : program.dispatches(variant)) {
    const program::ModuleRecord& module = program.modules()[d.module];
    kernels.push_back({{"node", std::string(program.text(d.name))},
                       {"module", d.module},
                       {"phase", d.phase == program::Phase::Prepare ? "prepare" : "run"},
                       {"workgroup", {module.workgroup[0], module.workgroup[1], module.workgroup[2]}},
                       {"operations", d.operations},
                       {"bytes", d.bytes}});
  }
  j["report"] = std::string(program.text(variant.report));
  return j;
}

}  // namespace

Json program_json(const Program& program) {
  Json j;
  j["name"] = std::string(program.name());
  j["bytes"] = program.bytes().size();
  j["weights"] = {{"tensors", program.weights().size()}, {"bytes", program.weight_bytes().size()}};
  for (const char* const key : {"inputs", "outputs"}) j[key] = Json::array();
  constexpr const char* storages[] = {"buffer", "sampled_image", "storage_image"};
  for (const program::TensorRecord& tensor : program.tensors())
    j[tensor.direction == program::Direction::Input ? "inputs" : "outputs"].push_back(
        {{"name", std::string(program.text(tensor.name))},
         {"type", std::string(program::type_text(program, tensor))},
         {"storage", storages[static_cast<std::uint32_t>(tensor.storage)]},
         {"max_bytes", tensor.max_bytes}});
  Json& sizes = j["sizes"] = Json::array();
  for (const program::ParameterRecord& parameter : program.parameters())
    sizes.push_back({{"name", std::string(program.text(parameter.name))}, {"maximum", parameter.maximum}});
  Json& variants = j["variants"] = Json::array();
  for (const VariantRecord& variant : program.variants()) variants.push_back(json_of(program, variant));
  return j;
}

std::vector<std::string> validate_modules(const Program& program) {
#ifdef AIRSTRIP_TOOL_VALIDATE
  std::vector<std::string> errors;
  std::set<std::pair<std::uint32_t, std::uint32_t>> done;  // version and module
  Progress progress("validating", program.modules().size());
  for (const VariantRecord& variant : program.variants()) {
    const spirv::Target target =
        spirv::Target::vulkan(variant.api_version >> 22, variant.api_version >> 12 & 0x3FF)
            .enable_everything();
    for (const DispatchRecord& dispatch : program.dispatches(variant)) {
      if (!done.insert({variant.api_version, dispatch.module}).second) continue;
      const std::string node = printable(std::string(program.text(dispatch.name)));
      progress.show(done.size(), node);
      const ValidationReport report =
          validation_report(program.words(program.modules()[dispatch.module]), target);
      if (report.ok()) continue;
      if (report.code != ErrorCode::ValidationFailed) throw Failure(node, report.diagnostic());
      errors.push_back("module " + std::to_string(dispatch.module) + " of " + node + " is not valid for " +
                       std::string(report.environment_used) + ": " + std::string(report.message));
    }
  }
  return errors;
#else
  (void)program;
  throw built_without("SPIRV-Tools", "spirv-tools");
#endif
}

std::string validator_version() {
#ifdef AIRSTRIP_TOOL_VALIDATE
  return linked_validator_version();
#else
  return "";
#endif
}

}  // namespace tool
