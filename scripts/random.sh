#!/usr/bin/env bash
# scripts/random.sh [KERNELS [SEED [PRESET]]]: runs that many random kernels (10000, from seed 1, of the dev build) against
# the oracle on the host and on the virtual GPU at once, a core each, and says how far it is.
set -u
kernels=${1:-10000} seed=${2:-1} preset=${3:-dev}
cd "$(dirname "$0")/.."
test=build/$preset/tests/random/random-tests
[ -x "$test" ] || { echo "build it first: scripts/build.sh $preset random-tests" >&2; exit 1; }
export TILE_RANDOM_KERNELS=$kernels TILE_RANDOM_SEED=$seed TILE_RANDOM_PROGRESS=${TILE_RANDOM_PROGRESS:-250}
pids=()
for device in host simt; do
  "$test" --gtest_brief=1 --gtest_filter="*/$device" &
  pids+=($!)
done
status=0
for pid in "${pids[@]}"; do wait "$pid" || status=1; done
exit $status
