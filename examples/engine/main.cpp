// An engine with a kernel inside its frame: it draws a scene, an Airstrip kernel outlines what is in it, and the engine
// draws its display on top, all in one command buffer of its own. Two frames are in flight. Writes the last one as PNG.
#include "engine.hpp"
#include "shaders.hpp"

#include "../example.hpp"

#include <airstrip/kernel/builder.hpp>
#include <airstrip/kernel/interpret.hpp>
#include <airstrip/kernel/write_spirv.hpp>
#include <airstrip/vulkan.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#ifdef AIRSTRIP_EXAMPLE_PNG
#include <png.h>
#endif

using namespace airstrip;
using namespace airstrip::kernel;

static constexpr u32 tile = 8, frame_count = 5;

// Where the brightness changes, the picture turns to the colour of a pencil.
static Kernel make_outline() {
  return make_kernel("outline", {.workgroup = {tile, tile}}, [](KernelBuilder& k) {
    const auto strength = k.param<f32>("strength");
    const auto scene = k.sampled_image<f32>("scene");
    const auto result = k.storage_image<f32, Access::WriteOnly>("result", TexelFormat::Rgba8);
    const auto at = convert<i32x2>(swizzle<0, 1>(k.global_id()));
    const auto size = result.size();
    k.if_(all(at < size), [&] {
      const auto brightness = [&](int dx, int dy) {
        const auto texel = scene.fetch(clamp(at + i32x2{dx, dy}, 0, size - 1));
        return texel.x * 0.3f + texel.y * 0.59f + texel.z * 0.11f;
      };
      const auto across = brightness(1, 0) - brightness(-1, 0), down = brightness(0, 1) - brightness(0, -1);
      const auto edge = clamp(strength * (abs(across) + abs(down)), 0, 1);
      const auto texel = scene.fetch(at);
      const auto lit = texel * (1.0f - edge);
      result.store(at, vec<f32x4>(swizzle<0, 1, 2>(lit), texel.w));
    });
  });
}

namespace {

using Texel = std::array<float, 4>;

engine::Scene scene_of(u32 frame) {
  const float turn = static_cast<float>(frame) * 0.35f;
  return {{0.95f, 0.55f, 0.2f, 1},
          {0.55f, 0.7f, 0.9f, 1},
          {0.35f, 0.5f, 0.75f, 1},
          {190 + 90 * std::cos(turn), 140 + 50 * std::sin(turn)},
          80,
          38};
}
// The display: a bar whose length is the frame's number.
VkRect2D bar_of(u32 frame) { return {{12, 270}, {60 * (frame + 1), 18}}; }
engine::Scene display() {
  return {{0, 0, 0, 1}, {0.95f, 0.95f, 0.9f, 1}, {0.15f, 0.15f, 0.2f, 1}, {-1000, -1000}, 1, 6};
}

std::vector<Texel> texels_of(const engine::Target& target) {
  std::vector<Texel> texels(std::size_t{engine::width} * engine::height);
  for (std::size_t i = 0; i < texels.size(); ++i)
    for (std::size_t c = 0; c < 4; ++c) texels[i][c] = static_cast<float>(target.mapped[4 * i + c]) / 255;
  return texels;
}

// Whether the kernel, interpreted on the processor, makes the same of the scene, the display aside.
bool is_right(const Kernel& outline, const engine::FrameResources& frame, float strength, u32 number) {
  std::vector<Texel> scene = texels_of(frame.scene), expected(scene.size());
  const std::vector<Texel> found = texels_of(frame.result);
  Resources resources;
  resources.bind_image("scene", {.width = engine::width, .height = engine::height, .texels = scene.data()});
  resources.bind_image("result",
                       {.width = engine::width, .height = engine::height, .texels = expected.data()});
  resources.set<f32>("strength", strength);
  if (!example::clean(interpret(
          outline, {{(engine::width + tile - 1) / tile, (engine::height + tile - 1) / tile}}, resources)))
    return false;
  const VkRect2D bar = bar_of(number);
  float worst = 0;
  unsigned outlined = 0, in_bar = 0;
  for (u32 y = 0; y < engine::height; ++y)
    for (u32 x = 0; x < engine::width; ++x) {
      const std::size_t i = std::size_t{y} * engine::width + x;
      const bool covered =
          x >= static_cast<u32>(bar.offset.x) && x < static_cast<u32>(bar.offset.x) + bar.extent.width &&
          y >= static_cast<u32>(bar.offset.y) && y < static_cast<u32>(bar.offset.y) + bar.extent.height;
      outlined += !covered && scene[i][2] - found[i][2] > 0.1f;
      in_bar += covered && (found[i][0] > 0.9f || found[i][0] < 0.2f);
      for (std::size_t c = 0; c < 4 && !covered; ++c)
        worst = std::max(worst, std::abs(found[i][c] - expected[i][c]));
    }
  // The device rounds to 8 bits, where the interpreter may be at the middle between two: a step of 1/255.
  if (worst > 1.01f / 255) return example::fail("a texel is wrong by " + std::to_string(worst)) == 0;
  if (outlined < 500 || in_bar != bar.extent.width * bar.extent.height)
    return example::fail("the frame has no outline, or no display") == 0;
  return true;
}

#ifdef AIRSTRIP_EXAMPLE_PNG
bool write_png(const engine::Target& target, const std::string& file) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = engine::width;
  image.height = engine::height;
  image.format = PNG_FORMAT_RGBA;
  return png_image_write_to_file(&image, example::path_of(file).c_str(), 0, target.mapped, 0, nullptr) != 0;
}
#endif

