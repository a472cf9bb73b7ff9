// The baseline of every kind of operation in the three languages: without addresses, subgroups and narrow types.
#include "../support/tensor_catalog.hpp"

#include <airstrip/cross.hpp>
#include <airstrip/kernel/write_spirv.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace airstrip;

TEST_CASE("cross: the baseline of every tensor operation in GLSL, HLSL and MSL") {
  std::size_t translated = 0;
  for (const tensor_catalog::Entry& entry : tensor_catalog::all()) {
    if (!entry.has_baseline) continue;
    CAPTURE(std::string(entry.name));
    const Result<tensor::Operation> operation = entry.make(tensor::Target());
    REQUIRE_MESSAGE(operation.ok(), std::string(operation.error().to_string()));
    for (std::size_t s = 0; s < operation->steps().size(); ++s) {
      kernel::WriteOptions write = operation->steps()[s].write;
      write.one_view = true;
      const Result<spirv::Module> module =
          kernel::write_spirv(operation->steps()[s].kernel, operation->target().spirv, write);
      REQUIRE_MESSAGE(module.ok(), std::string(module.error().to_string()));
      for (const ShaderLanguage language :
           {ShaderLanguage::Glsl, ShaderLanguage::Hlsl, ShaderLanguage::Msl}) {
        TranslateOptions options;
        options.hlsl_workgroup_count_register = 13;
        const Result<String> text = translate(*module, language, options);
        CHECK_MESSAGE(text.ok(), std::string(to_string(language)), ", step ", s, ": ",
                      std::string(text.error().to_string()));
        translated += text.ok();
      }
    }
  }
  CHECK(translated >= 3 * tensor_catalog::all().size());
}
