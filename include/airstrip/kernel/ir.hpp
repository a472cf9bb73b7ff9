// The kernel IR: nodes in structured regions, in one arena. What builders fill, passes change and writers read.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "ops.hpp"
#include "types.hpp"

#include <cstddef>
#include <cstdint>

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// A node, which is also the value it computes. 0: none.
using NodeId = std::uint32_t;
/// A region of nodes. 0: none.
using RegionId = std::uint32_t;
inline constexpr NodeId no_node = 0;
inline constexpr RegionId no_region = 0;

/// One operation. 44 bytes; operands beyond three are in the kernel's pool. Read it through `Kernel`'s methods.
struct Node {
  Op op = Op::Nothing;
  std::uint8_t mark = 0;  ///< for the pass at work; 0 between passes
  std::uint16_t operand_count = 0;
  Type type;                       ///< Void: no value
  std::uint32_t operands[3] = {};  ///< operands, or the pool offset of more; a Constant's bits
  std::uint32_t immediate = 0;     ///< see the table of operations
  NodeId next = 0, previous = 0;   ///< in its region
  RegionId region = no_region;     ///< it stands in
  std::uint32_t location = 0;      ///< in `Kernel::locations()`
  std::uint32_t first_region = 0;  ///< of its own, in the kernel's region pool
  std::uint32_t region_count = 0;
};

/// A list of nodes with arguments: a function's body, a branch, a case, a loop's body.
struct Region {
  NodeId first = no_node, last = no_node;
  NodeId owner = no_node;            ///< the If, Loop or Switch; none for a function's body
  std::uint32_t first_argument = 0;  ///< in the pool
  std::uint32_t argument_count = 0;
};

/// A C++ line, and the line that called the generator it stands in.
struct Location {
  SourceLocation at;
  std::uint32_t caller = 0;  ///< in `Kernel::locations()`; 0: none
};

enum class Access : std::uint8_t { ReadOnly, WriteOnly, ReadWrite };
constexpr bool can_read(Access a) { return a != Access::WriteOnly; }
constexpr bool can_write(Access a) { return a != Access::ReadOnly; }

enum class ResourceKind : std::uint8_t {
  Buffer,        ///< a storage buffer: bytes
  StorageImage,  ///< read and written by texel
  SampledImage,  ///< an image with its sampler
  Workgroup,     ///< an array shared by the workgroup
  Private,       ///< an array of each invocation
  Variable,      ///< a variable of each invocation; promotion turns it into values
};

enum class ImageDim : std::uint8_t { Dim2D, Dim2DArray };
/// The declared format of a storage image. `Unknown`: chosen by the view; needs a feature to read or write.
enum class TexelFormat : std::uint8_t {
  Unknown,
  Rgba32f,
  Rgba16f,
  R32f,
  Rgba8,
  Rgba8Snorm,
  R32i,
  R32ui,
  Rgba32i,
  Rgba32ui,
  Rgba8ui,
  Rgba8i
};

/// Something with memory.
struct Resource {
  ResourceKind kind = ResourceKind::Variable;
  Access access = Access::ReadWrite;
  Type element;  ///< of arrays and variables; of a buffer its usual element; of an image a texel's component
  std::uint32_t count = 0;  ///< elements of Workgroup and Private memory; of a buffer 0: as many as are bound
  std::uint32_t name = 0;   ///< in the kernel's text; see `Kernel::text`
  std::uint32_t location = 0;
  std::uint32_t stride = 0;  ///< of a buffer: bytes between its usual elements
  bool coherent = false;     ///< what one invocation stores others may read before the dispatch ends
  bool may_alias = false;    ///< another resource of the kernel may be bound to the same memory
  bool atomic = false;       ///< some access is atomic (WGSL: its type is atomic)
  ImageDim dim = ImageDim::Dim2D;
  TexelFormat format = TexelFormat::Unknown;
};

