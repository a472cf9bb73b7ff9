// A compiled network in the engine's frame, played by airstrip/player.hpp: nothing of what compiled it is needed here.
#pragma once

#include "engine.hpp"

#include <airstrip/player.hpp>

#include <array>

class Upscaler {
public:
  // Takes memory from the engine, compiles pipelines, and submits the upload. The program's bytes stay where they are.
  airstrip::Result<void> load(engine::Engine& host, const airstrip::player::Device& device,
                              const airstrip::program::Program& program);
  // From `outlined`, in the state engine::sampled, to `result`, which is then in the state engine::drawn.
  airstrip::Result<void> record(const engine::Engine& host, const engine::FrameResources& frame);
  // The same in pieces that take about `microseconds`: again, in later command buffers, until it is done.
  airstrip::Result<airstrip::player::Progress> record_piece(const engine::Engine& host,
                                                            const engine::FrameResources& frame,
                                                            bool is_first, double microseconds);

  const airstrip::player::Model& model() const { return model_; }
  const airstrip::player::Instance& instance() const { return instances_[0]; }

private:
  airstrip::player::Model model_;
  // What a run writes to is the frame's alone; weights are shared.
  std::array<airstrip::player::Instance, engine::frames_in_flight> instances_;
};
