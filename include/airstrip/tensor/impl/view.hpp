#pragma once

#include "../move.hpp"
#include "../view.hpp"

AIRSTRIP_TENSOR_NAMESPACE_BEGIN

namespace detail {

inline Diagnostic no_view(const char* why) { return invalid_shape(why); }

/// The product of two sizes or strides, if a Dimension can say it.
inline bool view_product(const Dimension& a, const Dimension& b, Dimension& product) {
  if (a.is_literal() && b.is_literal()) {
    product = Dimension(map_product(a.value(), b.value()));
    return true;
  }
  if (a == Dimension(1) || b == Dimension(1)) {
    product = a == Dimension(1) ? b : a;
    return true;
  }
  return false;
}

inline Result<void> check_viewed(const TensorType& type) { return check_tensor("the tensor", type); }

/// Strides as numbers, of a tensor without gaps too.
inline Result<Shape> strides_of(const TensorType& type) {
  if (!type.strides.empty()) return type.strides;
  const std::size_t rank = type.shape.rank();
  Dimension strides[Shape::max_rank];
  Dimension gapless = 1;
  for (std::size_t i = rank; i-- > 0;) {
    strides[i] = gapless;
    Dimension next;
    if (i > 0 && !view_product(gapless, type.shape[i], next))
      return no_view("a stride would be a product with a size of run time, which a view cannot say");
    gapless = next;
  }
  Shape shape;
  for (std::size_t i = 0; i < rank; ++i) shape.push_back(strides[i]);
  return shape;
}

inline bool is_identity(const Integers& permutation) {
  for (std::size_t i = 0; i < permutation.size(); ++i)
    if (permutation[i] != static_cast<std::int64_t>(i)) return false;
  return true;
}

}  // namespace detail

AIRSTRIP_INLINE Result<TensorType> transposed(const TensorType& type, const Integers& permutation) {
  if (Result<void> r = detail::check_viewed(type); !r) return r.error();
  const std::size_t rank = type.shape.rank();
  std::size_t order[Shape::max_rank];
  if (!permutation.empty() && permutation.size() != rank)
    return detail::invalid_shape("the permutation has not as many axes as the tensor");
  if (Result<void> r = detail::axes_of(permutation, rank, order); !r) return r.error();
  if (!permutation.empty() && detail::is_identity(permutation)) return type;
  const Result<Shape> strides = detail::strides_of(type);
  if (!strides) return strides.error();
  TensorType view = type;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::size_t from = permutation.empty() ? rank - 1 - i : order[i];
    view.shape[i] = type.shape[from];
    if (i == 0) view.strides = *strides;
    view.strides[i] = (*strides)[from];
  }
  return view;
}

AIRSTRIP_INLINE Result<TensorType> sliced(const TensorType& type, const Shape& starts, const Shape& ends,
                                          const Integers& axes, const Integers& steps) {
  // The rules are those of the kernel.
  SliceProblem problem;
  problem.x = type;
  problem.starts = starts;
  problem.ends = ends;
  problem.axes = axes;
  problem.steps = steps;
  SizeTable table;
  Movement movement(table);
  if (Result<void> r =
          detail::describe_checked(movement, [&](Movement& m) { return detail::describe(problem, m); });
      !r)
    return r.error();
  Result<Shape> strides = detail::strides_of(type);
  if (!strides) return strides.error();
  std::size_t of_entry[Shape::max_rank];
  if (Result<void> r = detail::entries_of(axes, starts.rank(), type.shape.rank(), of_entry); !r)
    return r.error();
  TensorType view = type;
  view.strides = *strides;
  std::int64_t offset = 0;
  for (std::size_t e = 0; e < starts.rank(); ++e) {
    const std::size_t axis = of_entry[e];
    std::int64_t step = steps.empty() ? 1 : steps[e];
    const Dimension n = type.shape[axis];
    SizeId begin, count;
    detail::slice_range(table, table.of(n), starts[e], ends[e], step, begin, count);
    const std::int64_t first = step < 0 ? table.lower(begin) - 1 : table.lower(begin);
    const bool all = step == 1 && table.is_literal(begin, 0) && count == table.of(n);
    if (all) continue;
    if (!table.is_literal(begin) || !table.is_literal(count))
      return detail::no_view("a slice whose begin or length is known at run time only is no view");
    view.shape[axis] = table.lower(count);
    if (table.lower(count) == 0) continue;
    Dimension& stride = view.strides[axis];
    if (!stride.is_literal() && (first != 0 || step != 1))
      return detail::no_view("a slice along an axis whose stride is known at run time is no view");
    if (first == 0 && step == 1) continue;
    offset += first * stride.value();
    stride = Dimension(detail::map_product(stride.value(), step));
  }
  if (offset != 0) {
    if (!type.offset.is_literal())
      return detail::no_view("a slice of a view whose offset is known at run time is no view");
    view.offset = type.offset.value() + offset;
  }
  return view;
}

AIRSTRIP_INLINE Result<TensorType> expanded(const TensorType& type, const Shape& shape) {
  if (Result<void> r = detail::check_viewed(type); !r) return r.error();
  const Result<Shape> strides = detail::strides_of(type);
  if (!strides) return strides.error();
  if (Result<void> r = detail::check_shape("the shape", shape); !r) return r.error();
  const Result<Shape> all = detail::expanded_shape(type.shape, shape);
  if (!all) return all.error();
  const std::size_t front = all->rank() - type.shape.rank();
  TensorType view = type;
  view.shape = *all;
  view.strides = {};
  for (std::size_t i = 0; i < all->rank(); ++i) {
    const bool own = i >= front && (*all)[i] == type.shape[i - front];
    view.strides.push_back(own ? (*strides)[i - front] : Dimension(0));
  }
  return view;
}

