#include "images.hpp"

#include "failure.hpp"
#include "source.hpp"
#include "text.hpp"

#include <algorithm>

namespace tool {

namespace onnx = airstrip::onnx;
using airstrip::Text;
using airstrip::kernel::TexelFormat;
using airstrip::tensor::Storage;

namespace {

// Those of floats, by GLSL's names.
struct NamedFormat {
  const char* name;
  TexelFormat format;
};
constexpr NamedFormat formats[] = {{"rgba8", TexelFormat::Rgba8},
                                   {"rgba8_snorm", TexelFormat::Rgba8Snorm},
                                   {"rgba16f", TexelFormat::Rgba16f},
                                   {"rgba32f", TexelFormat::Rgba32f},
                                   {"r32f", TexelFormat::R32f}};

bool is_picture(std::optional<std::int64_t> batch, std::optional<std::int64_t> channels) {
  return batch == 1 && channels && *channels >= 1 && *channels <= 4;
}

// Nothing where the size stays open.
std::optional<std::int64_t> size_of(const onnx::ValueInfo& input, std::size_t axis,
                                    const std::vector<OpenAxis>& open, const ImportSettings& settings) {
  for (const OpenAxis& o : open) {
    if (!(Text(o.input) == input.name) || o.axis != axis) continue;
    for (const NamedSize& size : settings.sizes)
      if (size.name == o.size) return size.value;
    return std::nullopt;
  }
  return input.type->shape[axis].value;
}

bool is_tensor_of_floats(const onnx::ValueInfo& value) {
  return value.type->kind == onnx::Type::Kind::Tensor && value.type->elem_type == onnx::DataType::Float;
}

// Of outputs models need not state the type, nor which sizes are numbers: there the importer sees what they become.
bool may_be_picture(const onnx::ValueInfo& output) {
  if (!output.type) return true;
  if (!is_tensor_of_floats(output)) return false;
  if (!output.type->has_shape) return true;
  if (output.type->shape.size() != 4) return false;
  const auto number = [&](std::size_t axis) {
    const onnx::Dimension& d = output.type->shape[axis];
    return d.kind == onnx::Dimension::Kind::Value && d.value >= 0 ? d.value : 1;
  };
  return is_picture(number(0), number(1));
}

struct Candidates {
  std::vector<std::string> inputs, outputs;
};
Candidates candidates_of(const ModelFile& file, const ImportSettings& settings) {
  Candidates found;
  const std::vector<OpenAxis> open = open_axes(file.model);
  for (const onnx::ValueInfo& input : file.model.graph->inputs) {
    const bool is_bound = std::any_of(settings.bound.begin(), settings.bound.end(),
                                      [&](const HostTensor& t) { return Text(t.name) == input.name; });
    if (is_bound || is_initialized(file.model, input.name) || !input.type || !is_tensor_of_floats(input) ||
        !input.type->has_shape || input.type->shape.size() != 4)
      continue;
    if (is_picture(size_of(input, 0, open, settings), size_of(input, 1, open, settings)))
      found.inputs.emplace_back(input.name);
  }
  for (const onnx::ValueInfo& output : file.model.graph->outputs)
    if (may_be_picture(output)) found.outputs.emplace_back(output.name);
  return found;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::vector<NamedImage> parse_images(const char* option, const std::vector<std::string>& arguments) {
  std::vector<NamedImage> images;
  for (const std::string& argument : arguments) {
    const std::size_t equals = argument.find('=');
    NamedImage image{argument.substr(0, equals), std::nullopt};
    if (image.name.empty())
      throw Failure(ExitCode::Usage, std::string(option) + " " + argument + ": write NAME or NAME=FORMAT");
    if (equals != std::string::npos) {
      std::vector<std::string> names;
      for (const NamedFormat& format : formats) {
        names.emplace_back(format.name);
        if (names.back() == argument.substr(equals + 1)) image.format = format.format;
      }
      if (!image.format)
        throw Failure(ExitCode::Usage, std::string(option) + " " + argument +
                                           ": there is no such format; there are: " + joined(names));
    }
    for (const NamedImage& other : images)
      if (other.name == image.name)
        throw Failure(ExitCode::Usage, std::string(option) + " names " + image.name + " twice; say it once");
    images.push_back(std::move(image));
  }
  return images;
}

std::vector<onnx::ImageOption> image_options(const ModelFile& file, const ImportSettings& settings) {
  std::vector<onnx::ImageOption> options;
  if (settings.images.empty()) return options;
  const Candidates candidates = candidates_of(file, settings);
  for (const NamedImage& image : settings.images) {
    if (contains(candidates.inputs, image.name)) {
      options.push_back({Text(image.name), image.format ? Storage::StorageImage : Storage::SampledImage,
                         image.format.value_or(TexelFormat::Unknown)});
      continue;
    }
    if (contains(candidates.outputs, image.name)) {
      options.push_back({Text(image.name), Storage::StorageImage, image.format.value_or(TexelFormat::Rgba8)});
      continue;
    }
    std::vector<std::string> names = candidates.inputs;
    names.insert(names.end(), candidates.outputs.begin(), candidates.outputs.end());
    throw Failure(ExitCode::Usage,
                  file.path + ": '" + image.name +
                      "' cannot be an image: that is an input or output of f32 and the shape [1, 1 to 4, "
                      "height, width], where --size may fix what is open in front; " +
                      (names.empty() ? "there is none" : "there are: " + joined(names)));
  }
  return options;
}

void check_formats(const ModelFile& file, const airstrip::graph::Graph& graph) {
  const auto check = [&](Text name, const airstrip::graph::TensorType& type) {
    if (type.storage == Storage::Buffer || type.format != TexelFormat::R32f) return;
    const auto& channels = type.shape[static_cast<std::size_t>(type.channel_axis)];
    if (channels.is_literal() && channels.value() != 1)
      throw Failure(ExitCode::Usage,
                    file.path + ": the picture '" + std::string(name) + "' has " +
                        std::to_string(channels.value()) +
                        " channels, and r32f has room for one; name a format that begins with rgba");
  };
  for (std::uint32_t i = 0; i < graph.value_count(); ++i) {
    const airstrip::graph::Value& value = graph.value(static_cast<airstrip::graph::ValueId>(i));
    if (value.is_input) check(Text(value.name), value.type);
  }
  for (const airstrip::graph::GraphOutput& output : graph.outputs())
    check(Text(output.name), graph.type(output.value));
}

}  // namespace tool
