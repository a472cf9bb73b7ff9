// A compiled program for people: what it is given and gives, what it needs, what each dispatch does.
#pragma once

#include "../config.hpp"
#include "../support/string.hpp"
#include "program.hpp"

AIRSTRIP_PROGRAM_NAMESPACE_BEGIN

/// Inputs, outputs and sizes; of each variant its kernels, operations, bytes and memory at the largest sizes, its longest
/// dispatch, and what was fused and what was not, and why. `out_of_memory()` of the text tells whether a part is missing.
String explain(const Program& program);

/// "f32[1, 3, height, width]".
String type_text(const Program& program, const TensorRecord& tensor);

AIRSTRIP_PROGRAM_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/explain.hpp"
#endif