/// How a Load, Store, atomic or matrix operation finds its memory. The address is, in bytes,
///
///     base + index * stride + offset
///
/// where index and base are the operation's last operands, those that the flags name, in this order: index, base,
/// range. Of Workgroup and Private arrays `stride` is the element's size; `offset` holds a constant index times the
/// stride, and the offset of a component of a vector.
struct MemoryAccess {
  std::uint32_t resource = 0;
  std::uint32_t stride = 0;
  std::uint32_t offset = 0;
  std::uint32_t alignment = 0;  ///< bytes, a power of two: of every address
  bool has_index = false;       ///< 32- or 64-bit integer
  bool has_base = false;        ///< u32, bytes, a multiple of `alignment`
  bool has_range = false;       ///< u32, bytes from base: what the view covers
  bool coherent = false;
  bool is_volatile = false;
  /// Of a Load: it stays where the builder was asked for it, and is not moved to where its value is first needed. For
  /// drivers that schedule nothing themselves: loads that stand together are under way together.
  bool early = false;
  bool column_major = false;                ///< of a matrix operation
  MemoryScope scope = MemoryScope::Device;  ///< of an atomic operation
  std::uint8_t ordering = 0;  ///< of an atomic operation: `memory` storage it releases and acquires
  constexpr unsigned address_count() const {
    return static_cast<unsigned>(has_index) + static_cast<unsigned>(has_base) +
           static_cast<unsigned>(has_range);
  }
  friend constexpr bool operator==(const MemoryAccess&, const MemoryAccess&) = default;
};

/// A value of the dispatch: push constant, uniform or immediate, as the writer decides.
struct ParameterInfo {
  Type type;
  std::uint32_t name = 0;
  std::uint32_t location = 0;
  NodeId node = no_node;
};
/// A specialisation constant.
struct SpecConstantInfo {
  Type type;
  std::uint32_t number = 0;  ///< SpecId
  std::uint64_t value = 0;   ///< default, as bits
  std::uint32_t name = 0;
  std::uint32_t location = 0;
  NodeId node = no_node;
};

/// The body of the kernel (the first) or of a helper.
struct Function {
  RegionId body = no_region;  ///< its arguments are the function's parameters
  Type result;
  std::uint32_t name = 0;
  std::uint32_t location = 0;
};

enum class MatrixUse : std::uint8_t { A, B, Accumulator };
/// Dimensions of a cooperative matrix of the subgroup.
struct MatrixShape {
  std::uint32_t rows = 0, columns = 0;
  MatrixUse use = MatrixUse::A;
  friend constexpr bool operator==(const MatrixShape&, const MatrixShape&) = default;
};

/// What becomes of denormals.
enum class Denormals : std::uint8_t { Any, Preserve, FlushToZero };
enum class Rounding : std::uint8_t { Any, NearestEven, TowardZero };

/// What a kernel asks of floating-point arithmetic. Asking for what is not the default needs SPV_KHR_float_controls
/// and the device's support, contraction aside.
struct FloatEnvironment {
  /// a * b + c may be rounded once. Off: NoContraction on every operation.
  bool contraction = true;
  Denormals denormals_16 = Denormals::Any, denormals_32 = Denormals::Any, denormals_64 = Denormals::Any;
  Rounding rounding_16 = Rounding::Any, rounding_32 = Rounding::Any, rounding_64 = Rounding::Any;
  /// Signed zeros, infinities and NaNs are kept.
  bool preserve_special_16 = false, preserve_special_32 = false, preserve_special_64 = false;
};

/// After which divergent control flow invocations are together again (VK_KHR_shader_subgroup_uniform_control_flow,
/// VK_KHR_shader_maximal_reconvergence).
enum class Reconvergence : std::uint8_t {
  Unspecified,      ///< nothing is relied on
  SubgroupUniform,  ///< at the merge of a construct that the whole subgroup entered
  Maximal,          ///< at every merge, as the source reads
};

/// What the kernel relies on in subgroups.
struct SubgroupReliance {
  std::uint32_t size = 0;  ///< invocations: the kernel is right for this size alone. 0: for any
  bool full = false;       ///< every subgroup has all its invocations
  Reconvergence reconvergence = Reconvergence::Unspecified;
};

/// Sizes in three dimensions; those left out are 1.
struct Extent {
  std::uint32_t x = 1, y = 1, z = 1;
  constexpr std::uint32_t operator[](unsigned dimension) const {
    return dimension == 0 ? x : dimension == 1 ? y : z;
  }
  constexpr std::uint32_t& operator[](unsigned dimension) {
    return dimension == 0 ? x : dimension == 1 ? y : z;
  }
  constexpr std::uint64_t volume() const { return std::uint64_t{x} * y * z; }
};

/// What is fixed when a kernel is begun.
struct KernelOptions {
  Extent workgroup = {};
  /// SpecIds of the dimensions, whose defaults are `workgroup`; 0: not a specialisation constant.
  std::uint32_t workgroup_spec[3] = {0, 0, 0};
  FloatEnvironment floats = {};
  SubgroupReliance subgroup = {};
};

/// A finished kernel. Its error, if the builder met one, is what every consumer returns. Movable; `clone` copies.
class Kernel {
public:
  Kernel();
  Kernel(Kernel&&) noexcept = default;
  Kernel& operator=(Kernel&&) noexcept = default;
  Kernel clone() const;
  /// Becomes a copy, in the memory it has.
  void assign(const Kernel& other);

