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

gpus=$({ nvidia-smi -L 2>/dev/null || true; } | wc -l)

# The GoogleTests that want a device. Compiling is most of their time, so they run in as many processes as suit the cores,
# on all GPUs in turns (or those of TEST_GPUS); one report of each in tests.log, and what failed at its end.
step_tests() {
  local shards=$(($(nproc) > 4 ? $(nproc) - 2 : $(nproc))) shard failed=0 pids=() devices
  read -ra devices <<<"${TEST_GPUS:-$(seq -s ' ' 0 $((gpus > 0 ? gpus - 1 : 0)))}"
  for ((shard = 0; shard < shards; shard++)); do
    CUDA_VISIBLE_DEVICES=${devices[shard % ${#devices[@]}]} GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$shard \
      GTEST_FILTER=${GTEST_FILTER:--Assembly.*} "$program" gtest >"$work/tests-$shard.log" 2>&1 &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
  join_logs tests | tail -n 60
  return $failed
}

# One log of those of a step's processes, and what their tests came to.
join_logs() {
  cat "$work/$1"-*.log >"$out/$1.log"
  grep -hE ' kernels in |^\[  (PASSED|FAILED|SKIPPED) *\]' "$out/$1.log" | sort | uniq -c | sort -rn
}

# Every kernel of every module for every architecture through ptxas: no spills. Needs cores, and no GPU.
step_assembly() {
  local shards=4 shard failed=0 pids=()
  for ((shard = 0; shard < shards; shard++)); do
    FLABENCH_ALL_KERNELS=1 GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$shard GTEST_FILTER='Assembly.*' \
      nice "$program" gtest >"$work/assembly-$shard.log" 2>&1 &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
  join_logs assembly | head -n 60
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

# The whole arena and its peers beside it: a part of it at a time on each GPU, first ours, then theirs, on the same GPU.
# Their kernels are compiled before anything is measured (WARM=no: they are), and stay in TRITON_CACHE_DIR for a later call
# on the same machine. PARTS, a regular expression, narrows the parts; what is done after DUEL_SECONDS comes back.
# A part: module, ops, and what a case of its grid contains. The longest first.
duel_parts="conv causal_conv1d D=256
conv causal_conv1d D=512
conv causal_conv1d D=1024
conv causal_conv1d D=2048
conv causal_conv1d D=4096
cross_entropy cross_entropy N=32768
cross_entropy cross_entropy N=16384
cross_entropy cross_entropy N=65536
cross_entropy cross_entropy N=8192
cross_entropy cross_entropy N=4096
cross_entropy cross_entropy N=2048
cross_entropy cross_entropy N=1024
cross_entropy cross_entropy N=512
activations sigmoid,swish
activations gelu,swiglu
activations logsigmoid,sqrelu
activations powglu
l2norm l2norm D=128
l2norm l2norm D=256
l2norm l2norm D=512
l2norm l2norm D=1024
l2norm l2norm D=2048
layernorm layer_norm,rms_norm
layernorm layer_norm_gate,rms_norm_gate
layernorm group_norm
tokenshift token_shift
activations gelu_erf,bias_gelu,sigmoidglu,geglu,reglu
layernorm mamba_norm_gate
conv causal_conv1d_update"
step_duel() {
  export TRITON_CACHE_DIR=${TRITON_CACHE_DIR:-/tmp/flabench-triton}
  local parts begin=$SECONDS
  parts=$(grep -E "${PARTS:-.}" <<<"$duel_parts")
  if [ "${WARM:-}" != no ]; then
    # shellcheck disable=SC2086
    python3 bench/peers.py --warm ${PEERS_ARGS:---provider fla} --module "$(cut -d' ' -f1 <<<"$parts" | sort -u | paste -sd,)" \
      2>"$out/warm.log" || true
    echo "peers' kernels compiled after $((SECONDS - begin)) s"
  fi
  export -f duel cases_of ours theirs collect
  export program out work
  : >"$out/ours.jsonl"
  : >"$out/peers.jsonl"
  timeout "$((${DUEL_SECONDS:-36000} - SECONDS + begin))" xargs -P "$gpus" --process-slot-var=CUDA_VISIBLE_DEVICES -I{} bash -c 'duel {}' <<<"$parts" ||
    echo "duel: not all parts are done"
  wc -l "$out/ours.jsonl" "$out/peers.jsonl"
}

# cases_of MODULE OP TEXT: --case and each case of the op's own grid that contains the text; without one, the grid.
cases_of() {
  [ -n "${3:-}" ] || { echo "--grid fla"; return; }
  "$program" --list --module "$1" |
    awk -v op="$2" -v text=",$3," '$1 == op {mine = 1; next} /^  [a-z]/ {mine = 0}
      mine && $1 == "fla:" {for (i = 2; i <= NF; ++i) if (index("," $i ",", text)) print "--case", $i}'
}

# ours|theirs NAME ARGUMENT...: one of both programs on these cases, its results in a file of that name.
ours() {
  # shellcheck disable=SC2086
  "$program" "${@:2}" --device cuda --format json ${FLABENCH_ARGS:---reps 15} >"$work/$1-ours" 2>>"$work/$1-log" ||
    echo "ours of $1 failed"
}
theirs() {
  # shellcheck disable=SC2086
  python3 bench/peers.py "${@:2}" ${PEERS_ARGS:---provider fla} >"$work/$1-peers" 2>>"$work/$1-log" ||
    echo "peers of $1 failed"
}
# collect FILE INTO: parts run side by side.
collect() { flock "$work/lock" cat "$work/$1" >>"$out/$2"; }

duel() {
  local begin=$SECONDS name="$1-${2//,/-}${3:+-$3}" cases
  cases=$(cases_of "$@")
  # shellcheck disable=SC2086
  ours "$name" --module "$1" --op "$2" $cases
  collect "$name-ours" ours.jsonl
  local middle=$SECONDS
  # shellcheck disable=SC2086
  theirs "$name" --op "$2" $cases
  collect "$name-peers" peers.jsonl
  collect "$name-log" duel.log
  echo "$name on GPU $CUDA_VISIBLE_DEVICES: ours $((middle - begin)) s, peers $((SECONDS - middle)) s"
}

# What was close in a duel (DUEL: the folder of its results, default: of this run), again and in turns: ours, theirs, ours,
# theirs, ROUNDS times each. bench/compare.py takes the median of all.
step_rematch() {
  export TRITON_CACHE_DIR=${TRITON_CACHE_DIR:-/tmp/flabench-triton} ROUNDS=${ROUNDS:-3}
  local results=${DUEL:-$out}
  export -f rematch ours theirs collect
  export program out work
  : >"$out/ours-again.jsonl"
  : >"$out/peers-again.jsonl"
  python3 bench/compare.py --close "${CLOSE:-4}" "$results/ours.jsonl" "$results/peers.jsonl" >"$work/close"
  timeout "${REMATCH_SECONDS:-36000}" xargs -P "$gpus" --process-slot-var=CUDA_VISIBLE_DEVICES -I{} bash -c 'rematch {}' <"$work/close" ||
    echo "rematch: not all is done"
  wc -l "$out/ours-again.jsonl" "$out/peers-again.jsonl"
}

# rematch ARGUMENT...: cases of one op and pass. What is done when time is up counts.
rematch() {
  local begin=$SECONDS round name="$4-$6"
  for ((round = 0; round < ROUNDS; round++)); do
    ours "$name" "$@"
    sed -i '/"unfused"/d' "$work/$name-ours"
    theirs "$name" "$@"
    collect "$name-ours" ours-again.jsonl
    collect "$name-peers" peers-again.jsonl
  done
  collect "$name-log" rematch.log
  echo "$name on GPU $CUDA_VISIBLE_DEVICES: $((SECONDS - begin)) s"
}

# Every way to cut the work, side by side: CANDIDATES, lines of flabench's arguments, on all GPUs in turns.
step_candidates() {
  export program out work
  # shellcheck disable=SC2016
  xargs -P "$gpus" --process-slot-var=CUDA_VISIBLE_DEVICES -I{} bash -c \
    'name=$(mktemp -p "$work"); "$program" {} --device cuda --candidate all --format json --reps 21 >"$name" 2>"$name.log";
     flock "$work/lock" cat "$name" >>"$out/candidates.jsonl"; cat "$name.log" >>"$out/candidates.log"' <"${CANDIDATES:-/dev/stdin}"
  wc -l "$out/candidates.jsonl"
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
