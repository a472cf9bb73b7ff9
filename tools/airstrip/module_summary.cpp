#include "module_summary.hpp"

#include "text.hpp"

#include <airstrip/reflect/json.hpp>
#include <airstrip/reflect/requirements.hpp>
#include <airstrip/spirv/grammar.hpp>

namespace tool {

namespace {

using namespace airstrip;
using namespace airstrip::reflection;

template <class E>
std::string enumerant(spirv::OperandKind kind, E value) {
  const auto number = static_cast<std::uint32_t>(value);
  const spirv::EnumerantInfo* const info = spirv::grammar::find(kind, number);
  return info ? info->name : std::to_string(number);
}

std::string name_or(Text name, const char* otherwise) {
  return name.empty() ? otherwise : printable(std::string(name));
}

// Types may nest as deep as a module is long.
constexpr unsigned max_type_depth = 8;

std::string type_text(const Reflection& r, std::uint32_t index, unsigned depth = 0) {
  if (index >= r.types().size()) return "?";
  if (depth == max_type_depth) return "...";
  const Type& type = r.types()[index];
  const auto element = [&] { return type_text(r, type.element, depth + 1); };
  switch (type.kind) {
    case TypeKind::Boolean: return "bool";
    case TypeKind::Int: return std::string(type.is_signed ? "i" : "u").append(std::to_string(type.bits));
    case TypeKind::Float:
      return std::string(type.encoding == none ? "f" : "float").append(std::to_string(type.bits));
    case TypeKind::Vector:
    case TypeKind::Matrix: return element() + "x" + std::to_string(type.count);
    case TypeKind::Array: return element().append("[").append(std::to_string(type.count)).append("]");
    case TypeKind::RuntimeArray: return element() + "[]";
    case TypeKind::Struct: {
      if (!type.name.empty()) return printable(std::string(type.name));
      // A block of one member is how buffers are declared.
      if (type.members.count == 1) return type_text(r, r.members()[type.members.first].type, depth + 1);
      return "struct of " + std::to_string(type.members.count);
    }
    case TypeKind::Pointer: return "pointer to " + element();
    default: return reflection::to_string(type.kind);
  }
}

std::string access_text(AccessFlags access) {
  std::vector<std::string> parts;
  if (access.read) parts.emplace_back("read");
  if (access.write) parts.emplace_back("write");
  if (access.atomic) parts.emplace_back("atomic");
  return parts.empty() ? "-" : joined(parts, "+");
}

std::string entry_point_text(const Reflection& r, const EntryPoint& entry) {
  std::string text = "\nentry point " + name_or(entry.name, "(no name)") + ": " +
                     enumerant(spirv::OperandKind::ExecutionModel, entry.model);
  if (entry.has_workgroup)
    text += ", workgroup " + std::to_string(entry.workgroup.x) + " x " + std::to_string(entry.workgroup.y) +
            " x " + std::to_string(entry.workgroup.z);
  if (entry.workgroup_bytes > 0) text += ", " + size_text(entry.workgroup_bytes) + " of workgroup memory";
  text += "\n";
  Table bindings("  ");
  for (const Binding& b : r.bindings(entry)) {
    if (bindings.empty()) bindings.row({"set", "binding", "kind", "name", "type", "access", "at least"});
    std::string kind = reflection::to_string(b.kind);
    if (b.count != 1) kind.append("[").append(b.count == 0 ? "" : std::to_string(b.count)).append("]");
    bindings.row({std::to_string(b.set), std::to_string(b.binding), kind, name_or(b.name, "-"),
                  type_text(r, b.type), access_text(b.used),
                  b.minimum_bytes ? size_text(b.minimum_bytes) : "-"});
  }
  text += bindings.text();
  const PushConstants& push = entry.push_constants;
  if (push.size == 0) return text;
  text += "  push constants: " + size_text(push.size) + " from offset " + std::to_string(push.offset) + "\n";
  if (push.type >= r.types().size()) return text;
  Table members("    ");
  const Range range = r.types()[push.type].members;
  for (const Member& m : Span<const Member>(r.members().data() + range.first, range.count))
    members.row(
        {m.offset == none ? "?" : std::to_string(m.offset), name_or(m.name, "-"), type_text(r, m.type)});
  return text + members.text();
}

std::string constants_text(const Reflection& r) {
  Table table("  ");
  for (const SpecConstant& c : r.spec_constants()) {
    if (c.spec_id == none) continue;
    if (table.empty()) table.row({"id", "name", "type", "default", "value (bits)"});
    table.row({std::to_string(c.spec_id), name_or(c.name, "-"), type_text(r, c.type),
               std::to_string(c.default_bits), std::to_string(c.bits)});
  }
  return table.empty() ? "" : "\nspecialisation constants\n" + table.text();
}

bool is_vulkan(const spirv::Target& target) { return target.environment() == spirv::Environment::Vulkan; }

std::string requirements_text(const Reflection& r, const spirv::Target& target) {
  const DeviceRequirements needs = requirements_of(r, target.environment_version());
  Table table("  ");
  for (const RequiredFeature& f : needs.features)
    table.row({"feature", std::string(f.structure) + "::" + f.member, f.extension ? f.extension : ""});
  for (const RequiredProperty& p : needs.properties)
    table.row({"property", std::string(p.structure) + "::" + p.member, p.value});
  for (const char* const extension : needs.extensions) table.row({"extension", extension});
  for (const RequiredLimit& l : needs.limits)
    table.row({"limit", l.name, "at least " + std::to_string(l.at_least)});
  for (const Requirement& q : needs.requirements)
    if (q.ways.empty())
      table.row({"not in Vulkan", q.rule ? q.rule
                                  : q.is_extension
                                      ? printable(std::string(q.extension))
                                      : enumerant(spirv::OperandKind::Capability, q.capability)});
  const std::string title = "\nneeds Vulkan " + version_text(needs.api_version) + ", and as Vulkan " +
                            version_text(needs.used_api_version);
  return title + (table.empty() ? ": nothing more\n" : "\n" + table.text());
}

Json requirements_json(const Reflection& r, const spirv::Target& target) {
  const DeviceRequirements needs = requirements_of(r, target.environment_version());
  Json j;
  j["api_version"] = version_text(needs.api_version);
  j["used_api_version"] = version_text(needs.used_api_version);
  Json& features = j["features"] = Json::array();
  for (const RequiredFeature& f : needs.features) {
    Json entry = {{"structure", f.structure}, {"member", f.member}};
    if (f.extension) entry["extension"] = f.extension;
    features.push_back(entry);
  }
  Json& properties = j["properties"] = Json::array();
  for (const RequiredProperty& p : needs.properties)
    properties.push_back({{"structure", p.structure}, {"member", p.member}, {"value", p.value}});
  Json& extensions = j["extensions"] = Json::array();
  for (const char* const extension : needs.extensions) extensions.push_back(extension);
  Json& limits = j["limits"] = Json::array();
  for (const RequiredLimit& l : needs.limits) limits.push_back({{"name", l.name}, {"at_least", l.at_least}});
  return j;
}

}  // namespace

std::string module_text(const std::string& file, const spirv::ModuleView& view, const Reflection& r,
                        const spirv::Target& target) {
  std::string text = printable(file) + ": SPIR-V " + version_text(r.version()) + ", " +
                     std::to_string(view.size()) + " instructions in " + size_text(view.words().size() * 4) +
                     ", " + enumerant(spirv::OperandKind::AddressingModel, r.addressing_model()) + " " +
                     enumerant(spirv::OperandKind::MemoryModel, r.memory_model()) + "\n";
  std::vector<std::string> capabilities, extensions;
  for (const Need& need : r.needs())
    (need.is_extension ? extensions : capabilities)
        .push_back(need.is_extension ? printable(std::string(need.extension))
                                     : enumerant(spirv::OperandKind::Capability, need.capability));
  text += "capabilities: " + (capabilities.empty() ? "none" : joined(capabilities)) + "\n";
  if (!extensions.empty()) text += "extensions: " + joined(extensions) + "\n";
  for (const EntryPoint& entry : r.entry_points()) text += entry_point_text(r, entry);
  for (const GraphEntryPoint& graph : r.graph_entry_points())
    text += "\ngraph " + name_or(graph.name, "(no name)") + ": " + std::to_string(graph.bindings.count) +
            " bindings\n";
  text += constants_text(r);
  if (is_vulkan(target)) text += requirements_text(r, target);
  return text;
}

Json module_json(const std::string& file, const spirv::ModuleView& view, const Reflection& r,
                 const spirv::Target& target) {
  Json j;
  j["file"] = file;
  j["target"] = std::string(target.name());
  j["words"] = view.words().size();
  j["instructions"] = view.size();
  if (is_vulkan(target)) j["requirements"] = requirements_json(r, target);
  const String text = reflection::to_json(r);
  if (text.empty()) throw Failure(ExitCode::Internal, "out of memory for the reflection");
  j["reflection"] = Json::parse(text.begin(), text.end());
  return j;
}

}  // namespace tool
