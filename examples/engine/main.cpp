// An engine with a kernel and a neural network inside its frame. It draws a scene at half size, an Airstrip kernel outlines
// what is in it, a compiled network makes that twice as large, and the engine draws its display on top, all in one command
// buffer of its own. Two frames are in flight. Writes the pictures of the last one as PNG.
#include "engine.hpp"
#include "shaders.hpp"
#include "super_resolution.hpp"
#include "upscaler.hpp"

#include "../example.hpp"

#include <airstrip/kernel/builder.hpp>
#include <airstrip/kernel/interpret.hpp>
#include <airstrip/kernel/write_spirv.hpp>
#include <airstrip/player.hpp>
#include <airstrip/vulkan_tensor.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#ifdef AIRSTRIP_EXAMPLE_PNG
#include <png.h>
#endif

using namespace airstrip;
using namespace airstrip::kernel;

static constexpr u32 tile = 8, frame_count = 3;

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
          {95 + 45 * std::cos(turn), 70 + 25 * std::sin(turn)},
          40,
          19};
}
// The display: a bar whose length is the frame's number.
VkRect2D bar_of(u32 frame) { return {{12, 270}, {60 * (frame + 1), 18}}; }
engine::Scene display() {
  return {{0, 0, 0, 1}, {0.95f, 0.95f, 0.9f, 1}, {0.15f, 0.15f, 0.2f, 1}, {-1000, -1000}, 1, 6};
}

vulkan::Groups groups_of(const engine::Target& target) {
  return {(target.width + tile - 1) / tile, (target.height + tile - 1) / tile};
}

std::size_t byte_count(const engine::Target& target) { return std::size_t{4} * target.width * target.height; }

std::vector<Texel> texels_of(const engine::Target& target) {
  std::vector<Texel> texels(byte_count(target) / 4);
  for (std::size_t i = 0; i < texels.size(); ++i)
    for (std::size_t c = 0; c < 4; ++c) texels[i][c] = static_cast<float>(target.pixels[4 * i + c]) / 255;
  return texels;
}

// Whether the kernel, interpreted on the processor, makes the same of the scene.
bool is_outlined_right(const Kernel& outline, const engine::FrameResources& frame, float strength) {
  std::vector<Texel> scene = texels_of(frame.scene), expected(scene.size());
  const std::vector<Texel> found = texels_of(frame.outlined);
  const u32 width = frame.scene.width, height = frame.scene.height;
  Resources resources;
  resources.bind_image("scene", {.width = width, .height = height, .texels = scene.data()});
  resources.bind_image("result", {.width = width, .height = height, .texels = expected.data()});
  resources.set<f32>("strength", strength);
  const vulkan::Groups groups = groups_of(frame.scene);
  if (!example::clean(interpret(outline, {{groups.x, groups.y}}, resources))) return false;
  float worst = 0;
  unsigned outlined = 0;
  for (std::size_t i = 0; i < scene.size(); ++i) {
    outlined += scene[i][2] - found[i][2] > 0.1f;
    for (std::size_t c = 0; c < 4; ++c) worst = std::max(worst, std::abs(found[i][c] - expected[i][c]));
  }
  // The device rounds to 8 bits, where the interpreter may be at the middle between two: a step of 1/255.
  if (worst > 1.01f / 255) return example::fail("a texel is wrong by " + std::to_string(worst)) == 0;
  if (outlined < 500) return example::fail("the frame has no outline") == 0;
  return true;
}

// Whether all of the display is on top.
bool is_display_there(const engine::Target& result, const VkRect2D& bar) {
  const std::vector<Texel> found = texels_of(result);
  for (u32 y = 0; y < bar.extent.height; ++y)
    for (u32 x = 0; x < bar.extent.width; ++x) {
      const std::size_t row = y + static_cast<u32>(bar.offset.y), column = x + static_cast<u32>(bar.offset.x);
      const float red = found[row * result.width + column][0];
      if (red <= 0.9f && red >= 0.2f) return example::fail("the frame has no display") == 0;
    }
  return true;
}

