// airstrip devices: the Vulkan devices, and what the library knows of them.
#include "commands.hpp"
#include "device_list.hpp"
#include "text.hpp"

#include <CLI/CLI.hpp>
#include <airstrip/tensor/type.hpp>
#include <airstrip/vulkan/tensor_target.hpp>

namespace tool {

namespace {

using namespace airstrip;
using vulkan::Description;

// What kernels can use, by the feature of Vulkan that stands for it.
struct Feature {
  const char* key;
  const char* label;
  const char* member;
};
constexpr Feature features[] = {{"f16", "f16", "shaderFloat16"},
                                {"bf16", "bf16", "shaderBFloat16Type"},
                                {"f64", "f64", "shaderFloat64"},
                                {"int8", "int8", "shaderInt8"},
                                {"int16", "int16", "shaderInt16"},
                                {"int64", "int64", "shaderInt64"},
                                {"storage_8_bit", "8-bit storage", "storageBuffer8BitAccess"},
                                {"storage_16_bit", "16-bit storage", "storageBuffer16BitAccess"},
                                {"integer_dot_product", "integer dot product", "shaderIntegerDotProduct"},
                                {"cooperative_matrix", "cooperative matrices", "cooperativeMatrix"},
                                {"vulkan_memory_model", "Vulkan memory model", "vulkanMemoryModel"},
                                {"device_addresses", "device addresses", "bufferDeviceAddress"}};

struct SubgroupOperation {
  VkSubgroupFeatureFlags bit;
  const char* name;
};
constexpr SubgroupOperation subgroup_operations[] = {
    {VK_SUBGROUP_FEATURE_BASIC_BIT, "basic"},
    {VK_SUBGROUP_FEATURE_VOTE_BIT, "vote"},
    {VK_SUBGROUP_FEATURE_ARITHMETIC_BIT, "arithmetic"},
    {VK_SUBGROUP_FEATURE_BALLOT_BIT, "ballot"},
    {VK_SUBGROUP_FEATURE_SHUFFLE_BIT, "shuffle"},
    {VK_SUBGROUP_FEATURE_SHUFFLE_RELATIVE_BIT, "shuffle_relative"},
    {VK_SUBGROUP_FEATURE_CLUSTERED_BIT, "clustered"},
    {VK_SUBGROUP_FEATURE_QUAD_BIT, "quad"}};

const char* type_name(VkPhysicalDeviceType type) {
  switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return "integrated_gpu";
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return "discrete_gpu";
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: return "virtual_gpu";
    case VK_PHYSICAL_DEVICE_TYPE_CPU: return "cpu";
    default: return "other";
  }
}

const char* kind_name(tensor::DeviceKind kind) {
  switch (kind) {
    case tensor::DeviceKind::Gpu: return "gpu";
    case tensor::DeviceKind::Llvmpipe: return "llvmpipe";
    case tensor::DeviceKind::SwiftShader: return "swiftshader";
  }
  return "gpu";
}

// VkComponentTypeKHR.
std::string component_name(std::uint32_t component) {
  constexpr const char* names[] = {"f16", "f32", "f64", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"};
  if (component == 1000141000) return "bf16";
  return component < std::size(names) ? names[component] : "type " + std::to_string(component);
}

std::string with_patch(std::uint32_t version) {
  return api_version_text(version) + "." + std::to_string(VK_API_VERSION_PATCH(version));
}

std::vector<std::string> operations_of(const Description& d) {
  std::vector<std::string> names;
  for (const SubgroupOperation& operation : subgroup_operations)
    if (d.subgroup_operations & operation.bit) names.emplace_back(operation.name);
  return names;
}

Json json_of(const ListedDevice& device) {
  const Description& d = device.description;
  Json j;
  j["name"] = device.name;
  j["api_version"] = with_patch(device.api_version);
  Json& heaps = j["memory_heaps"] = Json::array();
  for (const MemoryHeap& heap : device.heaps)
    heaps.push_back({{"bytes", heap.bytes},
                     {"device_local", heap.is_device_local},
                     {"host_visible", heap.is_host_visible}});
  if (!device.error.empty()) {
    j["error"] = device.error;
    return j;
  }
  j["type"] = type_name(d.type);
  j["vendor_id"] = d.vendor_id;
  j["device_id"] = d.device_id;
  j["driver"] = {{"id", static_cast<std::uint32_t>(d.driver)},
                 {"name", std::string(d.driver_name)},
                 {"info", std::string(d.driver_info)},
                 {"version", d.driver_version}};
  j["used_api_version"] = api_version_text(d.api_version);
  j["spirv_version"] = version_text(d.target.spirv_version());
  j["subgroups"] = {{"size", d.subgroup_size},
                    {"minimum_size", d.min_subgroup_size},
                    {"maximum_size", d.max_subgroup_size},
                    {"can_choose_size", d.can_choose_subgroup_size},
                    {"can_require_full", d.can_require_full_subgroups},
                    {"operations", operations_of(d)}};
  const VkPhysicalDeviceLimits& l = d.limits;
  j["limits"] = {{"workgroup_invocations", l.maxComputeWorkGroupInvocations},
                 {"workgroup_size", l.maxComputeWorkGroupSize},
                 {"workgroup_count", l.maxComputeWorkGroupCount},
                 {"workgroup_memory", l.maxComputeSharedMemorySize},
                 {"storage_buffer_range", l.maxStorageBufferRange},
                 {"storage_buffers", l.maxPerStageDescriptorStorageBuffers},
                 {"push_constants", l.maxPushConstantsSize},
                 {"push_descriptors", d.max_push_descriptors},
                 {"timestamps", l.timestampComputeAndGraphics == VK_TRUE}};
  Json& has = j["features"] = Json::object();
  for (const Feature& feature : features) has[feature.key] = d.has_feature(feature.member);
  Json& matrices = j["cooperative_matrices"] = Json::array();
  for (const vulkan::CooperativeMatrixShape& m : d.cooperative_matrices)
    matrices.push_back({{"m", m.m},
                        {"n", m.n},
                        {"k", m.k},
                        {"a", component_name(m.a)},
                        {"b", component_name(m.b)},
                        {"c", component_name(m.c)},
                        {"result", component_name(m.result)},
                        {"saturating", m.saturating},
                        {"scope", m.scope}});
  const tensor::Target target = vulkan::tensor_target(d);
  j["airstrip"] = {{"kind", kind_name(target.kind)},
                   {"matrix_products", target.matrix_product_count},
                   {"known_limits",
                    {{"loop_iterations", d.known.loop_iterations},
                     {"breaks_int64", d.known.breaks_int64},
                     {"why", d.known.why}}}};
  Json& all = j["vulkan_features"] = Json::array();
  for (const Text feature : d.features) all.push_back(std::string(feature));
  Json& extensions = j["vulkan_extensions"] = Json::array();
  for (const VkExtensionProperties& extension : d.extensions) extensions.push_back(extension.extensionName);
  return j;
}

std::string subgroups_text(const Description& d) {
  if (d.subgroup_size == 0) return "size not known";
  std::string text = std::to_string(d.subgroup_size) + " invocations";
  if (d.can_choose_subgroup_size)
    text += ", " + std::to_string(d.min_subgroup_size) + " to " + std::to_string(d.max_subgroup_size) +
            " to choose from";
  return text + "; " + joined(operations_of(d), " ");
}

std::string text_of(const ListedDevice& device) {
  std::string text = printable(device.name) + "\n";
  const Description& d = device.description;
  Table table("  ");
  if (!device.error.empty()) {
    table.row({"Vulkan", with_patch(device.api_version)});
    table.row({"cannot be used", printable(device.error)});
    return text + table.text();
  }
  table.row({"type", type_name(d.type)});
  if (!d.driver_name.empty())
    table.row({"driver", printable(std::string(d.driver_name) + ", " + std::string(d.driver_info))});
  table.row({"Vulkan", with_patch(device.api_version) + ", used as " + api_version_text(d.api_version) +
                           " with SPIR-V " + version_text(d.target.spirv_version())});
  for (const MemoryHeap& heap : device.heaps)
    table.row({"memory", size_text(heap.bytes) + (heap.is_device_local ? " of the device" : " of the host") +
                             (heap.is_device_local && heap.is_host_visible ? ", visible to the host" : "")});
  table.row({"subgroups", subgroups_text(d)});
  const VkPhysicalDeviceLimits& l = d.limits;
  table.row({"workgroups", std::to_string(l.maxComputeWorkGroupInvocations) + " invocations, " +
                               size_text(l.maxComputeSharedMemorySize) + " of memory"});
  table.row({"buffers", size_text(l.maxStorageBufferRange) + " at most, " +
                            std::to_string(l.maxPerStageDescriptorStorageBuffers) + " in a kernel"});
  std::vector<std::string> has, lacks;
  for (const Feature& feature : features)
    (d.has_feature(feature.member) ? has : lacks).emplace_back(feature.label);
  table.row({"has", joined(has)});
  if (!lacks.empty()) table.row({"has not", joined(lacks)});
  for (const vulkan::CooperativeMatrixShape& m : d.cooperative_matrices)
    table.row({"matrices", std::to_string(m.m) + " x " + std::to_string(m.n) + " x " + std::to_string(m.k) +
                               ", " + component_name(m.a) + " * " + component_name(m.b) + " + " +
                               component_name(m.c) + " to " + component_name(m.result) +
                               (m.saturating ? ", saturating" : "")});
  const tensor::Target target = vulkan::tensor_target(d);
  table.row({"schedules", std::string("for ") + kind_name(target.kind)});
  if (d.known.why[0] != '\0') table.row({"known", d.known.why});
  return text + table.text();
}

class Devices : public Command {
public:
  const char* name() const override { return "devices"; }
  const char* summary() const override { return "List the Vulkan devices and what kernels can use of them"; }
  const char* examples() const override {
    return "  airstrip devices\n"
           "  airstrip devices --device llvmpipe --json\n"
           "  VK_ICD_FILENAMES=/usr/share/vulkan/icd.d/lvp_icd.x86_64.json airstrip devices\n";
  }
  void add_options(CLI::App& app) override {
    app.add_option("--device", device_, "Only those with this in their name")->type_name("NAME");
  }
  Answer run(Reader reader) override {
    Answer answer;
    const std::vector<ListedDevice> devices = list_devices(device_);
    if (reader == Reader::Program) {
      Json& list = answer.json["devices"] = Json::array();
      for (const ListedDevice& device : devices) list.push_back(json_of(device));
      return answer;
    }
    for (const ListedDevice& device : devices)
      answer.text += (answer.text.empty() ? "" : "\n") + text_of(device);
    return answer;
  }

private:
  std::string device_;
};

}  // namespace

std::unique_ptr<Command> make_devices() { return std::make_unique<Devices>(); }

}  // namespace tool
