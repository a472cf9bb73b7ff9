#pragma once

#include "../../kernel/interpret.hpp"
#include "../evaluate.hpp"
#include "elements.hpp"

AIRSTRIP_GRAPH_NAMESPACE_BEGIN

AIRSTRIP_INLINE tensor::Target reference_target() {
  tensor::Target target;
  target.spirv = spirv::Target::vulkan(1, 3).enable_everything();
  target.kind = tensor::DeviceKind::Llvmpipe;  // schedules without barriers
  target.max_workgroup_invocations = 64;
  target.max_workgroup_size = {64, 64, 64};
  target.max_workgroup_count = {0x7FFFFFFF, 65535, 65535};
  target.max_shared_memory = 1u << 16;
  target.max_storage_buffer_range = std::uint64_t{1} << 32;
  target.max_storage_buffers = 64;
  target.max_push_constants = 256;
  target.subgroup_size = 8;
  target.min_subgroup_size = target.max_subgroup_size = 8;
  return target;
}

namespace detail {

/// One node's run.
class NodeRun {
public:
  NodeRun(Graph& graph, Span<const tensor::SizeValue> sizes) : g_(graph), given_(sizes) {}

  Result<List<Bytes>> run(NodeId id, Span<const Bytes> inputs) {
    Result<LoweredNode> lowered = lower(g_, id, reference_target());
    if (!lowered) return static_cast<Result<LoweredNode>&&>(lowered).error();
    const tensor::Operation& operation = lowered->operation;
    // A node of literal sizes is run though those of others are not known: when constants are folded.
    if (has_parameters(operation))
      if (Result<void> r = evaluate_sizes(); !r) return r.error();
    List<tensor::SizeValue> values;
    for (std::uint32_t i = 0; i < operation.sizes().size(); ++i) {
      const SizeId size = static_cast<SizeId>(i);
      if (operation.sizes().node(size).op == SizeTable::Op::Parameter)
        values.push_back({operation.sizes().name(size), size_called(operation.sizes().name(size)).value});
    }
    const Result<tensor::OperationSizes> sizes =
        operation.resolve(Span<const tensor::SizeValue>(values.data(), values.size()));
    if (!sizes) return sizes.error();
    List<Buffer<unsigned char>> memory;
    const Node& node = g_.node(id);
    for (std::size_t i = 0; i < operation.operands().size(); ++i) {
      Buffer<unsigned char> bytes;
      if (operation.operands()[i].type.storage != tensor::Storage::Buffer) {
        if (Result<void> r = make_texels(node, lowered->operands[i], inputs, bytes); !r) return r.error();
        if (!memory.push_back(static_cast<Buffer<unsigned char>&&>(bytes))) return out_of_memory();
        continue;
      }
      const std::size_t count = static_cast<std::size_t>(sizes->value(operation.operands()[i].bytes));
      const ValueId value = lowered->operands[i];
      bool is_input = false;
      for (std::size_t k = 0; k < node.inputs.size(); ++k) {
        if (node.inputs[k] != value || value == ValueId::Absent || is_input) continue;
        is_input = true;
        if (inputs[k].size() < count) return wrong_size(value, count, inputs[k].size());
        bytes.append(inputs[k].span());
      }
      if (!is_input && bytes.resize(count) && count) std::memset(bytes.data(), 0, count);
      if (bytes.out_of_memory() || !memory.push_back(static_cast<Buffer<unsigned char>&&>(bytes)))
        return out_of_memory();
    }
    for (const tensor::Phase phase : {tensor::Phase::Prepare, tensor::Phase::Run})
      for (std::size_t s = 0; s < operation.steps().size(); ++s)
        if (operation.steps()[s].phase == phase)
          if (Result<void> r = run_step(operation, s, *sizes, lowered->operands, memory); !r)
            return r.error();
    List<Bytes> outputs;
    for (const ValueId output : node.outputs)
      for (std::size_t i = 0; i < operation.operands().size(); ++i)
        if (lowered->operands[i] == output) {
          if (operation.operands()[i].type.storage != tensor::Storage::Buffer &&
              !take_texels(output, memory[i]))
            return out_of_memory();
          outputs.push_back(Bytes::owned(static_cast<Buffer<unsigned char>&&>(memory[i])));
          break;
        }
    if (outputs.size() != node.outputs.size()) return out_of_memory();
    return outputs;
  }

private:
  static Diagnostic out_of_memory() {
    return refuse(ErrorCode::OutOfMemory, "out of memory while a graph was evaluated");
  }
  Diagnostic wrong_size(ValueId value, std::uint64_t wanted, std::uint64_t given) const {
    String message("the tensor ");
    message << g_.value(value).name << " has " << wanted << " bytes, and was given " << given;
    return refuse(ErrorCode::InvalidShape, static_cast<String&&>(message));
  }

