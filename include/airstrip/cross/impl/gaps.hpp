// The marks that SPIRV-Cross leaves in its text where it had nothing to write.
#pragma once

#include "lacks.hpp"

AIRSTRIP_NAMESPACE_BEGIN

namespace detail {

// Read in the sources of SPIRV-Cross from sdk-1.3.239 to vulkan-sdk-1.4.350: spirv_glsl.cpp, spirv_hlsl.cpp and
// spirv_msl.cpp. Beside these there are "???" and comments that begin with "unimplemented".
struct GapWord {
  Text word;
  bool is_prefix;
  unsigned languages;
};
inline constexpr GapWord gap_words[] = {
    {"unknown_type", false, in_all},
    {"unknown_texture_type", false, in_all},
    {"unknown_depth_texture_type", false, in_all},
    {"depth1d_unsupported_by_metal", false, in_all},
    {"depth3d_unsupported_by_metal", false, in_all},
    {"unsupported_gradient_dimension", false, in_all},
    {"unsupported_GLSLstd450", true, in_all},
    {"unsupported-built-in", true, in_all},
    {"gl_BuiltIn_", true, in_all},
    // An execution model that Metal lacks; a type that it lacks.
    {"unknown", false, in_msl},
    {"double", false, in_msl},
    {"double2", false, in_msl},
    {"double3", false, in_msl},
    {"double4", false, in_msl},
    // GLSL's spelling, from the back end that the others are derived from.
    {"coopmat", true, in_hlsl | in_msl},
    {"coopMat", true, in_hlsl | in_msl},
    {"coopvec", true, in_hlsl | in_msl},
    {"coopVec", true, in_hlsl | in_msl},
    {"tensorARM", false, in_hlsl | in_msl},
    {"tensorReadARM", false, in_hlsl | in_msl},
    {"tensorWriteARM", false, in_hlsl | in_msl},
    {"tensorSizeARM", false, in_hlsl | in_msl},
};

/// A place in a text, or none.
struct Gap {
  std::size_t at = String::npos;
  bool is_word = false;  ///< it might be a name of the module

  explicit operator bool() const { return at != String::npos; }
};

class GapSearch {
public:
  GapSearch(Text text, ShaderLanguage language) : text_(text), languages_(language_bit(language)) {}

  /// The first mark outside of strings, or in a comment the first that says "unimplemented".
  Gap run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '/' && next() == '/') {
        const std::size_t begin = at_;
        if (starts_with(at_, "// unimplemented ")) return {begin, false};
        skip_to('\n');
      } else if (c == '/' && next() == '*') {
        at_ += 2;
        while (at_ < text_.size() && !(text_[at_] == '*' && next() == '/')) ++at_;
        at_ += 2;
      } else if (c == '"') {
        skip_string();
      } else if (c == '?' && starts_with(at_, "???")) {
        return {at_, false};
      } else if (is_letter(c)) {
        const std::size_t begin = at_;
        while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
        if (is_gap(begin)) return {begin, true};
      } else if (is_digit(c)) {
        // A number with its suffix is no word.
        while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
      } else {
        ++at_;
      }
    }
    return {};
  }

private:
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  char next() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }
  bool starts_with(std::size_t at, Text what) const {
    return what.size() <= text_.size() - at && Text(text_.data() + at, what.size()) == what;
  }
  void skip_to(char c) {
    while (at_ < text_.size() && text_[at_] != c) ++at_;
  }
  void skip_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\n'; ++at_)
      if (text_[at_] == '\\') ++at_;
    ++at_;
  }
  bool is_gap(std::size_t begin) const {
    for (const GapWord& gap : gap_words) {
      if ((gap.languages & languages_) == 0 || !starts_with(begin, gap.word)) continue;
      if (gap.is_prefix || at_ - begin == gap.word.size()) return true;
    }
    return false;
  }

  Text text_;
  unsigned languages_;
  std::size_t at_ = 0;
};

/// The line around an offset, without its indentation.
inline Text line_at(Text text, std::size_t at) {
  std::size_t begin = at, end = at;
  while (begin > 0 && text[begin - 1] != '\n') --begin;
  while (end < text.size() && text[end] != '\n') ++end;
  while (begin < at && (text[begin] == ' ' || text[begin] == '\t')) ++begin;
  return {text.data() + begin, end - begin};
}

}  // namespace detail

AIRSTRIP_NAMESPACE_END
