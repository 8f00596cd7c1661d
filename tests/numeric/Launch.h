// One launch of one kernel on vectors of numbers: for kernels that are no module's.
#pragma once

#include "tests/numeric/Harness.h"

#include "compiler/dsl/Kernel.h"

#include <cstring>

namespace fla::test {

class Launch {
public:
  Launch(Machine &machine, const tile::Kernel &kernel)
      : machine_(machine), executable_(machine.device().load(tile::compile(kernel, machine.device().target()))),
        args_(executable_->artifact()) {}

  /// A tensor argument and its contents before the launch.
  template <class T> Launch &tensor(const std::string &name, const std::vector<T> &values) {
    tile::runtime::Buffer b = machine_.device().allocate(values.size() * sizeof(T));
    if (!values.empty()) machine_.device().upload(b.data(), values.data(), b.bytes());
    args_.set(name, static_cast<const void *>(b.data()));
    buffers_[name] = std::move(b);
    return *this;
  }
  template <class N> Launch &number(const std::string &name, N value) {
    if constexpr (std::is_integral_v<N>)
      args_.set(name, int64_t(value));
    else
      args_.set(name, double(value));
    return *this;
  }

  Launch &run(tile::runtime::Grid grid = {}) {
    executable_->launch(machine_.stream(), grid, args_.block());
    machine_.stream().synchronize();
    return *this;
  }

  /// What a tensor holds now.
  template <class T> std::vector<T> values(const std::string &name) {
    const tile::runtime::Buffer &b = buffers_.at(name);
    std::vector<T> v(b.bytes() / sizeof(T));
    if (!v.empty()) machine_.device().download(v.data(), b.data(), b.bytes());
    return v;
  }

private:
  Machine &machine_;
  std::unique_ptr<tile::runtime::Executable> executable_;
  tile::runtime::Arguments args_;
  std::map<std::string, tile::runtime::Buffer> buffers_;
};

} // namespace fla::test