  bool ok() const { return error_.code == ErrorCode::Ok; }
  explicit operator bool() const { return ok(); }
  const Diagnostic& error() const { return error_; }

  Text name() const { return text(name_); }
  const KernelOptions& options() const { return options_; }
  KernelOptions& options() { return options_; }

  // --- reading
  /// One more than the last node.
  std::uint32_t node_bound() const { return static_cast<std::uint32_t>(nodes_.size()); }
  const Node& node(NodeId id) const { return nodes_[id]; }
  Node& node(NodeId id) { return nodes_[id]; }
  std::uint32_t region_bound() const { return static_cast<std::uint32_t>(regions_.size()); }
  const Region& region(RegionId id) const { return regions_[id]; }
  Region& region(RegionId id) { return regions_[id]; }
  Type type(NodeId id) const { return nodes_[id].type; }
  Op op(NodeId id) const { return nodes_[id].op; }
  Span<const NodeId> operands(NodeId id) const {
    const Node& n = nodes_[id];
    return {n.operand_count <= 3 ? n.operands : pool_.data() + n.operands[0], n.operand_count};
  }
  /// The same, to write. Valid until operands are added anywhere.
  Span<NodeId> operands(NodeId id) {
    Node& n = nodes_[id];
    return {n.operand_count <= 3 ? n.operands : pool_.data() + n.operands[0], n.operand_count};
  }
  Span<const NodeId> arguments(RegionId id) const {
    return {pool_.data() + regions_[id].first_argument, regions_[id].argument_count};
  }
  /// The regions of an If (then, else), Switch (cases, default) or Loop (body).
  Span<const RegionId> regions(NodeId id) const {
    return {region_pool_.data() + nodes_[id].first_region, nodes_[id].region_count};
  }
  /// The literals of a Switch, one after the other; `switch_cases` gives those of each case.
  struct SwitchCase {
    std::uint32_t first, count;  ///< in `switch_literals()`
  };
  Span<const SwitchCase> switch_cases(NodeId id) const {
    return {switch_cases_.data() + nodes_[id].immediate, nodes_[id].region_count - 1};
  }
  Span<const std::uint64_t> switch_literals(SwitchCase c) const {
    return {literals_.data() + c.first, c.count};
  }

  Span<const Resource> resources() const { return {resources_.data(), resources_.size()}; }
  Resource& resource(std::size_t index) { return resources_[index]; }
  const Resource& resource(std::size_t index) const { return resources_[index]; }
  Span<const MemoryAccess> accesses() const { return {accesses_.data(), accesses_.size()}; }
  const MemoryAccess& access(std::uint32_t index) const { return accesses_[index]; }
  /// The access of a memory operation, and the operands that are its address.
  const MemoryAccess& access_of(NodeId id) const { return accesses_[nodes_[id].immediate]; }
  Span<const NodeId> address_of(NodeId id) const {
    const Span<const NodeId> all = operands(id);
    return all.subspan(all.size() - access_of(id).address_count());
  }
  Span<const ParameterInfo> parameters() const { return {parameters_.data(), parameters_.size()}; }
  Span<const SpecConstantInfo> spec_constants() const {
    return {spec_constants_.data(), spec_constants_.size()};
  }
  ParameterInfo& parameter(std::size_t index) { return parameters_[index]; }
  SpecConstantInfo& spec_constant(std::size_t index) { return spec_constants_[index]; }
  Span<const Function> functions() const { return {functions_.data(), functions_.size()}; }
  Function& function(std::size_t index) { return functions_[index]; }
  Span<const MatrixShape> matrix_shapes() const { return {matrix_shapes_.data(), matrix_shapes_.size()}; }
  Span<const Location> locations() const { return {locations_.data(), locations_.size()}; }
  SourceLocation location(NodeId id) const { return locations_[nodes_[id].location].at; }
  /// "saxpy.cpp:12", and " called from tool.cpp:3" for each line around it.
  String location_text(std::uint32_t location) const;
  Text text(std::uint32_t offset) const { return Text(text_.data() + offset); }
  Text resource_name(std::size_t index) const { return text(resources_[index].name); }

  bool is_constant(NodeId id) const { return op(id) == Op::Constant; }
  /// The bits of a Constant; those above its width are zero.
  std::uint64_t constant_bits(NodeId id) const {
    return nodes_[id].operands[0] | static_cast<std::uint64_t>(nodes_[id].operands[1]) << 32;
  }

