#include "host_tensor.hpp"

#include "../failure.hpp"

#include <utility>

namespace tool {

namespace {

// `most` where there are more; 0 with an axis of length 0, however long the others are.
std::uint64_t count_up_to(const Dims& dims, std::uint64_t most) {
  std::uint64_t count = 1;
  bool is_too_many = false;
  for (const std::int64_t dim : dims) {
    const auto n = static_cast<std::uint64_t>(dim);
    if (n == 0) return 0;
    is_too_many = is_too_many || count > most / n;
    if (!is_too_many) count *= n;
  }
  return is_too_many ? most : count;
}

}  // namespace

std::size_t element_bytes(Scalar scalar) {
  std::size_t bytes = 0;
  visit_scalar(scalar, [&](auto zero) { bytes = sizeof zero; });
  return bytes;
}

std::string name_of(Scalar scalar) {
  return std::string(airstrip::kernel::to_string(airstrip::kernel::Type(scalar)));
}

std::string to_string(const Dims& dims) {
  std::string text = "[";
  for (const std::int64_t dim : dims) text += (text.size() > 1 ? ", " : "") + std::to_string(dim);
  return text + "]";
}

std::size_t tensor_bytes(const std::string& subject, Scalar scalar, const Dims& dims) {
  for (const std::int64_t dim : dims)
    if (dim < 0) throw Failure(ExitCode::BadInput, subject + ": a dimension is negative: " + to_string(dims));
  constexpr std::uint64_t too_many = max_file_bytes + 1;
  const std::uint64_t count = count_up_to(dims, too_many);
  if (count * element_bytes(scalar) > max_file_bytes)
    throw Failure(ExitCode::BadInput, subject + ": " + name_of(scalar) + to_string(dims) +
                                          " is larger than the 4 GiB that a tensor may have");
  return std::size_t{count * element_bytes(scalar)};
}

std::size_t HostTensor::size() const {
  const std::size_t each = element_bytes(scalar);
  return each == 0 ? 0 : bytes.size() / each;
}

HostTensor make_tensor(std::string name, Scalar scalar, Dims dims) {
  HostTensor tensor;
  tensor.bytes.resize(tensor_bytes(name, scalar, dims));
  tensor.name = std::move(name);
  tensor.scalar = scalar;
  tensor.dims = std::move(dims);
  return tensor;
}

}  // namespace tool
