// The bytes of a compiled program: tables of records, and the weights. The file is the memory: what is mapped is what is used.
//
//   header      magic, version, size, checksums, where each table lies
//   tables      records below, each table at a multiple of 64 bytes
//   weights     at a multiple of 256 bytes, each weight too
//
// All numbers are little-endian. Records refer to others by their index in a table, to text and words by ranges. What a range
// names of other records (dispatches, requirements, operands, arguments, bindings) no other range names, so that to go
// through all of a program takes as long as its file is. Unused bytes are 0, so that the same program has the same bytes.
#pragma once

#include "../config.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

AIRSTRIP_PROGRAM_NAMESPACE_BEGIN

inline constexpr char magic[8] = {'A', 'i', 'r', 's', 't', 'r', 'i', 'p'};
/// Raised with every change that an older reader would misread.
inline constexpr std::uint32_t format_version = 1;
inline constexpr std::uint32_t byte_order_mark = 0x01020304;
inline constexpr std::uint32_t none = 0xFFFFFFFF;
/// What is bound by a descriptor begins at a multiple of it: the most that minStorageBufferOffsetAlignment may be.
inline constexpr std::uint64_t memory_alignment = 256;

/// Elements of another table.
struct Range {
  std::uint32_t first = 0, count = 0;
};

/// One formula of sizes. Operands stand in front of it.
struct SizeRecord {
  enum class Op : std::uint32_t { Literal, Parameter, Add, Sub, Mul, Div, CeilDiv, Mod, Min, Max };
  Op op = Op::Literal;
  std::uint32_t a = 0, b = 0;  ///< operands; of a Parameter `a` is its index
  std::uint32_t unused = 0;
  std::int64_t value = 0;  ///< of a Literal
};

/// A number that is given when the program runs: a size, or a number of its expressions.
struct ParameterRecord {
  Range name;
  std::uint32_t is_size = 1;
  std::uint32_t scalar = 0;   ///< kernel::Scalar of a number
  std::int64_t maximum = 0;   ///< of a size; more is refused
  std::int64_t multiple = 1;  ///< of a size
};

enum class Direction : std::uint32_t { Input, Output };
enum class StorageKind : std::uint32_t { Buffer, SampledImage, StorageImage };

/// What the caller binds.
struct TensorRecord {
  Range name;
  Direction direction = Direction::Input;
  std::uint32_t scalar = 0;  ///< kernel::Scalar
  StorageKind storage = StorageKind::Buffer;
  std::uint32_t format = 0;        ///< kernel::TexelFormat of a storage image
  std::int32_t channel_axis = -1;  ///< of an image
  std::uint32_t rank = 0;
  std::uint32_t shape[8] = {};  ///< sizes
  std::uint32_t bytes = 0;      ///< size; of an image 0
  std::uint32_t unused = 0;
  std::uint64_t max_bytes = 0;  ///< to bind, for every size
};

enum class DescriptorType : std::uint32_t { StorageBuffer, StorageImage, SampledImage };

struct BindingRecord {
  std::uint32_t set = 0, binding = 0;
  DescriptorType type = DescriptorType::StorageBuffer;
  std::uint32_t unused = 0;
};

enum class Placement : std::uint32_t { PushConstants, Uniform };

/// A compute shader.
struct ModuleRecord {
  Range words;
  Range entry_point, name;
  std::uint32_t workgroup[3] = {1, 1, 1};
  std::uint32_t subgroup_size = 0;  ///< the pipeline has to be made with; 0: any
  std::uint32_t full_subgroups = 0;
  Placement placement = Placement::PushConstants;
  std::uint32_t parameter_bytes = 0;
  std::uint32_t parameter_set = 0, parameter_binding = 0;  ///< of a uniform buffer
  Range bindings;
  std::uint32_t unused = 0;
};
/// Whether its parameters lie in a uniform buffer.
inline bool has_uniform(const ModuleRecord& module) {
  return module.placement == Placement::Uniform && module.parameter_bytes != 0;
}

enum class Memory : std::uint32_t {
  Tensor,   ///< an input's or output's, bound by the caller
  Weights,  ///< what the file holds
  Packed,   ///< made of the weights by the dispatches of Phase::Prepare, kept as long
  Scratch,  ///< of one run at a time
};

/// A part of a memory that a dispatch uses.
struct RegionRecord {
  Memory memory = Memory::Scratch;
  std::uint32_t tensor = none;
  std::uint64_t offset = 0;  ///< into the memory; of a tensor 0
  std::uint64_t bytes = 0;   ///< at the largest sizes, to the next multiple of 16
  std::uint32_t size = 0;    ///< the tensor's bytes, a size
  std::uint32_t unused = 0;
};