  // --- making and changing; used by builders and passes. Out of memory is remembered and reported at the end.
  void set_name(Text name) { name_ = add_text(name); }
  std::uint32_t add_text(Text text);
  std::uint32_t add_location(SourceLocation at, std::uint32_t caller);
  std::uint32_t add_resource(const Resource& resource);
  std::uint32_t add_access(const MemoryAccess& access);
  std::uint32_t add_matrix_shape(const MatrixShape& shape);
  NodeId add_parameter(Type type, Text name, std::uint32_t location);
  NodeId add_spec_constant(Type type, std::uint32_t number, std::uint64_t value, Text name,
                           std::uint32_t location);
  std::uint32_t add_function(Text name, Type result, Span<const Type> parameters, std::uint32_t location);

  /// Interned. `bits` above the type's width are dropped.
  NodeId constant(Type scalar, std::uint64_t bits);
  /// A ConstantVector of Constants; interned.
  NodeId constant_vector(Type type, Span<const NodeId> components);
  /// A scalar constant, or a vector of the same one.
  NodeId splat(Type type, std::uint64_t bits);
  NodeId undefined(Type type);
  NodeId builtin(BuiltIn which);

  /// A node that stands nowhere yet. `operands` may not point into this kernel.
  NodeId add_node(Op op, Type type, Span<const NodeId> operands, std::uint32_t immediate,
                  std::uint32_t location);
  /// The same at the end of a region, with `Count` operands of these two.
  template <unsigned Count>
  NodeId append_new(RegionId region, Op op, Type type, NodeId a, NodeId b, std::uint32_t immediate,
                    std::uint32_t location);
  void append(RegionId region, NodeId id);
  void insert_before(NodeId where, NodeId id);
  void insert_after(NodeId where, NodeId id);
  /// Takes the node out of its region; it stays in the arena.
  void unlink(NodeId id);
  void set_operands(NodeId id, Span<const NodeId> operands);
  RegionId add_region(NodeId owner);
  NodeId add_argument(RegionId region, Type type, std::uint32_t location);
  /// Keeps the arguments that `keep` says, one a byte, and numbers them anew.
  void keep_arguments(RegionId region, Span<const std::uint8_t> keep);
  /// Gives an If, Switch or Loop its regions.
  void set_regions(NodeId id, Span<const RegionId> regions);
  void set_switch_cases(NodeId id, Span<const Span<const std::uint64_t>> literals);
  /// A Result of an If, Switch or Loop, placed after it and its other Results.
  NodeId add_result(NodeId owner, std::uint32_t index, Type type);

  void fail(Diagnostic error) {
    if (ok()) error_ = static_cast<Diagnostic&&>(error);
  }
  bool out_of_memory() const;
  /// Forgets everything but the memory.
  void clear();

private:
  NodeId intern(Op op, Type type, Span<const std::uint32_t> words);

  KernelOptions options_;
  std::uint32_t name_ = 0;
  Buffer<Node> nodes_;
  Buffer<NodeId> pool_;
  Buffer<Region> regions_;
  Buffer<RegionId> region_pool_;
  Buffer<SwitchCase> switch_cases_;
  Buffer<std::uint64_t> literals_;
  Buffer<Resource> resources_;
  Buffer<MemoryAccess> accesses_;
  Buffer<ParameterInfo> parameters_;
  Buffer<SpecConstantInfo> spec_constants_;
  Buffer<Function> functions_;
  Buffer<MatrixShape> matrix_shapes_;
  Buffer<Location> locations_;
  Buffer<char> text_;
  Buffer<NodeId> interned_;  // open addressing over Constants and ConstantVectors; a power of two
  std::uint32_t interned_count_ = 0;
  NodeId builtins_[builtin_count] = {};
  Buffer<NodeId> undefined_;
  Diagnostic error_;
};

/// Calls `visit(node)` for every node of a region and of the regions in it, in the order of the text, an owner before
/// what it owns. `visit` may unlink the node, and insert before it.
template <class Visit>
void for_each_node(Kernel& kernel, RegionId region, Visit&& visit) {
  for (NodeId id = kernel.region(region).first; id != no_node;) {
    const NodeId next = kernel.node(id).next;
    const std::uint32_t count = kernel.node(id).region_count;
    visit(id);
    for (std::uint32_t i = 0; i < count; ++i) for_each_node(kernel, kernel.regions(id)[i], visit);
    id = next;
  }
}
template <class Visit>
void for_each_node(const Kernel& kernel, RegionId region, Visit&& visit) {
  for (NodeId id = kernel.region(region).first; id != no_node; id = kernel.node(id).next) {
    visit(id);
    for (const RegionId inner : kernel.regions(id)) for_each_node(kernel, inner, visit);
  }
}

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/ir.hpp"
#endif
