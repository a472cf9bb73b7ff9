// Any bytes into the reader. What it takes it must give back, within bounds, in memory proportional to the bytes.
//   fuzz_parse_fuzz -max_len=4096 corpus tests/fuzz/seeds/parse
#include <airstrip/spirv/view.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

using namespace airstrip;
using namespace airstrip::spirv;

namespace {

void require(bool condition) {
  if (!condition) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Result<ModuleView> view = parse_bytes(data, size);
  if (!view) {
    require(view.error().code != ErrorCode::Ok && !view.error().message.empty());
    require(view.error().word_offset <= size / 4 && view->size() == 0);
    return 0;
  }
  // Written back: the same bytes, or each word turned around.
  const Span<const std::uint32_t> words = view->words();
  require(words.size() * 4 == size);
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::uint32_t word;
    std::memcpy(&word, data + 4 * i, 4);
    require(word == words[i] || __builtin_bswap32(word) == words[i]);
  }
  require(view->memory() <= words.size() * 36 + 512);

  const Result<ModuleView> borrowed = ModuleView::borrow(words);
  require(borrowed.ok() && borrowed->words().data() == words.data() && borrowed->size() == view->size());

  std::size_t at = header_words;
  for (const Instruction i : *view) {
    require(i.word_offset() == at && !i.words().empty());
    at += i.words().size();
    if (const std::uint32_t id = i.result_id()) {
      const Instruction definition = view->find_definition(id);
      require(definition && definition.result_id() == id && definition.index() <= i.index());
    }
    OperandCursor cursor(i);
    std::size_t position = 1;
    for (Operand o; cursor.next(o);) {
      require(o.position == position && !o.words.empty());
      require(o.words.data() == i.words().data() + position);
      position += o.words.size();
    }
    require(position <= i.words().size());
    require(cursor.failed() ? cursor.error().code != ErrorCode::Ok : position == i.words().size());
  }
  require(at == words.size());

  const Result<void> operands = check_operands(*view), ids = check_ids(*view);
  require(operands.ok() || operands.error().word_offset <= words.size());
  require(ids.ok() || ids.error().word_offset < words.size());
  return 0;
}
