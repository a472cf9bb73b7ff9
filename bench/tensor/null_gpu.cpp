#include "null_gpu.hpp"

#include <airstrip/vulkan/tensor_target.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

using namespace airstrip;
using namespace airstrip::vulkan;

namespace {

// AIRSTRIP_BENCH_RADV, else where distributions have it.
std::string radv_icd() {
  if (const char* const named = std::getenv("AIRSTRIP_BENCH_RADV")) return named;
  for (const char* folder : {"/usr/share/vulkan/icd.d/", "/etc/vulkan/icd.d/"})
    for (const char* name : {"radeon_icd.x86_64.json", "radeon_icd.json"})
      if (const std::string path = std::string(folder) + name; access(path.c_str(), R_OK) == 0) return path;
  return {};
}

// A variable of the environment, for as long as this lives.
class Setting {
public:
  Setting(const char* name, const std::string& value) : name_(name) {
    if (const char* const before = std::getenv(name)) {
      before_ = before;
      was_set_ = true;
    }
    setenv(name, value.c_str(), 1);
  }
  ~Setting() {
    if (was_set_)
      setenv(name_, before_.c_str(), 1);
    else
      unsetenv(name_);
  }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

private:
  const char* name_;
  std::string before_;
  bool was_set_ = false;
};

constexpr const char* statistics_extension = "VK_KHR_pipeline_executable_properties";

}  // namespace

NullGpu::~NullGpu() {
  context_ = {};
  if (!loader_) return;
  const auto get = reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(loader_, "vkGetInstanceProcAddr"));
  if (device_) reinterpret_cast<PFN_vkDestroyDevice>(get(instance_, "vkDestroyDevice"))(device_, nullptr);
  if (instance_)
    reinterpret_cast<PFN_vkDestroyInstance>(get(instance_, "vkDestroyInstance"))(instance_, nullptr);
  dlclose(loader_);
}

bool NullGpu::knows(const std::string& family) {
  const pid_t child = fork();
  if (child == 0) {
    std::freopen("/dev/null", "w", stderr);
    NullGpu gpu;
    _exit(gpu.open(family).empty() ? 0 : 1);
  }
  int status = 1;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string NullGpu::open(const std::string& family) {
  const std::string icd = radv_icd();
  if (icd.empty()) return "RADV, AMD's driver in Mesa, is not installed";
  // Read when the instance is made, and of no use afterwards.
  const Setting settings[] = {
      {"RADV_FORCE_FAMILY", family}, {"VK_ICD_FILENAMES", icd}, {"VK_DRIVER_FILES", icd}};
  setenv("MESA_SHADER_CACHE_DISABLE", "true", 1);
  loader_ = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!loader_) return "there is no Vulkan loader";
  const auto get = reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(loader_, "vkGetInstanceProcAddr"));

  VkApplicationInfo application = {};
  application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  application.apiVersion = VK_API_VERSION_1_3;
  VkInstanceCreateInfo instance_info = {};
  instance_info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  instance_info.pApplicationInfo = &application;
  const auto create = reinterpret_cast<PFN_vkCreateInstance>(get(nullptr, "vkCreateInstance"));
  if (create(&instance_info, nullptr, &instance_) != VK_SUCCESS) return "no instance with RADV can be made";
  const auto list =
      reinterpret_cast<PFN_vkEnumeratePhysicalDevices>(get(instance_, "vkEnumeratePhysicalDevices"));
  std::uint32_t count = 1;
  VkPhysicalDevice physical = VK_NULL_HANDLE;
  if (list(instance_, &count, &physical) < 0 || count == 0)
    return "RADV has no family that is called " + family;

  ContextInfo info;
  info.get_instance_proc_addr = get;
  info.instance = instance_;
  info.physical_device = physical;
  info.api_version = VK_API_VERSION_1_3;
  Result<Description> supported = describe_supported(info);
  if (!supported) return std::string(supported.error().to_string());
  if (!supported->has_extension(statistics_extension)) return std::string("no ") + statistics_extension;
  // All features that the library knows, and the one that it does not.
  std::vector<const char*> extensions = {statistics_extension};
  for (const char* name : {"VK_KHR_cooperative_matrix"})
    if (supported->has_extension(name)) extensions.push_back(name);
  const Span<const char* const> enabled(extensions.data(), extensions.size());
  std::vector<Text> features;
  for (const Text name : supported->features) {
    // Some depend on extensions that are not enabled.
    if (FeatureChain::make(supported->api_version, Span<const Text>(&name, 1), enabled))
      features.push_back(name);
  }
  Result<FeatureChain> chain =
      FeatureChain::make(supported->api_version, {features.data(), features.size()}, enabled);
  if (!chain) return std::string(chain.error().to_string());
  VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR capture = {};
  capture.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR;
  capture.pNext = chain->chain();
  capture.pipelineExecutableInfo = VK_TRUE;
  const float priority = 1;
  VkDeviceQueueCreateInfo queue = {};
  queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  VkDeviceCreateInfo device_info = {};
  device_info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  device_info.pNext = &capture;
  device_info.queueCreateInfoCount = 1;
  device_info.pQueueCreateInfos = &queue;
  device_info.enabledExtensionCount = static_cast<std::uint32_t>(extensions.size());
  device_info.ppEnabledExtensionNames = extensions.data();
  const auto create_device = reinterpret_cast<PFN_vkCreateDevice>(get(instance_, "vkCreateDevice"));
  const VkResult result = create_device(physical, &device_info, nullptr, &device_);
  if (result < 0) return std::string("vkCreateDevice: ") + to_string(result);
  info.device = device_;
  info.features = chain->chain();
  info.extensions = enabled;
  Result<Context> context = Context::make(info);
  if (!context) return std::string(context.error().to_string());
  context_ = static_cast<Context&&>(*context);
  target_ = tensor_target(context_.describe());
  return {};
}

