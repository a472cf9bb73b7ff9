// Reads messages into structs. Each message is walked twice: once to count what repeats, so that memory is taken once and
// exactly, and once to read. What is embedded is skipped by its length in both, so the time is proportional to the file.
#pragma once

#include "../model.hpp"
#include "schema.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

// How often each field is there; of repeated numbers, how many.
struct Counts {
  static constexpr std::uint32_t limit = 32;  // above every number of the schema
  std::size_t of[limit] = {};
};

// An array of the arena that is filled one by one.
template <class T>
struct Slots {
  T* data = nullptr;
  std::size_t size = 0;

  T& add() { return data[size++]; }
  Span<const T> span() const { return {data, size}; }
};

class Reader {
public:
  explicit Reader(Arena& arena) : arena_(arena) {}

  Diagnostic&& take_error() { return static_cast<Diagnostic&&>(error_); }

  bool read(const Body& body, Model& model);
  bool read(const Body& body, Graph& graph);
  bool read(const Body& body, Function& function);
  bool read(const Body& body, Node& node);
  bool read(const Body& body, Attribute& attribute);
  bool read(const Body& body, ValueInfo& info);
  bool read(const Body& body, Type& type);
  bool read(const Body& body, Dimension& dimension);
  bool read(const Body& body, Tensor& tensor);
  bool read(const Body& body, SparseTensor& tensor);
  bool read(const Body& body, TensorAnnotation& annotation);
  bool read(const Body& body, OperatorSetId& id);
  bool read(const Body& body, StringEntry& entry);

  // For values, which onnx-data.proto has.
  bool scan(const MessageInfo& message, const Body& body, Counts& counts);
  template <class T>
  bool make(Slots<T>& slots, std::size_t count) {
    slots.data = arena_.make<T>(count);
    return count == 0 || slots.data || fail_memory();
  }
  template <class T>
  bool make_one(const Body& body, const T*& target) {
    T* const made = arena_.make<T>(1);
    target = made;
    return made ? read(body, *made) : fail_memory();
  }
  bool fail(ErrorCode code, std::size_t offset, Text message);
  bool fail_memory();
  bool enter(const Body& body);
  bool leave(bool ok) {
    --nesting_;
    return ok;
  }
  static void add_integers(const Field& field, Slots<std::int64_t>& slots);

private:
  bool read_graph(const Body& body, Graph& graph);
  bool read_type(const Body& body, Type& type);
  bool read_tensor_type(const MessageInfo& message, const Body& body, Type& type);
  bool read_shape(const Body& body, Type& type);
  bool read_wrapped_type(const MessageInfo& message, const Body& body, Type& type);
  bool find_data(const Body& body, const Counts& counts, Tensor& tensor);
  bool settle_type(const Body& body, const Counts& counts, Attribute& attribute);

  Arena& arena_;
  Diagnostic error_;
  unsigned nesting_ = 0;
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
