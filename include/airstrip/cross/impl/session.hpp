// SPIRV-Cross, through its C interface: it has errors as values, and an ABI that stays.
#pragma once

#include "input.hpp"

#if __has_include(<spirv_cross_c.h>)
#include <spirv_cross_c.h>
#else
#include <spirv_cross/spirv_cross_c.h>
#endif

AIRSTRIP_NAMESPACE_BEGIN

namespace detail {

/// A module in SPIRV-Cross. All that it hands out lives as long as this.
class CrossSession {
public:
  CrossSession() = default;
  ~CrossSession() {
    if (context_) spvc_context_destroy(context_);
  }
  CrossSession(const CrossSession&) = delete;
  CrossSession& operator=(const CrossSession&) = delete;

  Result<void> open(Span<const std::uint32_t> words, spvc_backend backend) {
    if (spvc_context_create(&context_) != SPVC_SUCCESS) {
      context_ = nullptr;
      return cross_error(ErrorCode::OutOfMemory, "no memory for SPIRV-Cross");
    }
    spvc_parsed_ir ir = nullptr;
    if (const spvc_result r = spvc_context_parse_spirv(context_, words.data(), words.size(), &ir);
        r != SPVC_SUCCESS)
      return failure(r, "SPIRV-Cross cannot read the module");
    const spvc_result r =
        spvc_context_create_compiler(context_, backend, ir, SPVC_CAPTURE_MODE_TAKE_OWNERSHIP, &compiler_);
    if (r != SPVC_SUCCESS) return failure(r, "SPIRV-Cross cannot begin with the module");
    return {};
  }

  spvc_compiler compiler() const { return compiler_; }

  /// `what`, and SPIRV-Cross's own words for it.
  Diagnostic failure(spvc_result result, Text what) const {
    const bool no_memory = result == SPVC_ERROR_OUT_OF_MEMORY;
    Diagnostic error = cross_error(no_memory ? ErrorCode::OutOfMemory : ErrorCode::NotTranslatable, what);
    const char* const said = spvc_context_get_last_error_string(context_);
    if (!said || !*said) return error;
    Text text(said);
    while (!text.empty() && (text[text.size() - 1] == '\n' || text[text.size() - 1] == '.'))
      text = Text(text.data(), text.size() - 1);
    error.message << ": " << text;
    return error;
  }

private:
  spvc_context context_ = nullptr;
  spvc_compiler compiler_ = nullptr;
};

}  // namespace detail

AIRSTRIP_NAMESPACE_END
