// Default schedules keep to a device's limits, each of which may be the smaller one.
#include "run_operation.hpp"
#include "support/tensor_catalog.hpp"

using namespace airstrip;
using namespace airstrip::tensor;

TEST_CASE("tensor: default schedules keep to both limits of a workgroup") {
  struct Limits {
    std::uint32_t invocations, x;
  };
  for (const DeviceKind kind : {DeviceKind::Gpu, DeviceKind::Llvmpipe, DeviceKind::SwiftShader})
    for (const Limits limits : {Limits{1024, 128}, {1024, 64}, {128, 1024}})
      for (const tensor_catalog::Entry& entry : tensor_catalog::all()) {
        if (!entry.has_baseline) continue;
        CAPTURE(static_cast<int>(kind));
        CAPTURE(limits.x);
        CAPTURE(std::string(entry.name));
        Target target;
        target.kind = kind;
        target.max_workgroup_invocations = limits.invocations;
        target.max_workgroup_size.x = limits.x;
        const Result<Operation> made = entry.make(target);
        REQUIRE_MESSAGE(made.ok(), test::message_of(made.error()));
        for (const Step& step : made->steps()) {
          const auto& workgroup = step.kernel.options().workgroup;
          CHECK(workgroup.x <= limits.x);
          CHECK(workgroup.x * workgroup.y * workgroup.z <= limits.invocations);
        }
      }
}
