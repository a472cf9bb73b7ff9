#include "validate.hpp"

#include <spirv-tools/libspirv.h>

namespace bench {

std::string validate(airstrip::Span<const std::uint32_t> words) {
  const spv_context context = spvContextCreate(SPV_ENV_VULKAN_1_1);
  spv_const_binary_t binary{words.data(), words.size()};
  spv_diagnostic diagnostic = nullptr;
  std::string text;
  if (spvValidate(context, &binary, &diagnostic) != SPV_SUCCESS)
    text = diagnostic && diagnostic->error ? diagnostic->error : "invalid";
  spvDiagnosticDestroy(diagnostic);
  spvContextDestroy(context);
  return text;
}

}  // namespace bench
