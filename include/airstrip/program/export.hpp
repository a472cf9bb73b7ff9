// Other forms to save a program in: a C++ header, and a folder that needs neither this library nor its format.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "program.hpp"

#include <cstdint>

AIRSTRIP_PROGRAM_NAMESPACE_BEGIN

/// A C++ header with the program's bytes in an array called `name`, from which
///
///     airstrip::program::Program::open({name, sizeof name})
///
/// opens it without a copy. What an identifier cannot hold becomes an underscore; in front of a digit or of a keyword comes
/// "program_". It needs no header of this library, and a comment says what the program's inputs and outputs are.
///
/// The bytes are a list of 64-bit words. To compile a megabyte takes GCC 12 0.7 s and clang 14 0.4 s; single bytes take five
/// times as long, and a string literal, which takes a quarter, may have no more than 64 KB for MSVC.
String to_cpp_header(const Program& program, Text name);

/// The program as JSON: all of it but the words of the modules and the bytes of the weights. Numbers are integers of up to
/// 64 bits, names UTF-8. References are indices of the lists. Keys stay what they are while "version" does:
///
///     version      of this form: 1
///     name         of the program
///     weights      {file, bytes, parts: [{name, offset, bytes}]}: the file of all weights
///     parameters   what is given when the program runs: {name, kind: "size", maximum, multiple}, or
///                  {name, kind: "number", scalar}
///     sizes        formulas, operands in front of who uses them: {op, text, …} with `value` of a "literal", `parameter` of a
///                  "parameter", `a` and `b` of "add", "sub", "mul", "div" (rounded down), "ceil_div", "mod", "min", "max".
///                  `text` is the formula for people; in it #7 is formula 7
///     tensors      what the caller binds: {name, direction: "input" or "output", scalar, storage: "buffer",
///                  "sampled_image" or "storage_image", shape: [size, …], text, bytes: size, max_bytes}; of an image
///                  channel_axis (-1: the last), and of a storage image format, too
///     modules      {name, file, entry_point, workgroup: [x, y, z], subgroup_size (that the pipeline has to be made with; 0:
///                  any), full_subgroups, parameters: {placement: "push_constants" or "uniform", bytes, set, binding},
///                  bindings: [{set, binding, type: "storage_buffer", "storage_image" or "sampled_image"}]}
///     regions      parts of a memory: {memory, offset, bytes (at the largest sizes), size (bytes now)}. Memory is "weights",
///                  "packed" (made of the weights by the dispatches of the phase "prepare", once), "scratch" (of one run at
///                  a time), or "tensor", then with `tensor`
///     variants     the program for one kind of device each, in the order in which to try them:
///                  {name, api_version: "1.2", device_kind: "gpu", "llvmpipe" or "swiftshader", min_subgroup_size,
///                  max_subgroup_size (the device's own; 0: any), max_groups: [x, y, z], uses_addresses, scratch_bytes,
///                  scratch_lower_bound, packed_bytes, uniform_bytes, report (what was fused),
///                  requirements: [{kind: "feature", "extension", "property" or "limit", name, at_least (of a limit)}],
///                  dispatches: […]}
///     dispatches   in the order in which they run: {name (of the node), module, phase: "prepare" or "run", groups: size,
///                  barrier (in front of it): "none", "execution" or "memory", operands: [{region, binding: index in the
///                  module's bindings, or null where the memory's address is an argument, reads, writes}],
///                  arguments: [{offset (into the module's parameters), kind: "size" with `size`, "number" with `parameter`,
///                  or "address" with `region`}], operations, bytes}
///
/// A size among the arguments is a u32. n groups are dispatched as (n, 1, 1); where that is more than max_groups[0] = x,
/// in ceil(n / x) = r rows, as (ceil(n / r), r, 1). A descriptor begins at a multiple of 256 bytes of its memory.
String to_json(const Program& program);

/// "03_convolution.spv": the file of a module in the folder.
String module_file(const Program& program, std::uint32_t module);
inline constexpr Text json_file = "program.json", weights_file = "weights.bin";

/// The files of the folder, one after another: `write(Text name, Span<const unsigned char> bytes)` gives a Result<void>, and
/// the first error ends it. Names are those of files, without directories, and depend on the program alone. Errors: those of
/// `write`; OutOfMemory.
template <class Write>
Result<void> export_folder(const Program& program, Write&& write) {
  const auto bytes_of = [](const void* data, std::size_t size) {
    return Span<const unsigned char>(static_cast<const unsigned char*>(data), size);
  };
  Diagnostic error;
  error.code = ErrorCode::OutOfMemory;
  error.message = "out of memory while a program was saved as a folder";
  const String json = to_json(program);
  if (json.out_of_memory()) return error;
  if (Result<void> r = write(json_file, bytes_of(json.data(), json.size())); !r) return r;
  for (std::uint32_t i = 0; i < program.modules().size(); ++i) {
    const String name = module_file(program, i);
    if (name.out_of_memory()) return error;
    const Span<const std::uint32_t> words = program.words(program.modules()[i]);
    if (Result<void> r = write(Text(name), bytes_of(words.data(), words.size() * 4)); !r) return r;
  }
  return write(weights_file, program.weight_bytes());
}

AIRSTRIP_PROGRAM_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/export.hpp"
#endif
