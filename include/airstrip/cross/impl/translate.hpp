// One entry point into the text of another language.
#pragma once

#include "gaps.hpp"
#include "places.hpp"

AIRSTRIP_NAMESPACE_BEGIN

namespace detail {

class CrossTranslation {
public:
  CrossTranslation(Span<const std::uint32_t> words, const spirv::Target& target, ShaderLanguage language,
                   const TranslateOptions& options)
      : words_(words), target_(target), language_(language), options_(options) {}

  Result<String> run() {
    Buffer<std::uint32_t> words;
    Result<spirv::ModuleView> view =
        checked_view(words_, target_, options_.constants, options_.is_validated, options_.validation, words);
    if (!view) return static_cast<Result<spirv::ModuleView>&&>(view).error();
    if (Result<void> done = check_lacks(*view, language_); !done)
      return static_cast<Result<void>&&>(done).error();
    if (Result<void> done = check_workgroup_size(*view, language_); !done)
      return static_cast<Result<void>&&>(done).error();
    if (Result<void> done = choose_entry_point(*view); !done)
      return static_cast<Result<void>&&>(done).error();
    if (Result<void> done = check_places(*view); !done) return static_cast<Result<void>&&>(done).error();

    Result<String> text = compile(*view, words, false);
    if (!text) return text;
    Gap gap = GapSearch(*text, language_).run();
    if (gap.is_word) {
      // A module may use the same words as names. Without its names they are SPIRV-Cross's own, or gone.
      Buffer<std::uint32_t> nameless;
      if (!without_names(words, nameless))
        return cross_error(ErrorCode::OutOfMemory, "no memory for the module");
      const Result<String> again = compile(*view, nameless, true);
      if (!again) return again.error();
      gap = GapSearch(*again, language_).run();
      if (gap) return gap_error(*again, gap);
      return text;
    }
    if (gap) return gap_error(*text, gap);
    return text;
  }

private:
  Result<void> choose_entry_point(const spirv::ModuleView& view) {
    String names, storage;
    std::size_t candidates = 0;
    for (const spirv::Instruction at : view) {
      if (at.opcode() != spirv::Op::OpEntryPoint) continue;
      ++entry_points_;
      const auto model = static_cast<spirv::ExecutionModel>(at.word(1));
      const Text name = spirv::literal_text(at.words().subspan(3), storage);
      names << (names.empty() ? "" : ", ") << name;
      if (options_.model != any_execution_model && options_.model != model) continue;
      if (!options_.entry_point.empty() && !(options_.entry_point == name)) continue;
      if (++candidates > 1) continue;
      entry_name_.clear();
      entry_name_ << name;
      entry_model_ = model;
    }
    if (candidates == 1) return {};
    Diagnostic error;
    error.code = ErrorCode::InvalidOperand;
    if (candidates == 0)
      error.message << "the module has no entry point "
                    << (options_.entry_point.empty() ? Text("to translate") : options_.entry_point)
                    << (options_.model == any_execution_model ? "" : " of the model that the options name");
    else
      error.message
          << "several entry points answer the options; name one of them, and its model where names repeat";
    error.offered = names;
    return error;
  }

  Result<void> check_places(const spirv::ModuleView& view) const {
    const bool is_hlsl = language_ == ShaderLanguage::Hlsl;
    if (!is_hlsl && !(language_ == ShaderLanguage::Msl && options_.msl_keep_bindings)) return {};
    const Result<Reflection> r = reflect(view);
    if (!r) return r.error();
    const reflection::EntryPoint* const entry = r->find_entry_point(entry_name_, entry_model_);
    if (!entry) return {};
    return detail::check_places(r->bindings(*entry), is_hlsl ? hlsl_registers : msl_tables, !is_hlsl,
                                language_);
  }

  Result<String> compile(const spirv::ModuleView& view, Span<const std::uint32_t> words, bool is_nameless) {
    CrossSession session;
    static constexpr spvc_backend backends[] = {SPVC_BACKEND_GLSL, SPVC_BACKEND_HLSL, SPVC_BACKEND_MSL};
    if (Result<void> done = session.open(words, backends[static_cast<unsigned>(language_)]); !done)
      return static_cast<Result<void>&&>(done).error();
    if (Result<void> done = check_encodings(view, session); !done)
      return static_cast<Result<void>&&>(done).error();
    String what("SPIRV-Cross cannot translate the module to ");
    what << to_string(language_);
    const spvc_compiler compiler = session.compiler();
    const auto model = static_cast<SpvExecutionModel>(entry_model_);
    spvc_result r = spvc_compiler_set_entry_point(compiler, entry_name_.c_str(), model);
    if (r == SPVC_SUCCESS && is_nameless)
      r = spvc_compiler_rename_entry_point(compiler, entry_name_.c_str(), "main", model);
    if (r == SPVC_SUCCESS && entry_points_ > 1) {
      // Else the resources of the other entry points are declared, too.
      spvc_set active = nullptr;
      r = spvc_compiler_get_active_interface_variables(compiler, &active);
      if (r == SPVC_SUCCESS) r = spvc_compiler_set_enabled_interface_variables(compiler, active);
    }
    if (r == SPVC_SUCCESS) r = set_options(compiler);
    const char* text = nullptr;
    if (r == SPVC_SUCCESS) r = spvc_compiler_compile(compiler, &text);
    if (r != SPVC_SUCCESS) return session.failure(r, what);
    if (!text || !*text) return cross_error(ErrorCode::NotTranslatable, what);
    String result(text);
    if (result.empty()) return cross_error(ErrorCode::OutOfMemory, "no memory for the text");
    return result;
  }

