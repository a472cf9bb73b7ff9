// The reference interpreter: runs a dispatch of a kernel on the CPU, and its sanitizer says what is wrong with it.
#pragma once

#include "../config.hpp"
#include "../result.hpp"
#include "../support/buffer.hpp"
#include "../support/span.hpp"
#include "../support/string.hpp"
#include "ir.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// Workgroups in x, y and z. Those left out are 1: `{{16}}` runs sixteen.
struct Dispatch {
  Extent groups = {};
};

/// How ImageSample reads: between texels, and beyond the edge. Levels are never mixed: the nearest is read.
enum class Filter : std::uint8_t { Nearest, Linear };
enum class AddressMode : std::uint8_t { ClampToEdge, Repeat };

/// An image as the caller keeps it: four 32-bit components a texel (floats, or integers for integer images), row by
/// row, layer by layer, and level by level where there are several (each half the size of the one before, at least
/// 1). What a storage image's declared format does not keep is rounded or dropped when a texel is stored.
struct ImageBinding {
  std::uint32_t width = 0, height = 0, layers = 1, levels = 1;
  void* texels = nullptr;
  Filter filter = Filter::Nearest;
  AddressMode address_mode = AddressMode::ClampToEdge;
};

/// What a dispatch works on: memory (owned by the caller) and values. Setting something a second time replaces it.
class Resources {
public:
  Resources() = default;
  Resources(Resources&&) noexcept = default;
  Resources& operator=(Resources&&) noexcept = default;

  /// A storage buffer, by its name or by its index in `Kernel::resources()`.
  void bind(Text name, void* data, std::size_t bytes) { add_buffer(name, no_index, data, bytes, false); }
  void bind(std::uint32_t resource, void* data, std::size_t bytes) {
    add_buffer({}, resource, data, bytes, false);
  }
  /// The same from an array or a container. Constant memory can be bound to read-only buffers only.
  template <class T>
  void bind(Text name, Span<T> data) {
    add_span(name, no_index, data);
  }
  template <class Container>
    requires(requires(Container& c) {
      c.data();
      c.size();
    })
  void bind(Text name, Container& container) {
    add_span(name, no_index, Span(container.data(), container.size()));
  }
  template <class T>
  void bind(std::uint32_t resource, Span<T> data) {
    add_span({}, resource, data);
  }
  void bind_image(Text name, const ImageBinding& image) { add_image(name, no_index, image); }
  void bind_image(std::uint32_t resource, const ImageBinding& image) { add_image({}, resource, image); }

  /// A parameter of the kernel, of exactly its type.
  template <ValueType T>
  void set(Text name, const T& value) {
    using Component = ComponentOf<T>;
    std::uint64_t bits[4] = {};
    for (unsigned i = 0; i < detail::TypeTraits<T>::components; ++i)
      std::memcpy(&bits[i], reinterpret_cast<const char*>(&value) + i * sizeof(Component), sizeof(Component));
    set_bits(name, type_of<T>, Span<const std::uint64_t>(bits, detail::TypeTraits<T>::components));
  }
  /// The same from the components' bits.
  void set_bits(Text name, Type type, Span<const std::uint64_t> components);
  /// A specialisation constant, by its SpecId; those not given keep their default.
  void specialize(std::uint32_t number, std::uint64_t bits);

  // --- read by the interpreter
  struct Buffered {
    std::uint32_t name, name_size, resource;  // the name in `text`, or an index
    bool read_only;
    void* data;
    std::size_t bytes;
  };
  struct Pictured {
    std::uint32_t name, name_size, resource;
    ImageBinding image;
  };
  struct Set {
    std::uint32_t name, name_size;
    Type type;
    std::uint64_t bits[4];
  };
  struct Specialized {
    std::uint32_t number;
    std::uint64_t bits;
  };
  static constexpr std::uint32_t no_index = 0xFFFFFFFFu;
  Span<const Buffered> buffers() const { return {buffers_.data(), buffers_.size()}; }
  Span<const Pictured> images() const { return {images_.data(), images_.size()}; }
  Span<const Set> parameters() const { return {parameters_.data(), parameters_.size()}; }
  Span<const Specialized> spec_constants() const { return {spec_constants_.data(), spec_constants_.size()}; }
  Text text(std::uint32_t offset, std::uint32_t size) const { return Text(text_.data() + offset, size); }
  bool out_of_memory() const;

private:
  template <class T>
  void add_span(Text name, std::uint32_t resource, Span<T> data) {
    add_buffer(name, resource, const_cast<std::remove_const_t<T>*>(data.data()), data.size() * sizeof(T),
               std::is_const_v<T>);
  }
  void add_buffer(Text name, std::uint32_t resource, void* data, std::size_t bytes, bool read_only);
  void add_image(Text name, std::uint32_t resource, const ImageBinding& image);
  std::uint32_t keep(Text name);

  Buffer<Buffered> buffers_;
  Buffer<Pictured> images_;
  Buffer<Set> parameters_;
  Buffer<Specialized> spec_constants_;
  Buffer<char> text_;
};