#ifdef AIRSTRIP_EXAMPLE_PNG
bool write_png(const engine::Target& target, const std::string& file) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = target.width;
  image.height = target.height;
  image.format = PNG_FORMAT_RGBA;
  return png_image_write_to_file(&image, example::path_of(file).c_str(), 0, target.pixels, 0, nullptr) != 0;
}
#endif

engine::State of(const vulkan::MemoryState& state) { return {state.stages, state.access, state.layout}; }

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
                            vulkan::bind_image("result", frame.outlined.view)},
               .parameters = {{"strength", strength}}},
              resources);
  if (!prepared) return prepared.error();
  const vulkan::MemoryState reads = state_of(*prepared, "scene"), writes = state_of(*prepared, "result");
  host.transition(frame.commands, frame.scene, engine::drawn, of(reads));
  host.transition(frame.commands, frame.outlined, {}, of(writes));
  const Result<void> recorded = record(frame.commands, *prepared, groups_of(frame.outlined));
  host.transition(frame.commands, frame.outlined, of(writes), engine::sampled);
  return recorded;
}
// [readme: end]

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

constexpr float strength = 4;

// What comes before the network, and what comes after.
Result<void> record_scene(const vulkan::Pipeline& outline, const engine::Engine& host,
                          const engine::FrameResources& frame, u32 number) {
  host.draw(frame.commands, frame.scene, scene_of(number),
            {{0, 0}, {engine::scene_width, engine::scene_height}}, true);
  return record_outline(outline, host, frame, strength);
}
void record_display(const engine::Engine& host, const engine::FrameResources& frame, u32 number) {
  host.draw(frame.commands, frame.result, display(), bar_of(number), false);
  host.transition(frame.commands, frame.scene, engine::sampled, engine::copied);
  host.transition(frame.commands, frame.outlined, engine::sampled, engine::copied);
  host.transition(frame.commands, frame.result, engine::drawn, engine::copied);
  for (const engine::Target* target : {&frame.scene, &frame.outlined, &frame.result})
    host.copy(frame.commands, *target);
}

// A frame again, the network's part in pieces of a quarter of what it costs: between them the engine could show other
// frames. How many pieces there were; 0 where something failed, which has been said.
unsigned repeat_in_pieces(const vulkan::Pipeline& outline, Upscaler& upscaler, engine::Engine& host,
                          u32 number) {
  unsigned pieces = 0;
  for (bool done = false; !done; ++pieces) {
    engine::FrameResources& frame = host.begin_frame(number);
    if (pieces == 0)
      if (const Result<void> recorded = record_scene(outline, host, frame, number); !recorded) {
        example::fail(recorded.error().to_string());
        return 0;
      }
    const Result<player::Progress> progress =
        upscaler.record_piece(host, frame, pieces == 0, upscaler.instance().cost() / 4);
    if (!progress) {
      example::fail(progress.error().to_string());
      return 0;
    }
    done = progress->done;
    if (done) record_display(host, frame, number);
    if (!host.submit(frame)) {
      example::fail(host.error);
      return 0;
    }
  }
  host.wait();
  return pieces;
}

