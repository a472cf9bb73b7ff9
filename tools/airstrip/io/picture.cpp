#include "picture.hpp"

#include "../failure.hpp"

#include <algorithm>
#include <cmath>

namespace tool {

HostTensor tensor_of(const std::string& name, const Picture& picture) {
  HostTensor tensor = make_tensor(name, Scalar::F32, {1, picture.channels, picture.height, picture.width});
  const std::size_t pixels = std::size_t{picture.width} * picture.height;
  const float white = picture.bits == 16 ? 65535.0f : 255.0f;
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t c = 0; c < picture.channels; ++c)
      store(tensor, c * pixels + i, static_cast<float>(picture.samples[i * picture.channels + c]) / white);
  return tensor;
}

Picture picture_of(const HostTensor& tensor, std::uint32_t bits) {
  const std::string what = tensor.name + ": " + name_of(tensor.scalar) + to_string(tensor.dims);
  Dims dims = tensor.dims;
  if (dims.size() == 4 && dims[0] == 1) dims.erase(dims.begin());
  const bool is_picture = dims.size() == 3 && dims[0] >= 1 && dims[0] <= 4 && dims[1] >= 1 && dims[2] >= 1;
  if (!is_picture || !airstrip::kernel::is_float(tensor.scalar))
    throw Failure(ExitCode::Unsupported, what +
                                             " is no picture: that is one of floats with the shape [1, 1 to "
                                             "4, height, width]; write it as .npy");
  Picture picture;
  picture.channels = static_cast<std::uint32_t>(dims[0]);
  const std::size_t pixels = static_cast<std::size_t>(dims[1] * dims[2]);
  if (pixels > max_pixels)
    throw Failure(ExitCode::Unsupported, what + " has more pixels than the 2^26 of the largest picture");
  picture.height = static_cast<std::uint32_t>(dims[1]);
  picture.width = static_cast<std::uint32_t>(dims[2]);
  picture.bits = bits == 16 ? 16 : 8;
  picture.samples.resize(pixels * picture.channels);
  const double white = picture.bits == 16 ? 65535 : 255;
  std::size_t not_numbers = 0;
  visit_scalar(tensor.scalar, [&](auto zero) {
    for (std::size_t i = 0; i < pixels; ++i)
      for (std::size_t c = 0; c < picture.channels; ++c) {
        const double value = to_double(load<decltype(zero)>(tensor, c * pixels + i));
        if (std::isnan(value))
          ++not_numbers;
        else
          picture.samples[i * picture.channels + c] =
              static_cast<std::uint16_t>(std::lround(std::clamp(value, 0.0, 1.0) * white));
      }
  });
  if (not_numbers > 0)
    throw Failure(ExitCode::Unsupported, what + " has " + std::to_string(not_numbers) +
                                             " NaNs, which no picture can hold; write it as .npy");
  return picture;
}

}  // namespace tool
