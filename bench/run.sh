#!/bin/bash
# bench/run.sh [decode|snapshot|catchup|latency]...   each case runs the peer and tidemark in turn and prints medians and the ratio
# BENCH_ROUNDS: how often each contender runs (default 3). TIDEMARK_BUILD: take the programs from there instead of building build/release.
set -eu
top=$(realpath "$(dirname "$0")/..")
cases=("$@")
[ $# -gt 0 ] || cases=(decode snapshot catchup latency)
for case in "${cases[@]}"; do
  [ -e "$top/bench/cases/$case.sh" ] || { echo "bench/run.sh: no case '$case'; there are: decode snapshot catchup latency" >&2; exit 2; }
done
bash "$top/packaging/install-deps.sh" --bench >/dev/null
if [ -z "${TIDEMARK_BUILD:-}" ]; then
  (cd "$top" && cmake --preset release -D TIDEMARK_BENCH=ON >/dev/null &&
    cmake --build --preset release --target tidemark tidemark-bench-decode tidemark-bench-latency >/dev/null)
fi
echo "machine: $(nproc) processors, $(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo), load $(cut -d' ' -f1 /proc/loadavg)"
for case in "${cases[@]}"; do
  echo "== $case"
  bash "$top/bench/cases/$case.sh"
done