constexpr vulkan::MemoryState drawn = {VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
                                       VK_ACCESS_COLOR_ATTACHMENT_READ_BIT |
                                           VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
                                       VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL};
constexpr vulkan::MemoryState copied = {VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT,
                                        VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL};

constexpr vulkan::MemoryState sampled = {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT,
                                         VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL};

// One image from one state to the next.
void transition(const vulkan::Context& context, VkCommandBuffer commands, const engine::Target& target,
                const vulkan::MemoryState& from, const vulkan::MemoryState& to) {
  const VkImageMemoryBarrier barrier = vulkan::image_barrier(target.image, engine::whole_image, from, to);
  vulkan::record(context, commands, {from.stages, to.stages, 0, 0},
                 Span<const VkImageMemoryBarrier>(&barrier, 1));
}

}  // namespace

// [readme: engine]
// Once: the engine says what it has, and what it has enabled.
static Result<vulkan::Context> make_context(const engine::Engine& host) {
  return vulkan::Context::make({.get_instance_proc_addr = host.get_instance_proc_addr,
                                .instance = host.instance,
                                .physical_device = host.physical_device,
                                .device = host.device,
                                .api_version = engine::api_version,
                                .debug_utils = host.has_validation_layer});
}

// In each frame, between two of the engine's passes, in its command buffer.
static Result<void> record_outline(const vulkan::Pipeline& outline, const engine::Engine& host,
                                   const engine::FrameResources& frame, float strength) {
  vulkan::Frame resources{.pool = frame.descriptors};
  const Result<vulkan::Prepared> prepared =
      prepare(outline,
              {.bindings = {vulkan::bind_sampled("scene", frame.scene.view, host.sampler),
                            vulkan::bind_image("result", frame.result.view)},
               .parameters = {{"strength", strength}}},
              resources);
  if (!prepared) return prepared.error();
  const vulkan::MemoryState reads = state_of(*prepared, "scene"), writes = state_of(*prepared, "result");
  transition(outline.context(), frame.commands, frame.scene, drawn, reads);
  transition(outline.context(), frame.commands, frame.result, {}, writes);
  const vulkan::Groups groups{(engine::width + tile - 1) / tile, (engine::height + tile - 1) / tile};
  const Result<void> recorded = record(frame.commands, *prepared, groups);
  transition(outline.context(), frame.commands, frame.result, writes, drawn);
  return recorded;
}
// [readme: end]

int main() {
  const Result<spirv::Module> vertex = engine::vertex_shader(), fragment = engine::fragment_shader();
  if (!vertex || !fragment) return example::fail((vertex ? fragment : vertex).error().to_string());
  engine::Engine host;
  if (!host.open({vertex->words().begin(), vertex->words().end()},
                 {fragment->words().begin(), fragment->words().end()})) {
    if (!host.no_device) return example::fail(host.error);
    std::printf("SKIPPED: engine: %s\n", host.error.c_str());
    return 0;
  }

  const Result<vulkan::Context> context = make_context(host);
  if (!context) return example::fail(context.error().to_string());
  const Kernel outline = make_outline();
  const Result<spirv::Module> module = write_spirv(outline, context->describe().target, {.names = true});
  if (!module) return example::fail(module.error().to_string());
  Result<vulkan::Pipeline> pipeline =
      vulkan::Pipeline::make(*context, {.words = module->words(), .label = "outline"});
  if (!pipeline) return example::fail(pipeline.error().to_string());
  const Result<void> compiled = pipeline->compile();  // a job for a worker thread, where there is one
  if (!compiled) return example::fail(compiled.error().to_string());

  engine::FrameResources* last = nullptr;
  constexpr float strength = 4;
  for (u32 number = 0; number < frame_count; ++number) {
    engine::FrameResources& frame = host.begin_frame(number);
    last = &frame;
    host.draw(frame.commands, frame.scene, scene_of(number), {{0, 0}, {engine::width, engine::height}}, true);

    const Result<void> recorded = record_outline(*pipeline, host, frame, strength);
    if (!recorded) return example::fail(recorded.error().to_string());
    host.draw(frame.commands, frame.result, display(), bar_of(number), false);
    transition(*context, frame.commands, frame.scene, sampled, copied);
    transition(*context, frame.commands, frame.result, drawn, copied);
    host.copy(frame.commands, frame.scene);
    host.copy(frame.commands, frame.result);
    if (!host.submit(frame)) return example::fail(host.error);
  }
  host.wait();

  std::printf("engine on %s: %u frames of %u x %u, %u in flight\n", host.device_name.c_str(), frame_count,
              engine::width, engine::height, engine::frames_in_flight);
  if (!is_right(outline, *last, strength, frame_count - 1)) return 1;
  std::printf("  the kernel's part of the last frame is what the interpreter makes of its scene\n");
  if (host.messages != 0) return example::fail("the validation layer complained");
  std::printf("  validation layer: %s\n", host.has_validation_layer ? "silent" : "not installed");
#ifdef AIRSTRIP_EXAMPLE_PNG
  if (!write_png(last->scene, "engine_scene.png") || !write_png(last->result, "engine_frame.png"))
    return example::fail("could not write the pictures to " + example::path_of(""));
  std::printf("  pictures: %s and …_frame.png\n", example::path_of("engine_scene.png").c_str());
#else
  std::printf("  pictures: not written, built without libpng\n");
#endif
  return 0;
}
