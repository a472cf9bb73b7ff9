#pragma once

#include "../matmul.hpp"
#include "matmul_operand.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

AIRSTRIP_INLINE MatmulSchedule default_schedule(const MatmulProblem&, const Target&) {
  MatmulSchedule s;
  s.block_m = 4;
  s.block_n = 128;
  s.tile_m = 4;
  s.tile_n = 4;
  return s;
}

AIRSTRIP_TENSOR_NAMESPACE_END
