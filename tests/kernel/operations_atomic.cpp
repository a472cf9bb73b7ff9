// Atomic operations on every type, in buffers and in workgroup memory; and that no update is lost.
#include "operation_cases.hpp"

using namespace operations;

namespace {

const Need int64_atomics{"shaderBufferInt64Atomics", nullptr, "Int64Atomics", false, "shaderInt64"},
    int64_shared{"shaderSharedInt64Atomics", nullptr, "Int64Atomics", false, "shaderInt64"},
    add16{"shaderBufferFloat16AtomicAdd", "VK_EXT_shader_atomic_float2", "AtomicFloat16AddEXT", false},
    add32{"shaderBufferFloat32AtomicAdd", "VK_EXT_shader_atomic_float", "AtomicFloat32AddEXT", false},
    add64{"shaderBufferFloat64AtomicAdd", "VK_EXT_shader_atomic_float", "AtomicFloat64AddEXT", false},
    minmax16{"shaderBufferFloat16AtomicMinMax", "VK_EXT_shader_atomic_float2", "AtomicFloat16MinMaxEXT",
             false},
    minmax32{"shaderBufferFloat32AtomicMinMax", "VK_EXT_shader_atomic_float2", "AtomicFloat32MinMaxEXT",
             false},
    minmax64{"shaderBufferFloat64AtomicMinMax", "VK_EXT_shader_atomic_float2", "AtomicFloat64MinMaxEXT",
             false};

const Need* float_need(Scalar s, Op op) {
  if (!is_float(s)) return nullptr;
  if (op == Op::AtomicAdd) return s == Scalar::F16 ? &add16 : s == Scalar::F32 ? &add32 : &add64;
  if (op == Op::AtomicMin || op == Op::AtomicMax)
    return s == Scalar::F16 ? &minmax16 : s == Scalar::F32 ? &minmax32 : &minmax64;
  return nullptr;
}

std::uint64_t after(Op op, Scalar s, std::uint64_t old, std::uint64_t value, std::uint64_t comparator) {
  if (is_float(s)) {
    const long double a = float_value(s, old), b = float_value(s, value);
    switch (op) {
      case Op::AtomicAdd: return add(s, old, value);
      case Op::AtomicMin: return b < a ? value : old;
      case Op::AtomicMax: return a < b ? value : old;
      default: return value;
    }
  }
  const Wide a = value_of(s, old), b = value_of(s, value);
  switch (op) {
    case Op::AtomicAdd: return wrap(s, a + b);
    case Op::AtomicSub: return wrap(s, a - b);
    case Op::AtomicMin: return wrap(s, std::min(a, b));
    case Op::AtomicMax: return wrap(s, std::max(a, b));
    case Op::AtomicAnd: return old & value;
    case Op::AtomicOr: return old | value;
    case Op::AtomicXor: return old ^ value;
    case Op::AtomicCompareExchange: return old == comparator ? value : old;
    default: return value;
  }
}

const Op updates[] = {Op::AtomicAdd, Op::AtomicSub,      Op::AtomicMin,
                      Op::AtomicMax, Op::AtomicAnd,      Op::AtomicOr,
                      Op::AtomicXor, Op::AtomicExchange, Op::AtomicCompareExchange};
const Scalar atomic_scalars[] = {Scalar::I32, Scalar::U32, Scalar::I64, Scalar::U64,
                                 Scalar::F16, Scalar::F32, Scalar::F64};

// SPIR-V gives 16-bit floats the arithmetic atomics alone (SPV_EXT_shader_atomic_float16_add, ..._min_max).
bool exists(Op op, Scalar s) {
  if (s == Scalar::F16 && op == Op::AtomicExchange) return false;
  return !is_float(s) || op == Op::AtomicAdd || op == Op::AtomicMin || op == Op::AtomicMax ||
         op == Op::AtomicExchange;
}

}  // namespace

