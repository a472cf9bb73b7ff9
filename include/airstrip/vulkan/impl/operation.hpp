#pragma once

#include "../operation.hpp"

AIRSTRIP_VULKAN_NAMESPACE_BEGIN

namespace detail {

inline Diagnostic operation_error(ErrorCode code, String message, SourceLocation at) {
  Diagnostic error;
  error.code = code;
  error.message = static_cast<String&&>(message);
  error.where = at;
  return error;
}

inline Diagnostic prepared_out_of_memory(SourceLocation at) {
  return operation_error(ErrorCode::OutOfMemory, "out of memory for an operation", at);
}

inline const OperandMemory* find_operand(Span<const OperandMemory> memory, Text name) {
  for (const OperandMemory& m : memory)
    if (m.binding.slot.name == name) return &m;
  return nullptr;
}

// The sizes are the operation's own, and no operand of it is given twice.
inline Result<void> check_given(const tensor::Operation& operation, const tensor::OperationSizes& sizes,
                                Span<const OperandMemory> memory, SourceLocation at) {
  if (!operation.is_resolved_by(sizes))
    return operation_error(ErrorCode::InvalidBinding,
                           "the sizes are those of another operation; resolve this one", at);
  for (const OperandMemory& m : memory) {
    const Text name = m.binding.slot.name;
    if (find_operand(memory, name) == &m || operation.find(name) == tensor::Operation::npos) continue;
    String message("the operand ");
    message << name << " is given twice";
    return operation_error(ErrorCode::InvalidBinding, static_cast<String&&>(message), at);
  }
  return {};
}

// Names what was given in vain: of a name misspelt the right one is missing.
inline Diagnostic no_memory_for(Text name, const tensor::Operation& operation,
                                Span<const OperandMemory> memory, SourceLocation at) {
  String message("the operand ");
  message << name << " has no memory; give it some under that name";
  for (const OperandMemory& m : memory)
    if (operation.find(m.binding.slot.name) == tensor::Operation::npos)
      message << " (" << m.binding.slot.name << " is no operand)";
  return operation_error(ErrorCode::MissingBinding, static_cast<String&&>(message), at);
}

}  // namespace detail

AIRSTRIP_INLINE Result<OperationPipelines>
OperationPipelines::make(const Context& context, const tensor::Operation& operation, SourceLocation at) {
  OperationPipelines made;
  made.operation_ = &operation;
  for (std::size_t s = 0; s < operation.steps().size(); ++s) {
    const tensor::Step& step = operation.steps()[s];
    Result<spirv::Module> module = operation.module(s);
    if (!module) return static_cast<Result<spirv::Module>&&>(module).error();
    PipelineInfo info;
    info.words = module->words();
    info.label = step.kernel.name();
    info.subgroup_size = step.subgroup_size;
    info.full_subgroups = step.kernel.options().subgroup.full;
    Result<Pipeline> pipeline = Pipeline::make(context, info, at);
    if (!pipeline) return static_cast<Result<Pipeline>&&>(pipeline).error();
    made.pool_sizes_.append(pipeline->pool_sizes());
    made.pipelines_.push_back(static_cast<Pipeline&&>(*pipeline));
  }
  if (made.pipelines_.out_of_memory() || made.pool_sizes_.out_of_memory())
    return detail::operation_error(ErrorCode::OutOfMemory, "out of memory for pipelines", at);
  return made;
}

AIRSTRIP_INLINE Result<void> OperationPipelines::compile(VkPipelineCache cache) {
  Buffer<Pipeline*> all;
  for (Pipeline& pipeline : pipelines_) all.push_back(&pipeline);
  if (all.out_of_memory())
    return detail::operation_error(ErrorCode::OutOfMemory, "out of memory for pipelines", {});
  return vulkan::compile(Span<Pipeline* const>(all.data(), all.size()), cache);
}

AIRSTRIP_INLINE bool OperationPipelines::is_ready() const {
  for (const Pipeline& pipeline : pipelines_)
    if (!pipeline.is_ready()) return false;
  return true;
}

AIRSTRIP_INLINE std::uint32_t OperationPipelines::pool_sets() const {
  std::uint32_t sets = 0;
  for (const Pipeline& pipeline : pipelines_) sets += pipeline.pool_sets();
  return sets;
}

