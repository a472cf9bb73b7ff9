#pragma once

#include "../operation.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

AIRSTRIP_INLINE std::size_t Operation::find(Text name) const {
  for (std::size_t i = 0; i < operands_.size(); ++i)
    if (operands_[i].name == name) return i;
  return npos;
}

namespace detail {

// Whether some step binds an operand by a descriptor, whose range is limited; an address has no range.
inline bool has_descriptor(Span<const Step> steps, Text operand) {
  for (const Step& step : steps) {
    if (step.write.layout == kernel::BindingLayout::DeviceAddresses) continue;
    for (std::size_t r = 0; r < step.kernel.resources().size(); ++r)
      if (step.kernel.resource_name(r) == operand) return true;
  }
  return false;
}

}  // namespace detail

AIRSTRIP_INLINE std::uint64_t Operation::fingerprint() const {
  std::uint64_t hash = spirv::hash_words({});
  const auto add = [&](std::uint64_t number) {
    const std::uint32_t words[2] = {static_cast<std::uint32_t>(number),
                                    static_cast<std::uint32_t>(number >> 32)};
    hash = spirv::hash_words(words, hash);
  };
  const auto add_text = [&](Text text) {
    add(text.size());
    for (const char c : text) add(static_cast<unsigned char>(c));
  };
  add(operands_.size());
  for (const Operand& o : operands_) {
    add_text(o.name);
    add(static_cast<std::uint64_t>(o.bytes));
  }
  add(steps_.size());
  for (const Step& step : steps_) add(static_cast<std::uint64_t>(step.groups));
  add(sizes_.size());
  for (std::uint32_t i = 0; i < sizes_.size(); ++i) {
    const SizeTable::Node& n = sizes_.node(static_cast<SizeId>(i));
    add(static_cast<std::uint64_t>(n.op));
    add(static_cast<std::uint64_t>(n.a));
    add(static_cast<std::uint64_t>(n.b));
    add(static_cast<std::uint64_t>(n.lower));
    add(static_cast<std::uint64_t>(n.upper));
    if (n.op == SizeTable::Op::Parameter) add_text(sizes_.name(static_cast<SizeId>(i)));
  }
  return hash;
}

AIRSTRIP_INLINE Result<OperationSizes> Operation::resolve(Span<const SizeValue> values) const {
  Result<Buffer<std::int64_t>> evaluated = sizes_.evaluate(values);
  if (!evaluated) return static_cast<Result<Buffer<std::int64_t>>&&>(evaluated).error();
  OperationSizes sizes;
  sizes.fingerprint_ = fingerprint();
  sizes.values_ = static_cast<Buffer<std::int64_t>&&>(*evaluated);
  Diagnostic error;
  const auto limit = [&](String message) {
    error.code = ErrorCode::LimitExceeded;
    error.message = static_cast<String&&>(message);
    return error;
  };
  const auto number = [](std::int64_t n) { return static_cast<std::uint64_t>(n); };
  for (const Operand& o : operands_) {
    const std::int64_t bytes = o.type.storage == Storage::Buffer ? sizes.value(o.bytes) : 0;
    if (number(bytes) > target_.max_storage_buffer_range && detail::has_descriptor(steps(), Text(o.name))) {
      String message(Text(o.name));
      message << " has " << number(bytes) << " bytes, and maxStorageBufferRange is "
              << target_.max_storage_buffer_range << "; split the work or the tensor";
      return limit(static_cast<String&&>(message));
    }
    if (bytes > 0xFFFFFFFF) {
      String message(Text(o.name));
      message << " has " << number(bytes)
              << " bytes, and kernels address 4 GiB at most; split the work or the tensor";
      return limit(static_cast<String&&>(message));
    }
    if (!sizes.bytes_.push_back((number(bytes) + 15) / 16 * 16)) error.code = ErrorCode::OutOfMemory;
  }
  for (const Step& step : steps_) {
    const std::int64_t groups = sizes.value(step.groups);
    const std::int64_t x = target_.max_workgroup_count.x, y = target_.max_workgroup_count.y;
    kernel::Extent extent = {0, 0, 0};
    if (groups > 0 && groups <= x)
      extent = {static_cast<std::uint32_t>(groups), 1, 1};
    else if (groups > 0) {
      // As WorkGrid counts them: rows of x, the last one not full.
      const std::int64_t rows = (groups - 1) / x + 1;
      if (rows > y || groups > 0xFFFFFFFF) {
        String message("the kernel ");
        message << step.kernel.name() << " needs " << number(groups)
                << " workgroups, and the device dispatches " << number(x) << " times " << number(y)
                << " of those in one grid; give each more work";
        return limit(static_cast<String&&>(message));
      }
      extent = {static_cast<std::uint32_t>((groups - 1) / rows + 1), static_cast<std::uint32_t>(rows), 1};
    }
    if (!sizes.groups_.push_back(extent)) error.code = ErrorCode::OutOfMemory;
  }
  if (error.code != ErrorCode::Ok) {
    error.message = "out of memory for sizes";
    return error;
  }
  return sizes;
}

AIRSTRIP_INLINE Result<spirv::Module> Operation::module(std::size_t step, bool names) const {
  kernel::WriteOptions options = steps_[step].write;
  options.names = names;
  options.max_push_constants = target_.max_push_constants;
  return kernel::write_spirv(steps_[step].kernel, target_.spirv, options);
}

AIRSTRIP_TENSOR_NAMESPACE_END
