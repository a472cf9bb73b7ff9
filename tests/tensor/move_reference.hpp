// What the tests of data movement share: tensors of random bits, and plain references over coordinates.
#pragma once

#include "run_operation.hpp"

#include <functional>

namespace test {

using Coordinates = std::vector<std::int64_t>;

inline std::int64_t count_of(const Coordinates& shape) {
  std::int64_t n = 1;
  for (const std::int64_t d : shape) n *= d;
  return n;
}
inline std::int64_t linear(const Coordinates& c, const Coordinates& shape) {
  std::int64_t at = 0;
  for (std::size_t i = 0; i < shape.size(); ++i) at = at * shape[i] + c[i];
  return at;
}
inline Coordinates coordinates_of(std::int64_t at, const Coordinates& shape) {
  Coordinates c(shape.size());
  for (std::size_t i = shape.size(); i-- > 0;) {
    c[i] = at % shape[i];
    at /= shape[i];
  }
  return c;
}

// Any bits: NaNs with payloads and denormal numbers among them.
inline HostTensor random_bits(Scalar scalar, Coordinates shape, Random& random) {
  HostTensor t(scalar, std::move(shape));
  for (unsigned char& byte : t.bytes()) byte = static_cast<unsigned char>(random.next());
  return t;
}

// A tensor of `shape` whose element at c is x's at `from(c)`, or `fill` where that is empty.
inline HostTensor moved(const HostTensor& x, const Coordinates& shape,
                        const std::function<Coordinates(const Coordinates&)>& from, std::uint64_t fill = 0) {
  HostTensor y(x.scalar(), shape);
  for (std::int64_t i = 0; i < count_of(shape); ++i) {
    const Coordinates c = from(coordinates_of(i, shape));
    const bool outside = c.empty() && !x.shape().empty();
    y.set_bits(static_cast<std::size_t>(i),
               outside ? fill : x.bits(static_cast<std::size_t>(linear(c, x.shape()))));
  }
  return y;
}

inline std::string bit_difference(const HostTensor& expected, const HostTensor& found) {
  if (expected.size() != found.size())
    return std::to_string(expected.size()) + " elements expected, " + std::to_string(found.size()) + " found";
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (expected.bits(i) != found.bits(i))
      return "element " + std::to_string(i) + ": expected bits " + std::to_string(expected.bits(i)) +
             ", found " + std::to_string(found.bits(i));
  return "";
}

// Shapes of which some sizes are parameters, called by a letter and the axis.
class Sizes {
public:
  Sizes(Random& random, Given& given) : random_(random), given_(given) {}
  airstrip::tensor::Dimension dimension(const std::string& name, std::int64_t size) {
    if (!random_.one_in(3)) return size;
    given_.sizes.push_back({name, size});
    return airstrip::tensor::Dimension::parameter(airstrip::Text(name.c_str()));
  }
  airstrip::tensor::Shape shape(const std::string& letter, const Coordinates& sizes) {
    airstrip::tensor::Shape shape;
    for (std::size_t i = 0; i < sizes.size(); ++i)
      shape.push_back(dimension(letter + std::to_string(i), sizes[i]));
    return shape;
  }

private:
  Random& random_;
  Given& given_;
};

inline Scalar any_scalar(Random& random) {
  static const Scalar all[] = {Scalar::Boolean, Scalar::I8,   Scalar::U8,  Scalar::I16, Scalar::U16,
                               Scalar::F16,     Scalar::BF16, Scalar::I32, Scalar::U32, Scalar::F32,
                               Scalar::I64,     Scalar::U64,  Scalar::F64};
  return all[random.below(sizeof all / sizeof *all)];
}
inline Coordinates any_shape(Random& random, std::size_t rank) {
  Coordinates shape;
  for (std::size_t i = 0; i < rank; ++i)
    shape.push_back(1 + static_cast<std::int64_t>(random.below(i + 1 == rank ? 20 : 6)));
  return shape;
}
inline std::int64_t between(Random& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random.below(static_cast<std::uint32_t>(high - low + 1)));
}
inline airstrip::tensor::MoveSchedule any_move_schedule(Random& random) {
  airstrip::tensor::MoveSchedule s;
  s.workgroup = 1u << random.below(8);
  s.width = 1 + static_cast<std::uint32_t>(random.below(4));
  s.items = 1 + static_cast<std::uint32_t>(random.below(3));
  return s;
}

// One random problem: what makes the operation, what it is given and what y has to be.
struct MoveCase {
  std::function<airstrip::Result<airstrip::tensor::Operation>(const airstrip::tensor::Target&)> make;
  Given given;
  HostTensor expected;
};

struct Maker {
  const char* name;
  void (*make)(MoveCase&, Random&, Scalar);
};

// `count` cases, of each kind in turn, compared bit for bit.
inline void random_cases(airstrip::Span<const Maker> makers, Place place, int count) {
  const std::uint64_t seed = seed_of_run();
  for (int n = 0; n < count; ++n) {
    CAPTURE(n);
    Random random(seed + static_cast<std::uint64_t>(n));
    const Maker& maker = makers[static_cast<std::size_t>(n) % makers.size()];
    CAPTURE(std::string(maker.name));
    const Scalar scalar = any_scalar(random);
    CAPTURE(std::string(airstrip::tensor::to_string(scalar)));
    MoveCase c;
    maker.make(c, random, scalar);
    const Tensors found = run_at(place, c.make, c.given, {4u << random.below(5), random.next()});
    if (found.empty()) return;
    CHECK(bit_difference(c.expected, found.at("y")) == "");
  }
}

}  // namespace test
