// Cooperative matrices: every operation on every component type, against a product in C++; and the forms of barriers.
#include "operation_cases.hpp"

using namespace operations;

namespace {

constexpr unsigned M = 8, N = 16, K = 4;

struct Product {
  Scalar a, c;  // components of the factors, and of what they are added to
  bool saturate;
};
const Product products[] = {
    {Scalar::F16, Scalar::F16, false}, {Scalar::F16, Scalar::F32, false}, {Scalar::F32, Scalar::F32, false},
    {Scalar::F64, Scalar::F64, false}, {Scalar::I8, Scalar::I32, false},  {Scalar::U8, Scalar::U32, false},
    {Scalar::I8, Scalar::I32, true},   {Scalar::U8, Scalar::U32, true},   {Scalar::I16, Scalar::I32, false},
    {Scalar::U16, Scalar::U32, false}, {Scalar::I32, Scalar::I32, false}, {Scalar::BF16, Scalar::F32, false}};

Target matrix_target(const Product& p) {
  Target target = Target::vulkan(1, 3);
  target.enable_extension("VK_KHR_cooperative_matrix").enable_feature("cooperativeMatrix");
  target.enable_feature("vulkanMemoryModel");
  std::vector<const Need*> needs = needs_of(p.a);
  for (const Need* const need : needs_of(p.c)) needs.push_back(need);
  target = with(target, needs);
  if (p.a == Scalar::BF16) target.enable_feature("shaderBFloat16CooperativeMatrix");
  return target;
}

Kernel product_kernel(const Product& p, bool shared, bool column_major) {
  KernelOptions options;
  options.workgroup.x = 32;
  options.subgroup.size = 32;
  DynamicBuilder b("product", options, line_of(0));
  const Type ta(p.a), tc(p.c), word(Scalar::U32);
  const std::uint32_t a = b.add_buffer(Access::ReadOnly, ta, ta.size(), "a", line_of(0));
  const std::uint32_t bb = b.add_buffer(Access::ReadOnly, ta, ta.size(), "b", line_of(0));
  const std::uint32_t c = b.add_buffer(Access::ReadWrite, tc, tc.size(), "c", line_of(0));
  const Type ma = b.matrix_type(p.a, M, K, MatrixUse::A), mb = b.matrix_type(p.a, K, N, MatrixUse::B),
             mc = b.matrix_type(p.c, M, N, MatrixUse::Accumulator);
  const auto place = [&](std::uint32_t resource, Type type) {
    return Place{&b, resource, type.size(), 0, type.size(), {}, {}, {}, false, false};
  };
  Place from_a = place(a, ta);
  if (shared) {
    // A goes through workgroup memory: one element an invocation.
    const std::uint32_t tile = b.add_array(ResourceKind::Workgroup, ta, M * K, "tile", line_of(0));
    Place source = place(a, ta), stage = place(tile, ta);
    source.index = stage.index = b.builtin(BuiltIn::LocalInvocationIndex);
    b.store(stage, b.load(source, ta, line_of(0)), line_of(0));
    b.barrier({MemoryScope::Workgroup, MemoryScope::Workgroup, memory::workgroup}, line_of(0));
    from_a = place(tile, ta);
  }
  const auto stride = [&](unsigned elements) { return b.constant_bits(word, elements); };
  const AnyValue left = b.matrix_load(from_a, ma, stride(K), false, line_of(0));
  const AnyValue right =
      b.matrix_load(place(bb, ta), mb, stride(column_major ? K : N), column_major, line_of(0));
  const AnyValue sum = b.matrix_load(place(c, tc), mc, stride(N), false, line_of(0));
  const AnyValue operands[3] = {left, right, sum};
  const AnyValue result = b.apply(Op::MatrixMulAdd, operands, p.saturate ? 1 : 0, line_of(0));
  b.matrix_store(place(c, tc), result, stride(N), false, line_of(0));
  return b.finish(line_of(0));
}

std::string text_of_module(const spirv::Module& module) {
  const Result<spirv::ModuleView> view = spirv::parse(module.words());
  REQUIRE(view.ok());
  return std::string(spirv::disassemble(*view));
}

}  // namespace

