// What the example does with pictures besides enlarging them by the network: halving, the bicubic filter to compare with, how
// far two pictures are from each other, and a sheet that shows them side by side.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

/// Planes of red, green and blue, from 0 to 1.
struct Planes {
  std::size_t width = 0, height = 0;
  std::vector<float> values;

  Planes() = default;
  Planes(std::size_t w, std::size_t h) : width(w), height(h), values(3 * w * h) {}
  float& at(std::size_t plane, std::size_t y, std::size_t x) {
    return values[(plane * height + y) * width + x];
  }
  float at(std::size_t plane, std::size_t y, std::size_t x) const {
    return values[(plane * height + y) * width + x];
  }
};

/// Of larger pictures the middle is taken, and that is printed: three of them side by side have to be one picture, of no more
/// than tool::max_pixels.
inline constexpr std::size_t largest_side = 2048;
/// Width and height made even, and at most `largest_side`. Ends the program with a sentence where there is no such picture.
Planes read_picture(const std::string& path);
/// Circles and stripes, for where there is no photograph.
Planes draw_picture();
/// By the bicubic filter (a = -0.5), widened where it makes smaller: as Pillow does. Rounded to 8 bits.
Planes resized(const Planes& from, std::size_t width, std::size_t height);
Planes rounded(const Planes& from);
/// In decibels, without four pixels at each edge.
double psnr(const Planes& found, const Planes& truth);
/// The pictures beside one another; below each the same part of it, four times as large: where the first is worst.
void write_sheet(const std::string& path, const std::vector<const Planes*>& pictures, const Planes& truth);
void write_picture(const std::string& path, const Planes& picture);
