// --image: inputs and outputs of a model that are bound as images.
#pragma once

#include <airstrip/graph/graph.hpp>
#include <airstrip/onnx/import.hpp>
#include <optional>
#include <string>
#include <vector>

namespace tool {

struct ImportSettings;
struct ModelFile;

struct NamedImage {
  std::string name;
  std::optional<airstrip::kernel::TexelFormat> format;  ///< where it was said
};
/// NAME or NAME=FORMAT. Throws Failure: Usage where it is not of that form, or a name comes twice.
std::vector<NamedImage> parse_images(const char* option, const std::vector<std::string>& arguments);
/// As the importer takes them; they refer to the settings' names. Throws Failure, Usage: something can be no image of the model,
/// with the list of what can.
std::vector<airstrip::onnx::ImageOption> image_options(const ModelFile& file, const ImportSettings& settings);
/// Throws Failure, Usage: a format has fewer components than its picture has channels.
void check_formats(const ModelFile& file, const airstrip::graph::Graph& graph);

}  // namespace tool
