#!/bin/bash
# tests/fuzz.sh [--seconds N] [TARGET...]    installs what is missing, builds the fuzz targets (tests/fuzz/*_fuzz.cpp, all of them unless
# named) with clang and the sanitizers, and runs each for N seconds (default 10), as many at a time as there are processors. One line a
# target: runs, runs a second, new inputs that reached new code; the last line counts. Exit status 1 when one finds something: its line
# names the input that does it, and the command.
# What is found stays in build/fuzz/corpus, so that a long run goes on where the last one ended. TIDEMARK_JOBS: how many at a time.
set -u
cd "$(dirname "$(realpath "$0")")/.." || exit 1
top=$PWD
build=$top/build/fuzz
usage() { echo "usage: tests/fuzz.sh [--seconds N] [TARGET...]" >&2; exit 2; }

all=() targets=() seconds=10
for file in tests/fuzz/*_fuzz.cpp; do all+=("$(basename "$file" _fuzz.cpp)"); done
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || usage; seconds=$2; shift ;;
    -*) usage ;;
    *) [[ " ${all[*]} " == *" $1 "* ]] || { echo "no target $1; there are: ${all[*]}" >&2; exit 2; }; targets+=("$1") ;;
  esac
  shift
done
[ ${#targets[@]} -gt 0 ] || targets=("${all[@]}")

bash packaging/install-deps.sh --all || exit 1  # the fuzzer's library is not in clang's own package
compiler=clang++-14
command -v $compiler >/dev/null || compiler=clang++  # Debian 13 has another version, without a number in its name
export CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$top
log=$(mktemp)
if ! { cmake --preset fuzz -D CMAKE_C_COMPILER="${compiler/++/}" -D CMAKE_CXX_COMPILER=$compiler &&
       cmake --build --preset fuzz --target "${targets[@]/#/fuzz_}"; } >"$log" 2>&1 </dev/null; then
  tail -40 "$log" >&2
  rm -f "$log"
  echo "the targets do not build"
  exit 1
fi
rm -f "$log"

work=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")" tidemark-fuzz.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM
# Freed memory is kept from being used again, 16 MB of it: with the usual 256 MB the targets that take large buffers spend their time there.
export UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_stack_use_after_return=1:quarantine_size_mb=16

run_target() {  # run_target NAME: leaves NAME.log, NAME.status and what was found
  local name=$1
  mkdir -p "$build/corpus/$name" "$build/findings" "$work/$name"
  # 300 MB at once is too much: a zstd window of the highest level is 128 MB. TMPDIR: state files are real ones.
  TMPDIR=$work/$name "$build/fuzz_$name" -max_total_time="$seconds" -timeout=30 -max_len=4096 -rss_limit_mb=2048 -malloc_limit_mb=300 \
    -print_final_stats=1 -artifact_prefix="$build/findings/$name-" "$build/corpus/$name" "tests/fuzz/corpus/$name" \
    >"$work/$name.log" 2>&1 </dev/null
  echo $? >"$work/$name.status"
}

stat_of() { sed -nE "s/^stat::$2: +([0-9]+)\$/\1/p" "$work/$1.log"; }

report() {  # report NAME: prints its line; fails when it found something or did not run
  local name=$1 status runs input
  status=$(cat "$work/$name.status" 2>/dev/null || echo 1)
  runs=$(stat_of "$name" number_of_executed_units)
  total=$((total + ${runs:-0}))
  if [ "$status" = 0 ] && [ "${runs:-0}" -gt 0 ]; then
    printf '%-18s %9d runs %7d a second %5d new inputs\n' "$name" "$runs" "$(stat_of "$name" average_exec_per_sec)" "$(stat_of "$name" new_units_added)"
    return 0
  fi
  input=$(sed -nE 's/^artifact_prefix=.*Test unit written to (.*)$/\1/p' "$work/$name.log" | tail -1)
  printf '%-18s FOUND: %s\n' "$name" "$(grep -m1 -E 'does not hold|^SUMMARY|ERROR|runtime error' "$work/$name.log" || echo "exit status $status")"
  echo "  input:   ${input:-none was written}"
  echo "  again:   build/fuzz/fuzz_$name ${input:-tests/fuzz/corpus/$name/*}"
  tail -25 "$work/$name.log" | sed 's/^/  | /'
  return 1
}

jobs=${TIDEMARK_JOBS:-$(nproc)} found=0 total=0
for name in "${targets[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
  run_target "$name" &
done
wait
for name in "${targets[@]}"; do report "$name" || found=$((found + 1)); done
echo "${#targets[@]} targets, $total runs, $found with findings"
[ "$found" = 0 ]
