// Problems of every family, with their default schedules.
#pragma once

#include <airstrip/tensor.hpp>

#include <functional>
#include <string>
#include <vector>

namespace bench {

struct Subject {
  std::string name;
  /// Takes seconds on a processor.
  bool is_large;
  std::function<airstrip::Result<airstrip::tensor::Operation>(const airstrip::tensor::Target&)> make;
};
std::vector<Subject> subjects();

}  // namespace bench