TEST_CASE("operations: matrix products of every component type") {
  Tally tally;
  std::mt19937_64 random(17);
  for (const Product& p : products)
    for (const bool shared : {false, true})
      for (const bool column_major : {false, true}) {
        CAPTURE(int(p.a));
        CAPTURE(int(p.c));
        CAPTURE(shared);
        const Kernel kernel = product_kernel(p, shared, column_major);
        INFO(std::string(kernel.error().to_string()));
        REQUIRE(kernel.ok());
        const Target target = matrix_target(p);
        REQUIRE(std::string(target.error()) == "");
        const Result<spirv::Module> module = write_spirv(kernel, target);
        INFO(std::string(module.error().to_string()));
        REQUIRE(module.ok());
        CHECK(invalid_in(module->words(), target, tally) == "");
        const std::string text = text_of_module(*module);
        CHECK(text.find("VulkanMemoryModel") != std::string::npos);
        CHECK(text.find("OpMemoryModel Logical Vulkan") != std::string::npos);
        CHECK(text.find("OpTypeCooperativeMatrixKHR") != std::string::npos);
        // Memory that is written may be seen by others.
        CHECK(text.find("NonPrivatePointer") != std::string::npos);

        const auto number = [&](Scalar s) {
          const int v = static_cast<int>(random() % 9) - (is_float(s) || is_signed(s) ? 4 : 0);
          return is_float(s) ? float_bits(s, static_cast<long double>(v)) : wrap(s, v);
        };
        std::vector<std::uint64_t> a(M * K), b(K * N), c(M * N);
        for (auto& v : a) v = number(p.a);
        for (auto& v : b) v = number(p.a);
        for (auto& v : c) v = number(p.c);
        if (p.saturate) {
          c[0] = wrap(p.c, greatest(p.c) - 1);
          c[1] = wrap(p.c, least(p.c));
        }
        const auto bytes = [](const std::vector<std::uint64_t>& values, Scalar s) {
          std::vector<std::uint8_t> out(values.size() * width_of(s) / 8);
          for (std::size_t i = 0; i < values.size(); ++i)
            std::memcpy(out.data() + i * width_of(s) / 8, &values[i], width_of(s) / 8);
          return out;
        };
        const std::vector<std::uint8_t> a_bytes = bytes(a, p.a), b_bytes = bytes(b, p.a);
        std::vector<std::uint64_t> expected(M * N);
        for (unsigned row = 0; row < M; ++row)
          for (unsigned column = 0; column < N; ++column) {
            const auto right = [&](unsigned k) {
              return column_major ? b[column * K + k] : b[k * N + column];
            };
            const std::uint64_t begin = c[row * N + column];
            if (is_float(p.c)) {
              long double sum = float_value(p.c, begin);
              for (unsigned k = 0; k < K; ++k)
                sum += float_value(p.a, a[row * K + k]) * float_value(p.a, right(k));
              expected[row * N + column] = float_bits(p.c, sum);
            } else {
              Wide sum = value_of(p.c, begin);
              for (unsigned k = 0; k < K; ++k) sum += value_of(p.a, a[row * K + k]) * value_of(p.a, right(k));
              if (p.saturate) sum = std::min(std::max(sum, least(p.c)), greatest(p.c));
              expected[row * N + column] = wrap(p.c, sum);
            }
          }
        const std::vector<std::uint8_t> expected_bytes = bytes(expected, p.c);
        const Kernel lowered = lowered_for(kernel, target);
        REQUIRE(lowered.ok());
        for (const Kernel* const each : {&kernel, &lowered}) {
          std::vector<std::uint8_t> c_bytes = bytes(c, p.c);
          Resources resources;
          resources.bind("a", Span<const std::uint8_t>(a_bytes));
          resources.bind("b", Span<const std::uint8_t>(b_bytes));
          resources.bind("c", Span<std::uint8_t>(c_bytes));
          const Result<Report> report = interpret(*each, Dispatch{}, resources);
          REQUIRE(report.ok());
          CHECK(std::string(report->to_string()) == "");
          CHECK(c_bytes == expected_bytes);
        }
        // Without the feature there is no other form.
        const Target lacking =
            with(Target::vulkan(1, 3), {&int8_need, &storage8_need, &int16_need, &storage16_need,
                                        &float16_need, &float64_need, &bfloat16_need});
        const Result<spirv::Module> refused = write_spirv(kernel, lacking);
        REQUIRE_FALSE(refused.ok());
        CHECK(refused.error().code == ErrorCode::MissingCapability);
        const std::string said(refused.error().to_string());
        CAPTURE(said);
        CHECK((said.find("CooperativeMatrixKHR") != std::string::npos ||
               said.find("VulkanMemoryModel") != std::string::npos));
        CHECK(refused.error().where.line == first_line);
      }
  std::printf("matrix products: %zu modules validated\n", tally.modules - tally.unvalidated);
  if (tally.unvalidated != 0) test::skip(("matrix products: " + tally.unvalidated_reason).c_str());
}