  // The last three sizes of a picture: channels, height, width.
  struct Picture {
    std::size_t channels, height, width;
  };
  Picture picture_of(ValueId value) {
    const Shape& shape = g_.type(value).shape;
    const auto size = [&](std::size_t from_last) {
      const Dimension& d = shape[shape.rank() - from_last];
      return static_cast<std::size_t>(d.is_literal() ? d.value()
                                                     : sizes_[static_cast<std::size_t>(g_.size(d))]);
    };
    return {size(3), size(2), size(1)};
  }
  // Four components a texel, as the interpreter has images; of an input filled with its elements.
  Result<void> make_texels(const Node& node, ValueId value, Span<const Bytes> inputs,
                           Buffer<unsigned char>& texels) {
    const Picture p = picture_of(value);
    const std::size_t pixels = p.height * p.width;
    if (!texels.resize(pixels * 16)) return out_of_memory();
    if (texels.size()) std::memset(texels.data(), 0, texels.size());
    for (std::size_t k = 0; k < node.inputs.size(); ++k) {
      if (node.inputs[k] != value) continue;
      if (inputs[k].size() < p.channels * pixels * 4)
        return wrong_size(value, p.channels * pixels * 4, inputs[k].size());
      for (std::size_t c = 0; c < p.channels; ++c)
        for (std::size_t i = 0; i < pixels; ++i)
          std::memcpy(texels.data() + i * 16 + c * 4, inputs[k].data() + (c * pixels + i) * 4, 4);
    }
    return {};
  }
  bool take_texels(ValueId value, Buffer<unsigned char>& texels) {
    const Picture p = picture_of(value);
    const std::size_t pixels = p.height * p.width;
    Buffer<unsigned char> elements;
    if (!elements.resize(p.channels * pixels * 4)) return false;
    for (std::size_t c = 0; c < p.channels; ++c)
      for (std::size_t i = 0; i < pixels; ++i)
        std::memcpy(elements.data() + (c * pixels + i) * 4, texels.data() + i * 16 + c * 4, 4);
    texels = static_cast<Buffer<unsigned char>&&>(elements);
    return true;
  }

  static bool has_parameters(const tensor::Operation& operation) {
    for (std::uint32_t i = 0; i < operation.sizes().size(); ++i)
      if (operation.sizes().node(static_cast<SizeId>(i)).op == SizeTable::Op::Parameter) return true;
    for (const tensor::Step& step : operation.steps())
      if (!step.kernel.parameters().empty()) return true;
    return false;
  }
  Result<void> evaluate_sizes() {
    Result<Buffer<std::int64_t>> all = g_.sizes().evaluate(given_);
    if (!all) return static_cast<Result<Buffer<std::int64_t>>&&>(all).error();
    sizes_ = static_cast<Buffer<std::int64_t>&&>(*all);
    return {};
  }
  struct NamedSize {
    bool is_known = false;  // false: it is a number of the caller's, or nothing
    std::int64_t value = 0;
  };
  NamedSize size_called(Text name) {
    if (begins_with(name, size_prefix) || begins_with(name, literal_prefix)) {
      const SizeId id = g_.size(Dimension::parameter(name));
      if (g_.sizes().is_literal(id)) return {true, g_.sizes().lower(id)};
      if (static_cast<std::size_t>(id) < sizes_.size()) return {true, sizes_[static_cast<std::size_t>(id)]};
    }
    for (std::size_t i = 0; i < sizes_.size(); ++i) {
      const SizeId id = static_cast<SizeId>(i);
      if (g_.sizes().node(id).op == SizeTable::Op::Parameter && g_.sizes().name(id) == name)
        return {true, sizes_[i]};
    }
    return {};
  }

