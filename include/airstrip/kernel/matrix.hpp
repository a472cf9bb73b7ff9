// Cooperative matrices of the subgroup (SPV_KHR_cooperative_matrix).
#pragma once

#include "../config.hpp"
#include "memory.hpp"
#include "value.hpp"

AIRSTRIP_KERNEL_NAMESPACE_BEGIN

/// A matrix that the invocations of a subgroup hold together. Component by component: +, -, *, /, unary -, and * by a
/// scalar. Which component an invocation holds where is the device's affair.
template <NumberType T, std::uint32_t Rows, std::uint32_t Columns, MatrixUse Use>
  requires ScalarType<T>
class Matrix {
public:
  using Component = T;
  static constexpr std::uint32_t rows = Rows, columns = Columns;
  static constexpr MatrixUse use = Use;

  Matrix() = default;
  explicit Matrix(AnyValue value) : value_(value) {}
  AnyValue any() const { return value_; }
  DynamicBuilder* builder() const { return value_.builder(); }
  static Type type(DynamicBuilder& builder) {
    return builder.matrix_type(type_of<T>.scalar(), Rows, Columns, Use);
  }

  friend Matrix operator+(const Matrix& a, const Matrix& b) { return a.with(Op::Add, b); }
  friend Matrix operator-(const Matrix& a, const Matrix& b) { return a.with(Op::Sub, b); }
  friend Matrix operator*(const Matrix& a, const Matrix& b) { return a.with(Op::Mul, b); }
  friend Matrix operator/(const Matrix& a, const Matrix& b) { return a.with(Op::Div, b); }
  friend Matrix operator*(const Matrix& a, const Operand<T>& scalar) {
    return a.builder()
               ? Matrix(a.builder()->apply(Op::MatrixScale, a.value_, scalar.in(a.builder()), scalar.at))
               : Matrix();
  }
  Matrix operator-() const { return builder() ? Matrix(builder()->apply(Op::Negate, value_, {})) : Matrix(); }
  /// Each component converted.
  template <NumberType U>
  Matrix<U, Rows, Columns, Use> to(SourceLocation at = SourceLocation::current()) const {
    using Result = Matrix<U, Rows, Columns, Use>;
    return builder() ? Result(builder()->convert(Op::Convert, value_, Result::type(*builder()), at))
                     : Result();
  }
  /// How many components this invocation holds, and each of those.
  Value<u32> length(SourceLocation at = SourceLocation::current()) const {
    return builder() ? Value<u32>(builder()->apply(Op::MatrixLength, {}, value_.type().bits(), at))
                     : Value<u32>();
  }
  Value<T> component(const Operand<u32>& index) const {
    return builder() ? Value<T>(builder()->apply(Op::MatrixExtract, value_, index.in(builder()), index.at))
                     : Value<T>();
  }
  Matrix with_component(const Operand<u32>& index, const Operand<T>& component) const {
    if (!builder()) return {};
    const AnyValue operands[3] = {value_, component.in(builder()), index.in(builder())};
    return Matrix(builder()->apply(Op::MatrixInsert, operands, 0, index.at));
  }

private:
  Matrix with(Op op, const Matrix& other) const {
    return builder() ? Matrix(builder()->apply(op, value_, other.value_, SourceLocation{})) : Matrix();
  }
  AnyValue value_;
};

/// A variable that holds a matrix: an accumulator.
template <class M>
class MatrixVar {
public:
  explicit MatrixVar(AnyVariable variable) : variable_(variable) {}
  void operator=(const M& value) const {
    if (variable_.builder) variable_.builder->store(variable_, value.any(), SourceLocation{});
  }
  M value(SourceLocation at = SourceLocation::current()) const {
    return variable_.builder ? M(variable_.builder->load(variable_, at)) : M();
  }

private:
  AnyVariable variable_;
};

enum class MatrixOrder : std::uint8_t { RowMajor, ColumnMajor };

/// From memory that begins at `first`; `stride` elements from one row (or column) to the next.
template <class M, MemoryType E, Access A>
  requires(can_read(A) && std::is_same_v<ComponentOf<E>, typename M::Component>)
M matrix_load(const Ref<E, A>& first, const Operand<u32>& stride, MatrixOrder order = MatrixOrder::RowMajor) {
  DynamicBuilder* const builder = first.builder();
  if (!builder) return {};
  const Type type = M::type(*builder);
  return M(builder->matrix_load(first.place(), type, stride.in(builder), order == MatrixOrder::ColumnMajor,
                                stride.at));
}
template <class M, MemoryType E, Access A>
  requires(can_write(A) && std::is_same_v<ComponentOf<E>, typename M::Component>)
void matrix_store(const Ref<E, A>& first, const M& matrix, const Operand<u32>& stride,
                  MatrixOrder order = MatrixOrder::RowMajor) {
  DynamicBuilder* const builder = first.builder();
  if (!builder) return;
  builder->matrix_store(first.place(), matrix.any(), stride.in(builder), order == MatrixOrder::ColumnMajor,
                        stride.at);
}
/// a * b + c
template <class TA, class TC, std::uint32_t M, std::uint32_t N, std::uint32_t K>
Matrix<TC, M, N, MatrixUse::Accumulator>
matrix_mul_add(const Matrix<TA, M, K, MatrixUse::A>& a, const Matrix<TA, K, N, MatrixUse::B>& b,
               const Matrix<TC, M, N, MatrixUse::Accumulator>& c, bool saturate = false,
               SourceLocation at = SourceLocation::current()) {
  using Result = Matrix<TC, M, N, MatrixUse::Accumulator>;
  if (!a.builder()) return {};
  const AnyValue operands[3] = {a.any(), b.any(), c.any()};
  return Result(a.builder()->apply(Op::MatrixMulAdd, operands, saturate ? 1 : 0, at));
}

AIRSTRIP_KERNEL_NAMESPACE_END
