// Adapter: SPIRV-Cross. Translation to GLSL, HLSL and MSL, and what SPIRV-Cross says of a module, to compare with
// airstrip/reflect.hpp. Needs SPIRV-Cross's C interface and SPIRV-Tools (CMake: airstrip::cross).
//
//     Result<String> hlsl = translate(*module, ShaderLanguage::Hlsl);
//     if (!hlsl) return puts(hlsl.error().to_string().c_str());
//
//     TranslateOptions options;
//     options.glsl_version = 310;
//     options.glsl_es = true;
//     options.glsl_vulkan = false;
//     Result<String> glsl = translate(words, Target::vulkan(1, 1), ShaderLanguage::Glsl, options);
//
// SPIRV-Cross trusts the words it is given and calls a translation with gaps a success. Here the words are validated
// first, what SPIRV-Cross is known to lack is refused, and its text is searched for the marks it leaves where it had
// nothing to write ("???", "unknown_type", "// unimplemented op"): text that comes back is whole.
#pragma once

// First: it takes the macros away at its end.
#include "validate.hpp"

#include "config.hpp"
#include "reflect/reflection.hpp"
#include "result.hpp"
#include "spirv/enums.hpp"
#include "spirv/module.hpp"
#include "spirv/target.hpp"
#include "support/span.hpp"
#include "support/string.hpp"

#include <cstdint>

AIRSTRIP_NAMESPACE_BEGIN

enum class ShaderLanguage : std::uint8_t { Glsl, Hlsl, Msl };

/// "GLSL", "HLSL", "MSL".
const char* to_string(ShaderLanguage language);

/// Of an entry point whose name is enough to find it.
inline constexpr spirv::ExecutionModel any_execution_model = static_cast<spirv::ExecutionModel>(0x7FFFFFFF);

struct TranslateOptions {
  Text entry_point = {};  ///< empty: the only one there is
  spirv::ExecutionModel model = any_execution_model;
  /// Values for specialisation constants, which become their defaults. In GLSL for Vulkan they stay constants with an id,
  /// in MSL function constants; elsewhere they are macros (SPIRV_CROSS_CONSTANT_ID_…). One whose SpecId no constant has
  /// changes nothing.
  Span<const reflection::Override> constants = {};

  std::uint32_t glsl_version = 450;  ///< as in `#version`
  bool glsl_es = false;
  bool glsl_vulkan = true;  ///< for GL_KHR_vulkan_glsl: sets, push constants, constant_id; else for OpenGL

  std::uint32_t hlsl_shader_model = 60;  ///< 62 for 6.2, from which 16-bit types are real
  /// HLSL has no number of workgroups: a module that reads it gets it from a constant buffer of three `uint`s, which the
  /// caller fills, at this register and space. None: such a module is an error.
  std::uint32_t hlsl_workgroup_count_register = reflection::none;
  std::uint32_t hlsl_workgroup_count_space = 0;

  std::uint32_t msl_version = 20200;  ///< major * 10000 + minor * 100 + patch
  bool msl_ios = false;               ///< for iOS; else for macOS
  bool msl_keep_bindings = false;  ///< Metal's indices are the bindings; else numbered from 0 for each kind

  /// The caller has validated these words. Else `validate` does, with these options.
  bool is_validated = false;
  ValidateOptions validation = {};
};

/// Translates one entry point of a module.
/// Errors: those of `spirv::parse`, `check_operands` and `check_ids`; those of `validate` for the words with the
/// constants' values, and so ValidatorTooOld for what the validator at hand does not know: name a newer one, see
/// validate.hpp. UnknownInstruction: an opcode nobody knows. InvalidOperand: no such entry point, or several and none was
/// named; values of constants that leave an array without elements. NotTranslatable: SPIRV-Cross or the language has no
/// form for it, in SPIRV-Cross's words; or its text has a gap, with the line. LimitExceeded: ids or arrays out of
/// proportion.
/// What no language here can say is dropped without a word: float controls (denormals, rounding modes), and all that
/// concerns execution beyond a barrier (maximal reconvergence, a required subgroup size).
Result<String> translate(Span<const std::uint32_t> words, const spirv::Target& target,
                         ShaderLanguage language, const TranslateOptions& options = {});
/// The same for the module's own target.
Result<String> translate(const spirv::Module& module, ShaderLanguage language,
                         const TranslateOptions& options = {});

struct CrossReflectOptions {
  bool is_validated = false;  ///< as in TranslateOptions
  ValidateOptions validation = {};
};

/// What SPIRV-Cross says of a module, in the form of `reflect`: to compare with, not to rely on.
/// Filled are, for each entry point in the module's order:
/// - name, model, the kinds of its execution modes, workgroup size: 0 where that is the result of an operation,
/// - bindings: set, binding, kind, name, variable, declared accesses, input attachment index; count, left at 1 where it
///   is the result of an operation; minimum_bytes and element_stride, 0 where SPIRV-Cross gives no size,
/// - push constants: offset and size,
/// - stage variables: all but `type`; a block's members have the locations that they state themselves;
/// and of the module specialisation constants with a SpecId (spec_id, id, name, size, default_bits, bits) and the names of
/// capabilities and extensions. Everything else is left at its default: types and members, accesses, word offsets, memory
/// of workgroups, subgroup operations, float modes, versions.
/// Errors: those of `translate`, without an entry point to choose.
Result<Reflection> reflect_by_cross(Span<const std::uint32_t> words, const spirv::Target& target,
                                    Span<const reflection::Override> overrides = {},
                                    const CrossReflectOptions& options = {});

/// Of the SPIRV-Cross this program is linked with, its C interface: "0.54.0".
String linked_cross_version();

AIRSTRIP_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "cross/impl/cross.hpp"
#endif

#include "undef.hpp"
