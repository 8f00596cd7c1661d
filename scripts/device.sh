#!/usr/bin/env bash
# Carries the project to a GPU machine that has neither LLVM nor the sources' dependencies.
#   scripts/device.sh pack              here: dist/flabench.tar.xz, one stripped static program
#   scripts/device.sh run [STEP...]     there: unpacks it, runs the steps (default: all), results in ${OUT:-out}
# Steps are the functions step_* below. GTEST_FILTER and FLABENCH_ARGS narrow what they do. The exit code is 0 when
# every step passed; a failed step does not stop the next.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

pack() {
  scripts/build.sh static flabench-device
  rm -rf dist
  mkdir -p dist/flabench
  "$(command -v llvm-strip-22 || command -v strip)" -o dist/flabench/flabench-device build/static/tests/flabench-device
  git rev-parse HEAD >dist/flabench/commit 2>/dev/null || true
  # The x86 filter makes repeated calls look alike: code is most of the program.
  tar -C dist --sort=name --owner=0 --group=0 -c flabench |
    xz -T2 --x86 --lzma2=preset=6,dict=64MiB >dist/flabench.tar.xz
  rm -r dist/flabench
  ls -l dist/flabench.tar.xz >&2
}

# The GoogleTests that want a device. Compiling is most of their time, so they run in as many processes as suit the cores;
# one report of each in tests.log, and what failed at its end.
step_tests() {
  local shards=$(($(nproc) > 4 ? $(nproc) - 2 : $(nproc))) shard failed=0 pids=()
  for ((shard = 0; shard < shards; shard++)); do
    GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$shard "$program" gtest --gtest_output="json:$work/tests-$shard.json" \
      >"$work/tests-$shard.log" 2>&1 &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
  cat "$work"/tests-*.log >"$out/tests.log"
  grep -hE '^\[  (PASSED|FAILED|SKIPPED) *\]|^\[  PASSED  \]' "$work"/tests-*.log | sort | uniq -c | sort -rn | tail -n 60
  return $failed
}

# The arena's own cases of all modules, as JSON lines. BENCH_MODULES narrows them.
modules=${BENCH_MODULES:-activations conv cross_entropy l2norm layernorm tokenshift}
step_bench() {
  : >"$out/bench.jsonl"
  for module in $modules; do
    # shellcheck disable=SC2086 # FLABENCH_ARGS is a list of words
    "$program" --module "$module" --device cuda ${FLABENCH_ARGS:---grid fla} --format json 2>>"$out/bench.log" >>"$out/bench.jsonl" ||
      { echo "bench: $module failed" | tee -a "$out/bench.log"; failed_bench=1; }
  done
  wc -l "$out/bench.jsonl"
  [ -z "${failed_bench:-}" ]
}

# The tables a person reads.
step_tables() {
  for module in $modules; do
    # shellcheck disable=SC2086
    "$program" --module "$module" --device cuda ${FLABENCH_ARGS:---grid fla} | tee "$out/table-$module.txt"
  done
}

# What else there is for the same ops (bench/peers.py); PYTHONPATH says where it is. PEERS_ARGS narrows it.
step_peers() {
  # shellcheck disable=SC2086
  python3 bench/peers.py ${PEERS_ARGS:-} 2>"$out/peers.log" | tee "$out/peers.jsonl" | tail -n 5
}

# The whole arena and its peers beside it: a module at a time on each GPU, first ours, then theirs, on the same GPU. Their
# kernels are compiled before anything is measured.
step_duel() {
  local gpus
  gpus=$(nvidia-smi -L | wc -l)
  export TRITON_CACHE_DIR=$work/triton
  # shellcheck disable=SC2086
  python3 bench/peers.py --warm --module "${modules// /,}" ${PEERS_ARGS:---provider fla} 2>"$out/warm.log" || true
  echo "peers' kernels compiled after $SECONDS s"
  export -f duel
  export program out
  # shellcheck disable=SC2086
  printf '%s\n' $modules | xargs -P "$gpus" --process-slot-var=CUDA_VISIBLE_DEVICES -I{} bash -c 'duel {}'
  cat "$out"/ours-*.jsonl >"$out/ours.jsonl" && rm "$out"/ours-*.jsonl
  cat "$out"/peers-*.jsonl >"$out/peers.jsonl" && rm "$out"/peers-*.jsonl
  cat "$out"/duel-*.log >"$out/duel.log" && rm "$out"/duel-*.log
  wc -l "$out"/ours.jsonl "$out"/peers.jsonl
}

duel() {
  local begin=$SECONDS
  # shellcheck disable=SC2086
  "$program" --module "$1" --device cuda --format json ${FLABENCH_ARGS:---grid fla --reps 15} \
    >"$out/ours-$1.jsonl" 2>"$out/duel-$1.log" || echo "duel: ours of $1 failed"
  local middle=$SECONDS
  # shellcheck disable=SC2086
  python3 bench/peers.py --module "$1" ${PEERS_ARGS:---provider fla} >"$out/peers-$1.jsonl" 2>>"$out/duel-$1.log" ||
    echo "duel: peers of $1 failed"
  echo "$1 on GPU $CUDA_VISIBLE_DEVICES: ours $((middle - begin)) s, peers $((SECONDS - middle)) s"
}

# The compiler's own time.
step_compile() {
  for module in $modules; do
    "$program" compile --module "$module" --arch sm_90a --reps 5 | tee "$out/compile-$module.txt"
  done
}

run() {
  local steps=("$@") failed=()
  [ ${#steps[@]} -gt 0 ] || steps=(tests bench)
  for step in "${steps[@]}"; do
    declare -F "step_$step" >/dev/null || {
      echo "device: no step '$step'; there are: $(declare -F | sed -n 's/.* step_//p' | tr '\n' ' ')" >&2
      exit 2
    }
  done
  [ -f dist/flabench.tar.xz ] || {
    echo "device: no dist/flabench.tar.xz; make it with: scripts/device.sh pack" >&2
    exit 2
  }
  out=${OUT:-out}
  mkdir -p "$out"
  out=$(cd "$out" && pwd)
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  tar -C "$work" -xJf dist/flabench.tar.xz
  program=$work/flabench/flabench-device
  # A program stopped in the middle can leave the driver's cache locked; ours starts empty, as on a new machine.
  export CUDA_CACHE_DISABLE=1 XDG_CACHE_HOME=$work/cache
  command -v nvidia-smi >/dev/null && nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.mem --format=csv,noheader
  for step in "${steps[@]}"; do
    echo "== $step"
    # In a subshell of its own with -e, which a function called in a condition would not have.
    set +e
    (set -e; "step_$step")
    [ $? = 0 ] || failed+=("$step")
    set -e
  done
  if [ ${#failed[@]} -gt 0 ]; then
    echo "device: failed: ${failed[*]}" >&2
    exit 1
  fi
}

case "${1:-}" in
pack) pack ;;
run) shift && run "$@" ;;
*)
  sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
  exit 2
  ;;
esac
