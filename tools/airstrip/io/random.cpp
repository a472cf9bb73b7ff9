#include "random.hpp"

#include "../failure.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <type_traits>
#include <utility>

namespace tool {

namespace {

template <class T>
T number(const std::string& text, const std::string& part, const char* what) {
  T value{};
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
  if (error != std::errc() || end != part.data() + part.size())
    throw Failure(ExitCode::Usage, "'" + text + "': '" + part + "' is no " + what +
                                       "; write random[:SEED[:uniform:LOW:HIGH | :normal:MEAN:DEVIATION]]");
  return value;
}

// The distributions of the standard library differ from one to another; its generators do not.
class Generator {
public:
  explicit Generator(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t bits() { return engine_(); }
  /// From 0 up to 1, without 1.
  double unit() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  /// Box and Muller's.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - unit()));
    return radius * std::cos(2 * std::numbers::pi * unit());
  }

private:
  std::mt19937_64 engine_;
};

template <class T>
void fill_floats(HostTensor& tensor, const RandomSource& source, Generator& generator) {
  const double first = source.first.value_or(source.is_normal ? 0 : -1), second = source.second.value_or(1);
  // Of a uniform distribution the distance is a number, too.
  if (!std::isfinite(first) || !std::isfinite(second - first) ||
      (source.is_normal ? second < 0 : first > second))
    throw Failure(ExitCode::Usage, tensor.name + ": these are no bounds of random numbers: " +
                                       std::to_string(first) + " and " + std::to_string(second));
  for (std::size_t i = 0; i < tensor.size(); ++i)
    store(tensor, i,
          static_cast<T>(source.is_normal ? first + second * generator.normal()
                                          : first + (second - first) * generator.unit()));
}

template <class T>
void fill_integers(HostTensor& tensor, const RandomSource& source, Generator& generator) {
  if (source.is_normal)
    throw Failure(ExitCode::Usage, tensor.name + ": integers (" + name_of(tensor.scalar) +
                                       ") cannot be normally distributed; ask for uniform ones");
  const bool is_boolean = tensor.scalar == Scalar::Boolean;
  const double low = source.first.value_or(std::is_signed_v<T> ? -128 : 0);
  const double high = source.second.value_or(is_boolean ? 1 : std::is_signed_v<T> ? 127 : 255);
  // 2^53 is far beyond any index, and up to there doubles are exact.
  const double most = is_boolean ? 1 : std::min(0x1p53, static_cast<double>(std::numeric_limits<T>::max()));
  const double least = std::max(-0x1p53, static_cast<double>(std::numeric_limits<T>::min()));
  if (!(low >= least && low <= high && high <= most) || std::floor(low) != low || std::floor(high) != high)
    throw Failure(ExitCode::Usage, tensor.name + ": from " + std::to_string(low) + " to " +
                                       std::to_string(high) + " is no range of " + name_of(tensor.scalar));
  const auto first = static_cast<std::int64_t>(low);
  const auto count = static_cast<std::uint64_t>(static_cast<std::int64_t>(high) - first) + 1;
  for (std::size_t i = 0; i < tensor.size(); ++i)
    store(tensor, i, static_cast<T>(first + static_cast<std::int64_t>(generator.bits() % count)));
}

}  // namespace

std::optional<RandomSource> parse_random(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text)
    if (c == ':')
      parts.emplace_back();
    else
      parts.back() += c;
  if (parts[0] != "random") return std::nullopt;
  RandomSource source;
  if (parts.size() > 1) source.seed = number<std::uint64_t>(text, parts[1], "seed (a number from 0 on)");
  if (parts.size() > 2) {
    source.is_normal = parts[2] == "normal";
    const bool is_known = source.is_normal || parts[2] == "uniform";
    if (!is_known || parts.size() == 4 || parts.size() > 5)
      throw Failure(ExitCode::Usage, "'" + text +
                                         "' does not say which random numbers; write "
                                         "random[:SEED[:uniform:LOW:HIGH | :normal:MEAN:DEVIATION]]");
  }
  if (parts.size() == 5) {
    source.first = number<double>(text, parts[3], "number");
    source.second = number<double>(text, parts[4], "number");
  }
  return source;
}

HostTensor random_tensor(std::string name, Scalar scalar, Dims dims, const RandomSource& source) {
  HostTensor tensor = make_tensor(std::move(name), scalar, std::move(dims));
  Generator generator(source.seed);
  visit_scalar(scalar, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>)
      fill_integers<T>(tensor, source, generator);
    else
      fill_floats<T>(tensor, source, generator);
  });
  return tensor;
}

}  // namespace tool
