#include "upscaler.hpp"

#include <utility>

using namespace airstrip;

namespace {

// As the player asks for it, from the engine. Where the engine has none, Instance::make says what is missing.
player::BufferMemory allocate(engine::Engine& host, const player::MemoryRequirement& needs,
                              bool host_visible = false) {
  engine::Memory made;
  const VkBufferUsageFlags usage = needs.usage | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  if (needs.bytes == 0 || !host.make_memory(needs.bytes, usage, host_visible, made)) return {};
  return {.buffer = made.buffer, .size = made.size, .mapped = made.mapped};
}

Result<void> bind_images(player::Instance& instance, const engine::Engine& host,
                         const engine::FrameResources& frame) {
  const Result<void> bound = instance.bind(
      "picture", player::ImageMemory{frame.outlined.view, engine::sampled.layout, host.sampler});
  if (!bound) return bound;
  return instance.bind("enlarged", player::ImageMemory{frame.result.view, engine::stored.layout});
}

}  // namespace

// [readme: program]
// Once. The program was compiled and saved before, and Program::open has checked it; memory is the engine's.
Result<void> Upscaler::load(engine::Engine& host, const player::Device& device,
                            const program::Program& program) {
  Result<player::Model> model = player::Model::make(device, program);
  if (!model) return model.error();
  model_ = std::move(*model);
  const Result<void> compiled = model_.compile();  // a job for a worker thread, where there is one
  if (!compiled) return compiled;
  const player::MemoryRequirements& needs = model_.memory();
  const player::BufferMemory weights = allocate(host, needs.weights), packed = allocate(host, needs.packed);
  for (player::Instance& instance : instances_) {
    Result<player::Instance> made =
        player::Instance::make(model_, {.weights = weights,
                                        .packed = packed,
                                        .scratch = allocate(host, needs.scratch),
                                        .uniform = allocate(host, needs.uniform, true)});
    if (!made) return made.error();
    instance = std::move(*made);
  }
  const engine::FrameResources& frame = host.begin_frame(0);
  host.upload(frame.commands, weights.buffer, program.weight_bytes().data(), program.weight_bytes().size());
  const Result<void> prepared = instances_[0].record_prepare(frame.commands);
  host.submit(frame);
  return prepared;
}

// In each frame, between two of the engine's passes, in its command buffer.
Result<void> Upscaler::record(const engine::Engine& host, const engine::FrameResources& frame) {
  player::Instance& instance = instances_[frame.index];
  Result<void> recorded = bind_images(instance, host, frame);
  host.transition(frame.commands, frame.result, {}, engine::stored);
  if (recorded) recorded = instance.record(frame.commands);
  host.transition(frame.commands, frame.result, engine::stored, engine::drawn);
  return recorded;
}
// [readme: end]

Result<player::Progress> Upscaler::record_piece(const engine::Engine& host,
                                                const engine::FrameResources& frame, bool is_first,
                                                double microseconds) {
  player::Instance& instance = instances_[frame.index];
  if (is_first) {
    instance.restart();
    if (const Result<void> bound = bind_images(instance, host, frame); !bound) return bound.error();
    host.transition(frame.commands, frame.result, {}, engine::stored);
  }
  Result<player::Progress> progress = instance.advance(frame.commands, microseconds);
  if (progress && progress->done)
    host.transition(frame.commands, frame.result, engine::stored, engine::drawn);
  return progress;
}
