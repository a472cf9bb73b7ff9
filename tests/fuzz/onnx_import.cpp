// Any bytes as a model that is imported: an error, or a graph whose outputs have shapes, in bounded memory.
//   fuzz_onnx_import -max_len=8192 corpus tests/fuzz/seeds/onnx
#include <airstrip/onnx/import.hpp>
#include <airstrip/onnx/model.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

using namespace airstrip;

namespace {

struct Random {
  std::uint32_t state;
  std::size_t operator()(std::size_t below) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return below ? state % below : 0;
  }
};

// Numbers that sizes, axes and counts break at.
std::int64_t number(Random& random) {
  constexpr std::int64_t numbers[] = {0,
                                      1,
                                      -1,
                                      2,
                                      3,
                                      -2,
                                      7,
                                      8,
                                      64,
                                      65,
                                      -9,
                                      1 << 16,
                                      std::int64_t{1} << 31,
                                      (std::int64_t{1} << 32) + 1,
                                      std::int64_t{1} << 40,
                                      std::int64_t{1} << 60,
                                      -(std::int64_t{1} << 60),
                                      INT64_MAX,
                                      INT64_MIN};
  return numbers[random(sizeof numbers / sizeof *numbers)];
}

struct Field {
  std::uint64_t tag;
  std::uint64_t value;  // of a varint
  std::string bytes;    // of all others
};

bool read_varint(const std::string& from, std::size_t& at, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && at < from.size(); shift += 7) {
    const unsigned char c = static_cast<unsigned char>(from[at++]);
    value |= std::uint64_t{c & 0x7Fu} << shift;
    if (c < 0x80) return true;
  }
  return false;
}
void write_varint(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to += static_cast<char>((value & 0x7F) | 0x80);
  to += static_cast<char>(value);
}

bool read_fields(const std::string& from, std::vector<Field>& fields) {
  for (std::size_t at = 0; at < from.size();) {
    Field field = {};
    if (!read_varint(from, at, field.tag) || field.tag >> 3 == 0 || field.tag >> 3 > 30) return false;
    const unsigned type = field.tag & 7;
    std::uint64_t size = type == 1 ? 8 : 4;
    if (type == 0) {
      if (!read_varint(from, at, field.value)) return false;
    } else {
      if (type == 2 && !read_varint(from, at, size)) return false;
      if ((type != 1 && type != 2 && type != 5) || size > from.size() - at) return false;
      field.bytes = from.substr(at, size);
      at += size;
    }
    fields.push_back(field);
  }
  return true;
}

// Changes one field somewhere inside: a number becomes one of the above, a text another of the file's, a field goes or comes
// twice.
std::string changed(const std::string& message, const std::vector<std::string>& texts, Random& random) {
  std::vector<Field> fields;
  if (message.empty() || !read_fields(message, fields)) return message;
  const std::size_t at = random(fields.size());
  Field& field = fields[at];
  std::vector<Field> inside;
  const unsigned type = field.tag & 7;
  if (type == 2 && field.bytes.size() > 1 && read_fields(field.bytes, inside) && random(8) != 0) {
    field.bytes = changed(field.bytes, texts, random);
  } else if (random(12) == 0) {
    fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(at));
  } else if (random(12) == 0) {
    fields.insert(fields.begin() + static_cast<std::ptrdiff_t>(random(fields.size())), Field(field));
  } else if (type == 0) {
    field.value = static_cast<std::uint64_t>(number(random));
  } else if (type == 2 && field.bytes.size() % 8 == 0 && !field.bytes.empty() && random(2)) {
    const std::int64_t value = number(random);
    std::memcpy(&field.bytes[8 * random(field.bytes.size() / 8)], &value, 8);
  } else if (type == 2 && !texts.empty()) {
    field.bytes = texts[random(texts.size())];
  }
  std::string result;
  for (const Field& f : fields) {
    write_varint(result, f.tag);
    if ((f.tag & 7) == 0) write_varint(result, f.value);
    if ((f.tag & 7) == 2) write_varint(result, f.bytes.size());
    result += f.bytes;
  }
  return result;
}

void collect_texts(const std::string& message, std::vector<std::string>& texts, unsigned depth) {
  std::vector<Field> fields;
  if (depth > 12 || !read_fields(message, fields)) return;
  for (const Field& field : fields) {
    if ((field.tag & 7) != 2 || field.bytes.empty()) continue;
    if (field.bytes.size() < 24) texts.push_back(field.bytes);
    collect_texts(field.bytes, texts, depth + 1);
  }
}

void require(bool condition) {
  if (!condition) __builtin_trap();
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

// Bytes changed at random seldom stay a model: mostly this changes one as a model.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  Random random = {seed * 2654435761u + 1};
  if (random(8) == 0) return LLVMFuzzerMutate(data, size, max_size);
  std::string model(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> texts;
  collect_texts(model, texts, 0);
  for (std::size_t changes = 1 + random(3); changes > 0; --changes) model = changed(model, texts, random);
  if (model.empty() || model.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, model.data(), model.size());
  return model.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Result<onnx::Model> model = onnx::read_model(onnx::bytes_of(data, size));
  if (!model) return 0;
  onnx::ImportOptions options;
  options.max_nodes = 256;  // loops that are written out
  onnx::ImportReport report;
  const Result<graph::Graph> made = onnx::import_model(*model, options, &report);
  require(report.nodes <= options.max_nodes);
  if (!made) {
    require(made.error().code != ErrorCode::Ok && !made.error().message.empty());
    require(made.error().code != ErrorCode::OutOfMemory);
    return 0;
  }
  require(made->ok() && report.issues.empty());
  require(made->outputs().size() == model->graph->outputs.size());
  for (const graph::GraphOutput& output : made->outputs())
    require(output.value != graph::ValueId::Absent &&
            made->type(output.value).shape.rank() <= graph::Shape::max_rank);
  return 0;
}
