// Dead code: what nobody uses goes.
#pragma once

#include "../../config.hpp"
#include "../ir.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// Removes
///
/// - operations whose value nobody uses and that change nothing: pure ones, loads, operations of the subgroup, calls of
///   helpers that change nothing;
/// - Results and arguments of loops that nobody uses, with the values that Yield, Break and Continue give them; also
///   where they only feed each other round a loop;
/// - an If, Switch or Loop that changes nothing, leaves nothing and has no Result in use; a Loop only if it is certain to
///   end (`counted_loop`);
/// - stores in variables, private and workgroup arrays that nobody reads;
/// - what follows a construct that nothing leaves towards it. The terminator there becomes a Return, which nothing
///   reaches.
///
/// Resources and parameters stay declared: they are the kernel's interface. Errors (in the kernel): OutOfMemory.
void remove_dead_code(Kernel& kernel);

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/dead_code.hpp"
#endif
