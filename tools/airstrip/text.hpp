// Text for people: tables, sizes, names from files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tool {

/// Without what would move the cursor of a terminal: control characters (C0, DEL, C1 in UTF-8) become '?'.
std::string printable(std::string_view text);
/// "16.0 GiB", "48.0 KiB", "12 bytes".
std::string size_text(std::uint64_t bytes);
/// "1.2 G", "340".
std::string count_text(std::uint64_t count);
/// "0.333333", "1e+20": of so many digits at most.
std::string number_text(double value, int digits = 6);
/// "1.3" of 0x103, as the library has versions of SPIR-V and of environments (spirv::Version).
std::string version_text(std::uint32_t version);
/// "1.1" of VK_MAKE_API_VERSION's number.
std::string api_version_text(std::uint32_t version);
/// "12.3 ms".
std::string milliseconds_text(double milliseconds);
/// "a, b, c".
std::string joined(const std::vector<std::string>& parts, std::string_view between = ", ");

/// Columns as wide as their widest cell, two spaces apart.
class Table {
public:
  explicit Table(std::string indent = "") : indent_(static_cast<std::string&&>(indent)) {}
  void row(std::vector<std::string> cells) {
    rows_.push_back(static_cast<std::vector<std::string>&&>(cells));
  }
  bool empty() const { return rows_.empty(); }
  std::string text() const;

private:
  std::string indent_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tool
