// What the tests of files share: bytes, damaged copies of them, tensors with known contents.
#pragma once

#include "failure.hpp"
#include "io/host_tensor.hpp"

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

namespace test {

inline tool::Bytes bytes_of(std::string_view text) {
  const auto* const data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

inline std::uint64_t seed() {
  const char* const given = std::getenv("AIRSTRIP_SEED");
  return given ? std::strtoull(given, nullptr, 10) : 20240611;
}

// Up to four bytes changed, and sometimes the end cut off.
inline tool::Bytes damaged(const tool::Bytes& whole, std::mt19937_64& random) {
  tool::Bytes bytes = whole;
  for (std::uint64_t n = random() % 5; n > 0 && !bytes.empty(); --n)
    bytes[random() % bytes.size()] = static_cast<std::byte>(random());
  if (random() % 4 == 0) bytes.resize(random() % (bytes.size() + 1));
  return bytes;
}

inline tool::HostTensor floats(tool::Dims dims, const std::vector<float>& values) {
  tool::HostTensor tensor = tool::make_tensor("x", tool::Scalar::F32, std::move(dims));
  for (std::size_t i = 0; i < values.size(); ++i) tool::store(tensor, i, values[i]);
  return tensor;
}

// How a call ends: the exit code of its Failure, Ok without one. Nothing else may be thrown.
template <class F>
tool::ExitCode ending(F&& f) {
  try {
    f();
    return tool::ExitCode::Ok;
  } catch (const tool::Failure& failure) {
    return failure.exit();
  }
}

}  // namespace test
