// The unfused causal_conv1d on the host: the steps of the GPU's reference.
#include "modules/common/HostMath.h"
#include "modules/conv/problem.h"

namespace fla::conv {

using host::get;
using host::load;
using host::store;
using host::Whereabouts;
using Tensors = HostReference::Tensors;

namespace {

/// The steps of one case whose tensors hold E and weights P.
template <class E, class P> class Steps : public host::Steps<E> {
public:
  Steps(HostReference &to, const ConvSpec &spec, const Sequences &sequences)
      : host::Steps<E>(to, sequences.rows(), spec.tokens.cols), to_(to), spec_(spec), where_(sequences),
        count_(sequences.count()) {}

  /// The sum over a window, tap by tap into a row that stays in cache.
  template <class Out> void convolve(std::string in, std::string out) {
    this->add([=, spec = spec_, where = where_, rows = this->rows_, cols = this->cols_](const Tensors &t) {
      const std::vector<float> taps = taps_of(t, cols, spec.width);
      tile::runtime::parallel_for(rows, [&](int64_t begin, int64_t end) {
        std::vector<float> sums(static_cast<size_t>(cols)), token = sums;
        for (int64_t row = begin; row < end; ++row) {
          const auto s = where.of_row(t, row);
          std::fill(sums.begin(), sums.end(), 0.f);
          for (int64_t w = 0; w < spec.width; ++w) {
            if (!read(t, in, spec, s, row - spec.width + 1 + w, cols, token.data())) continue;
            const float *__restrict x = token.data(), *__restrict k = &taps[size_t(w * cols)];
            float *__restrict sum = sums.data();
            for (int64_t col = 0; col < cols; ++col) sum[col] += x[col] * k[col];
          }
          Out *__restrict to = get<Out>(t, out) + row * cols;
          for (int64_t col = 0; col < cols; ++col) store(to[col], sums[size_t(col)]);
        }
      });
    });
  }

  void input_gradient(std::string g, std::string dx) {
    this->add([=, spec = spec_, where = where_, rows = this->rows_, cols = this->cols_](const Tensors &t) {
      const std::vector<float> taps = taps_of(t, cols, spec.width);
      tile::runtime::parallel_for(rows, [&](int64_t begin, int64_t end) {
        std::vector<float> sums(static_cast<size_t>(cols));
        for (int64_t row = begin; row < end; ++row) {
          const auto s = where.of_row(t, row);
          std::fill(sums.begin(), sums.end(), 0.f);
          for (int64_t j = 0; j < spec.width && row + j < s.last; ++j) {
            const float *__restrict from = get<const float>(t, g) + (row + j) * cols;
            const float *__restrict k = &taps[size_t((spec.width - 1 - j) * cols)];
            float *__restrict sum = sums.data();
            for (int64_t col = 0; col < cols; ++col) sum[col] += from[col] * k[col];
          }
          const int64_t element = spec.width + row - s.last;
          if (spec.final_state && element >= 0)
            for (int64_t col = 0; col < cols; ++col)
              sums[size_t(col)] +=
                  load(get<const E>(t, "dfinal_state")[(s.number * cols + col) * spec.width + element]);
          E *__restrict to = get<E>(t, dx) + row * cols;
          for (int64_t col = 0; col < cols; ++col) store(to[col], sums[size_t(col)]);
        }
      });
    });
  }

  /// dw, and with `bias` db, in two stages: of blocks of rows, each into sums of its own, then of those.
  void weights(std::string g, std::string x) {
    const int64_t parts = std::clamp<int64_t>(this->rows_ / 32, 1, 64), width = spec_.width;
    to_.workspace.push_back(scratch("unfused_parts_dw", {parts, width, this->cols_}));
    this->add([=, spec = spec_, where = where_, rows = this->rows_, cols = this->cols_](const Tensors &t) {
      tile::runtime::parallel_for(parts, [&](int64_t begin, int64_t end) {
        std::vector<float> token(static_cast<size_t>(cols));
        for (int64_t part = begin; part < end; ++part) {
          float *total = get<float>(t, "unfused_parts_dw") + part * width * cols;
          std::fill(total, total + width * cols, 0.f);
          for (int64_t row = rows * part / parts; row < rows * (part + 1) / parts; ++row) {
            const auto s = where.of_row(t, row);
            const float *__restrict from = get<const float>(t, g) + row * cols;
            for (int64_t w = 0; w < width; ++w) {
              if (!read(t, x, spec, s, row - width + 1 + w, cols, token.data())) continue;
              const float *__restrict v = token.data();
              float *__restrict sum = total + w * cols;
              for (int64_t col = 0; col < cols; ++col) sum[col] += from[col] * v[col];
            }
          }
        }
      });
    });
    this->add([=, cols = this->cols_](const Tensors &t) {
      for (int64_t w = 0; w < width; ++w)
        finish(t, "unfused_parts_dw", w * cols, width * cols, parts, cols, "dw", w, width);
    });
  }
  void bias(std::string g) {
    const int64_t parts = std::clamp<int64_t>(this->rows_ / 32, 1, 64);
    to_.workspace.push_back(scratch("unfused_parts_db", {parts, this->cols_}));
    this->add([=, rows = this->rows_, cols = this->cols_](const Tensors &t) {
      tile::runtime::parallel_for(parts, [&](int64_t begin, int64_t end) {
        for (int64_t part = begin; part < end; ++part) {
          float *__restrict total = get<float>(t, "unfused_parts_db") + part * cols;
          std::fill(total, total + cols, 0.f);
          for (int64_t row = rows * part / parts; row < rows * (part + 1) / parts; ++row) {
            const float *__restrict from = get<const float>(t, g) + row * cols;
            for (int64_t col = 0; col < cols; ++col) total[col] += from[col];
          }
        }
      });
    });
    this->add(
        [=, cols = this->cols_](const Tensors &t) { finish(t, "unfused_parts_db", 0, cols, parts, cols, "db", 0, 1); });
  }

  void final_states(std::string x) {
    this->add([=, spec = spec_, where = where_, count = count_, cols = this->cols_](const Tensors &t) {
      std::vector<float> token(static_cast<size_t>(cols));
      for (int64_t number = 0; number < count; ++number) {
        const auto s = where.of_sequence(t, number);
        for (int64_t w = 0; w < spec.width; ++w) {
          if (!read(t, x, spec, s, s.last - spec.width + w, cols, token.data()))
            std::fill(token.begin(), token.end(), 0.f);
          for (int64_t col = 0; col < cols; ++col)
            store(get<E>(t, "final_state")[(number * cols + col) * spec.width + w], token[size_t(col)]);
        }
      }
    });
  }

  void state_gradients(std::string g) {
    this->add([=, spec = spec_, where = where_, count = count_, cols = this->cols_](const Tensors &t) {
      const int64_t width = spec.width;
      tile::runtime::parallel_for(count, [&](int64_t begin, int64_t end) {
        for (int64_t number = begin; number < end; ++number) {
          const auto s = where.of_sequence(t, number);
          for (int64_t col = 0; col < cols; ++col)
            for (int64_t i = 0; i < width; ++i) {
              const int64_t at = (number * cols + col) * width, element = i - (s.last - s.first);
              float sum = spec.final_state && element >= 0 ? load(get<const E>(t, "dfinal_state")[at + element]) : 0;
              for (int64_t w = 0; w < i && w < width; ++w)
                if (const int64_t row = s.first + i - 1 - w; row < s.last)
                  sum += get<const float>(t, g)[row * cols + col] * load(get<const P>(t, "w")[col * width + w]);
              store(get<E>(t, "dinitial_state")[at + i], sum);
            }
        }
      });
    });
  }

private:
  /// The weights as [W, D], which loops over columns read well.
  static std::vector<float> taps_of(const Tensors &t, int64_t cols, int64_t width) {
    std::vector<float> taps(static_cast<size_t>(cols * width));
    const P *w = get<const P>(t, "w");
    for (int64_t col = 0; col < cols; ++col)
      for (int64_t i = 0; i < width; ++i) taps[size_t(i * cols + col)] = load(w[col * width + i]);
    return taps;
  }

  /// Token `row` of a sequence, from its state where it lies before it; false where it is 0.
  static bool read(const Tensors &t, const std::string &x, const ConvSpec &spec, const Whereabouts::Range &s,
                   int64_t row, int64_t cols, float *__restrict to) {
    if (row >= s.first) {
      const E *__restrict from = get<const E>(t, x) + row * cols;
      for (int64_t col = 0; col < cols; ++col) to[col] = load(from[col]);
      return true;
    }
    if (!spec.initial_state) return false;
    const E *from = get<const E>(t, "initial_state") + s.number * cols * spec.width + spec.width + row - s.first;
    for (int64_t col = 0; col < cols; ++col) to[col] = load(from[col * spec.width]);
    return true;
  }

  static void finish(const Tensors &t, const char *parts, int64_t first, int64_t pitch, int64_t count, int64_t cols,
                     const char *out, int64_t offset, int64_t stride) {
    tile::runtime::parallel_for(cols, [&](int64_t begin, int64_t end) {
      std::vector<float> total(static_cast<size_t>(end - begin));
      for (int64_t part = 0; part < count; ++part) {
        const float *__restrict from = get<const float>(t, parts) + part * pitch + first + begin;
        for (int64_t i = 0; i < end - begin; ++i) total[size_t(i)] += from[i];
      }
      for (int64_t col = begin; col < end; ++col)
        store(get<P>(t, out)[col * stride + offset], total[size_t(col - begin)]);
    });
  }

  HostReference &to_;
  ConvSpec spec_;
  Whereabouts where_;
  int64_t count_;
};

auto silu_of() {
  return [](const Tensors &, int64_t) { return [](float x, int64_t) { return x / (1 + host::exp(-x)); }; };
}
auto itself() {
  return [](const Tensors &, int64_t) { return [](float x, int64_t) { return x; }; };
}
/// x + a row's element of another tensor, or a column's of a vector.
template <class E> auto plus(const char *name, int64_t pitch) {
  return [=](const Tensors &t, int64_t row) {
    return [a = get<const E>(t, name) + row * pitch](float x, int64_t col) { return x + load(a[col]); };
  };
}

} // namespace

HostReference ConvProblem::host_reference() const {
  HostReference reference;
  host::find_sequences(reference, sequences_);
  const int64_t d = cols();
  const std::vector<int64_t> shape = {sequences_.rows(), d};
  auto whole = [&](const char *name) {
    reference.workspace.push_back(scratch(name, shape));
    return name;
  };

  auto make = [&](auto element, auto weight) {
    using E = decltype(element);
    using P = decltype(weight);
    auto dense = [&](const char *name, const char *copy) {
      if (gap_ == 0) return name;
      reference.workspace.push_back(scratch_of(dtype(), copy, shape));
      host::make_dense<E>(reference, sequences_, d, name, copy, gap_);
      return copy;
    };
    const char *const x = dense("x", "unfused_x");
    Steps<E, P> steps(reference, spec_, sequences_);
    // What goes into the activation stays until the backward pass, as eager code saves it.
    const char *before = whole("unfused_sum");
    steps.template convolve<float>(x, before);
    if (spec_.bias) {
      steps.template elements<float, float>(before, whole("unfused_before"), plus<P>("b", 0));
      before = "unfused_before";
    }
    if (runs_forward()) {
      const char *out = before;
      if (spec_.silu && spec_.residual) {
        out = whole("unfused_silu");
        steps.template elements<float, float>(before, out, silu_of());
      }
      if (spec_.residual)
        steps.template elements<float, E>(out, "y", plus<E>("residual", d));
      else if (spec_.silu)
        steps.template elements<float, E>(before, "y", silu_of());
      else
        steps.template elements<float, E>(before, "y", itself());
      if (spec_.final_state) steps.final_states(x);
    }
    if (runs_backward()) {
      const char *const dy = dense("dy", "unfused_dy"), *const g = whole("unfused_g");
      if (spec_.silu)
        steps.template elements<E, float>(dy, g, [=](const Tensors &t, int64_t row) {
          return [a = get<const float>(t, before) + row * d](float d, int64_t col) {
            const float s = 1 / (1 + host::exp(-a[col]));
            return d * s * (1 + a[col] * (1 - s));
          };
        });
      else
        steps.template elements<E, float>(dy, g, itself());
      steps.input_gradient(g, "dx");
      steps.weights(g, x);
      if (spec_.bias) steps.bias(g);
      if (spec_.initial_state) steps.state_gradients(g);
    }
  };
  host::with_type(
      dtype(), [&](auto element) { host::with_type(spec_.weight_dtype, [&](auto weight) { make(element, weight); }); });
  return reference;
}

} // namespace fla::conv