AIRSTRIP_INLINE Result<PreparedOperation>
prepare(const OperationPipelines& pipelines, const tensor::OperationSizes& sizes,
        Span<const OperandMemory> memory, Span<const Parameter> parameters, Frame& frame, SourceLocation at) {
  const tensor::Operation& operation = pipelines.operation();
  if (Result<void> r = detail::check_given(operation, sizes, memory, at); !r) return r.error();
  PreparedOperation made;
  Buffer<Binding> bindings;
  Buffer<Parameter> numbers;
  for (std::size_t s = 0; s < operation.steps().size(); ++s) {
    const tensor::Step& step = operation.steps()[s];
    const kernel::Extent groups = sizes.groups(s);
    if (groups.volume() == 0) {
      if (!made.prepared_.push_back(Prepared())) return detail::prepared_out_of_memory(at);
      continue;
    }
    bindings.clear();
    for (std::size_t r = 0; r < step.kernel.resources().size(); ++r) {
      const kernel::Resource& resource = step.kernel.resource(r);
      const bool buffer = resource.kind == kernel::ResourceKind::Buffer;
      if (!buffer && resource.kind != kernel::ResourceKind::StorageImage &&
          resource.kind != kernel::ResourceKind::SampledImage)
        continue;
      const Text name = step.kernel.resource_name(r);
      const OperandMemory* const found = detail::find_operand(memory, name);
      if (!found) return detail::no_memory_for(name, operation, memory, at);
      String message("the operand ");
      message << name;
      Binding binding = found->binding;
      const bool by_address = buffer && step.write.layout == kernel::BindingLayout::DeviceAddresses;
      if (by_address && found->address == 0) {
        message << " is accessed by its address; give that as well";
        return detail::operation_error(ErrorCode::MissingBinding, static_cast<String&&>(message), at);
      }
      // A module says of its arrays only what one element takes. (It does tell what is no buffer at all.)
      if (by_address || (buffer && binding.kind == Binding::Kind::Buffer)) {
        const std::size_t index = operation.find(name);
        const std::uint64_t needed = index == tensor::Operation::npos ? 0 : sizes.bytes(index);
        if (binding.size < needed) {
          const std::uint64_t own =
              static_cast<std::uint64_t>(sizes.value(operation.operands()[index].bytes));
          message << " is too small: it needs " << needed << " bytes";
          if (own != needed) message << " (" << own << ", to a multiple of 16)";
          message << ", and has " << binding.size;
          return detail::operation_error(ErrorCode::InvalidBinding, static_cast<String&&>(message), at);
        }
      }
      if (by_address) binding = bind_address(name, found->address, binding.size);
      bindings.push_back(binding);
    }
    numbers.clear();
    for (const kernel::ParameterInfo& p : step.kernel.parameters()) {
      const Text name = step.kernel.text(p.name);
      for (std::uint32_t id = 0; id < operation.sizes().size(); ++id) {
        const tensor::SizeId size = static_cast<tensor::SizeId>(id);
        if (operation.sizes().node(size).op == tensor::SizeTable::Op::Parameter &&
            operation.sizes().name(size) == name)
          numbers.push_back({name, static_cast<std::uint32_t>(sizes.value(size))});
      }
      for (const Parameter& given : parameters)
        if (given.slot.name == name) numbers.push_back(given);
    }
    if (bindings.out_of_memory() || numbers.out_of_memory())
      return detail::operation_error(ErrorCode::OutOfMemory, "out of memory for bindings", at);
    Arguments arguments;
    arguments.bindings = {bindings.data(), bindings.size()};
    arguments.parameters = {numbers.data(), numbers.size()};
    arguments.ignore_unused = true;  // a kernel may have what its words do without
    Result<Prepared> prepared = prepare(pipelines.steps()[s], arguments, frame, at);
    if (!prepared) return static_cast<Result<Prepared>&&>(prepared).error();
    PreparedOperation::Dispatch dispatch{s, step.phase, {groups.x, groups.y, groups.z}, {}};
    for (const PreparedOperation::Dispatch& earlier : made.dispatches_)
      dispatch.before.add(barrier_between(made.prepared_[earlier.step], *prepared));
    // Steps after this one look at what stands here.
    if (!made.dispatches_.push_back(dispatch) ||
        !made.prepared_.push_back(static_cast<Prepared&&>(*prepared)))
      return detail::prepared_out_of_memory(at);
  }
  return made;
}

AIRSTRIP_INLINE Result<void> record(const Context& context, VkCommandBuffer commands,
                                    const PreparedOperation& prepared, tensor::Phase phase) {
  for (const PreparedOperation::Dispatch& dispatch : prepared.dispatches()) {
    if (dispatch.phase != phase) continue;
    record(context, commands, dispatch.before);
    if (Result<void> done = record(commands, prepared.prepared()[dispatch.step], dispatch.groups); !done)
      return done;
  }
  return {};
}

AIRSTRIP_INLINE MemoryBarrier barrier_before(const PreparedOperation& prepared, tensor::Phase phase,
                                             const MemoryState& earlier) {
  MemoryBarrier all;
  for (const PreparedOperation::Dispatch& dispatch : prepared.dispatches())
    if (dispatch.phase == phase) all.add(barrier_before(prepared.prepared()[dispatch.step], earlier));
  return all;
}

AIRSTRIP_INLINE MemoryBarrier barrier_after(const PreparedOperation& prepared, tensor::Phase phase,
                                            const MemoryState& later) {
  MemoryBarrier all;
  for (const PreparedOperation::Dispatch& dispatch : prepared.dispatches())
    if (dispatch.phase == phase) all.add(barrier_after(prepared.prepared()[dispatch.step], later));
  return all;
}

AIRSTRIP_INLINE MemoryBarrier barrier_between(const PreparedOperation& earlier,
                                              const PreparedOperation& later) {
  MemoryBarrier all;
  for (const PreparedOperation::Dispatch& a : earlier.dispatches())
    for (const PreparedOperation::Dispatch& b : later.dispatches())
      if (a.phase == tensor::Phase::Run && b.phase == tensor::Phase::Run)
        all.add(barrier_between(earlier.prepared()[a.step], later.prepared()[b.step]));
  return all;
}

AIRSTRIP_VULKAN_NAMESPACE_END