TEST_CASE("operations: matrices component by component") {
  Tally tally;
  for (const Scalar s : {Scalar::F16, Scalar::F32, Scalar::I8, Scalar::U8, Scalar::I32, Scalar::U32}) {
    CAPTURE(int(s));
    KernelOptions options;
    options.workgroup.x = 32;
    options.subgroup.size = 32;
    DynamicBuilder b("elementwise", options, line_of(0));
    const Type t(s), word(Scalar::U32);
    const std::uint32_t in = b.add_buffer(Access::ReadOnly, t, t.size(), "in", line_of(0));
    const std::uint32_t out = b.add_buffer(Access::ReadWrite, t, t.size(), "out", line_of(0));
    const Type matrix = b.matrix_type(s, M, N, MatrixUse::Accumulator);
    const AnyValue stride = b.constant_bits(word, N);
    Place place{&b, in, t.size(), 0, t.size(), {}, {}, {}, false, false};
    const AnyValue x = b.matrix_load(place, matrix, stride, false, line_of(0));
    // ((x + x) * x - x) * 2, negated where the type has a sign; then each component plus 1.
    const AnyValue twice = b.apply(Op::Add, x, x, line_of(0));
    const AnyValue product = b.apply(Op::Mul, twice, x, line_of(0));
    const AnyValue less = b.apply(Op::Sub, product, x, line_of(0));
    const AnyValue two = is_float(s) ? b.constant_float(t, 2) : b.constant_int(t, 2);
    AnyValue scaled = b.apply(Op::MatrixScale, less, two, line_of(0));
    const bool negates = is_float(s) || is_signed(s);
    if (negates) scaled = b.apply(Op::Negate, scaled, line_of(0));
    const AnyValue fill = is_float(s) ? b.constant_float(t, 1) : b.constant_int(t, 1);
    const AnyValue ones = b.construct(matrix, Span<const AnyValue>(&fill, 1), line_of(0));
    scaled = b.apply(Op::Add, scaled, ones, line_of(0));
    const AnyVariable held = b.variable(matrix, {}, line_of(0));
    b.store(held, scaled, line_of(0));
    const AnyValue length = b.apply(Op::MatrixLength, Span<const AnyValue>(), matrix.bits(), line_of(0));
    const AnyValue i = b.begin_for(b.constant_bits(word, 0), length, b.constant_bits(word, 1),
                                   LoopHint::Default, line_of(0));
    const AnyValue now = b.load(held, line_of(0));
    const AnyValue component = b.apply(Op::MatrixExtract, now, i, line_of(0));
    const AnyValue more = b.apply(Op::Add, component, fill, line_of(0));
    const AnyValue operands[3] = {now, more, i};
    b.store(held, b.apply(Op::MatrixInsert, operands, 0, line_of(0)), line_of(0));
    b.end_loop(line_of(0));
    place.resource = out;
    b.matrix_store(place, b.load(held, line_of(0)), stride, true, line_of(0));
    const Kernel kernel = b.finish(line_of(0));
    INFO(std::string(kernel.error().to_string()));
    REQUIRE(kernel.ok());
    const Target target = matrix_target({s, s, false});
    const Result<spirv::Module> module = write_spirv(kernel, target);
    INFO(std::string(module.error().to_string()));
    REQUIRE(module.ok());
    CHECK(invalid_in(module->words(), target, tally) == "");
    const Kernel lowered = lowered_for(kernel, target);
    REQUIRE(lowered.ok());
    for (const Kernel* const each : {&kernel, &lowered}) {
      std::vector<std::uint8_t> data(M * N * t.size()), result(M * N * 2 * t.size()), expected(result.size());
      for (unsigned row = 0; row < M; ++row)
        for (unsigned column = 0; column < N; ++column) {
          const int v = static_cast<int>((row * N + column) % 5);
          const int r = ((v + v) * v - v) * 2 * (negates ? -1 : 1) + 2;
          const std::uint64_t from = is_float(s) ? float_bits(s, static_cast<long double>(v)) : wrap(s, v),
                              to = is_float(s) ? float_bits(s, static_cast<long double>(r)) : wrap(s, r);
          std::memcpy(data.data() + (row * N + column) * t.size(), &from, t.size());
          std::memcpy(expected.data() + (column * N + row) * t.size(), &to, t.size());
        }
      Resources resources;
      resources.bind("in", Span<const std::uint8_t>(data));
      resources.bind("out", Span<std::uint8_t>(result));
      const Result<Report> report = interpret(*each, Dispatch{}, resources);
      REQUIRE(report.ok());
      CHECK(std::string(report->to_string()) == "");
      CHECK(result == expected);
    }
  }
  std::printf("matrices component by component: %zu modules validated\n", tally.modules - tally.unvalidated);
  if (tally.unvalidated != 0)
    test::skip(("matrices component by component: " + tally.unvalidated_reason).c_str());
}

