#pragma once

#include "../program.hpp"
#include "checker.hpp"

AIRSTRIP_PROGRAM_NAMESPACE_BEGIN

namespace detail {

inline constexpr std::int64_t most = 0x7FFFFFFFFFFFFFFF, least = -most - 1;

// Formulas over any numbers: what is beyond them stays at the end. (A literal may be negative.)
inline std::int64_t clamped_sum(std::int64_t a, std::int64_t b) {
  if (b > 0 && a > most - b) return most;
  if (b < 0 && a < least - b) return least;
  return a + b;
}
inline std::int64_t clamped_difference(std::int64_t a, std::int64_t b) {
  if (b < 0 && a > most + b) return most;
  if (b > 0 && a < least + b) return least;
  return a - b;
}
inline std::int64_t clamped_product(std::int64_t a, std::int64_t b) {
  if (a == 0 || b == 0) return 0;
  if (a > 0 ? (b > 0 ? a > most / b : b < least / a) : (b > 0 ? a < least / b : b < most / a))
    return (a > 0) == (b > 0) ? most : least;
  return a * b;
}

}  // namespace detail

AIRSTRIP_INLINE Result<Program> Program::open(Span<const unsigned char> bytes) {
  using detail::refuse;
  const auto misaligned = reinterpret_cast<std::uintptr_t>(bytes.data()) % 8 != 0;
  if (misaligned)
    return refuse(ErrorCode::InvalidOperand, "a program's bytes have to begin at a multiple of 8");
  if (bytes.size() < 24 || std::memcmp(bytes.data(), magic, sizeof magic) != 0)
    return refuse(ErrorCode::NotAProgram,
                  "the bytes do not begin with \"Airstrip\": this is no compiled program");
  std::uint32_t version = 0, order = 0;
  std::uint64_t size = 0;
  std::memcpy(&version, bytes.data() + 8, 4);
  std::memcpy(&order, bytes.data() + 12, 4);
  std::memcpy(&size, bytes.data() + 16, 8);
  if (order != byte_order_mark)
    return refuse(ErrorCode::VersionConflict,
                  "the program is of little-endian numbers, and this machine is not");
  if (version != format_version) {
    String message("the program has version ");
    message << version << " of the format, and this library reads version " << format_version
            << "; compile the model again";
    return refuse(ErrorCode::VersionConflict, static_cast<String&&>(message));
  }
  if (size != bytes.size() || size < sizeof(Header)) {
    String message("the program says that it has ");
    message << size << " bytes, and there are " << std::uint64_t{bytes.size()} << "; the file is cut off";
    return refuse(ErrorCode::Truncated, static_cast<String&&>(message));
  }
  Program program;
  program.bytes_ = bytes;
  program.header_ = reinterpret_cast<const Header*>(bytes.data());
  if (Result<void> r = program.check(); !r) return r.error();
  return program;
}

AIRSTRIP_INLINE Result<Program> Program::own(Buffer<unsigned char>&& bytes) {
  Result<Program> program = open({bytes.data(), bytes.size()});
  if (program) program->owned_ = static_cast<Buffer<unsigned char>&&>(bytes);
  return program;
}

AIRSTRIP_INLINE Result<void> Program::check() const {
  using detail::refuse;
  const Header& h = *header_;
  if (h.weights_offset % 8 != 0 || h.weights_offset < sizeof(Header) || h.weights_offset > h.bytes ||
      h.weights_bytes != h.bytes - h.weights_offset)
    return refuse(ErrorCode::MalformedFile,
                  "the weights of the program do not end where the file does; it is damaged");
  if (h.weights_bytes % 8 != 0)  // a checksum is of whole words
    return refuse(ErrorCode::MalformedFile,
                  "the weights of the program are no multiple of 8 bytes; the file is damaged");
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(Table::Count); ++i) {
    const TableRecord& t = h.tables[i];
    const std::uint32_t element = detail::bytes_of_record(static_cast<Table>(i));
    if (t.element_bytes == element && t.offset % 8 == 0 && t.offset >= sizeof(Header) &&
        t.offset <= h.weights_offset && std::uint64_t{t.count} * element <= h.weights_offset - t.offset)
      continue;
    String message("table ");
    message << i << " of the program does not lie in the file; it is damaged";
    return refuse(ErrorCode::MalformedFile, static_cast<String&&>(message));
  }
  if (checksum_of_tables(bytes_.data(), h.weights_offset) != h.tables_checksum)
    return refuse(ErrorCode::MalformedFile,
                  "the checksum of the program's tables does not match; the file is damaged");
  const std::uint32_t text = h.tables[0].count;
  if (h.name.first > text || h.name.count > text - h.name.first)
    return refuse(ErrorCode::MalformedFile, "the program's name is not in the file; it is damaged");
  return detail::ProgramChecker(*this, h).run();
}

