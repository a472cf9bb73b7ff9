#include "super_resolution.hpp"

#include "../example.hpp"

#include <airstrip/graph.hpp>
#include <airstrip/onnx.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace airstrip;

namespace {

constexpr std::uint32_t channels = 3;

// The model for pictures of one size. Images: as the engine has them; else as plain tensors.
Result<graph::Graph> import_network(std::uint32_t width, std::uint32_t height, bool with_images) {
  const Result<Buffer<std::byte>> file = onnx::read_file(example::model_path("super_resolution.onnx"));
  if (!file) return file.error();
  const Result<onnx::Model> model = onnx::read_model({file->data(), file->size()});
  if (!model) return model.error();
  const onnx::SizeOption sizes[] = {{"width", width}, {"height", height}};
  const onnx::ImageOption images[] = {
      {.name = "picture", .storage = tensor::Storage::SampledImage},
      {.name = "enlarged", .storage = tensor::Storage::StorageImage, .format = kernel::TexelFormat::Rgba8}};
  onnx::ImportOptions options;
  options.sizes = sizes;
  if (with_images) options.images = images;
  options.borrow_weights = false;  // the graph outlives the file
  return onnx::import_model(*model, options);
}

// The part of a picture that is compared at a time, at half size. The interpreter would take half a minute for all of it.
constexpr std::uint32_t part_width = 40, part_height = 32;
// Seven convolutions of 3 by 3 look so far. A part sees zeros outside of itself, so that this much of it is wrong where
// the picture goes on; where the picture ends, zeros are right.
constexpr std::uint32_t margin = 7;

struct Part {
  std::uint32_t x, y;
};
constexpr std::uint32_t right = engine::scene_width - part_width, bottom = engine::scene_height - part_height;
// The corners, the middle, and where the disc ends.
constexpr Part parts[] = {{0, 0},
                          {right, 0},
                          {0, bottom},
                          {right, bottom},
                          {right / 2, bottom / 2},
                          {right * 4 / 5, bottom * 2 / 3}};

struct Range {
  std::uint32_t first, end;
};
// What of a part is right, in pixels of the enlarged picture.
Range comparable(std::uint32_t first, std::uint32_t size, std::uint32_t whole) {
  const std::uint32_t end = first + size;
  return {2 * (first == 0 ? 0 : first + margin), 2 * (end == whole ? whole : end - margin)};
}

std::vector<float> elements_of(const engine::Target& picture, const Part& part) {
  std::vector<float> elements;
  for (std::uint32_t c = 0; c < channels; ++c)
    for (std::uint32_t y = part.y; y < part.y + part_height; ++y)
      for (std::uint32_t x = part.x; x < part.x + part_width; ++x)
        elements.push_back(static_cast<float>(picture.pixels[4 * (std::size_t{y} * picture.width + x) + c]) /
                           255);
  return elements;
}

bool contains(const VkRect2D& area, std::uint32_t x, std::uint32_t y) {
  const auto left = static_cast<std::uint32_t>(area.offset.x),
             top = static_cast<std::uint32_t>(area.offset.y);
  return x >= left && x < left + area.extent.width && y >= top && y < top + area.extent.height;
}

}  // namespace

Result<program::Program> compile_super_resolution(const tensor::Target& device) {
  const Result<graph::Graph> network = import_network(engine::scene_width, engine::scene_height, true);
  if (!network) return network.error();
  const graph::CompileTarget targets[] = {{"this device", device}, {"baseline", tensor::Target()}};
  return graph::compile(*network, targets, {.name = "super_resolution"});
}

bool is_enlarged_right(const engine::Target& picture, const engine::Target& enlarged, const VkRect2D& covered,
                       std::string& summary) {
  Result<graph::Graph> network = import_network(part_width, part_height, false);
  if (!network) return example::fail(network.error().to_string()) == 0;
  double worst = 0;
  std::size_t compared = 0;
  for (const Part& part : parts) {
    const std::vector<float> elements = elements_of(picture, part);
    const graph::NamedBytes input = {
        "picture",
        {reinterpret_cast<const unsigned char*>(elements.data()), elements.size() * sizeof(float)}};
    const Result<List<graph::Bytes>> outputs =
        graph::evaluate(*network, Span<const graph::NamedBytes>(&input, 1));
    if (!outputs) return example::fail(outputs.error().to_string()) == 0;
    const graph::Bytes& expected = (*outputs)[0];
    const Range columns = comparable(part.x, part_width, picture.width),
                rows = comparable(part.y, part_height, picture.height);
    for (std::uint32_t c = 0; c < channels; ++c)
      for (std::uint32_t y = rows.first; y < rows.end; ++y)
        for (std::uint32_t x = columns.first; x < columns.end; ++x) {
          if (contains(covered, x, y)) continue;
          const std::size_t at =
              (std::size_t{c} * 2 * part_height + y - 2 * part.y) * 2 * part_width + x - 2 * part.x;
          float value = 0;
          std::memcpy(&value, expected.data() + at * sizeof value, sizeof value);
          const int found = enlarged.pixels[4 * (std::size_t{y} * enlarged.width + x) + c];
          worst = std::max(worst, std::abs(static_cast<double>(found) - static_cast<double>(value) * 255));
          ++compared;
        }
  }
  // Half a step is what rounding to 8 bits takes. The rest is for the device, which sums in another order and with fused
  // multiplications, and may be on the other side of the middle between two steps.
  if (worst > 1)
    return example::fail("an enlarged pixel is wrong by " + std::to_string(worst) + " / 255") == 0;
  summary = std::to_string(compared / channels) + " pixels in " + std::to_string(std::size(parts)) +
            " parts: corners, middle, the disc's edge; at most " + std::to_string(worst) + " / 255 away";
  return true;
}