TEST_CASE("operations: barriers of every execution scope, memory scope and storage") {
  const MemoryScope executions[] = {MemoryScope::Workgroup, MemoryScope::Subgroup};
  const MemoryScope memories[] = {MemoryScope::Device, MemoryScope::QueueFamily, MemoryScope::Workgroup,
                                  MemoryScope::Subgroup, MemoryScope::Invocation};
  for (const bool control : {true, false})
    for (const MemoryScope execution : executions)
      for (const MemoryScope scope : memories)
        for (std::uint8_t storage = 0; storage <= memory::all; ++storage) {
          CAPTURE(control);
          CAPTURE(int(execution));
          CAPTURE(int(scope));
          CAPTURE(int(storage));
          KernelOptions options;
          options.workgroup.x = 64;
          DynamicBuilder b("barriers", options, line_of(0));
          const Type word(Scalar::U32);
          const std::uint32_t out = b.add_buffer(Access::ReadWrite, word, 4, "out", line_of(0));
          const std::uint32_t tile = b.add_array(ResourceKind::Workgroup, word, 64, "tile", line_of(0));
          const AnyValue i = b.builtin(BuiltIn::LocalInvocationIndex);
          b.store({&b, tile, 4, 0, 0, i, {}, {}, false, false}, i, line_of(0));
          const SyncScope sync{execution, scope, storage};
          if (control)
            b.barrier(sync, line_of(0));
          else
            b.memory_barrier(sync, line_of(0));
          b.store({&b, out, 4, 0, 0, i, {}, {}, false, false},
                  b.load({&b, tile, 4, 0, 0, i, {}, {}, false, false}, word, line_of(0)), line_of(0));
          const Kernel kernel = b.finish(line_of(0));
          REQUIRE(kernel.ok());
          Tally tally;
          for (const unsigned minor : {0u, 1u, 4u}) {
            const Target target = Target::vulkan(1, minor);
            // A barrier of images alone is nothing in a kernel without images.
            const bool subgroup =
                (control || (storage & (memory::buffers | memory::workgroup)) != 0) &&
                (scope == MemoryScope::Subgroup || (control && execution == MemoryScope::Subgroup));
            const Result<spirv::Module> module = write_spirv(kernel, target);
            CAPTURE(minor);
            if (subgroup && minor == 0) {
              REQUIRE_FALSE(module.ok());
              CHECK(wrong_error(module.error(), "GroupNonUniform", 1) == "");
              continue;
            }
            INFO(std::string(module.error().to_string()));
            REQUIRE(module.ok());
            CHECK(invalid_in(module->words(), target, tally) == "");
          }
          std::vector<std::uint32_t> result(64);
          Resources resources;
          resources.bind("out", Span<std::uint32_t>(result));
          const Result<Report> report = interpret(kernel, Dispatch{}, resources);
          REQUIRE(report.ok());
          CHECK(report->clean());
          for (std::uint32_t k = 0; k < 64; ++k) CHECK(result[k] == k);
        }
}
