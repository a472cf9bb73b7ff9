// Airstrip, layer 2: write a kernel in typed C++.
//
//   write      make_kernel, KernelBuilder (kernel/builder.hpp): values, memory, control flow; what is wrong by type does
//              not compile. DynamicBuilder (kernel/dynamic_builder.hpp): the same with types chosen at run time.
//   look at    print (kernel/print.hpp), interface_of (kernel/interface.hpp): what to bind, and where
//
// What consumes a kernel has headers of its own, so that nobody pays for what he does not use:
//
//   kernel/write_spirv.hpp   write_spirv: a module for Vulkan 1.0 to 1.4 (passes and legalisation included)
//   kernel/interpret.hpp     interpret: the reference on the CPU, with the sanitizer
//   kernel/passes.hpp, kernel/legalize.hpp, kernel/verify.hpp: for those who work on the IR (kernel/ir.hpp)
#pragma once

#include "config.hpp"
#include "kernel/builder.hpp"
#include "kernel/dynamic_builder.hpp"
#include "kernel/interface.hpp"
#include "kernel/ir.hpp"
#include "kernel/print.hpp"

#include "undef.hpp"
