// expect: (deduced conflicting values|mismatched types|could not match)
// A product of matrices whose sizes do not fit.
#include <airstrip/kernel/builder.hpp>

using namespace airstrip::kernel;

void mistake(KernelBuilder& k);
void mistake(KernelBuilder& k) {
  using A = Matrix<f16, 16, 8, MatrixUse::A>;
  using B = Matrix<f16, 8, 16, MatrixUse::B>;
  using W = Matrix<f16, 16, 16, MatrixUse::B>;
  using C = Matrix<f32, 16, 16, MatrixUse::Accumulator>;
  const auto x = k.input<f16>("x");
  const auto a = matrix_load<A>(x[0], 8u);
  const auto c = k.matrix_fill<C>(0);
#ifdef CONTROL
  const auto b = matrix_load<B>(x[0], 16u);
  (void)matrix_mul_add(a, b, c);
#else
  const auto w = matrix_load<W>(x[0], 16u);
  (void)matrix_mul_add(a, w, c);
#endif
}
