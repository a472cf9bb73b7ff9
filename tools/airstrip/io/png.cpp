// libpng reports errors by jumping out of its functions. What jumps over a destructor is undefined, so everything that needs
// one lives outside the functions that are jumped into, in Reader and Writer.
#include "../failure.hpp"
#include "picture.hpp"

#include <csetjmp>
#include <cstring>
#include <new>
#include <png.h>

namespace tool {

namespace {

// deflate makes at most 1032 bytes of one: an image that claims more than that of its file is damaged.
constexpr std::uint64_t max_expansion = 1032;

struct Reader {
  png_structp png = nullptr;
  png_infop info = nullptr;
  const std::byte* next = nullptr;
  std::size_t left = 0;
  char message[200] = "libpng has no memory";

  std::uint32_t width = 0, height = 0, channels = 0, bits = 0;
  std::uint64_t stored_bytes = 0;  // as compressed, without filters
  std::size_t row_bytes = 0;       // as asked for
  Bytes pixels;
  std::vector<png_bytep> rows;

  Reader() = default;
  Reader(const Reader&) = delete;
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
};

template <class State>
void on_error(png_structp png, png_const_charp message) {
  auto* const state = static_cast<State*>(png_get_error_ptr(png));
  std::strncpy(state->message, message, sizeof state->message - 1);
  png_longjmp(png, 1);
}

// What libpng warns of (an unknown colour profile, a chunk out of place) is nothing that the pixels depend on.
void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep to, std::size_t bytes) {
  auto* const reader = static_cast<Reader*>(png_get_io_ptr(png));
  if (bytes > reader->left) png_error(png, "it is cut off");
  std::memcpy(to, reader->next, bytes);
  reader->next += bytes;
  reader->left -= bytes;
}

bool read_header(Reader& r) {
  r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, on_error<Reader>, on_warning);
  if (!r.png) return false;
  if (setjmp(png_jmpbuf(r.png))) return false;
  r.info = png_create_info_struct(r.png);
  if (!r.info) return false;
  png_set_read_fn(r.png, &r, on_read);
  png_set_user_limits(r.png, static_cast<png_uint_32>(max_pixels), static_cast<png_uint_32>(max_pixels));
  png_set_chunk_malloc_max(r.png, 8u << 20);
  png_read_info(r.png, r.info);
  r.width = png_get_image_width(r.png, r.info);
  r.height = png_get_image_height(r.png, r.info);
  r.stored_bytes = std::uint64_t{png_get_rowbytes(r.png, r.info)} * r.height;
  png_set_expand(r.png);  // palettes, transparency, fewer than 8 bits
  png_set_swap(r.png);    // 16 bits as the host has them
  png_set_interlace_handling(r.png);
  png_read_update_info(r.png, r.info);
  r.channels = png_get_channels(r.png, r.info);
  r.bits = png_get_bit_depth(r.png, r.info);
  r.row_bytes = png_get_rowbytes(r.png, r.info);
  return true;
}

bool read_rows(Reader& r) {
  if (setjmp(png_jmpbuf(r.png))) return false;
  png_read_image(r.png, r.rows.data());
  png_read_end(r.png, nullptr);
  return true;
}

struct Writer {
  png_structp png = nullptr;
  png_infop info = nullptr;
  char message[200] = "libpng has no memory";
  Bytes bytes, pixels;
  std::vector<png_bytep> rows;

  Writer() = default;
  Writer(const Writer&) = delete;
  ~Writer() { png_destroy_write_struct(&png, &info); }

  bool append(const png_byte* from, std::size_t count) noexcept {
    try {
      const auto* const data = reinterpret_cast<const std::byte*>(from);
      bytes.insert(bytes.end(), data, data + count);
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }
};

void on_write(png_structp png, png_bytep from, std::size_t bytes) {
  if (!static_cast<Writer*>(png_get_io_ptr(png))->append(from, bytes)) png_error(png, "out of memory");
}
void on_flush(png_structp) {}

bool write_all(Writer& w, const Picture& picture) {
  constexpr int types[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                           PNG_COLOR_TYPE_RGB_ALPHA};
  w.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &w, on_error<Writer>, on_warning);
  if (!w.png) return false;
  if (setjmp(png_jmpbuf(w.png))) return false;
  w.info = png_create_info_struct(w.png);
  if (!w.info) return false;
  png_set_user_limits(w.png, static_cast<png_uint_32>(max_pixels), static_cast<png_uint_32>(max_pixels));
  png_set_write_fn(w.png, &w, on_write, on_flush);
  png_set_IHDR(w.png, w.info, picture.width, picture.height, static_cast<int>(picture.bits),
               types[picture.channels - 1], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(w.png, w.info);
  png_set_swap(w.png);
  png_write_image(w.png, w.rows.data());
  png_write_end(w.png, nullptr);
  return true;
}

std::vector<png_bytep> rows_of(Bytes& pixels, std::size_t row_bytes, std::uint32_t height) {
  std::vector<png_bytep> rows(height);
  for (std::size_t y = 0; y < height; ++y)
    rows[y] = reinterpret_cast<png_bytep>(pixels.data() + y * row_bytes);
  return rows;
}

}  // namespace

bool is_png(std::span<const std::byte> bytes) {
  return bytes.size() >= 8 && png_sig_cmp(reinterpret_cast<png_const_bytep>(bytes.data()), 0, 8) == 0;
}

Picture read_png(const std::string& subject, std::span<const std::byte> bytes) {
  const auto damaged = [&](const char* why) {
    return Failure(ExitCode::BadInput, subject + ": cannot be read as PNG: " + why);
  };
  Reader r;
  r.next = bytes.data();
  r.left = bytes.size();
  if (!read_header(r)) throw damaged(r.message);
  if (std::uint64_t{r.width} * r.height > max_pixels)
    throw damaged("it has more than 2^26 pixels, the most that are read");
  if (r.stored_bytes / max_expansion > bytes.size()) throw damaged("it is cut off");
  r.pixels.resize(r.row_bytes * r.height);
  r.rows = rows_of(r.pixels, r.row_bytes, r.height);
  if (!read_rows(r)) throw damaged(r.message);

  Picture picture;
  picture.width = r.width;
  picture.height = r.height;
  picture.channels = r.channels;
  picture.bits = r.bits;
  picture.samples.resize(std::size_t{r.width} * r.height * r.channels);
  if (r.bits == 16)
    std::memcpy(picture.samples.data(), r.pixels.data(), picture.samples.size() * 2);
  else
    for (std::size_t i = 0; i < picture.samples.size(); ++i)
      picture.samples[i] = std::to_integer<std::uint16_t>(r.pixels[i]);
  return picture;
}

Bytes write_png(const std::string& subject, const Picture& picture) {
  const std::size_t row_samples = std::size_t{picture.width} * picture.channels;
  Writer w;
  w.pixels.resize(picture.samples.size() * picture.bits / 8);
  if (picture.bits == 16)
    std::memcpy(w.pixels.data(), picture.samples.data(), w.pixels.size());
  else
    for (std::size_t i = 0; i < picture.samples.size(); ++i)
      w.pixels[i] = static_cast<std::byte>(picture.samples[i]);
  w.rows = rows_of(w.pixels, row_samples * picture.bits / 8, picture.height);
  if (!write_all(w, picture))
    throw Failure(ExitCode::CannotWrite, subject + ": cannot be written as PNG: " + w.message);
  return std::move(w.bytes);
}

}  // namespace tool