TEST_CASE("operations: atomics on every type, in buffers and workgroup memory") {
  std::vector<Case> cases;
  for (const bool shared : {false, true})
    for (const Scalar s : atomic_scalars)
      for (const Op op : updates) {
        if (!exists(op, s)) continue;
        const Type t(s);
        Case c;
        c.result = Type(s, 2);  // before and after
        c.operands = {t, t, t};
        c.name =
            std::string(info_of(op).name) + (shared ? " workgroup " : " buffer ") + std::string(to_string(t));
        c.memory = !shared;
        c.emit = [=](DynamicBuilder& b, const AnyValue* v, SourceLocation at) {
          Place place;
          place.builder = &b;
          place.index = b.builtin(BuiltIn::LocalInvocationIndex);
          if (shared) {
            place.resource = b.add_array(ResourceKind::Workgroup, t, rows, {}, at);
          } else {
            place.resource = 2;
            place.stride = slot_bytes;
            place.offset = (at.line - first_line) * rows * slot_bytes;
          }
          const AnyValue value[2] = {v[1], v[2]};
          const bool plain = s == Scalar::F16;
          if (plain)
            b.store(place, v[0], at);
          else
            b.atomic(Op::AtomicStore, place, t, Span<const AnyValue>(v, 1), MemoryScope::Device, 0, at);
          const AnyValue old =
              b.atomic(op, place, t, Span<const AnyValue>(value, op == Op::AtomicCompareExchange ? 2 : 1),
                       MemoryScope::Device, 0, at);
          const AnyValue now = plain ? b.load(place, t, at)
                                     : b.atomic(Op::AtomicLoad, place, t, {}, MemoryScope::Device, 0, at);
          const AnyValue both[2] = {old, now};
          return b.construct(Type(s, 2), both, at);
        };
        c.reference = [=](const Bits* v, Bits& out) {
          for (int i = 0; i < 3; ++i)
            if (is_float(s) && (is_nan_bits(s, v[i][0]) || float_value(s, v[i][0]) == 0)) return false;
          out[0] = v[0][0];
          out[1] = after(op, s, v[0][0], v[1][0], v[2][0]);
          return true;
        };
        if (op == Op::AtomicCompareExchange)
          c.values = [](std::size_t, unsigned, std::mt19937_64& random) { return random() % 3; };
        if (width_of(s) == 64 && !is_float(s)) c.needs = {shared ? &int64_shared : &int64_atomics};
        if (const Need* const need = float_need(s, op)) c.needs = {need};
        if (s == Scalar::F16) c.refused = {&float16_need, &storage16_need};
        if (s == Scalar::F16 && shared) c.refused = {&float16_need};
        cases.push_back(std::move(c));
      }
  check("atomics", cases);
  // With 64-bit integers, and no atomic operations on them.
  for (const Case& c : cases) {
    if (c.needs.empty() || (c.needs[0] != &int64_atomics && c.needs[0] != &int64_shared)) continue;
    const Result<spirv::Module> module = write_spirv(build({&c}), with(Target::vulkan(1, 0), {&int64_need}));
    CAPTURE(c.name);
    REQUIRE_FALSE(module.ok());
    CHECK(wrong_error(module.error(), "Int64Atomics", 1) == "");
  }
}

TEST_CASE("operations: no atomic update is lost, whatever the order") {
  // 256 invocations on one element of each kind of memory; every order gives the same.
  for (const Scalar s : {Scalar::U32, Scalar::I32, Scalar::U64, Scalar::I64})
    for (const Op op : {Op::AtomicAdd, Op::AtomicSub, Op::AtomicMin, Op::AtomicMax, Op::AtomicAnd,
                        Op::AtomicOr, Op::AtomicXor}) {
      CAPTURE(info_of(op).name);
      CAPTURE(int(s));
      const Type t(s);
      KernelOptions options;
      options.workgroup.x = 64;
      DynamicBuilder b("contention", options);
      const std::uint32_t memory = b.add_buffer(Access::ReadWrite, t, t.size(), "memory");
      const std::uint32_t in = b.add_buffer(Access::ReadOnly, t, t.size(), "in");
      const AnyValue id = b.builtin(BuiltIn::GlobalInvocationId).component(0);
      Place from{&b, in, t.size(), 0, 0, id, {}, {}, false, false};
      const AnyValue value = b.load(from, t);
      const Place to{&b, memory, t.size(), 0, 0, {}, {}, {}, false, false};
      b.atomic(op, to, t, Span<const AnyValue>(&value, 1), MemoryScope::Device, 0);
      const Kernel kernel = b.finish();
      REQUIRE(kernel.ok());
      std::mt19937_64 random(11);
      std::vector<std::uint64_t> values(256);
      const std::uint64_t begin = random() & low_bits(s);
      std::uint64_t expected = begin;
      std::vector<std::uint8_t> bytes(values.size() * t.size());
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = random() & low_bits(s);
        std::memcpy(bytes.data() + i * t.size(), &values[i], t.size());
        expected = after(op, s, expected, values[i], 0);
      }
      for (const std::uint64_t seed : {0u, 1u, 2u}) {
        std::uint64_t result = begin;
        Resources resources;
        resources.bind("memory", &result, t.size());
        resources.bind("in", Span<const std::uint8_t>(bytes));
        InterpretOptions run;
        run.seed = seed;
        const Result<Report> report = interpret(kernel, Dispatch{{4}}, resources, run);
        REQUIRE(report.ok());
        CHECK(report->clean());
        CHECK((result & low_bits(s)) == expected);
      }
    }
}
