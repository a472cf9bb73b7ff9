// Conversions between all types, saturating ones, and the same bits as another type.
#include "operation_cases.hpp"

using namespace operations;

namespace {

const Scalar all_scalars[] = {Scalar::Boolean, Scalar::I8,  Scalar::U8,  Scalar::I16, Scalar::U16,
                              Scalar::I32,     Scalar::U32, Scalar::I64, Scalar::U64, Scalar::F16,
                              Scalar::BF16,    Scalar::F32, Scalar::F64};

// One component by value; false where the result is not defined.
bool convert_one(Scalar from, Scalar to, bool saturate, std::uint64_t v, std::uint64_t& out) {
  if (to == Scalar::Boolean) {
    out = is_float(from) ? !(float_value(from, v) == 0) : v != 0;
    return true;
  }
  if (from == Scalar::Boolean) {
    out = is_float(to) ? float_bits(to, static_cast<long double>(v)) : v;
    return true;
  }
  if (is_float(to)) {
    if (is_float(from)) {
      // f64 to f16: through long double it is one rounding.
      out = from == to ? v : float_bits(to, float_value(from, v));
      return true;
    }
    // Every 64-bit integer is a long double.
    out = float_bits(to, static_cast<long double>(value_of(from, v)));
    return true;
  }
  if (!is_float(from)) {
    const Wide value = value_of(from, v);
    out = wrap(to, saturate ? std::min(std::max(value, least(to)), greatest(to)) : value);
    return true;
  }
  const long double value = float_value(from, v);
  if (std::isnan(value)) {
    out = 0;
    return saturate;
  }
  const long double whole = std::trunc(value), low = static_cast<long double>(least(to)),
                    high = static_cast<long double>(greatest(to));  // exact: 64 bits
  if (whole < low || whole > high) {
    out = wrap(to, whole < low ? least(to) : greatest(to));
    return saturate;
  }
  out = wrap(to, static_cast<Wide>(whole));
  return true;
}

std::function<bool(const Bits*, Bits&)> conversion(Type from, Type to, bool saturate) {
  return componentwise({from}, from.components(), [=](const std::uint64_t* v, std::uint64_t& out) {
    return convert_one(from.scalar(), to.scalar(), saturate, v[0], out);
  });
}

}  // namespace

TEST_CASE("operations: conversions between all types") {
  std::vector<Case> cases;
  for (const Scalar from : all_scalars)
    for (const Scalar to : all_scalars)
      for (const unsigned n : {1u, 3u, 4u}) {
        const Type a(from, n), b(to, n);
        Case c = conversion_case(Op::Convert, a, b, conversion(a, b, false));
        // Few random floats fit an integer type: numbers about its range.
        if (is_float(from) && is_int(to))
          c.values = [=](std::size_t, unsigned, std::mt19937_64& random) -> std::uint64_t {
            const unsigned bits = static_cast<unsigned>(random() % (width_of(to) + 1));
            const long double v = static_cast<long double>(
                random() & (bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1));
            const long double scaled = random() % 2 != 0 ? v : v / 8;
            return float_bits(from, is_signed(to) && random() % 2 != 0 ? -scaled : scaled);
          };
        cases.push_back(std::move(c));
      }
  check("conversions", cases);
}

TEST_CASE("operations: saturating conversions") {
  std::vector<Case> cases;
  for (const Scalar from : all_scalars)
    for (const Scalar to : int_types)
      for (const unsigned n : {1u, 2u}) {
        if (from == Scalar::Boolean) continue;
        const Type a(from, n), b(to, n);
        cases.push_back(conversion_case(Op::ConvertSaturate, a, b, conversion(a, b, true)));
      }
  check("saturating conversions", cases);
}

TEST_CASE("operations: bitcasts") {
  std::vector<Case> cases;
  for (const Scalar from : all_scalars)
    for (const Scalar to : all_scalars)
      for (const unsigned n : shapes)
        for (const unsigned m : shapes) {
          const Type a(from, n), b(to, m);
          if (a.size() != b.size() || a.size() == 0 || a == b) continue;
          cases.push_back(conversion_case(Op::Bitcast, a, b, [=](const Bits* v, Bits& out) {
            std::uint8_t bytes[slot_bytes] = {};
            put(bytes, a, v[0]);
            out = get(bytes, b);
            // Bits of a NaN may change where they are held as a float (and do, in f32 for f16 and bf16).
            for (unsigned i = 0; i < n; ++i)
              if (a.is_float() && is_nan_bits(from, v[0][i])) return false;
            for (unsigned i = 0; i < m; ++i)
              if (b.is_float() && is_nan_bits(to, out[i])) return false;
            return true;
          }));
        }
  check("bitcasts", cases);
}
