#include "io/picture.hpp"

#include "samples.hpp"

#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <limits>
#include <turbojpeg.h>

using namespace tool;

namespace {

Picture noise(std::uint32_t width, std::uint32_t height, std::uint32_t channels, std::uint32_t bits) {
  Picture picture;
  picture.width = width;
  picture.height = height;
  picture.channels = channels;
  picture.bits = bits;
  std::mt19937_64 random(test::seed());
  for (std::uint32_t i = 0; i < width * height * channels; ++i)
    picture.samples.push_back(static_cast<std::uint16_t>(random() & ((1u << bits) - 1)));
  return picture;
}

// A slope, which survives the compression nearly whole.
Bytes jpeg(int width, int height, int format, int subsampling) {
  std::vector<unsigned char> pixels;
  const int channels = tjPixelSize[format];
  for (int i = 0; i < width * height; ++i)
    for (int c = 0; c < channels; ++c) pixels.push_back(static_cast<unsigned char>(i % width * 4 + c * 20));
  const tjhandle handle = tjInitCompress();
  unsigned char* data = nullptr;
  unsigned long size = 0;
  REQUIRE(tjCompress2(handle, pixels.data(), width, 0, height, format, &data, &size, subsampling, 95, 0) ==
          0);
  const auto* const first = reinterpret_cast<const std::byte*>(data);
  Bytes bytes(first, first + size);
  tjFree(data);
  tjDestroy(handle);
  return bytes;
}

void check_damaged(const Bytes& whole, int count,
                   Picture (*read)(const std::string&, std::span<const std::byte>)) {
  const std::uint64_t seed = test::seed();
  MESSAGE("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < count; ++i) {
    const Bytes bytes = test::damaged(whole, random);
    const ExitCode end = test::ending([&] {
      const Picture picture = read("x", bytes);
      REQUIRE(picture.samples.size() == std::size_t{picture.width} * picture.height * picture.channels);
    });
    REQUIRE((end == ExitCode::Ok || end == ExitCode::BadInput || end == ExitCode::Unsupported));
  }
}

}  // namespace

TEST_CASE("png: what is written is read again") {
  for (const std::uint32_t channels : {1u, 2u, 3u, 4u})
    for (const std::uint32_t bits : {8u, 16u}) {
      const Picture picture = noise(7, 5, channels, bits);
      const Bytes file = write_png("x.png", picture);
      CHECK(is_png(file));
      const Picture again = read_png("x.png", file);
      CHECK(again.width == 7);
      CHECK(again.height == 5);
      CHECK(again.channels == channels);
      CHECK(again.bits == bits);
      CHECK(again.samples == picture.samples);
      // Through a tensor and back: every value of 8 and 16 bits survives f32.
      const HostTensor tensor = tensor_of("x", again);
      CHECK(tensor.dims == Dims{1, channels, 5, 7});
      CHECK(picture_of(tensor, bits).samples == picture.samples);
    }
}

TEST_CASE("png: a tensor is clamped and rounded") {
  const float infinity = std::numeric_limits<float>::infinity();
  const Picture picture =
      picture_of(test::floats({1, 2, 4}, {-1, 0, 0.5f, 1, 2, infinity, -infinity, 0.3f / 255}));
  CHECK(picture.samples == std::vector<std::uint16_t>{0, 0, 128, 255, 255, 255, 0, 0});
  CHECK(test::ending([] { picture_of(test::floats({1, 1, 1}, {std::nanf("")})); }) == ExitCode::Unsupported);
  CHECK(test::ending([] { picture_of(test::floats({5, 1, 1}, {})); }) == ExitCode::Unsupported);
  CHECK(test::ending([] { picture_of(test::floats({2, 1, 1, 1}, {})); }) == ExitCode::Unsupported);
  CHECK(test::ending([] { picture_of(test::floats({1, 0, 1}, {})); }) == ExitCode::Unsupported);
  CHECK(test::ending([] { picture_of(make_tensor("x", Scalar::U8, {1, 1, 1})); }) == ExitCode::Unsupported);
}

TEST_CASE("png: the channels of a tensor are planes") {
  Picture picture = noise(2, 1, 3, 8);
  picture.samples = {10, 20, 30, 40, 50, 60};
  const HostTensor tensor = tensor_of("x", picture);
  for (std::size_t i = 0; i < 6; ++i)
    CHECK(load<float>(tensor, i) == static_cast<float>(std::vector<int>{10, 40, 20, 50, 30, 60}[i]) / 255);
}

TEST_CASE("png: every prefix, and damaged files") {
  const Bytes whole = write_png("x", noise(6, 6, 3, 8));
  for (std::size_t n = 0; n < whole.size(); ++n)
    CHECK(test::ending([&] { read_png("x", std::span(whole).first(n)); }) == ExitCode::BadInput);
  check_damaged(whole, 5000, read_png);
  check_damaged(write_png("x", noise(9, 3, 4, 16)), 5000, read_png);
}

TEST_CASE("png: a size that the file cannot have takes no memory") {
  // IHDR of 65535 x 1024 with a right checksum, and no pixels.
  Bytes file = write_png("x", noise(1, 1, 3, 8));
  const unsigned char header[] = {0, 0, 0xFF, 0xFF, 0, 0, 4, 0, 8, 2, 0, 0, 0};
  std::memcpy(file.data() + 16, header, sizeof header);
  std::uint32_t crc = 0xFFFFFFFF;
  for (std::size_t i = 12; i < 29; ++i) {
    crc ^= std::to_integer<std::uint32_t>(file[i]);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0u);
  }
  for (std::size_t i = 0; i < 4; ++i) file[29 + i] = static_cast<std::byte>(~crc >> (24 - 8 * i));
  CHECK_THROWS_WITH_AS(read_png("x", file), "x: cannot be read as PNG: it is cut off", Failure);
}

TEST_CASE("jpeg: colour and gray") {
  const Bytes colour = jpeg(32, 16, TJPF_RGB, TJSAMP_444), gray = jpeg(33, 7, TJPF_GRAY, TJSAMP_GRAY);
  CHECK(is_jpeg(colour));
  const Picture rgb = read_jpeg("x.jpg", colour);
  CHECK(rgb.width == 32);
  CHECK(rgb.height == 16);
  CHECK(rgb.channels == 3);
  for (std::size_t i = 0; i < rgb.samples.size(); ++i)
    CHECK(std::abs(rgb.samples[i] - static_cast<int>(i / 3 % 32 * 4 + i % 3 * 20)) <= 8);
  const Picture one = read_jpeg("x.jpg", gray);
  CHECK(one.channels == 1);
  CHECK(tensor_of("x", one).dims == Dims{1, 1, 7, 33});
  CHECK(read_jpeg("x.jpg", jpeg(33, 17, TJPF_RGB, TJSAMP_420)).width == 33);
  CHECK(test::ending([] { read_jpeg("x", jpeg(8, 8, TJPF_CMYK, TJSAMP_444)); }) == ExitCode::Unsupported);
}

TEST_CASE("jpeg: every prefix, and damaged files") {
  const Bytes whole = jpeg(24, 24, TJPF_RGB, TJSAMP_420);
  // The last two bytes are the mark of the end.
  for (std::size_t n = 0; n + 2 < whole.size(); ++n)
    CHECK(test::ending([&] { read_jpeg("x", std::span(whole).first(n)); }) == ExitCode::BadInput);
  check_damaged(whole, 3000, read_jpeg);
}