/// What the sanitizer looks for.
struct Sanitize {
  bool bounds = true;  ///< accesses outside a buffer, view, array, image or vector; misaligned ones
  bool uninitialized =
      true;                ///< reads of workgroup or private memory or of a variable that nothing has written
  bool races = true;       ///< two invocations, one of which writes, and nothing that orders them
  bool barriers = true;    ///< barriers that not all invocations reach
  bool subgroups = true;   ///< results that depend on inactive lanes or on reconvergence nobody guarantees
  bool arithmetic = true;  ///< integer division by zero or that overflows, shifts past the width
  bool nan = false;        ///< NaNs computed from finite numbers

  static Sanitize none() { return {false, false, false, false, false, false, false}; }
};

struct InterpretOptions {
  /// Invocations a subgroup: a power of two from 4 to 128. The last of a workgroup has what is left.
  std::uint32_t subgroup_size = 32;
  /// Permutes the order in which workgroups, and the subgroups of each, run. 0: in order.
  std::uint64_t seed = 0;
  Sanitize sanitize = {};
  std::uint32_t max_reports = 64;  ///< different findings kept
  /// Iterations of one loop, in one run of it, before it is taken to be endless.
  std::uint64_t max_iterations = std::uint64_t{1} << 20;
  /// What is guaranteed beyond what the kernel says it relies on.
  Reconvergence reconvergence = Reconvergence::Unspecified;
};

enum class FindingKind : std::uint8_t {
  OutOfBounds,       ///< an access outside its memory; a load gives 0, a store is dropped
  Misaligned,        ///< an address that is no multiple of what the access promises
  Uninitialized,     ///< a read of memory or of a variable that nothing has written
  Race,              ///< two accesses of different invocations, one a write, and nothing between them
  DivergentBarrier,  ///< a barrier that some invocations do not reach, or not this one
  InactiveLane,      ///< a subgroup operation that reads from a lane that does not take part
  NotReconverged,    ///< a subgroup operation after divergence that nothing guarantees to have ended
  NotUniform,        ///< an operand that has to be the same in the whole subgroup and is not
  DivisionByZero,    ///< of integers
  DivisionOverflow,  ///< the least integer divided by -1
  ShiftPastWidth,    ///< a shift by the type's width or more
  NotANumber,        ///< a NaN from finite numbers
  EndlessLoop,       ///< a loop past `max_iterations`; the dispatch was given up
};
const char* to_string(FindingKind kind);

/// An invocation by its place in the dispatch.
struct Invocation {
  std::uint32_t workgroup[3] = {}, local[3] = {};
};

/// One thing that is wrong. The same operations with the same fault are reported once.
struct Finding {
  static constexpr std::uint32_t no_resource = 0xFFFFFFFFu;

  FindingKind kind = FindingKind::OutOfBounds;
  bool has_other = false;  ///< `other`, `other_node` mean something
  std::uint32_t resource = no_resource;
  std::int64_t index = 0;    ///< element of the resource (a texel's is y * width + x of its layer)
  std::int64_t address = 0;  ///< bytes into the resource
  Invocation invocation, other;
  NodeId node = no_node, other_node = no_node;  ///< the operation, and the access it collides with
  std::uint64_t times = 0;                      ///< how often it was seen
  std::uint32_t message = 0, message_size = 0;  ///< see `Report::message`
};

/// What a dispatch did, beside its results.
class Report {
public:
  bool clean() const { return findings_.empty(); }
  Span<const Finding> findings() const { return {findings_.data(), findings_.size()}; }
  /// What is wrong, in one sentence with the names, the invocations and the C++ lines of both accesses.
  Text message(const Finding& finding) const {
    return Text(text_.data() + finding.message, finding.message_size);
  }
  /// All messages, one a line.
  String to_string() const;

  std::uint64_t invocations = 0;
  std::uint64_t instructions = 0;  ///< executed by subgroups
  std::uint64_t barriers = 0;      ///< passed by workgroups

  // --- filled by the interpreter
  Buffer<Finding>& findings_to_fill() { return findings_; }
  Buffer<char>& text_to_fill() { return text_; }

private:
  Buffer<Finding> findings_;
  Buffer<char> text_;
};

/// Runs a dispatch: one workgroup after the other, the invocations of a subgroup in lockstep, each subgroup until it
/// waits. Operations are those of evaluate.hpp. Results are the same for every seed and subgroup size unless the
/// kernel depends on them or has a finding.
///
/// Errors: the kernel's own; a binding, parameter or size that is missing or does not fit; a subgroup size the kernel
/// does not work with; a float environment that the interpreter does not have (rounding toward zero).
Result<Report> interpret(const Kernel& kernel, const Dispatch& dispatch, const Resources& resources,
                         const InterpretOptions& options = {});

AIRSTRIP_KERNEL_NAMESPACE_END

#if AIRSTRIP_HEADER_ONLY || defined(AIRSTRIP_IMPLEMENTATION)
#include "impl/interpret.hpp"
#endif
