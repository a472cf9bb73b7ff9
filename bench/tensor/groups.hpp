// What is measured, a function for each subject.
#pragma once

#include "device.hpp"
#include "../support/measure.hpp"

namespace bench {

void matmul_group(Machine& machine, Report& report);

}  // namespace bench