Statistics NullGpu::compile(const tensor::Operation& operation, std::size_t s, std::string& error) const {
  const tensor::Step& step = operation.steps()[s];
  const auto module = operation.module(s);
  if (!module) {
    error = std::string(module.error().to_string());
    return {};
  }
  // Layouts, and the check that the device takes the module.
  PipelineInfo pipeline_info;
  pipeline_info.words = module->words();
  pipeline_info.label = step.kernel.name();
  pipeline_info.subgroup_size = step.subgroup_size;
  pipeline_info.full_subgroups = step.kernel.options().subgroup.full;
  Result<Pipeline> layouts = Pipeline::make(context_, pipeline_info);
  if (!layouts) {
    error = std::string(layouts.error().to_string());
    return {};
  }
  const Functions& f = context_.functions();
  VkShaderModuleCreateInfo shader_info = {};
  shader_info.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
  shader_info.codeSize = module->words().size() * sizeof(std::uint32_t);
  shader_info.pCode = module->words().data();
  VkShaderModule shader = VK_NULL_HANDLE;
  if (f.vkCreateShaderModule(device_, &shader_info, nullptr, &shader) < 0) {
    error = "vkCreateShaderModule failed";
    return {};
  }
  VkPipelineShaderStageRequiredSubgroupSizeCreateInfo size = {};
  size.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO;
  size.requiredSubgroupSize = step.subgroup_size;
  VkComputePipelineCreateInfo create = {};
  create.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
  create.flags = VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR;
  create.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  create.stage.pNext = step.subgroup_size ? &size : nullptr;
  create.stage.flags =
      pipeline_info.full_subgroups ? VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT : 0;
  create.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  create.stage.module = shader;
  create.stage.pName = "main";
  create.layout = layouts->layout();
  VkPipeline pipeline = VK_NULL_HANDLE;
  const VkResult result = f.vkCreateComputePipelines(device_, VK_NULL_HANDLE, 1, &create, nullptr, &pipeline);
  f.vkDestroyShaderModule(device_, shader, nullptr);
  if (result < 0) {
    error = std::string("vkCreateComputePipelines: ") + to_string(result);
    return {};
  }
  const auto statistics = reinterpret_cast<PFN_vkGetPipelineExecutableStatisticsKHR>(
      f.vkGetDeviceProcAddr(device_, "vkGetPipelineExecutableStatisticsKHR"));
  VkPipelineExecutableInfoKHR executable = {};
  executable.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR;
  executable.pipeline = pipeline;
  std::uint32_t count = 0;
  Statistics found;
  if (statistics(device_, &executable, &count, nullptr) >= 0) {
    std::vector<VkPipelineExecutableStatisticKHR> values(count);
    for (auto& value : values) value.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
    if (statistics(device_, &executable, &count, values.data()) >= 0)
      for (const VkPipelineExecutableStatisticKHR& value : values)
        found[value.name] = value.format == VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_UINT64_KHR
                                ? static_cast<double>(value.value.u64)
                            : value.format == VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_INT64_KHR
                                ? static_cast<double>(value.value.i64)
                            : value.format == VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_FLOAT64_KHR
                                ? value.value.f64
                                : static_cast<double>(value.value.b32);
  }
  f.vkDestroyPipeline(device_, pipeline, nullptr);
  if (found.empty()) error = "the driver says nothing of the pipeline";
  return found;
}

}  // namespace bench
