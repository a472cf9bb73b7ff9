// What is measured, a function for each subject.
#pragma once

#include "../support/measure.hpp"
#include "device.hpp"

namespace bench {

void matmul_group(Machine& machine, Report& report);
void elementwise_group(Machine& machine, Report& report);
void matvec_group(Machine& machine, Report& report);
void convolution_group(Machine& machine, Report& report);
void layers_group(Machine& machine, Report& report);
void words_group(Machine& machine, Report& report);
void first_dispatch_group(Machine& machine, Report& report);
/// Needs no device.
void gpu_group(Report& report);

}  // namespace bench
