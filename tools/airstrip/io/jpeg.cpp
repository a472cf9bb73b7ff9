#include "../failure.hpp"
#include "picture.hpp"

#include <memory>
#include <turbojpeg.h>

namespace tool {

namespace {

struct Destroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};

}  // namespace

bool is_jpeg(std::span<const std::byte> bytes) {
  return bytes.size() >= 3 && bytes[0] == std::byte(0xFF) && bytes[1] == std::byte(0xD8) &&
         bytes[2] == std::byte(0xFF);
}

Picture read_jpeg(const std::string& subject, std::span<const std::byte> bytes) {
  const std::unique_ptr<void, Destroy> handle(tjInitDecompress());
  if (!handle) throw Failure(ExitCode::Internal, "libjpeg-turbo has no memory");
  const auto damaged = [&](const std::string& why) {
    return Failure(ExitCode::BadInput, subject + ": cannot be read as JPEG: " + why);
  };
  const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
  const unsigned long size{bytes.size()};
  int width = 0, height = 0, subsampling = 0, colours = 0;
  if (tjDecompressHeader3(handle.get(), data, size, &width, &height, &subsampling, &colours) != 0)
    throw damaged(tjGetErrorStr2(handle.get()));
  if (colours == TJCS_CMYK || colours == TJCS_YCCK)
    throw Failure(ExitCode::Unsupported,
                  subject + ": is a picture in the colours of print (CMYK); convert it to RGB");
  if (width < 1 || height < 1) throw damaged("it has no pixels");
  if (static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height) > max_pixels)
    throw damaged("it has more than 2^26 pixels, the most that are read");

  Picture picture;
  picture.width = static_cast<std::uint32_t>(width);
  picture.height = static_cast<std::uint32_t>(height);
  picture.channels = colours == TJCS_GRAY ? 1 : 3;
  std::vector<unsigned char> pixels(std::size_t{picture.width} * picture.height * picture.channels);
  // A warning means that a part of the pixels is guessed. Scans are limited because each may cost as much as all pixels.
  if (tjDecompress2(handle.get(), data, size, pixels.data(), width, 0, height,
                    colours == TJCS_GRAY ? TJPF_GRAY : TJPF_RGB,
                    TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS) != 0)
    throw damaged(tjGetErrorStr2(handle.get()));
  picture.samples.assign(pixels.begin(), pixels.end());
  return picture;
}

}  // namespace tool
