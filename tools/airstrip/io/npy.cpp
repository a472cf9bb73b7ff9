#include "npy.hpp"

#include "../failure.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace tool {

namespace {

constexpr std::string_view magic("\x93NUMPY", 6);
constexpr std::size_t max_header_bytes = 1 << 16;
constexpr std::size_t max_axes = 64;  // NumPy 2's

struct Kind {
  std::string_view descr;  // without the byte order
  Scalar scalar;
};
constexpr Kind kinds[] = {{"f2", Scalar::F16}, {"f4", Scalar::F32},     {"f8", Scalar::F64},
                          {"i1", Scalar::I8},  {"i2", Scalar::I16},     {"i4", Scalar::I32},
                          {"i8", Scalar::I64}, {"u1", Scalar::U8},      {"u2", Scalar::U16},
                          {"u4", Scalar::U32}, {"b1", Scalar::Boolean}, {"u8", Scalar::U64}};

struct Header {
  std::optional<std::string> descr;
  std::optional<bool> is_fortran;
  std::optional<Dims> shape;
};

// The header is a dictionary of Python's with three keys and no nesting but the shape's tuple.
class HeaderParser {
public:
  HeaderParser(const std::string& subject, std::string_view text) : subject_(subject), text_(text) {}

  Header parse() {
    Header header;
    expect('{');
    while (!take('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && !header.descr) {
        if (peek() == '[')
          throw Failure(ExitCode::Unsupported,
                        subject_ + ": its elements are structures; save each field as an array of its own");
        header.descr = quoted();
      } else if (key == "fortran_order" && !header.is_fortran) {
        header.is_fortran = boolean();
      } else if (key == "shape" && !header.shape) {
        header.shape = tuple();
      } else {
        fail("has the key '" + key + "' twice, or should not have it");
      }
      if (!take(',') && peek() != '}') fail("lacks a comma");
    }
    skip_space();
    if (at_ != text_.size()) fail("goes on behind its end");
    if (!header.descr || !header.is_fortran || !header.shape)
      fail("lacks one of 'descr', 'fortran_order' and 'shape'");
    return header;
  }

private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Failure(ExitCode::BadInput, subject_ + ": is damaged: the header of the .npy file " + what);
  }
  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  char peek() {
    skip_space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail(std::string("lacks a '") + c + "'");
  }
  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("lacks a quoted word");
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("ends inside a quoted word");
    const std::string word(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return word;
  }
  bool boolean() {
    skip_space();
    for (const auto& [word, value] : {std::pair(std::string_view("True"), true), {"False", false}})
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return value;
      }
    fail("has neither True nor False for 'fortran_order'");
  }
  Dims tuple() {
    Dims dims;
    expect('(');
    while (!take(')')) {
      skip_space();
      std::int64_t dim = 0;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), dim);
      if (error != std::errc() || dim < 0) fail("has a dimension that is no number from 0 on");
      at_ = static_cast<std::size_t>(end - text_.data());
      dims.push_back(dim);
      if (dims.size() > max_axes) fail("has more than 64 axes");
      if (!take(',') && peek() != ')') fail("lacks a comma in its shape");
    }
    return dims;
  }

  const std::string& subject_;
  std::string_view text_;
  std::size_t at_ = 0;
};

Scalar scalar_of(const std::string& subject, const std::string& descr) {
  if (!descr.empty() && descr[0] == '>' && descr.substr(1) != "b1" && descr.substr(1) != "i1" &&
      descr.substr(1) != "u1")
    throw Failure(ExitCode::Unsupported, subject + ": its numbers are big-endian (" + descr +
                                             "); save it with array.astype(array.dtype.newbyteorder('<'))");
  for (const Kind& kind : kinds)
    if (descr.size() == 3 && std::string_view("<|=>").find(descr[0]) != std::string_view::npos &&
        std::string_view(descr).substr(1) == kind.descr)
      return kind.scalar;
  throw Failure(ExitCode::Unsupported,
                subject + ": its elements are of NumPy's type '" + descr +
                    "'; save it as a float, an integer or a boolean (array.astype('f4'))");
}

// From an order in which the first axis is the closest to one in which the last is.
void transpose(const Dims& dims, std::size_t element, const std::byte* from, std::byte* to) {
  std::vector<std::size_t> strides;
  std::size_t count = 1;
  for (const std::int64_t dim : dims) {
    strides.push_back(count);
    count *= static_cast<std::size_t>(dim);
  }
  std::vector<std::int64_t> index(dims.size());
  std::size_t source = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(to + i * element, from + source * element, element);
    for (std::size_t axis = dims.size(); axis-- > 0;) {
      source += strides[axis];
      if (++index[axis] < dims[axis]) break;
      source -= strides[axis] * static_cast<std::size_t>(dims[axis]);
      index[axis] = 0;
    }
  }
}

}  // namespace

