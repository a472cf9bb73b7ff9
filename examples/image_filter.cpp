// An unsharp mask, the sharpening of every photo program: the picture plus its difference from a blurred one. It reads a
// sampled image and writes a storage image. Draws a test card, filters it and writes both as PNG where libpng is there.
#include "example.hpp"

#include <airstrip/kernel/builder.hpp>
#include <airstrip/kernel/interpret.hpp>
#include <airstrip/kernel/write_spirv.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>
#ifdef AIRSTRIP_EXAMPLE_PNG
#include <png.h>
#endif

using namespace airstrip;
using namespace airstrip::kernel;

static constexpr u32 tile = 8;

// result = source + amount * (source - blurred), where the blur is binomial, 1 2 1 in both directions.
static Kernel make_sharpen() {
  return make_kernel("sharpen", {.workgroup = {tile, tile}}, [](KernelBuilder& k) {
    const auto amount = k.param<f32>("amount");
    const auto source = k.sampled_image<f32>("source");
    const auto result = k.storage_image<f32, Access::WriteOnly>("result", TexelFormat::Rgba8);
    const auto at = convert<i32x2>(swizzle<0, 1>(k.global_id()));
    const auto size = result.size();

    // The picture need not be a multiple of the workgroup.
    k.if_(all(at < size), [&] {
      const auto centre = source.fetch(at);
      auto blurred = centre * (4.0 / 16);
      for (int dy = -1; dy <= 1; ++dy)  // loops of C++: eight fetches, one after the other
        for (int dx = -1; dx <= 1; ++dx) {
          if (dx == 0 && dy == 0) continue;
          // Beyond the edge the picture goes on as it ends.
          const auto neighbour = clamp(at + i32x2{dx, dy}, 0, size - 1);
          const double weight = (dx == 0 ? 2.0 : 1.0) * (dy == 0 ? 2.0 : 1.0) / 16;
          blurred = blurred + source.fetch(neighbour) * weight;
        }
      const auto sharp = clamp(centre + amount * (centre - blurred), 0, 1);
      result.store(at, vec<f32x4>(swizzle<0, 1, 2>(sharp), centre.w));
    });
  });
}

// --- pictures: four floats a texel, as the interpreter binds them ------------------------------------------------------

