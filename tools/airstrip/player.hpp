// A program on a device, with tensors of the host.
#pragma once

#include "io/host_tensor.hpp"
#include "source.hpp"

#include <airstrip/player_device.hpp>
#include <string>
#include <vector>

namespace tool {

/// What a run of a program takes and gives, for the sizes of that run.
struct ProgramShapes {
  std::vector<NamedSize> sizes;
  std::vector<HostTensor> inputs, outputs;  ///< without elements
};
/// Sizes from `--size` and from the tensors that are given for inputs. Throws Failure: Usage where one is missing or nothing
/// has that name; BadInput where a tensor does not fit.
ProgramShapes shapes_of(const std::string& subject, const airstrip::program::Program& program,
                        const std::vector<NamedSize>& sizes, const std::vector<HostTensor>& given);

/// Sets sizes and inputs. Throws Failure.
void set_inputs(const std::string& subject, airstrip::player::Session& session, const ProgramShapes& shapes,
                const std::vector<HostTensor>& inputs);
/// Fills in the elements. Throws Failure.
void get_outputs(const std::string& subject, airstrip::player::Session& session,
                 std::vector<HostTensor>& outputs);

}  // namespace tool