AIRSTRIP_INLINE Result<TensorType> reshaped(const TensorType& type, const Shape& shape) {
  if (Result<void> r = detail::check_viewed(type); !r) return r.error();
  if (Result<void> r = detail::check_shape("the shape", shape); !r) return r.error();
  // Parameters are factors of the number of elements by their names.
  const auto literals = [](const Shape& of) {
    std::int64_t product = 1;
    for (const Dimension& d : of)
      if (d.is_literal()) product = detail::map_product(product, d.value());
    return product;
  };
  const auto parameters = [](const Shape& of) {
    std::size_t count = 0;
    for (const Dimension& d : of) count += !d.is_literal();
    return count;
  };
  bool same = literals(type.shape) == literals(shape) && parameters(type.shape) == parameters(shape);
  for (const Dimension& d : type.shape) {
    std::size_t here = 0, there = 0;
    for (const Dimension& e : type.shape) here += !d.is_literal() && e == d;
    for (const Dimension& e : shape) there += !d.is_literal() && e == d;
    same = same && here == there;
  }
  if (!same) {
    String message("the shape ");
    message << to_string(type.shape) << " has another number of elements than " << to_string(shape);
    return detail::invalid_shape(static_cast<String&&>(message));
  }
  TensorType view = type;
  view.shape = shape;
  view.strides = {};
  if (type.strides.empty()) return view;
  bool is_empty = false;
  for (const Dimension& d : shape) is_empty = is_empty || d == Dimension(0);
  if (is_empty) return view;
  // Groups of axes with the same number of elements: each of the old ones is one run of equal steps, which the new ones cut.
  Dimension strides[Shape::max_rank];
  std::size_t from = 0, to = 0;
  while (from < type.shape.rank() || to < shape.rank()) {
    const std::size_t first = from, first_new = to;
    const bool single = from < type.shape.rank() && to < shape.rank() && type.shape[from] == shape[to];
    if (single) {
      strides[to++] = type.strides[from++];
      continue;
    }
    std::int64_t old_count = 1, new_count = 1;
    const auto take = [&](const Shape& s, std::size_t& at, std::int64_t& count) {
      if (at >= s.rank() || !s[at].is_literal()) return false;
      count = detail::map_product(count, s[at++].value());
      return true;
    };
    // An axis of one element belongs to the group before it.
    bool took = from < type.shape.rank() ? take(type.shape, from, old_count) : true;
    took = (to < shape.rank() ? take(shape, to, new_count) : true) && took;
    while (took && old_count != new_count)
      took = old_count < new_count ? take(type.shape, from, old_count) : take(shape, to, new_count);
    if (!took) return detail::no_view("sizes of run time are not cut or joined by a view");
    std::int64_t step = 0, innermost = 0;
    bool known = false;
    for (std::size_t i = from; i-- > first;) {
      if (type.shape[i] == Dimension(1)) continue;
      if (!type.strides[i].is_literal()) return detail::no_view("strides of run time are not cut or joined");
      if (known && type.strides[i].value() != step)
        return detail::no_view("the axes that are joined do not lie one behind the other; copy the tensor");
      if (!known) innermost = type.strides[i].value();
      known = true;
      step = detail::map_product(type.strides[i].value(), type.shape[i].value());
    }
    std::int64_t stride = innermost;
    for (std::size_t i = to; i-- > first_new;) {
      strides[i] = Dimension(stride);
      stride = detail::map_product(stride, shape[i].value());
    }
  }
  for (std::size_t i = 0; i < shape.rank(); ++i) view.strides.push_back(strides[i]);
  return view;
}

AIRSTRIP_INLINE Result<TensorType> squeezed(const TensorType& type, const Integers& axes) {
  if (Result<void> r = detail::check_viewed(type); !r) return r.error();
  const std::size_t rank = type.shape.rank();
  std::size_t which[Shape::max_rank];
  if (Result<void> r = detail::axes_of(axes, rank, which); !r) return r.error();
  bool drops[Shape::max_rank] = {};
  for (std::size_t i = 0; i < rank && axes.empty(); ++i) drops[i] = type.shape[i] == Dimension(1);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    drops[which[i]] = true;
    if (type.shape[which[i]] == Dimension(1)) continue;
    String message("axis ");
    message << detail::counted(which[i]) << " of " << to_string(type.shape) << " has not one element";
    return detail::invalid_shape(static_cast<String&&>(message));
  }
  TensorType view = type;
  view.shape = view.strides = {};
  for (std::size_t i = 0; i < rank; ++i) {
    if (drops[i]) continue;
    view.shape.push_back(type.shape[i]);
    if (!type.strides.empty()) view.strides.push_back(type.strides[i]);
  }
  return view;
}

AIRSTRIP_INLINE Result<TensorType> unsqueezed(const TensorType& type, const Integers& axes) {
  if (Result<void> r = detail::check_viewed(type); !r) return r.error();
  const std::size_t rank = type.shape.rank() + axes.size();
  if (rank > Shape::max_rank) return detail::invalid_shape("the view has more than eight axes");
  std::size_t which[Shape::max_rank];
  if (Result<void> r = detail::axes_of(axes, rank, which); !r) return r.error();
  bool added[Shape::max_rank] = {};
  for (std::size_t i = 0; i < axes.size(); ++i) added[which[i]] = true;
  TensorType view = type;
  view.shape = view.strides = {};
  for (std::size_t i = 0, from = 0; i < rank; ++i) {
    view.shape.push_back(added[i] ? Dimension(1) : type.shape[from]);
    if (!type.strides.empty()) view.strides.push_back(added[i] ? Dimension(0) : type.strides[from]);
    from += !added[i];
  }
  return view;
}

AIRSTRIP_TENSOR_NAMESPACE_END