AIRSTRIP_INLINE Result<void> Program::check_weights() const {
  if (checksum(weight_bytes().data(), weight_bytes().size()) == header().weights_checksum) return {};
  return detail::refuse(ErrorCode::MalformedFile,
                        "the checksum of the weights does not match; the file is damaged");
}

AIRSTRIP_INLINE std::uint32_t Program::find_tensor(Text name) const {
  for (std::uint32_t i = 0; i < tensors().size(); ++i)
    if (text(tensors()[i].name) == name) return i;
  return none;
}
AIRSTRIP_INLINE std::uint32_t Program::find_parameter(Text name) const {
  for (std::uint32_t i = 0; i < parameters().size(); ++i)
    if (text(parameters()[i].name) == name) return i;
  return none;
}

AIRSTRIP_INLINE Result<void> Program::evaluate(Span<const ParameterValue> values,
                                               Span<std::int64_t> sizes) const {
  using Op = SizeRecord::Op;
  using detail::refuse;
  const Span<const SizeRecord> formulas = this->sizes();
  if (sizes.size() < formulas.size())
    return refuse(ErrorCode::InvalidOperand, "there is no room for all sizes of the program");
  for (std::size_t i = 0; i < formulas.size(); ++i) {
    const SizeRecord& f = formulas[i];
    if (f.op == Op::Literal) {
      sizes[i] = f.value;
      continue;
    }
    if (f.op == Op::Parameter) {
      const ParameterRecord& p = parameters()[f.a];
      const ParameterValue* found = nullptr;
      for (const ParameterValue& v : values)
        if (v.name == text(p.name)) found = &v;
      const auto refuse_size = [&](ErrorCode code, Text why) {
        String message("the size ");
        message << text(p.name) << ' ' << why;
        return refuse(code, static_cast<String&&>(message));
      };
      if (!found) return refuse_size(ErrorCode::MissingBinding, "was not given");
      if (!(found->number >= 0 && found->number < 9.0e18))
        return refuse_size(ErrorCode::InvalidShape, "is no size");
      const std::int64_t value = static_cast<std::int64_t>(found->number);
      if (static_cast<double>(value) != found->number)
        return refuse_size(ErrorCode::InvalidShape, "is no whole number");
      if (value > p.maximum) {
        String why("is ");
        why << static_cast<std::uint64_t>(value) << ", more than its maximum of "
            << static_cast<std::uint64_t>(p.maximum);
        return refuse_size(ErrorCode::LimitExceeded, Text(why));
      }
      if (value % p.multiple != 0) {
        String why("is ");
        why << static_cast<std::uint64_t>(value) << ", which is no multiple of "
            << static_cast<std::uint64_t>(p.multiple) << ", as was declared";
        return refuse_size(ErrorCode::InvalidShape, Text(why));
      }
      sizes[i] = value;
      continue;
    }
    const std::int64_t a = sizes[f.a], b = sizes[f.b];
    std::int64_t& r = sizes[i];
    switch (f.op) {
      case Op::Add: r = detail::clamped_sum(a, b); break;
      case Op::Sub:
        if (a < b)
          return refuse(
              ErrorCode::InvalidShape,
              "a size of the program would be negative; the sizes that were given are too small for it");
        r = detail::clamped_difference(a, b);
        break;
      case Op::Mul: r = detail::clamped_product(a, b); break;
      case Op::Div: r = b <= 0 ? 0 : a / b; break;
      case Op::CeilDiv: r = b <= 0 ? 0 : a / b + (a % b > 0 ? 1 : 0); break;
      case Op::Mod: r = b <= 0 ? 0 : a % b; break;
      case Op::Min: r = a < b ? a : b; break;
      default: r = a > b ? a : b; break;
    }
  }
  return {};
}

AIRSTRIP_INLINE Result<GroupCounts> Program::groups_of(const VariantRecord& variant,
                                                       const DispatchRecord& dispatch,
                                                       Span<const std::int64_t> sizes) const {
  const std::int64_t groups = sizes[dispatch.groups];
  GroupCounts counts;
  if (groups <= 0) return counts;
  const std::int64_t x = variant.max_groups[0], y = variant.max_groups[1];
  counts = {1, 1, 1};
  if (groups <= x) {
    counts.x = static_cast<std::uint32_t>(groups);
    return counts;
  }
  // Rows of x, the last one not full: as the kernels count them (tensor/primitives/work_grid.hpp).
  const std::int64_t rows = (groups - 1) / x + 1;
  if (rows > y || groups > 0xFFFFFFFF) {
    String message(text(dispatch.name));
    message << " needs " << static_cast<std::uint64_t>(groups) << " workgroups, and the device dispatches "
            << variant.max_groups[0] << " times " << variant.max_groups[1] << " at once";
    return detail::refuse(ErrorCode::LimitExceeded, static_cast<String&&>(message));
  }
  counts.x = static_cast<std::uint32_t>((groups - 1) / rows + 1);
  counts.y = static_cast<std::uint32_t>(rows);
  return counts;
}

AIRSTRIP_PROGRAM_NAMESPACE_END