namespace {

using Texel = std::array<float, 4>;
struct Picture {
  u32 width, height;
  std::vector<Texel> texels = std::vector<Texel>(std::size_t{width} * height);
  Texel& at(u32 x, u32 y) { return texels[std::size_t{y} * width + x]; }
  ImageBinding binding() { return {.width = width, .height = height, .texels = texels.data()}; }
};

// Bars of colour, a gradient, a checkerboard, rings that get finer, and discs with soft edges to sharpen.
Picture draw_test_card(u32 width, u32 height) {
  Picture card{width, height};
  for (u32 y = 0; y < height; ++y)
    for (u32 x = 0; x < width; ++x) {
      const float u = static_cast<float>(x) / static_cast<float>(width - 1);
      const float v = static_cast<float>(y) / static_cast<float>(height - 1);
      Texel colour;
      if (v < 0.25f) {
        const auto bar = static_cast<u32>(u * 7.999f);
        colour = {bar & 4 ? 0.2f : 0.8f, bar & 2 ? 0.2f : 0.8f, bar & 1 ? 0.2f : 0.8f, 1};
      } else if (v < 0.35f) {
        colour = {u, u, u, 1};
      } else if (u < 0.5f) {
        const float dx = u - 0.25f,
                    dy = (v - 0.675f) * static_cast<float>(height) / static_cast<float>(width);
        const float ring = 0.5f + 0.35f * std::cos(900 * (dx * dx + dy * dy));
        colour = {ring, ring, 0.5f, 1};
      } else {
        const float board = ((x / 12) + (y / 12)) % 2 ? 0.65f : 0.35f;
        const float dx = u - 0.75f,
                    dy = (v - 0.675f) * static_cast<float>(height) / static_cast<float>(width);
        const float inside = std::clamp((0.18f - std::sqrt(dx * dx + dy * dy)) * 60, 0.0f, 1.0f);
        colour = {board + (0.9f - board) * inside, board + (0.45f - board) * inside, board * (1 - inside), 1};
      }
      card.at(x, y) = colour;
    }
  return card;
}

// The same filter in plain C++.
Picture sharpen(Picture& source, float amount) {
  Picture result{source.width, source.height};
  for (u32 y = 0; y < source.height; ++y)
    for (u32 x = 0; x < source.width; ++x)
      for (std::size_t c = 0; c < 4; ++c) {
        const float centre = source.at(x, y)[c];
        float blurred = 0;
        for (int dy = -1; dy <= 1; ++dy)
          for (int dx = -1; dx <= 1; ++dx) {
            const int nx = std::clamp(static_cast<int>(x) + dx, 0, static_cast<int>(source.width) - 1);
            const int ny = std::clamp(static_cast<int>(y) + dy, 0, static_cast<int>(source.height) - 1);
            const int weight = (2 - std::abs(dx)) * (2 - std::abs(dy));
            blurred +=
                source.at(static_cast<u32>(nx), static_cast<u32>(ny))[c] * static_cast<float>(weight) / 16;
          }
        result.at(x, y)[c] = c == 3 ? centre : std::clamp(centre + amount * (centre - blurred), 0.0f, 1.0f);
      }
  return result;
}

#ifdef AIRSTRIP_EXAMPLE_PNG
bool write_png(const Picture& picture, const std::string& file) {
  std::vector<png_byte> bytes;
  for (const Texel& texel : picture.texels)
    for (const float component : texel) bytes.push_back(static_cast<png_byte>(std::lround(component * 255)));
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = picture.width;
  image.height = picture.height;
  image.format = PNG_FORMAT_RGBA;
  return png_image_write_to_file(&image, example::path_of(file).c_str(), 0, bytes.data(), 0, nullptr) != 0;
}
#endif

}  // namespace

int main() {
  const Kernel kernel = make_sharpen();

  constexpr float amount = 2;
  Picture card = draw_test_card(380, 300), result{card.width, card.height};  // 380 is no multiple of 8
  Resources resources;
  resources.bind_image("source", card.binding());
  resources.bind_image("result", result.binding());
  resources.set<f32>("amount", amount);
  const Dispatch dispatch{{(card.width + tile - 1) / tile, (card.height + tile - 1) / tile}};
  const Result<Report> report = interpret(kernel, dispatch, resources);
  if (!example::clean(report)) return 1;

  // The result is rounded to 8 bits: half a step of 1/255, and something for the sums' own rounding.
  const Picture expected = sharpen(card, amount);
  float worst = 0;
  for (std::size_t i = 0; i < expected.texels.size(); ++i)
    for (std::size_t c = 0; c < 4; ++c)
      worst = std::max(worst, std::abs(result.texels[i][c] - expected.texels[i][c]));
  if (worst > 0.501f / 255) return example::fail("a texel is wrong by " + std::to_string(worst));
  std::printf("image filter of %u x %u texels\n", card.width, card.height);
  std::printf(
      "  interpreted: %llu invocations, within half a step of 8 bits of the reference, findings: none\n",
      static_cast<unsigned long long>(report->invocations));

#ifdef AIRSTRIP_EXAMPLE_PNG
  if (!write_png(card, "image_filter_before.png") || !write_png(result, "image_filter_after.png"))
    return example::fail("could not write the pictures to " + example::path_of(""));
  std::printf("  pictures: %s and …_after.png\n", example::path_of("image_filter_before.png").c_str());
#else
  std::printf("  pictures: not written, built without libpng\n");
#endif
  return example::save(write_spirv(kernel, spirv::Target::vulkan(1, 1)), "image_filter") ? 0 : 1;
}
