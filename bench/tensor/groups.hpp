// What is measured, a function for each subject.
#pragma once

#include "../support/measure.hpp"
#include "device.hpp"

namespace bench {

void matmul_group(Machine& machine, Report& report);

}  // namespace bench
