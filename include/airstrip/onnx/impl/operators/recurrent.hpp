// Recurrences, unrolled: LSTM, GRU and RNN.
#pragma once

#include "../../../tensor/functions.hpp"
#include "../importer.hpp"
#include "compose.hpp"

AIRSTRIP_ONNX_NAMESPACE_BEGIN

namespace detail {

/// The length of a sequence, each element of which has nodes of its own, and counts as one of the model's; false: given up.
inline bool unrolled_length(NodeImporter& n, const Dimension& size, std::int64_t& length) {
  constexpr std::int64_t most = 1024;
  if (!size.is_literal())
    n.unsupported("the length of its sequence is not known, and every step has nodes of its own");
  else if (size.value() > most)
    n.unsupported("its sequence has more than 1024 steps, and every one has nodes of its own");
  else if (size.value() < 1)
    n.unsupported("its sequence is empty");
  if (n.is_given_up()) return false;
  length = size.value();
  return n.importer().spend(static_cast<std::uint64_t>(length), n.name());
}

/// An activation of a recurrence.
struct Activation {
  enum class Kind : std::uint8_t {
    Relu,
    Tanh,
    Sigmoid,
    Affine,
    LeakyRelu,
    ThresholdedRelu,
    ScaledTanh,
    HardSigmoid,
    Elu,
    Softsign,
    Softplus
  } kind = Kind::Tanh;
  double alpha = 0, beta = 0, clip = 0;  // clip 0: none

