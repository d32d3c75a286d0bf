#!/bin/bash
# bench/run.sh [CASE]...   each case runs the peer and tidemark in turn, takes medians, and prints one line
# of JSON per case and peer: case, peer, ours, theirs, unit, ratio (ours to theirs), reach, ok. What else it says goes to standard error.
# BENCH_ROUNDS: how often each contender runs (default 3); BENCH_KILLS, BENCH_TABLES: of the case `recovery` (100, 2000).
# TIDEMARK_BUILD: take the programs from there instead of building build/release.
set -eu
top=$(realpath "$(dirname "$0")/..")
known=(decode snapshot catchup latency recovery pg-decode pg-snapshot pg-catchup pg-latency my-snapshot my-catchup memory)
cases=("$@")
[ $# -gt 0 ] || cases=("${known[@]}")
for case in "${cases[@]}"; do
  [ -e "$top/bench/cases/$case.sh" ] || { echo "bench/run.sh: no case '$case'; there are: ${known[*]}" >&2; exit 2; }
done
bash "$top/packaging/install-deps.sh" --bench >/dev/null
if [ -z "${TIDEMARK_BUILD:-}" ]; then
  (cd "$top" && cmake --preset release -D TIDEMARK_BENCH=ON >/dev/null &&
    cmake --build --preset release --target tidemark tidemark-bench-decode tidemark-bench-pg-decode tidemark-bench-latency >/dev/null)
fi
export BENCH_PEAKS
BENCH_PEAKS=$(mktemp -d /tmp/tidemark-bench-peaks.XXXXXX)
trap 'rm -rf "$BENCH_PEAKS"' EXIT
echo "machine: $(nproc) processors, $(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo), load $(cut -d' ' -f1 /proc/loadavg)" >&2
for case in "${cases[@]}"; do
  echo "== $case" >&2
  bash "$top/bench/cases/$case.sh"
done
