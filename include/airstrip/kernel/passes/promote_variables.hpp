// Variables become values: what a construct changes is carried by its arguments and Results.
#pragma once

#include "../../config.hpp"
#include "../ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// Replaces every VariableLoad by the value that stands in the variable there, and removes the VariableStores. What a
/// loop changes becomes an argument of its body; what is changed in an If, Switch or Loop and read after it, a Result.
/// Arguments and Results that would always be one value from outside, or that nobody reads, are not made
/// (minimal and pruned SSA; Braun et al., "Simple and Efficient Construction of Static Single Assignment Form", 2013).
/// Reading a variable that nothing was stored in gives `Kernel::undefined`.
///
/// A variable belongs to the one function that uses it. One that two functions use is memory that they share: it stays
/// a variable in both, for the writer to declare.
///
/// Errors (in the kernel): OutOfMemory.
void promote_variables(Kernel& kernel);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/promote_variables.hpp"
#endif
