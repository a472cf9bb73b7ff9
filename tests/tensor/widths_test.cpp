// The cases that need a device, again at each width that lavapipe can be made to have.
#include "run_operation.hpp"
#include "support/rerun.hpp"

#include <cstdlib>

namespace {

void run_device_cases_at(std::uint32_t subgroup_size) {
  airstrip::tensor::Target target;
  if (!test::device_target(target)) return;
  const bool lavapipe = target.kind == airstrip::tensor::DeviceKind::Llvmpipe;
  test::rerun_at(subgroup_size, lavapipe ? "llvmpipe" : "another driver", "--test-case='device*'");
}

}  // namespace

TEST_CASE("device, the subgroup size is the one asked for") {
  airstrip::tensor::Target target;
  const char* const expected = std::getenv(test::width_setting);
  if (!test::device_target(target)) {
    // A child is started for a device that its parent has opened.
    CHECK(expected == nullptr);
    return;
  }
  if (expected)
    CHECK(target.subgroup_size == static_cast<std::uint32_t>(std::atoi(expected)));
  else
    CHECK(target.subgroup_size > 0);
}
TEST_CASE("every tensor operation runs with subgroups of 4") { run_device_cases_at(4); }
TEST_CASE("every tensor operation runs with subgroups of 8") { run_device_cases_at(8); }
TEST_CASE("every tensor operation runs with subgroups of 16") { run_device_cases_at(16); }
