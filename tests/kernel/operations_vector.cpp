// Vectors, Select, and packed dot products.
#include "operation_cases.hpp"

using namespace operations;

namespace {

const Scalar all_scalars[] = {Scalar::Boolean, Scalar::I8,  Scalar::U8,  Scalar::I16, Scalar::U16,
                              Scalar::I32,     Scalar::U32, Scalar::I64, Scalar::U64, Scalar::F16,
                              Scalar::BF16,    Scalar::F32, Scalar::F64};

// NaNs may change their bits on the way through f32: they are moved in tests of comparisons, not here.
bool has_nan(Type type, const Bits& bits) {
  for (unsigned i = 0; i < type.components() && type.is_float(); ++i)
    if (is_nan_bits(type.scalar(), bits[i])) return true;
  return false;
}

}  // namespace

TEST_CASE("operations: vectors put together and taken apart") {
  std::vector<Case> cases;
  for (const Scalar s : all_scalars) {
    const Type scalar(s);
    const auto construct = [&](unsigned n, std::vector<Type> parts) {
      Case c;
      c.result = Type(s, n);
      c.operands = parts;
      c.name = name_of(Op::Construct, parts, c.result);
      c.emit = [n, s, parts](DynamicBuilder& b, const AnyValue* v, SourceLocation at) {
        return b.construct(Type(s, n), Span<const AnyValue>(v, parts.size()), at);
      };
      c.reference = [parts](const Bits* v, Bits& out) {
        unsigned at = 0;
        for (std::size_t k = 0; k < parts.size(); ++k)
          for (unsigned i = 0; i < parts[k].components(); ++i) out[at++] = v[k][i];
        for (std::size_t k = 0; k < parts.size(); ++k)
          if (has_nan(parts[k], v[k])) return false;
        return true;
      };
      cases.push_back(c);
    };
    construct(2, {scalar, scalar});
    construct(3, {scalar, scalar, scalar});
    construct(4, {scalar, scalar, scalar, scalar});
    construct(3, {Type(s, 2), scalar});
    construct(4, {scalar, Type(s, 3)});
    construct(4, {Type(s, 2), Type(s, 2)});
    for (const unsigned n : {2u, 3u, 4u}) {
      const Type t(s, n);
      for (unsigned i = 0; i < n; ++i) {
        cases.push_back(apply_case(Op::Extract, {t}, i, [=](const Bits* v, Bits& out) {
          out[0] = v[0][i];
          return !has_nan(t, v[0]);
        }));
        cases.push_back(apply_case(Op::Insert, {t, scalar}, i, [=](const Bits* v, Bits& out) {
          out = v[0];
          out[i] = v[1][0];
          return !has_nan(t, v[0]) && !has_nan(scalar, v[1]);
        }));
      }
      for (const Scalar index : {Scalar::U32, Scalar::I32}) {
        const auto values = [=](std::size_t index_at) {
          return [=](std::size_t operand, unsigned, std::mt19937_64& random) -> std::uint64_t {
            if (operand == index_at) return random() % n;
            return s == Scalar::Boolean ? random() % 2 : random() & low_bits(s);
          };
        };
        Case extract = apply_case(Op::ExtractDynamic, {t, Type(index)}, 0, [=](const Bits* v, Bits& out) {
          out[0] = v[0][v[1][0]];
          return !has_nan(t, v[0]);
        });
        extract.values = values(1);
        cases.push_back(extract);
        Case insert =
            apply_case(Op::InsertDynamic, {t, scalar, Type(index)}, 0, [=](const Bits* v, Bits& out) {
              out = v[0];
              out[v[2][0]] = v[1][0];
              return !has_nan(t, v[0]) && !has_nan(scalar, v[1]);
            });
        insert.values = values(2);
        cases.push_back(insert);
      }
      // Swizzles of one vector, to every size.
      for (const std::vector<unsigned>& order :
           {std::vector<unsigned>{1, 0}, {n - 1, 0, 1}, {1, 1, 0, n - 1}}) {
        Case c;
        c.result = Type(s, static_cast<unsigned>(order.size()));
        c.operands = {t};
        c.name = name_of(Op::Shuffle, {t}, c.result);
        c.emit = [order](DynamicBuilder& b, const AnyValue* v, SourceLocation at) {
          return b.swizzle(v[0], Span<const unsigned>(order.data(), order.size()), at);
        };
        c.reference = [=](const Bits* v, Bits& out) {
          for (std::size_t i = 0; i < order.size(); ++i) out[i] = v[0][order[i]];
          return !has_nan(t, v[0]);
        };
        cases.push_back(c);
      }
    }
  }
  check("vectors", cases);
}

