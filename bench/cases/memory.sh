#!/bin/bash
# Peak resident memory of tidemark in the other cases; those that have not been run before in this call are run once, quietly.
set -eu
here=$(dirname "$(realpath "$0")")
export BENCH_PEAKS=${BENCH_PEAKS:-$(mktemp -d)}
for case in decode snapshot catchup latency recovery; do
  [ -s "$BENCH_PEAKS/$case" ] || BENCH_ROUNDS=1 BENCH_SECONDS=10 BENCH_KILLS=3 bash "$here/$case.sh" >/dev/null
  python3 "$here/../report.py" memory "in $case" "$(sort -n "$BENCH_PEAKS/$case" | tail -1)" - MiB '<=abs:128'
done
