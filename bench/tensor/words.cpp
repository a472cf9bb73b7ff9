// From a problem to SPIR-V words, on the processor; and a pipeline's making with its first dispatch, which is where
// llvmpipe compiles. From the first dispatch the time of later ones is taken off: what is left is the driver's compiling.
#include "../support/validate.hpp"
#include "groups.hpp"
#include "subjects.hpp"

namespace bench {

using namespace airstrip;

void words_group(Machine& machine, Report& report) {
  std::vector<Variant> variants;
  for (const Subject& subject : subjects()) {
    const std::string name = "words/" + subject.name;
    if (!report.wants(name)) continue;
    const Result<tensor::Operation> once = subject.make(machine.target);
    if (!once) {
      report.fail(name, std::string(once.error().to_string()));
      continue;
    }
    double words = 0;
    std::string wrong;
    for (std::size_t s = 0; s < once->steps().size() && wrong.empty(); ++s) {
      const auto module = once->module(s);
      wrong = module ? std::string() : std::string(module.error().to_string());
      if (module) words += static_cast<double>(module->words().size());
    }
    if (!wrong.empty()) {
      report.fail(name, wrong);
      continue;
    }
    variants.push_back({name,
                        [&machine, subject](std::size_t) {
                          const double start = now();
                          const Result<tensor::Operation> made = subject.make(machine.target);
                          bool good = made.ok();
                          for (std::size_t s = 0; good && s < made->steps().size(); ++s)
                            good = made->module(s).ok();
                          return good ? now() - start : -1.0;
                        },
                        0,
                        0,
                        {{"words", words}}});
  }
  report.measure(variants);
}

void first_dispatch_group(Machine& machine, Report& report) {
  std::vector<Variant> variants;
  for (const Subject& subject : subjects()) {
    const std::string name = "first_dispatch/" + subject.name;
    if (!report.wants(name) || subject.is_large) continue;
    // Pipelines are made anew each time; Mesa's cache is off. Packing of weights is not among the steps that count.
    variants.push_back({name, [&machine, subject](std::size_t) {
                          const Result<tensor::Operation> made = subject.make(machine.target);
                          if (!made) return -1.0;
                          auto ready = make_ready(machine, *made, {});
                          if (!ready->error.empty() || ready->chain.run(0) < 0) return -1.0;
                          std::vector<double> later;
                          for (std::size_t set = 1; set < buffer_sets; ++set)
                            later.push_back(ready->chain.run(set));
                          const double compiling = ready->chain.first_seconds() - median(later);
                          return compiling < 0 ? 0 : compiling;
                        }});
  }
  report.measure(variants);
}

}  // namespace bench