TEST_CASE("operations: Select, by one condition and by one for each component") {
  std::vector<Case> cases;
  for (const Scalar s : all_scalars)
    for (const unsigned n : shapes)
      for (const bool each : {false, true}) {
        if (each && n == 1) continue;
        const Type t(s, n), condition(Scalar::Boolean, each ? n : 1);
        cases.push_back(apply_case(Op::Select, {condition, t, t}, 0, [=](const Bits* v, Bits& out) {
          for (unsigned i = 0; i < n; ++i) out[i] = v[0][each ? i : 0] != 0 ? v[1][i] : v[2][i];
          return !has_nan(t, v[1]) && !has_nan(t, v[2]);
        }));
      }
  check("Select", cases);
}

TEST_CASE("operations: packed dot products, with the capability and expanded") {
  const auto byte = [](std::uint64_t word, unsigned i, bool is_signed_byte) {
    const auto b = static_cast<std::uint8_t>(word >> 8 * i);
    return is_signed_byte ? static_cast<Wide>(static_cast<std::int8_t>(b)) : static_cast<Wide>(b);
  };
  std::vector<Case> cases;
  for (const DotKind kind : {DotKind::Unsigned, DotKind::Signed, DotKind::SignedUnsigned})
    for (const Scalar a : {Scalar::U32, Scalar::I32})
      for (const Scalar b : {Scalar::U32, Scalar::I32}) {
        const bool first = kind != DotKind::Unsigned, second = kind == DotKind::Signed;
        const Scalar sum = kind == DotKind::Unsigned ? Scalar::U32 : Scalar::I32;
        const auto dot = [=](const Bits* v) {
          Wide total = 0;
          for (unsigned i = 0; i < 4; ++i) total += byte(v[0][0], i, first) * byte(v[1][0], i, second);
          return total;
        };
        cases.push_back(apply_case(Op::DotPacked, {Type(a), Type(b)}, static_cast<std::uint32_t>(kind),
                                   [=](const Bits* v, Bits& out) {
                                     out[0] = wrap(sum, dot(v));
                                     return true;
                                   }));
        cases.push_back(apply_case(Op::DotPackedAccSat, {Type(a), Type(b), Type(sum)},
                                   static_cast<std::uint32_t>(kind), [=](const Bits* v, Bits& out) {
                                     const Wide total = dot(v) + value_of(sum, v[2][0]);
                                     out[0] = wrap(sum, std::min(std::max(total, least(sum)), greatest(sum)));
                                     return true;
                                   }));
      }
  for (Case& c : cases) c.needs = {&packed_dot_need};
  check("packed dot products", cases);
  std::vector<const Case*> all;
  for (const Case& c : cases) all.push_back(&c);
  const Kernel kernel = build(all);
  const auto has_dot = [](const Target& target, const Kernel& k) {
    const Result<spirv::Module> module = write_spirv(k, target);
    REQUIRE(module.ok());
    CHECK(validate(*module).ok());
    const Result<spirv::ModuleView> view = spirv::parse(module->words());
    REQUIRE(view.ok());
    const std::string text(spirv::disassemble(*view));
    return text.find("OpSDot") != std::string::npos;
  };
  for (const unsigned minor : {0u, 1u, 2u, 3u, 4u}) {
    const Target lacking = Target::vulkan(1, minor);
    CHECK_FALSE(has_dot(lacking, kernel));
    CHECK(has_dot(with(lacking, {&packed_dot_need}), kernel));
  }
}