void print_program(const Upscaler& upscaler, double compiled_in, double loaded_in) {
  const player::Model& model = upscaler.model();
  const player::MemoryRequirements& memory = model.memory();
  const program::Program& program = model.program();
  const player::LongestDispatch longest = upscaler.instance().longest_dispatch();
  const auto kib = [](u64 bytes) { return static_cast<unsigned>((bytes + 1023) / 1024); };
  std::printf(
      "  program %s: %zu KiB, compiled from ONNX in %.0f ms, loaded in %.0f ms with the driver's part\n",
      std::string(program.name()).c_str(), program.bytes().size() / 1024, compiled_in, loaded_in);
  std::printf("    variant \"%s\": %u dispatches a frame, %u pipelines\n",
              std::string(program.text(model.variant().name)).c_str(), model.dispatch_count(),
              model.pipeline_count());
  std::printf("    memory: weights %u KiB, packed %u KiB; each frame in flight: scratch %u KiB, "
              "uniform %u KiB\n",
              kib(memory.weights.bytes), kib(memory.packed.bytes), kib(memory.scratch.bytes),
              kib(memory.uniform.bytes));
  std::printf("    estimated for a GPU of 1 TFLOP/s: %.0f us, longest dispatch %s with %.0f us\n",
              upscaler.instance().cost(), std::string(longest.name).c_str(), longest.microseconds);
}

}  // namespace

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

  // What is done on a developer's machine, as by `airstrip compile`. The bytes would be a file, and player.hpp all that an
  // engine includes.
  const Clock::time_point compile_start = Clock::now();
  const Result<program::Program> saved = compile_super_resolution(vulkan::tensor_target(context->describe()));
  if (!saved) return example::fail(saved.error().to_string());
  const double compiled_in = milliseconds_since(compile_start);

  const Clock::time_point load_start = Clock::now();
  const Result<program::Program> program = program::Program::open(saved->bytes());
  if (!program) return example::fail(program.error().to_string());
  const Result<player::Device> device = player::Device::make(*context);
  if (!device) return example::fail(device.error().to_string());
  Upscaler upscaler;
  const Result<void> loaded = upscaler.load(host, *device, *program);
  if (!host.error.empty()) return example::fail(host.error);
  if (!loaded) return example::fail(loaded.error().to_string());
  const double loaded_in = milliseconds_since(load_start);

  engine::FrameResources* last = nullptr;
  const Clock::time_point frames_start = Clock::now();
  for (u32 number = 0; number < frame_count; ++number) {
    engine::FrameResources& frame = host.begin_frame(number);
    last = &frame;
    Result<void> recorded = record_scene(*pipeline, host, frame, number);
    if (recorded) recorded = upscaler.record(host, frame);
    if (!recorded) return example::fail(recorded.error().to_string());
    record_display(host, frame, number);
    if (!host.submit(frame)) return example::fail(host.error);
  }
  host.wait();

  std::printf("engine on %s: %u frames of %u x %u from %u x %u in %.0f ms, %u in flight\n",
              host.device_name.c_str(), frame_count, engine::width, engine::height, engine::scene_width,
              engine::scene_height, milliseconds_since(frames_start), engine::frames_in_flight);
  print_program(upscaler, compiled_in, loaded_in);

  constexpr u32 last_number = frame_count - 1;
  if (!is_outlined_right(outline, *last, strength)) return 1;
  std::printf("  the kernel's part of the last frame is what the interpreter makes of its scene\n");
  std::string summary;
  if (!is_enlarged_right(last->outlined, last->result, bar_of(last_number), summary)) return 1;
  std::printf("  the network's part is what the interpreter makes of the outlined scene:\n    %s\n",
              summary.c_str());
  if (!is_display_there(last->result, bar_of(last_number))) return 1;

  const std::vector<unsigned char> at_once(last->result.pixels,
                                           last->result.pixels + byte_count(last->result));
  const unsigned pieces = repeat_in_pieces(*pipeline, upscaler, host, last_number);
  if (pieces == 0) return 1;
  if (pieces == 1 || !std::equal(at_once.begin(), at_once.end(), last->result.pixels))
    return example::fail("in pieces the program makes another picture");
  std::printf("  recorded in %u pieces, the program makes the same picture bit for bit\n", pieces);

  if (host.messages != 0) return example::fail("the validation layer complained");
  std::printf("  validation layer: %s\n", host.has_validation_layer ? "silent" : "not installed");
#ifdef AIRSTRIP_EXAMPLE_PNG
  if (!write_png(last->scene, "engine_scene.png") || !write_png(last->outlined, "engine_outlined.png") ||
      !write_png(last->result, "engine_frame.png"))
    return example::fail("could not write the pictures to " + example::path_of(""));
  std::printf("  pictures: %s, …_outlined.png and …_frame.png\n",
              example::path_of("engine_scene.png").c_str());
#else
  std::printf("  pictures: not written, built without libpng\n");
#endif
  return 0;
}
