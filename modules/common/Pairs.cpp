#include "modules/common/Pairs.h"

#include <fmt/format.h>

namespace fla {

static Candidate both(const Candidate &first, const Candidate &second) {
  Candidate candidate{fmt::format("fwd({}) bwd({})", first.name, second.name), first.workspace, first.launches};
  candidate.workspace.insert(candidate.workspace.end(), second.workspace.begin(), second.workspace.end());
  candidate.launches.insert(candidate.launches.end(), second.launches.begin(), second.launches.end());
  return candidate;
}

std::vector<Candidate> pairs(const std::vector<Candidate> &forward, const std::vector<Candidate> &backward) {
  std::vector<Candidate> all;
  for (const Candidate &second : backward) all.push_back(both(forward.front(), second));
  for (size_t i = 1; i < forward.size(); ++i) all.push_back(both(forward[i], backward.front()));
  return all;
}

} // namespace fla