  Expr operator()(Expr x) const {
    if (clip > 0) x = tensor::clip(x, -clip, clip);
    switch (kind) {
      case Kind::Relu: return tensor::relu(x);
      case Kind::Tanh: return tensor::tanh(x);
      case Kind::Sigmoid: return tensor::sigmoid(x);
      case Kind::Affine: return x * alpha + beta;
      case Kind::LeakyRelu: return tensor::leaky_relu(x, alpha);
      case Kind::ThresholdedRelu: return tensor::thresholded_relu(x, alpha);
      case Kind::ScaledTanh: return tensor::tanh(x * beta) * alpha;
      case Kind::HardSigmoid: return tensor::hard_sigmoid(x, alpha, beta);
      case Kind::Elu: return tensor::elu(x, alpha);
      case Kind::Softsign: return tensor::softsign(x);
      default: return tensor::softplus(x);
    }
  }
};

inline bool is_same_word(Text a, Text b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

/// ONNX LSTM, GRU and RNN.
class Recurrence {
public:
  enum class Cell : std::uint8_t { Rnn, Gru, Lstm };

  Recurrence(NodeImporter& n, Cell cell) : n_(n), cell_(cell) {}

  void run() {
    const Text direction = n_.text("direction", "forward");
    const bool both = direction == Text("bidirectional");
    if (!both && !(direction == Text("forward")) && !(direction == Text("reverse")))
      return n_.unsupported(String("its direction is ") << direction);
    directions_ = both ? 2 : 1;
    layout_ = n_.opset >= 14 && n_.integer("layout", 0) != 0;
    if (cell_ == Cell::Gru) linear_before_reset_ = n_.integer("linear_before_reset", 0) != 0;
    if (cell_ == Cell::Lstm) input_forget_ = n_.integer("input_forget", 0) != 0;
    scalar_ = n_.type(0).scalar;
    wide_ = wide_float(scalar_);
    if (refuses_double(n_, scalar_) || !activations()) return;
    if (n_.rank(0) != 3 || n_.rank(1) != 3 || n_.rank(2) != 3 ||
        !(n_.shape(1)[0] == Dimension(directions_)) || !n_.shape(2)[2].is_literal())
      return contradict(n_, "X, W and R do not have three axes, or not the directions that there are");
    hidden_ = n_.shape(2)[2].value();
    if (!check_shapes()) return;
    x_ = layout_ ? move_axis(n_, n_.input(0), 1, 0) : n_.input(0);
    batch_ = n_.g.type(x_).shape[1];
    if (!unrolled_length(n_, n_.g.type(x_).shape[0], steps_)) return;
    if (n_.has(4)) lengths_ = n_.g.reshape(cast_to(n_, n_.input(4), Scalar::I32), {batch_, 1});
    Buffer<ValueId> y, y_h, y_c;
    for (std::int64_t d = 0; d < directions_; ++d) {
      direction_ = d;
      along(direction == Text("reverse") || d == 1);
      if (!n_.g.ok() || n_.is_given_up()) return;
      y.push_back(all_);
      y_h.push_back(h_);
      y_c.push_back(c_);
    }
    set(0, y, true);
    set(1, y_h, false);
    if (cell_ == Cell::Lstm) set(2, y_c, false);
  }

private:
  std::int64_t gates() const { return cell_ == Cell::Rnn ? 1 : cell_ == Cell::Gru ? 3 : 4; }
  std::size_t functions() const { return cell_ == Cell::Rnn ? 1 : cell_ == Cell::Gru ? 2 : 3; }

  // Whether the weights have the gates, and what hidden_size says, where they say it.
  bool check_shapes() {
    const auto is = [&](std::size_t input, std::size_t axis, std::int64_t size) {
      const Shape& shape = n_.shape(input);
      return axis < shape.rank() && (!shape[axis].is_literal() || shape[axis].value() == size);
    };
    const std::int64_t rows = gates() * hidden_;
    if (!is(1, 1, rows) || !is(2, 0, directions_) || !is(2, 1, rows)) {
      contradict(n_, "W and R do not have the rows of all gates, of which each has as many as R has columns");
      return false;
    }
    if (n_.has(3) && (n_.rank(3) != 2 || !is(3, 0, directions_) || !is(3, 1, 2 * rows))) {
      contradict(n_, "B is not [directions, two for each row of W]");
      return false;
    }
    if (cell_ == Cell::Lstm && n_.has(7) &&
        (n_.rank(7) != 2 || !is(7, 0, directions_) || !is(7, 1, 3 * hidden_))) {
      contradict(n_, "P is not [directions, 3 * hidden_size]");
      return false;
    }
    if (n_.integer("hidden_size", hidden_) == hidden_) return true;
    contradict(n_, "hidden_size is not the number of columns of R");
    return false;
  }

  // Values of alpha and beta are for those functions that have such, in their order.
  bool activations() {
    using Kind = Activation::Kind;
    constexpr struct {
      const char* name;
      Kind kind;
      bool alpha, beta;
      double default_alpha, default_beta;
    } known[] = {
        {"Relu", Kind::Relu, false, false, 0, 0},
        {"Tanh", Kind::Tanh, false, false, 0, 0},
        {"Sigmoid", Kind::Sigmoid, false, false, 0, 0},
        {"Affine", Kind::Affine, true, true, 1, 0},
        {"LeakyRelu", Kind::LeakyRelu, true, false, 0.01, 0},
        {"ThresholdedRelu", Kind::ThresholdedRelu, true, false, 1, 0},
        {"ScaledTanh", Kind::ScaledTanh, true, true, 1, 1},
        {"HardSigmoid", Kind::HardSigmoid, true, true, 0.2, 0.5},
        {"Elu", Kind::Elu, true, false, 1, 0},
        {"Softsign", Kind::Softsign, false, false, 0, 0},
        {"Softplus", Kind::Softplus, false, false, 0, 0},
    };
    const Attribute* const names = n_.attribute("activations", AttributeType::Strings);
    const Attribute *const alphas = n_.attribute("activation_alpha", AttributeType::Floats),
                           *const betas = n_.attribute("activation_beta", AttributeType::Floats);
    const double clip = n_.number("clip", 0);
    if (!(clip >= 0)) {
      contradict(n_, "clip is negative or no number");
      return false;
    }
    const std::size_t count = functions() * static_cast<std::size_t>(directions_);
    if (names && names->strings.size() != 0 && names->strings.size() != count) {
      contradict(n_, "there is not one activation for each gate and direction");
      return false;
    }
    std::size_t alpha = 0, beta = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const bool is_gate = cell_ != Cell::Rnn && i % functions() == 0;
      const Text name =
          names && names->strings.size() ? names->strings[i] : Text(is_gate ? "Sigmoid" : "Tanh");
      bool found = false;
      for (const auto& k : known) {
        if (!is_same_word(name, k.name)) continue;
        found = true;
        Activation& a = activations_[i];
        a.kind = k.kind;
        a.clip = clip;
        a.alpha = k.default_alpha;
        a.beta = k.default_beta;
        if (k.alpha && alphas && alpha < alphas->floats.size())
          a.alpha = static_cast<double>(alphas->floats[alpha++]);
        if (k.beta && betas && beta < betas->floats.size())
          a.beta = static_cast<double>(betas->floats[beta++]);
      }
      if (!found) {
        n_.unsupported(String("its activation ") << name << " is not supported");
        return false;
      }
    }
    return true;
  }
  const Activation& activation(std::size_t i) const {
    return activations_[static_cast<std::size_t>(direction_) * functions() + i];
  }

  // The part of an input that is this direction's, without that axis.
  ValueId of_direction(std::size_t input) {
    const Shape shape = n_.shape(input);
    const ValueId part = slice_of(n_, n_.input(input), 0, direction_, direction_ + 1);
    Shape rest;
    append_sizes(rest, shape, 1, shape.rank());
    return n_.g.reshape(part, rest);
  }
  ValueId initial(std::size_t input) {
    if (!n_.has(input)) return fill_of(n_, scalar_, {batch_, hidden_}, 0);
    if (n_.rank(input) != 3) {
      contradict(n_, "an initial state does not have three axes");
      return ValueId::Absent;
    }
    const std::int64_t axis = layout_ ? 1 : 0;
    return n_.g.reshape(slice_of(n_, n_.input(input), axis, direction_, direction_ + 1), {batch_, hidden_});
  }
  // Gates [first, last) of a tensor whose last axis has them all.
  ValueId gate(ValueId x, std::int64_t first, std::int64_t last) {
    return slice_of(n_, x, -1, first * hidden_, last * hidden_);
  }
  ValueId sum(ValueId a, ValueId b) {
    return n_.g.map(a, b, [&](Expr v, Expr w) { return tensor::cast(v, wide_) + tensor::cast(w, wide_); });
  }

  void along(bool reverse) {
    const ValueId w = of_direction(1), r = of_direction(2);
    ValueId bias = ValueId::Absent;
    recurrent_bias_ = ValueId::Absent;
    if (n_.has(3)) {
      const ValueId b = of_direction(3);
      const ValueId input = slice_of(n_, b, 0, 0, gates() * hidden_),
                    recurrent = slice_of(n_, b, 0, gates() * hidden_, 2 * gates() * hidden_);
      bias = sum(input, recurrent);
      if (linear_before_reset_) {
        // The recurrent bias of the last gate is reset with what it belongs to.
        recurrent_bias_ = gate(recurrent, 2, 3);
        bias = concat_of(n_, {gate(bias, 0, 2), cast_to(n_, gate(input, 2, 3), wide_)}, 0);
      }
    }
    peepholes_ = cell_ == Cell::Lstm && n_.has(7) ? of_direction(7) : ValueId::Absent;
    // What comes of X is one product for all steps.
    ValueId inputs = product_of(n_, x_, w, false, true, wide_);
    if (bias != ValueId::Absent) inputs = sum(inputs, bias);
    h_ = initial(5);
    c_ = cell_ == Cell::Lstm ? initial(6) : ValueId::Absent;
    Buffer<ValueId> outputs;
    for (std::int64_t i = 0; i < steps_ && n_.g.ok(); ++i) outputs.push_back(ValueId::Absent);
    for (std::int64_t i = 0; i < steps_ && n_.g.ok(); ++i) {
      const std::int64_t t = reverse ? steps_ - 1 - i : i;
      const ValueId x = n_.g.reshape(slice_of(n_, inputs, 0, t, t + 1), {batch_, gates() * hidden_});
      const ValueId h_before = h_, c_before = c_;
      step(x, r);
      ValueId y = h_;
      if (lengths_ != ValueId::Absent) {
        // Behind its end a sequence keeps its state, and has zeros as outputs.
        const auto unless_over = [&](ValueId now, ValueId before) {
          const ValueId three[] = {now, before, lengths_};
          return n_.g.map_all(three, [&](Span<const Expr> v) {
            return tensor::select(v[2] > static_cast<double>(t), v[0], v[1]);
          });
        };
        y = n_.g.map(h_, lengths_,
                     [&](Expr v, Expr l) { return tensor::select(l > static_cast<double>(t), v, 0); });
        h_ = unless_over(h_, h_before);
        if (cell_ == Cell::Lstm) c_ = unless_over(c_, c_before);
      }
      if (n_.wants(0)) outputs[static_cast<std::size_t>(t)] = n_.g.reshape(y, {1, 1, batch_, hidden_});
    }
    all_ = n_.wants(0) && n_.g.ok() ? concat_of(n_, Span<const ValueId>(outputs.data(), outputs.size()), 0)
                                    : ValueId::Absent;
  }

  void step(ValueId x, ValueId r) {
    if (cell_ == Cell::Gru) return gru_step(x, r);
    const ValueId gates = sum(x, product_of(n_, h_, r, false, true, wide_));
    if (cell_ == Cell::Lstm) return lstm_step(gates);
    h_ = n_.g.map(gates, [&](Expr v) { return tensor::cast(activation(0)(v), scalar_); });
  }

  // Gates z, r, h. H' = (1 - z) h + z H.
  void gru_step(ValueId x, ValueId r) {
    const ValueId r_zr = slice_of(n_, r, 0, 0, 2 * hidden_),
                  r_h = slice_of(n_, r, 0, 2 * hidden_, 3 * hidden_);
    const ValueId zr = n_.g.map(gate(x, 0, 2), product_of(n_, h_, r_zr, false, true, wide_),
                                [&](Expr a, Expr b) { return activation(0)(a + b); });
    const ValueId z = gate(zr, 0, 1), reset = gate(zr, 1, 2);
    ValueId recurrent;
    if (linear_before_reset_) {
      recurrent = product_of(n_, h_, r_h, false, true, wide_);
      if (recurrent_bias_ != ValueId::Absent) recurrent = sum(recurrent, recurrent_bias_);
      recurrent = n_.g.map(recurrent, reset, [](Expr v, Expr w) { return v * w; });
    } else {
      const ValueId kept = n_.g.map(
          h_, reset, [&](Expr v, Expr w) { return tensor::cast(tensor::cast(v, wide_) * w, scalar_); });
      recurrent = product_of(n_, kept, r_h, false, true, wide_);
    }
    const ValueId inputs[] = {z, gate(x, 2, 3), recurrent, h_};
    h_ = n_.g.map_all(inputs, [&](Span<const Expr> v) {
      const Expr h = activation(1)(v[1] + v[2]);
      return tensor::cast((1 - v[0]) * h + v[0] * tensor::cast(v[3], wide_), scalar_);
    });
  }

  // Gates i, o, f, c, and peepholes i, o, f.
  void lstm_step(ValueId gates) {
    Buffer<ValueId> inputs;
    for (std::int64_t i = 0; i < 4; ++i) inputs.push_back(gate(gates, i, i + 1));
    inputs.push_back(c_);
    if (peepholes_ != ValueId::Absent)
      for (std::int64_t i = 0; i < 3; ++i) inputs.push_back(gate(peepholes_, i, i + 1));
    const bool peeps = peepholes_ != ValueId::Absent;
    const auto cell = [&](Span<const Expr> v) {
      const Expr c = tensor::cast(v[4], wide_);
      const auto peep = [&](Expr gate, std::size_t which, Expr at) {
        return peeps ? gate + tensor::cast(v[5 + which], wide_) * at : gate;
      };
      const Expr i = activation(0)(peep(v[0], 0, c));
      const Expr f = input_forget_ ? 1 - i : activation(0)(peep(v[2], 2, c));
      return f * c + i * activation(1)(v[3]);
    };
    const Span<const ValueId> all(inputs.data(), inputs.size());
    const ValueId c = n_.g.map_all(all, [&](Span<const Expr> v) { return tensor::cast(cell(v), scalar_); });
    h_ = n_.g.map_all(all, [&](Span<const Expr> v) {
      const Expr now = cell(v);
      const Expr o = activation(0)(peeps ? v[1] + tensor::cast(v[6], wide_) * now : v[1]);
      return tensor::cast(o * activation(2)(now), scalar_);
    });
    c_ = c;
  }

  // The directions behind each other: Y [steps, directions, batch, hidden], the last states without steps; batches in front
  // where the layout says so.
  void set(std::size_t output, const Buffer<ValueId>& parts, bool has_steps) {
    if (!n_.wants(output)) return;
    Buffer<ValueId> shaped;
    for (const ValueId v : parts) shaped.push_back(has_steps ? v : n_.g.reshape(v, {1, batch_, hidden_}));
    ValueId y = concat_of(n_, Span<const ValueId>(shaped.data(), shaped.size()), has_steps ? 1 : 0);
    if (layout_) y = move_axis(n_, y, has_steps ? 2 : 1, 0);
    n_.set(output, y);
  }

  NodeImporter& n_;
  const Cell cell_;
  Activation activations_[6];
  std::int64_t directions_ = 1, direction_ = 0, hidden_ = 0, steps_ = 0;
  bool layout_ = false, linear_before_reset_ = false, input_forget_ = false;
  Scalar scalar_ = Scalar::F32, wide_ = Scalar::F32;
  Dimension batch_ = 1;
  ValueId x_ = ValueId::Absent, lengths_ = ValueId::Absent, recurrent_bias_ = ValueId::Absent,
          peepholes_ = ValueId::Absent;
  ValueId h_ = ValueId::Absent, c_ = ValueId::Absent, all_ = ValueId::Absent;  // of a direction
};
template <Recurrence::Cell cell>
void import_recurrence(NodeImporter& n) {
  Recurrence(n, cell).run();
}

inline constexpr OperatorEntry recurrent_operators[] = {
    {"GRU", import_recurrence<Recurrence::Cell::Gru>},
    {"LSTM", import_recurrence<Recurrence::Cell::Lstm>},
    {"RNN", import_recurrence<Recurrence::Cell::Rnn>},
};

}  // namespace detail

AIRSTRIP_ONNX_NAMESPACE_END
