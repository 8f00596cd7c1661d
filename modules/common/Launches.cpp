// Values are set once, when the launches are made; addresses at each binding.
#include "modules/common/Launches.h"

namespace fla {

Launches::Launches(const Candidate &candidate, const KernelLoader &load) {
  steps_.reserve(candidate.launches.size());
  for (const FusedLaunch &launch : candidate.launches) {
    std::shared_ptr<tile::runtime::Executable> executable = load(launch.kernel);
    tile::runtime::Arguments args(executable->artifact());
    Step &step = steps_.emplace_back(Step{std::move(executable), launch.grid, std::move(args), {}, nullptr});
    for (const Arg &arg : launch.args)
      if (std::holds_alternative<std::string>(arg.value))
        step.tensors.push_back(arg);
      else if (const auto *integer = std::get_if<int64_t>(&arg.value))
        step.args.set(arg.param, *integer);
      else
        step.args.set(arg.param, std::get<double>(arg.value));
  }
}

void Launches::bind(const std::function<const void *(std::string_view)> &address) {
  for (Step &step : steps_) {
    for (const Arg &arg : step.tensors)
      step.args.set(arg.param, static_cast<const std::byte *>(address(std::get<std::string>(arg.value))) + arg.offset);
    step.block = step.args.block();
  }
}

} // namespace fla
