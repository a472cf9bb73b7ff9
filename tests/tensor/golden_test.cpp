// The same problem gives the same words: twice, and with every compiler.
#include "run_operation.hpp"
#include "support/tensor_catalog.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>

using namespace airstrip;
using namespace airstrip::tensor;

namespace {

// Hash and number of the words of all steps.
std::string fingerprint(const Operation& operation) {
  std::string text;
  for (std::size_t s = 0; s < operation.steps().size(); ++s) {
    const Result<spirv::Module> module = operation.module(s);
    REQUIRE_MESSAGE(module.ok(), test::message_of(module.error()));
    char line[64];
    std::snprintf(line, sizeof line, " %016llx:%zu",
                  static_cast<unsigned long long>(spirv::hash_words(module->words())),
                  module->words().size());
    text += line;
  }
  return text;
}

std::map<std::string, std::string> golden_table() {
  std::map<std::string, std::string> table;
  std::ifstream file(TEST_SOURCE_DIR "/tests/tensor/golden_hashes.txt");
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t end = line.find(' ', line.find(' ') + 1);
    table[line.substr(0, end)] = line.substr(end);
  }
  return table;
}

}  // namespace

TEST_CASE("tensor: golden hashes of operations") {
  const std::map<std::string, std::string> table = golden_table();
  const char* const out = std::getenv("AIRSTRIP_GOLDEN_OUT");
  std::size_t checked = 0;
  for (const tensor_catalog::Entry& entry : tensor_catalog::all())
    for (const bool weak : {true, false}) {
      if (weak && !entry.has_baseline) continue;
      const std::string key = std::string(entry.name) + (weak ? " weak" : " strong");
      CAPTURE(key);
      const Target target = weak ? test::weak_target() : test::strong_target();
      const Result<Operation> operation = entry.make(target), again = entry.make(target);
      REQUIRE_MESSAGE(operation.ok(), test::message_of(operation.error()));
      const std::string now = fingerprint(*operation);
      CHECK(fingerprint(*again) == now);
      ++checked;
      if (out) {
        std::ofstream(out, std::ios::app) << key << now << '\n';
        continue;
      }
      const auto known = table.find(key);
      if (known == table.end())
        FAIL_CHECK("golden_hashes.txt has no line for this operation:\n+ " << key << now);
      else if (known->second != now)
        FAIL_CHECK("the operation has changed:\n- " << key << known->second << "\n+ " << key << now);
    }
  if (!out) CHECK(checked == table.size());
}
