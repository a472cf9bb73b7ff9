// Schedules of matrix products by name, for tables and for trying others.
#pragma once

#include <airstrip/tensor.hpp>

#include <string>

namespace bench {

/// "fma_16x256_16x4_v4_u4_packab_address": fragment, block, tile, vector, unrolled steps of K, then what is switched on.
std::string name_of(const airstrip::tensor::MatmulSchedule& schedule);
/// From such a name. False where it is none.
bool parse(const std::string& name, airstrip::tensor::MatmulSchedule& schedule);

}  // namespace bench