/// What a dispatch binds: the module's binding of the same place in its list, or a memory whose address is an argument.
struct OperandRecord {
  std::uint32_t region = 0;
  std::uint32_t binding = none;  ///< of the module's bindings; none: by address
  std::uint32_t reads = 0, writes = 0;
};

/// Bytes of a dispatch's parameters.
struct ArgumentRecord {
  enum class Kind : std::uint32_t { Size, Number, Address };
  Kind kind = Kind::Size;
  std::uint32_t offset = 0;  ///< into the parameters
  std::uint32_t index = 0;   ///< of a size, a parameter, a region
  std::uint32_t unused = 0;
};

enum class Phase : std::uint32_t { Prepare, Run };
enum class Barrier : std::uint32_t {
  Absent,  ///< touches nothing that a dispatch since the last barrier writes, and writes nothing that one reads
  Execution,  ///< writes what is read before
  Memory,     ///< reads or writes what is written before
};

struct DispatchRecord {
  std::uint32_t module = 0;
  Phase phase = Phase::Run;
  std::uint32_t groups = 0;          ///< size: workgroups, folded as `groups_of` says
  Barrier before = Barrier::Absent;  ///< with the dispatches before it, of its phase
  Range operands, arguments;
  Range name;                    ///< of the node
  std::uint64_t operations = 0;  ///< multiplications, additions and functions, at the largest sizes
  std::uint64_t bytes = 0;       ///< read and written, each tensor once
};

/// What a device must have. Named as Vulkan's.
struct RequirementRecord {
  enum class Kind : std::uint32_t { Feature, Extension, Property, Limit };
  Kind kind = Kind::Feature;
  std::uint32_t unused = 0;
  Range name;
  std::uint64_t at_least = 0;  ///< of a Limit
};

/// The program for one kind of device.
struct VariantRecord {
  Range name;  ///< "baseline", "fp16"
  Range dispatches, requirements;
  std::uint32_t api_version = 0;  ///< VK_MAKE_API_VERSION; of the device at least
  std::uint32_t device_kind = 0;  ///< tensor::DeviceKind that its schedules are for
  std::uint32_t min_subgroup_size = 0, max_subgroup_size = 0;  ///< the device's own size; 0: any
  std::uint32_t max_groups[3] = {65535, 65535, 65535};         ///< that its kernels count by
  std::uint32_t uses_addresses = 0;
  std::uint64_t scratch_bytes = 0, packed_bytes = 0, uniform_bytes = 0;
  std::uint64_t scratch_lower_bound = 0;  ///< the largest sum of what is alive at one time
  Range report;                           ///< text: what was fused and what was not
};

struct WeightRecord {
  Range name;
  std::uint64_t offset = 0, bytes = 0;  ///< in the weights
};

enum class Table : std::uint32_t {
  Text,   ///< bytes, UTF-8
  Words,  ///< SPIR-V
  Sizes,
  Parameters,
  Tensors,
  Bindings,
  Modules,
  Regions,
  Operands,
  Arguments,
  Dispatches,
  Requirements,
  Variants,
  Weights,
  Count,
};

struct TableRecord {
  std::uint64_t offset = 0;  ///< from the file's beginning
  std::uint32_t count = 0;
  std::uint32_t element_bytes = 0;
};

/// FNV-1a taken by words of 64 bits: for whole words, as tables and weights are; what remains is left out.
inline std::uint64_t checksum(const unsigned char* bytes, std::size_t size) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (std::size_t i = 0; i + 8 <= size; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes + i, 8);
    hash = (hash ^ word) * 0x100000001B3u;
  }
  return hash;
}

struct Header {
  char magic[8] = {};
  std::uint32_t version = format_version;
  std::uint32_t byte_order = byte_order_mark;
  std::uint64_t bytes = 0;            ///< of the file
  std::uint64_t tables_checksum = 0;  ///< `checksum_of_tables`
  std::uint64_t weights_offset = 0, weights_bytes = 0;
  std::uint64_t weights_checksum = 0;
  Range name;
  TableRecord tables[static_cast<std::uint32_t>(Table::Count)] = {};
};

/// Of what follows `Header::tables_checksum`, to the weights: where all lies, and the tables. `bytes` are the file's.
inline std::uint64_t checksum_of_tables(const unsigned char* bytes, std::size_t weights_offset) {
  constexpr std::size_t first = offsetof(Header, weights_offset);
  return checksum(bytes + first, weights_offset - first);
}

AIRSTRIP_PROGRAM_NAMESPACE_END
