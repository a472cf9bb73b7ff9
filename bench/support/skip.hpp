// Why a program has nothing to measure here.
#pragma once

#include <string>

namespace bench {

/// Asked before anything is measured, where a program has set it: a reason, or nothing. The program then says so, and
/// ends with 77.
extern std::string (*reason_to_skip)();

}  // namespace bench
