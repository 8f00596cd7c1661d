#!/usr/bin/env bash
# scripts/build.sh PRESET [TARGET...]: sets up, configures where needed, and builds. Speaks on standard error only, and
# not at all when there is nothing to do. Two builds of one preset at once wait for each other.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift

scripts/setup.sh "$preset"
build=build/$preset
mkdir -p "$build"
exec 9>"$build/.lock"
flock 9

if [ ! -f "$build/build.ninja" ]; then
  cmake --preset "$preset" 9>&- >&2
fi
# A compile of an MLIR file takes up to 1.5 GB: no more jobs than fit.
memory_kb=$(awk '/MemAvailable/ {print $2}' /proc/meminfo)
jobs=$((memory_kb / 1572864))
cores=$(nproc)
[ "$jobs" -le "$cores" ] || jobs=$cores
[ "$jobs" -ge 1 ] || jobs=1
# Standard error is the terminal's or a log's: keep it quiet unless something is built.
if ! ninja -C "$build" -n "$@" 9>&- 2>&1 | tail -n 1 | grep -q 'no work to do'; then
  ninja -C "$build" -j "$jobs" "$@" 9>&- >&2
fi