bool is_npy(std::span<const std::byte> bytes) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

HostTensor read_npy(const std::string& subject, std::span<const std::byte> bytes) {
  if (!is_npy(bytes)) throw Failure(ExitCode::BadInput, subject + ": is no .npy file");
  const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(bytes[i]); };
  const bool has_version = bytes.size() >= 8;
  if (has_version && (byte(6) < 1 || byte(6) > 3 || byte(7) != 0))
    throw Failure(ExitCode::Unsupported, subject + ": is a .npy file of version " + std::to_string(byte(6)) +
                                             "." + std::to_string(byte(7)) + "; 1.0 to 3.0 can be read");
  const std::size_t prefix = has_version && byte(6) == 1 ? 10 : 12;
  if (bytes.size() < prefix) throw Failure(ExitCode::BadInput, subject + ": is cut off inside its header");
  std::size_t header_bytes = byte(8) | byte(9) << 8;
  if (prefix == 12) header_bytes |= byte(10) << 16 | byte(11) << 24;
  if (header_bytes > max_header_bytes)
    throw Failure(ExitCode::BadInput, subject + ": is damaged: its header claims to have " +
                                          std::to_string(header_bytes) + " bytes");
  if (bytes.size() - prefix < header_bytes)
    throw Failure(ExitCode::BadInput, subject + ": is cut off inside its header");
  const std::string text(reinterpret_cast<const char*>(bytes.data()) + prefix, header_bytes);
  const Header header = HeaderParser(subject, text).parse();

  const std::span<const std::byte> data = bytes.subspan(prefix + header_bytes);
  const Scalar scalar = scalar_of(subject, *header.descr);
  const std::size_t needed = tensor_bytes(subject, scalar, *header.shape);
  if (data.size() != needed)
    throw Failure(ExitCode::BadInput, subject + ": should have " + std::to_string(needed) + " bytes for " +
                                          name_of(scalar) + to_string(*header.shape) + " and has " +
                                          std::to_string(data.size()) +
                                          (data.size() < needed ? "; is it cut off?" : ""));
  HostTensor tensor = make_tensor(subject, scalar, *header.shape);
  if (needed == 0) return tensor;
  if (*header.is_fortran)
    transpose(tensor.dims, element_bytes(scalar), data.data(), tensor.bytes.data());
  else
    std::memcpy(tensor.bytes.data(), data.data(), needed);
  if (scalar == Scalar::Boolean)
    for (std::byte& b : tensor.bytes) b = std::byte(b != std::byte(0));
  return tensor;
}

Bytes write_npy(const HostTensor& tensor) {
  const Kind* const kind = std::find_if(std::begin(kinds), std::end(kinds),
                                        [&](const Kind& k) { return k.scalar == tensor.scalar; });
  if (kind == std::end(kinds))
    throw Failure(ExitCode::Unsupported, tensor.name + ": NumPy has no type for " + name_of(tensor.scalar) +
                                             "; convert it to f32 first");
  std::string header = "{'descr': '";
  header += element_bytes(tensor.scalar) == 1 ? '|' : '<';
  header.append(kind->descr).append("', 'fortran_order': False, 'shape': (");
  for (const std::int64_t dim : tensor.dims) header += std::to_string(dim) + ", ";
  // Python's tuples: (), (3,), (3, 4).
  if (tensor.dims.size() > 1) header.resize(header.size() - 2);
  if (tensor.dims.size() == 1) header.pop_back();
  header += "), }";
  // The data begins at a multiple of 64 bytes.
  constexpr std::size_t prefix = 10;
  header.append(64 - (prefix + header.size() + 1) % 64, ' ');
  header += '\n';
  std::string start(magic);
  for (const std::size_t b : {std::size_t{1}, std::size_t{0}, header.size() & 0xFF, header.size() >> 8})
    start += static_cast<char>(b);
  start += header;
  Bytes bytes(start.size() + tensor.bytes.size());
  std::memcpy(bytes.data(), start.data(), start.size());
  std::copy(tensor.bytes.begin(), tensor.bytes.end(),
            bytes.begin() + static_cast<std::ptrdiff_t>(start.size()));
  return bytes;
}

}  // namespace tool
