// An allocation that fails while an operation is generated is an error, wherever it happens.
#include "run_operation.hpp"
#include "support/count_allocations.hpp"
#include "support/tensor_catalog.hpp"

using namespace airstrip;
using namespace airstrip::tensor;

#if COUNTS_ALLOCATIONS
namespace {

// What the operation is, as far as it can be told: its kernels' words, operands, their layouts, and sizes.
std::string fingerprint(const Operation& operation) {
  std::string text;
  for (std::size_t s = 0; s < operation.steps().size(); ++s) {
    const Result<spirv::Module> module = operation.module(s);
    text +=
        module.ok() ? std::to_string(spirv::hash_words(module->words())) : test::message_of(module.error());
    text += " groups " + std::string(operation.sizes().to_string(operation.steps()[s].groups)) + "\n";
  }
  for (const Operand& o : operation.operands())
    text += std::string(o.name) + " bytes " + std::string(operation.sizes().to_string(o.bytes)) + " " +
            std::string(o.layout) + "\n";
  return text;
}

}  // namespace
#endif

TEST_CASE("tensor: an allocation that fails is an error, wherever it happens") {
#if COUNTS_ALLOCATIONS
  const Target target;
  for (const tensor_catalog::Entry& entry : tensor_catalog::all()) {
    if (!entry.has_baseline) continue;
    CAPTURE(std::string(entry.name));
    const auto make = [&](unsigned first, unsigned last) {
      test::failing = first;
      test::last_failing = last;
      test::allocations = 0;
      test::counting = true;
      Result<Operation> made = entry.make(target);
      test::counting = false;
      test::failing = test::last_failing = ~0u;
      return made;
    };
    const Result<Operation> fine = make(~0u, ~0u);
    const unsigned total = test::allocations;
    REQUIRE(fine.ok());
    const std::string expected = fingerprint(*fine);
    CHECK(total > 5);
    // Some hundred of them: all where there are few.
    for (unsigned number = 0; number < total; number += 1 + total / 200) {
      CAPTURE(number);
      for (const bool memory_comes_back : {false, true}) {
        const Result<Operation> made = make(number, memory_comes_back ? number : ~0u);
        // What failed once may have been asked for again, and what is left of a builder in the end is of no use to anybody.
        if (made.ok())
          CHECK(fingerprint(*made) == expected);
        else
          CHECK_MESSAGE(made.error().code == ErrorCode::OutOfMemory, test::message_of(made.error()));
      }
    }
  }
#else
  test::skip("a sanitizer has the allocator");
#endif
}