  Result<void> run_step(const tensor::Operation& operation, std::size_t index,
                        const tensor::OperationSizes& sizes, const Buffer<ValueId>& operands,
                        List<Buffer<unsigned char>>& memory) {
    const tensor::Step& step = operation.steps()[index];
    const kernel::Extent groups = sizes.groups(index);
    if (groups.volume() == 0) return {};
    kernel::Resources resources;
    for (std::uint32_t r = 0; r < step.kernel.resources().size(); ++r) {
      const kernel::ResourceKind kind = step.kernel.resources()[r].kind;
      if (kind == kernel::ResourceKind::Workgroup || kind == kernel::ResourceKind::Private ||
          kind == kernel::ResourceKind::Variable)
        continue;
      const std::size_t operand = operation.find(step.kernel.resource_name(r));
      Buffer<unsigned char>& bytes = memory[operand];
      if (kind != kernel::ResourceKind::Buffer) {
        const Picture p = picture_of(operands[operand]);
        kernel::ImageBinding image;
        image.width = static_cast<std::uint32_t>(p.width);
        image.height = static_cast<std::uint32_t>(p.height);
        image.texels = bytes.data();
        resources.bind_image(r, image);
        continue;
      }
      resources.bind(r, static_cast<void*>(bytes.data()), bytes.size());
    }
    for (const kernel::ParameterInfo& p : step.kernel.parameters()) {
      const NamedSize size = size_called(step.kernel.text(p.name));
      if (!size.is_known) {
        String message("the number ");
        message << step.kernel.text(p.name)
                << " is given when the program runs; a graph is evaluated with sizes alone";
        return refuse(ErrorCode::MissingBinding, static_cast<String&&>(message));
      }
      const std::uint64_t bits = static_cast<std::uint64_t>(size.value);
      resources.set_bits(step.kernel.text(p.name), p.type, Span<const std::uint64_t>(&bits, 1));
    }
    kernel::InterpretOptions options;
    options.subgroup_size = step.subgroup_size ? step.subgroup_size : 8;
    const Result<kernel::Report> report = kernel::interpret(step.kernel, {groups}, resources, options);
    if (!report) return report.error();
    if (!report->clean()) return refuse(ErrorCode::ValidationFailed, report->to_string());
    return {};
  }

  Graph& g_;
  Span<const tensor::SizeValue> given_;
  Buffer<std::int64_t> sizes_;
};

}  // namespace detail

AIRSTRIP_INLINE Result<List<Bytes>> evaluate_node(Graph& graph, NodeId node, Span<const Bytes> inputs,
                                                  Span<const tensor::SizeValue> sizes) {
  if (is_view(graph, graph.node(node))) {
    List<Bytes> same;
    same.push_back(Bytes(inputs[0]));
    return same;
  }
  return detail::NodeRun(graph, sizes).run(node, inputs);
}

AIRSTRIP_INLINE Result<List<Bytes>> evaluate(Graph& graph, Span<const NamedBytes> inputs,
                                             Span<const tensor::SizeValue> sizes) {
  if (!graph.ok()) return graph.error();
  // What the sizes have to fulfil, also where views alone use them.
  if (Result<Buffer<std::int64_t>> all = graph.sizes().evaluate(sizes); !all)
    return static_cast<Result<Buffer<std::int64_t>>&&>(all).error();
  List<Bytes> values;
  Diagnostic error;
  for (std::uint32_t i = 0; i < graph.value_count(); ++i) {
    const Value& value = graph.value(static_cast<ValueId>(i));
    Bytes bytes;
    if (value.is_constant) bytes = value.data;
    if (value.is_input) {
      const NamedBytes* found = nullptr;
      for (const NamedBytes& given : inputs)
        if (value.name == given.name) found = &given;
      if (!found) {
        error.code = ErrorCode::MissingBinding;
        error.message << "the input " << value.name << " was not given";
        return error;
      }
      bytes = Bytes::copied(found->bytes);
    }
    values.push_back(static_cast<Bytes&&>(bytes));
  }
  for (std::uint32_t n = 0; n < graph.nodes().size(); ++n) {
    List<Bytes> given;
    for (const ValueId id : graph.nodes()[n].inputs) {
      Bytes bytes;
      if (id != ValueId::Absent) bytes = values[static_cast<std::size_t>(id)];
      given.push_back(static_cast<Bytes&&>(bytes));
    }
    Result<List<Bytes>> outputs =
        evaluate_node(graph, static_cast<NodeId>(n), Span<const Bytes>(given.data(), given.size()), sizes);
    if (!outputs) return outputs;
    for (std::size_t k = 0; k < outputs->size(); ++k)
      values[static_cast<std::size_t>(graph.nodes()[n].outputs[k])] = static_cast<Bytes&&>((*outputs)[k]);
  }
  List<Bytes> results;
  for (const GraphOutput& output : graph.outputs()) {
    Bytes bytes = values[static_cast<std::size_t>(output.value)];
    results.push_back(static_cast<Bytes&&>(bytes));
  }
  if (values.out_of_memory() || results.out_of_memory()) {
    error.code = ErrorCode::OutOfMemory;
    error.message = "out of memory while a graph was evaluated";
    return error;
  }
  return results;
}

AIRSTRIP_GRAPH_NAMESPACE_END