  spvc_result set_options(spvc_compiler compiler) {
    spvc_compiler_options list = nullptr;
    spvc_result r = spvc_compiler_create_compiler_options(compiler, &list);
    const auto number = [&](spvc_compiler_option option, std::uint32_t value) {
      if (r == SPVC_SUCCESS) r = spvc_compiler_options_set_uint(list, option, value);
    };
    const auto flag = [&](spvc_compiler_option option, bool value) {
      if (r == SPVC_SUCCESS) r = spvc_compiler_options_set_bool(list, option, value ? SPVC_TRUE : SPVC_FALSE);
    };
    switch (language_) {
      case ShaderLanguage::Glsl:
        number(SPVC_COMPILER_OPTION_GLSL_VERSION, options_.glsl_version);
        flag(SPVC_COMPILER_OPTION_GLSL_ES, options_.glsl_es);
        flag(SPVC_COMPILER_OPTION_GLSL_VULKAN_SEMANTICS, options_.glsl_vulkan);
        break;
      case ShaderLanguage::Hlsl:
        number(SPVC_COMPILER_OPTION_HLSL_SHADER_MODEL, options_.hlsl_shader_model);
        flag(SPVC_COMPILER_OPTION_HLSL_ENABLE_16BIT_TYPES, options_.hlsl_shader_model >= 62);
        break;
      case ShaderLanguage::Msl:
        number(SPVC_COMPILER_OPTION_MSL_VERSION, options_.msl_version);
        number(SPVC_COMPILER_OPTION_MSL_PLATFORM,
               options_.msl_ios ? SPVC_MSL_PLATFORM_IOS : SPVC_MSL_PLATFORM_MACOS);
        flag(SPVC_COMPILER_OPTION_MSL_ENABLE_DECORATION_BINDING, options_.msl_keep_bindings);
        break;
    }
    if (r == SPVC_SUCCESS) r = spvc_compiler_install_compiler_options(compiler, list);
    if (r == SPVC_SUCCESS && language_ == ShaderLanguage::Hlsl &&
        options_.hlsl_workgroup_count_register != reflection::none) {
      // 0: the module does not read it.
      const spvc_variable_id variable = spvc_compiler_hlsl_remap_num_workgroups_builtin(compiler);
      if (variable != 0) {
        spvc_compiler_set_decoration(compiler, variable, SpvDecorationDescriptorSet,
                                     options_.hlsl_workgroup_count_space);
        spvc_compiler_set_decoration(compiler, variable, SpvDecorationBinding,
                                     options_.hlsl_workgroup_count_register);
      }
    }
    return r;
  }

  Diagnostic gap_error(Text text, Gap gap) const {
    String message("SPIRV-Cross left a gap in the ");
    message << to_string(language_)
            << " that it wrote, where it has no form for something in the module; do not use the text";
    Diagnostic error = cross_error(ErrorCode::NotTranslatable, message);
    error.offered << line_at(text, gap.at);
    return error;
  }

  Span<const std::uint32_t> words_;
  const spirv::Target& target_;
  ShaderLanguage language_;
  const TranslateOptions& options_;
  std::size_t entry_points_ = 0;
  String entry_name_;
  spirv::ExecutionModel entry_model_{};
};

}  // namespace detail

AIRSTRIP_INLINE const char* to_string(ShaderLanguage language) {
  switch (language) {
    case ShaderLanguage::Glsl: return "GLSL";
    case ShaderLanguage::Hlsl: return "HLSL";
    case ShaderLanguage::Msl: break;
  }
  return "MSL";
}

AIRSTRIP_INLINE Result<String> translate(Span<const std::uint32_t> words, const spirv::Target& target,
                                         ShaderLanguage language, const TranslateOptions& options) {
  return detail::CrossTranslation(words, target, language, options).run();
}
AIRSTRIP_INLINE Result<String> translate(const spirv::Module& module, ShaderLanguage language,
                                         const TranslateOptions& options) {
  return detail::CrossTranslation(module.words(), module.target(), language, options).run();
}

AIRSTRIP_NAMESPACE_END
