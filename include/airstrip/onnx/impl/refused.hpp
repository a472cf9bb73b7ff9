// Operators that kernels cannot compute, and why.
#pragma once

#include "../model.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

struct RefusedOperator {
  const char* domain;
  const char* name;
  const char* reason;
};

inline constexpr const char* random_reason = "it makes random numbers, and no generator of theirs is defined";
inline constexpr const char* training_reason = "it is of training";
inline constexpr const char* text_reason = "it is of texts, which kernels do not have";
inline constexpr const char* shape_reason =
    "the size of its result depends on elements that are known when the program runs";

inline constexpr RefusedOperator refused_operators[] = {
    {"", "Bernoulli", random_reason},
    {"", "ImageDecoder", "it decodes files of images"},
    {"", "Multinomial", random_reason},
    {"", "NonMaxSuppression", shape_reason},
    {"", "RandomNormal", random_reason},
    {"", "RandomNormalLike", random_reason},
    {"", "RandomUniform", random_reason},
    {"", "RandomUniformLike", random_reason},
    {"", "RegexFullMatch", text_reason},
    {"", "StringConcat", text_reason},
    {"", "StringNormalizer", text_reason},
    {"", "StringSplit", text_reason},
    {"", "Unique", shape_reason},
    {"ai.onnx.preview.training", "Adagrad", training_reason},
    {"ai.onnx.preview.training", "Adam", training_reason},
    {"ai.onnx.preview.training", "Gradient", training_reason},
    {"ai.onnx.preview.training", "Momentum", training_reason},
};

/// Why there is no importer for an operator.
inline Text reason_to_refuse(Text domain, Text op_type) {
  if (domain == Text("ai.onnx")) domain = Text();
  for (const RefusedOperator& refused : refused_operators)
    if (domain == Text(refused.domain) && op_type == Text(refused.name)) return refused.reason;
  return "there is no importer for the operator";
}

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
