// Any bytes as a compiled program, the checksum made to fit: what is opened has to be safe to read, to evaluate and to count.
//   fuzz_program_fuzz -max_len=8192 corpus tests/fuzz/seeds/program
#include <airstrip/program/program.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

using namespace airstrip;
using namespace airstrip::program;

namespace {

void require(bool condition) {
  if (!condition) __builtin_trap();
}

// Reads all of it, for the sanitizer.
template <class T>
std::uint64_t touch(Span<const T> span) {
  return checksum(reinterpret_cast<const unsigned char*>(span.data()), span.size() * sizeof(T));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size >= sizeof(Header)) size -= size % 8;  // weights are whole words
  // Of exactly that size, and aligned.
  std::vector<unsigned char> bytes(data, data + size);
  if (size >= sizeof(Header)) {
    Header header;
    std::memcpy(&header, bytes.data(), sizeof header);
    header.bytes = size;
    if (header.weights_offset >= sizeof header && header.weights_offset <= size) {
      header.weights_bytes = size - header.weights_offset;
      std::memcpy(bytes.data(), &header, sizeof header);
      header.tables_checksum = checksum_of_tables(bytes.data(), header.weights_offset);
    }
    std::memcpy(bytes.data(), &header, sizeof header);
  }
  const Result<Program> opened = Program::open({bytes.data(), bytes.size()});
  if (!opened) {
    require(opened.error().code != ErrorCode::Ok && !opened.error().message.empty());
    return 0;
  }
  const Program& p = *opened;
  std::uint64_t sum = touch(p.weight_bytes()) + p.name().size();
  std::vector<ParameterValue> values;
  for (const ParameterRecord& r : p.parameters())
    values.push_back({p.text(r.name), static_cast<double>(r.maximum - r.maximum % r.multiple)});
  for (const TensorRecord& t : p.tensors()) sum += p.find_tensor(p.text(t.name));
  for (const ModuleRecord& m : p.modules()) sum += touch(p.words(m)) + touch(p.bindings(m));
  std::vector<std::int64_t> sizes(p.sizes().size());
  const bool evaluated = p.evaluate(values, sizes).ok();
  for (const VariantRecord& v : p.variants()) {
    sum += touch(p.requirements(v));
    for (const DispatchRecord& d : p.dispatches(v)) {
      sum += touch(p.operands(d)) + touch(p.arguments(d));
      if (!evaluated) continue;
      const Result<GroupCounts> counts = p.groups_of(v, d, sizes);
      if (counts) require(counts->x <= v.max_groups[0] && counts->y <= v.max_groups[1]);
    }
  }
  volatile std::uint64_t sink = sum;
  (void)sink;
  return 0;
}
