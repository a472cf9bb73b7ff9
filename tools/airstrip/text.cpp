#include "text.hpp"

#include <algorithm>
#include <cstdio>

namespace tool {

std::string printable(std::string_view text) {
  std::string result(text);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto c = static_cast<unsigned char>(result[i]);
    if (c < 0x20 || c == 0x7F) result[i] = '?';
    // U+0080 to U+009F: terminals obey U+009B as they do an escape and a bracket.
    if (c == 0xC2 && i + 1 < result.size() && (static_cast<unsigned char>(result[i + 1]) & 0xE0) == 0x80)
      result[i] = result[i + 1] = '?';
  }
  return result;
}

std::string size_text(std::uint64_t bytes) {
  constexpr const char* units[] = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return std::to_string(bytes) + " bytes";
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(units); ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, "%.*f %s",
                value == static_cast<double>(static_cast<std::uint64_t>(value)) ? 0 : 1, value, units[unit]);
  return text;
}

std::string count_text(std::uint64_t count) {
  constexpr const char* units[] = {"", " k", " M", " G", " T", " P"};
  double value = static_cast<double>(count);
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < std::size(units); ++unit) value /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f%s" : "%.1f%s", value, units[unit]);
  return text;
}

std::string number_text(double value, int digits) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return text;
}

std::string version_text(std::uint32_t version) {
  return std::to_string(version >> 8) + "." + std::to_string(version & 0xFF);
}

std::string api_version_text(std::uint32_t version) {
  return std::to_string(version >> 22 & 0x7F) + "." + std::to_string(version >> 12 & 0x3FF);
}

std::string milliseconds_text(double milliseconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f ms",
                milliseconds < 10     ? 3
                : milliseconds < 1000 ? 1
                                      : 0,
                milliseconds);
  return text;
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) text.append(text.empty() ? std::string_view() : between).append(part);
  return text;
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (const std::vector<std::string>& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], row[i].size());
    }
  std::string text;
  for (const std::vector<std::string>& row : rows_) {
    std::string line = indent_;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      line.append(widths[i] - row[i].size() + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace tool
