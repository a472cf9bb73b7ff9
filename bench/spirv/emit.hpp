// The arithmetic that is emitted in every variant of emit/…: the same instructions from the same loop.
#pragma once

#include <cstddef>

namespace bench {

inline constexpr unsigned emit_constants = 8;

/// `count` instructions, a multiple of 4: OpFMul, OpFAdd, OpIAdd, OpFMul, each using results from before.
template <class Sink>
void emit_arithmetic(Sink& sink, std::size_t count) {
  auto x = sink.floats[0];
  auto y = sink.floats[1];
  auto n = sink.integers[0];
  for (std::size_t i = 0; i + 4 <= count; i += 4) {
    const auto at = i / 4 % emit_constants;
    const auto product = sink.fmul(x, sink.floats[at]);
    x = sink.fadd(product, y);
    n = sink.iadd(n, sink.integers[at]);
    y = sink.fmul(y, sink.floats[emit_constants - 1 - at]);
  }
}

}  // namespace bench
