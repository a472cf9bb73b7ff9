#include "picture.hpp"

#include "failure.hpp"
#include "io/picture.hpp"
#include "io/tensor_file.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace {

float cubic(float x) {
  x = std::fabs(x);
  if (x < 1) return (1.5f * x - 2.5f) * x * x + 1;
  return x < 2 ? ((-0.5f * x + 2.5f) * x - 4) * x + 2 : 0;
}

// One row or column of `from` elements, `step` apart, as `to` elements.
void resize_line(const float* in, std::size_t from, float* out, std::size_t to, std::size_t step) {
  const float scale = static_cast<float>(from) / static_cast<float>(to), widened = std::max(scale, 1.0f);
  for (std::size_t i = 0; i < to; ++i) {
    const float center = (static_cast<float>(i) + 0.5f) * scale;
    const float first = std::max(std::floor(center - 2 * widened + 0.5f), 0.0f);
    const float end = std::min(std::floor(center + 2 * widened + 0.5f), static_cast<float>(from));
    float sum = 0, weights = 0;
    for (float k = first; k < end; ++k) {
      const float weight = cubic((k + 0.5f - center) / widened);
      sum += weight * in[static_cast<std::size_t>(k) * step];
      weights += weight;
    }
    out[i * step] = sum / weights;
  }
}

float to_8_bits(float value) { return std::round(std::clamp(value, 0.0f, 1.0f) * 255) / 255; }

}  // namespace

Planes read_picture(const std::string& path) {
  const tool::HostTensor tensor = tool::read_tensor(path);
  if (tensor.scalar != tool::Scalar::F32 || tensor.dims.size() != 4 || tensor.dims[1] < 3)
    throw tool::Failure(tool::ExitCode::BadInput, path + ": is no picture in colours; name another");
  const auto width = static_cast<std::size_t>(tensor.dims[3]),
             height = static_cast<std::size_t>(tensor.dims[2]);
  if (width < 64 || height < 64)
    throw tool::Failure(tool::ExitCode::BadInput,
                        path + ": has fewer than 64 x 64 pixels; name a larger picture");
  Planes picture(std::min(width, largest_side) & ~std::size_t{1},
                 std::min(height, largest_side) & ~std::size_t{1});
  if (width > largest_side || height > largest_side)
    std::printf("%s has %zu x %zu pixels; its middle of %zu x %zu is taken\n", path.c_str(), width, height,
                picture.width, picture.height);
  const std::size_t left = (width - picture.width) / 2, top = (height - picture.height) / 2;
  for (std::size_t p = 0; p < 3; ++p)
    for (std::size_t y = 0; y < picture.height; ++y)
      for (std::size_t x = 0; x < picture.width; ++x)
        picture.at(p, y, x) = tool::load<float>(tensor, (p * height + top + y) * width + left + x);
  return picture;
}

Planes draw_picture() {
  Planes picture(256, 192);
  for (std::size_t p = 0; p < 3; ++p)
    for (std::size_t y = 0; y < picture.height; ++y)
      for (std::size_t x = 0; x < picture.width; ++x) {
        const float dx = static_cast<float>(x) - 90, dy = static_cast<float>(y) - 96;
        const float rings = std::sin(std::sqrt(dx * dx + dy * dy) * 0.35f);
        const float stripes =
            std::sin((static_cast<float>(x) * 0.6f + static_cast<float>((p + 2) * y) * 0.2f));
        picture.at(p, y, x) =
            to_8_bits(0.5f + 0.5f * (x < 180 ? std::clamp(3 * rings, -1.0f, 1.0f) : stripes));
      }
  return picture;
}

Planes rounded(const Planes& from) {
  Planes result = from;
  for (float& value : result.values) value = to_8_bits(value);
  return result;
}

Planes resized(const Planes& from, std::size_t width, std::size_t height) {
  Planes wide(width, from.height), result(width, height);
  for (std::size_t p = 0; p < 3; ++p) {
    for (std::size_t y = 0; y < from.height; ++y)
      resize_line(&from.values[(p * from.height + y) * from.width], from.width, &wide.at(p, y, 0), width, 1);
    for (std::size_t x = 0; x < width; ++x)
      resize_line(&wide.values[p * from.height * width + x], from.height, &result.at(p, 0, x), height, width);
  }
  return rounded(result);
}

double psnr(const Planes& found, const Planes& truth) {
  constexpr std::size_t edge = 4;
  double squares = 0, count = 0;
  for (std::size_t p = 0; p < 3; ++p)
    for (std::size_t y = edge; y + edge < truth.height; ++y)
      for (std::size_t x = edge; x + edge < truth.width; ++x) {
        const double d = static_cast<double>(found.at(p, y, x)) - static_cast<double>(truth.at(p, y, x));
        squares += d * d;
        ++count;
      }
  return -10 * std::log10(std::max(squares / count, 1e-12));
}

void write_picture(const std::string& path, const Planes& picture) {
  tool::HostTensor tensor = tool::make_tensor(
      path, tool::Scalar::F32,
      {3, static_cast<std::int64_t>(picture.height), static_cast<std::int64_t>(picture.width)});
  std::memcpy(tensor.bytes.data(), picture.values.data(), tensor.bytes.size());
  tool::write_tensor(path, tensor);
}

void write_sheet(const std::string& path, const std::vector<const Planes*>& pictures, const Planes& truth) {
  constexpr std::size_t zoom = 4, gap = 8;
  const std::size_t width = truth.width, height = truth.height;
  const std::size_t crop_width = width / zoom, crop_height = std::min(height, width) / zoom;
  // The part where the first picture is worst.
  std::size_t left = 0, top = 0;
  double worst = -1;
  for (std::size_t y0 = 0; y0 + crop_height <= height; y0 += crop_height / 4)
    for (std::size_t x0 = 0; x0 + crop_width <= width; x0 += crop_width / 4) {
      double sum = 0;
      for (std::size_t y = y0; y < y0 + crop_height; ++y)
        for (std::size_t x = x0; x < x0 + crop_width; ++x) {
          const double d =
              static_cast<double>(pictures[0]->at(1, y, x)) - static_cast<double>(truth.at(1, y, x));
          sum += d * d;
        }
      if (sum <= worst) continue;
      worst = sum;
      left = x0;
      top = y0;
    }
  const std::size_t count = pictures.size();
  Planes sheet(count * width + (count - 1) * gap, height + gap + crop_height * zoom);
  std::fill(sheet.values.begin(), sheet.values.end(), 1.0f);
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t p = 0; p < 3; ++p) {
      const std::size_t at = i * (width + gap);
      for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < width; ++x) sheet.at(p, y, at + x) = pictures[i]->at(p, y, x);
      for (std::size_t y = 0; y < crop_height * zoom; ++y)
        for (std::size_t x = 0; x < crop_width * zoom; ++x)
          sheet.at(p, height + gap + y, at + x) = pictures[i]->at(p, top + y / zoom, left + x / zoom);
    }
  write_picture(path, sheet);
}
