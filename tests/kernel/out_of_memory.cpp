// Memory: an allocation that fails is an error, wherever it happens. Every call to the C allocator is counted, and any
// of them can be made to fail.
#include "example_kernels.hpp"

#include <airstrip/kernel/write_spirv.hpp>
#include <airstrip/validate.hpp>

#include "support/count_allocations.hpp"
#include "support/skip.hpp"

#include <doctest/doctest.h>

#include <new>
#include <string>
#include <vector>

using namespace airstrip;
using namespace airstrip::kernel;
using spirv::Target;

#if COUNTS_ALLOCATIONS

namespace {

using test::allocations;
using test::counting;
using test::failing;
using Words = std::vector<std::uint32_t>;

Words words_of(SpirvWriter& writer, const Kernel& kernel, const Target& target,
               const WriteOptions& options = {}) {
  const Result<Span<const std::uint32_t>> words = writer.write_words(kernel, target, options);
  INFO(std::string(words.error().to_string()));
  REQUIRE(words.ok());
  return Words(words->begin(), words->end());
}

}  // namespace

#endif

TEST_CASE("write_spirv: a writer that has written a kernel of some size has the memory for the next") {
#if COUNTS_ALLOCATIONS
  const std::vector<example_kernels::Example> examples = example_kernels::all_examples();
  for (const bool passes : {true, false}) {
    SpirvWriter writer;
    WriteOptions options;
    if (!passes) options.passes = PassOptions::none();
    for (const bool second : {false, true}) {
      allocations = 0;
      for (const example_kernels::Example& e : examples) {
        const unsigned before = allocations;
        counting = true;
        const bool ok = writer.write_words(e.kernel, e.target, options).ok();
        counting = false;
        REQUIRE(ok);
        CAPTURE(e.name);
        CAPTURE(passes);
        // What is left is the scratch memory of passes, a buffer or two for each list that they keep.
        if (second) CHECK(allocations - before <= (passes ? 100u : 16u));
      }
      if (!second) CHECK(allocations > 0);
    }
  }
#else
  test::skip("a sanitizer has the allocator");
#endif
}

TEST_CASE("write_spirv: an allocation that fails is an error, wherever it happens") {
#if COUNTS_ALLOCATIONS
  for (const example_kernels::Example& e : example_kernels::all_examples()) {
    CAPTURE(e.name);
    SpirvWriter reference;
    const Words expected = words_of(reference, e.kernel, e.target);
    unsigned total = 0;
    for (unsigned number = 0;; ++number) {
      SpirvWriter writer;
      failing = number;
      allocations = 0;
      counting = true;
      const Result<Span<const std::uint32_t>> words = writer.write_words(e.kernel, e.target);
      counting = false;
      failing = ~0u;
      if (words.ok()) {
        total = number;
        CHECK(Words(words->begin(), words->end()) == expected);
        break;
      }
      CAPTURE(number);
      CAPTURE(std::string(words.error().to_string()));
      CHECK(words.error().code == ErrorCode::OutOfMemory);
      if (number > 5000) break;
    }
    CHECK(total > 5);
  }
#else
  test::skip("a sanitizer has the allocator");
#endif
}

TEST_CASE("DynamicBuilder: reset keeps the memory, and an allocation that fails is an error") {
  const auto build = [](DynamicBuilder& b) {
    const Type word(Scalar::U32);
    const std::uint32_t out = b.add_buffer(Access::ReadWrite, word, 4, "out");
    AnyValue v = b.builtin(BuiltIn::LocalInvocationIndex);
    const AnyValue zero = b.constant_bits(word, 0), one = b.constant_bits(word, 1),
                   many = b.constant_bits(word, 100);
    for (std::uint32_t i = 0; i < 200; ++i) {
      const AnyValue constant = b.constant_bits(word, i);
      v = b.apply(Op::Add, v, constant);
      b.begin_if(b.apply(Op::Less, v, constant));
      const AnyValue index = b.begin_for(zero, many, one);
      b.begin_switch(index);
      const std::uint64_t literals[] = {i, i + 1000};
      b.begin_case(literals);
      b.store({&b, out, 4, 0, 0, index, {}, {}, false, false}, v);
      b.end_case();
      b.end_switch();
      b.end_loop();
      b.end_if();
    }
  };
#if COUNTS_ALLOCATIONS
  DynamicBuilder b("one");
  build(b);
  Kernel kernel = b.finish();
  REQUIRE(kernel.ok());
  // A kernel given back is memory for the next. What is left is the empty kernel that `finish` leaves in the builder, which
  // says that it has none: a few allocations, however large the kernel is.
  for (int round = 0; round < 3; ++round) {
    allocations = 0;
    counting = true;
    b.reset("again", {}, static_cast<Kernel&&>(kernel));
    build(b);
    kernel = b.finish();
    counting = false;
    REQUIRE(kernel.ok());
    CHECK(allocations <= 8);
  }
  for (unsigned number = 0;; ++number) {
    failing = number;
    allocations = 0;
    counting = true;
    DynamicBuilder failing_builder("fails");
    build(failing_builder);
    const Kernel made = failing_builder.finish();
    counting = false;
    failing = ~0u;
    if (made.ok()) {
      CHECK(number > 5);
      break;
    }
    CAPTURE(number);
    CHECK(made.error().code == ErrorCode::OutOfMemory);
    if (number > 2000) break;
  }
#else
  DynamicBuilder b("one");
  build(b);
  CHECK(b.finish().ok());
  test::skip("a sanitizer has the allocator");
#endif
}
