#include "model_options.hpp"

#include <CLI/CLI.hpp>
#include <cctype>

namespace tool {

void ModelOptions::add_to(CLI::App& app, const std::string& of) {
  const auto add = [&](const char* name, std::vector<std::string>& values, const char* type,
                       const char* what) {
    std::string help = of + what;
    help[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(help[0])));
    app.add_option(name, values, help)->type_name(type)->allow_extra_args(false);
  };
  add("--size", sizes_, "NAME=VALUE", "fixes a size that the model leaves open");
  add("--max", maxima_, "NAME=VALUE[:N]", "leaves a size open, up to this, and with :N a multiple of N");
  add("--input", inputs_, "NAME=FILE", "makes an input a constant: one that a shape depends on");
  add("--image", images_, "NAME[=FORMAT]",
      "binds a picture, [1, 1 to 4, height, width] of f32, as an image: an input as a sampled one, or with "
      "FORMAT as a storage image; an output as a storage image, of rgba8 where FORMAT is left out. FORMAT: "
      "rgba8, rgba8_snorm, rgba16f, rgba32f, r32f");
}

ImportSettings ModelOptions::settings_for(const ModelFile& file) const {
  ImportSettings settings;
  settings.sizes = parse_sizes("--size", sizes_);
  settings.maxima = parse_maxima("--max", maxima_);
  settings.images = parse_images("--image", images_);
  bind_inputs(file, parse_named("--input", inputs_), settings);
  return settings;
}

}  // namespace tool
