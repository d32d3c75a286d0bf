#!/bin/bash
# tests/run.sh [unit|integration|all]    installs what is missing, builds release, runs the tests; the last line is "N passed, M failed"
#   unit          everything that needs no server: unit tests, structure of the source, mutants of the core, each fuzz target for 10 s
#   integration   tests on real, private MariaDB, MySQL and PostgreSQL servers
# TIDEMARK_TEST_TIMEOUT: seconds that one test program may take (default 900). TIDEMARK_JOBS: how many run at a time (default: processors).
set -u
what=${1:-all}
case $what in unit | integration | all) ;; *) echo "usage: tests/run.sh [unit|integration|all]" >&2; exit 2 ;; esac
cd "$(dirname "$(realpath "$0")")/.." || exit 1
top=$PWD
build=$top/build/release
limit=${TIDEMARK_TEST_TIMEOUT:-900}
jobs=${TIDEMARK_JOBS:-$(nproc)}

work=$(mktemp -d /tmp/tidemark-run.XXXXXX)
chmod 755 "$work"  # PostgreSQL's user passes through it
cleanup() {  # each program is a session of its own, named by its pid file; one with a status has ended
  local file
  for file in "$work"/*.pid; do
    [ -e "$file" ] && [ ! -e "${file%.pid}.status" ] && kill -KILL -- "-$(cat "$file")" 2>/dev/null
  done
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

die() {  # a step before the tests failed: that is a failure too, and the last line says so
  echo "$1" >&2
  [ -z "${2:-}" ] || tail -40 "$2" >&2
  echo "0 passed, 1 failed"
  exit 1
}

step() {  # step NAME COMMAND...: quiet when it works
  local name=$1; shift
  local start=$SECONDS
  "$@" >"$work/step.log" 2>&1 </dev/null || die "$name failed" "$work/step.log"
  echo "$name: done ($((SECONDS - start)) s)"
}

step "install packages" bash packaging/install-deps.sh --all
[ "$what" = unit ] || step "unpack MySQL" bash packaging/mysql-private.sh
[ "$what" = unit ] || step "unpack PostgreSQL" bash packaging/postgres-private.sh
export CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$top
step "configure" cmake --preset release -D TIDEMARK_TESTS=ON
step "build" cmake --build --preset release

passed=0 failed=0

# launch NAME COMMAND...: in a process group of its own, with its own temporary folder, stopped when it takes too long
launch() {
  local name=$1; shift
  mkdir -p "$work/$name"
  chmod 755 "$work/$name"
  (
    # shellcheck disable=SC2016  # the inner shell is the one to expand
    TMPDIR=$work/$name setsid bash -c 'echo $$ >"$0"; exec timeout -k 5 "$@"' "$work/$name.pid" "$limit" "$@" >"$work/$name.log" 2>&1 </dev/null
    echo $? >"$work/$name.status"
  ) &
}

# collect NAME KIND: adds a finished program to the counts and prints its line
collect() {
  local name=$1 kind=$2 status good bad
  status=$(cat "$work/$name.status" 2>/dev/null || echo 1)
  if [ "$kind" = catch ]; then
    python3 tests/support/catch_report.py "$work/$name.xml" "$status" >"$work/$name.counts"
    read -r good bad <"$work/$name.counts"
  else
    good=$((status == 0)) bad=$((status != 0))
  fi
  passed=$((passed + good)) failed=$((failed + bad))
  printf '%-36s %4d passed %3d failed\n' "$name" "$good" "$bad"
  [ "$bad" -gt 0 ] || return 0
  # a Catch2 program's report holds its messages; its log what it wrote besides
  [ "$kind" != catch ] || tail -n +2 "$work/$name.counts"
  tail -25 "$work/$name.log" | sed 's/^/  | /'
}

collect_ended() {  # those of `started` that have ended since the last call
  local name
  for name in "${started[@]}"; do
    [ -e "$work/$name.status" ] && [ ! -e "$work/$name.counts" ] || continue
    collect "$name" catch
    rm -rf "${work:?}/$name"
  done
}

run_catch() {  # run_catch AT_A_TIME LABEL: the test programs that CMake knows under a label (others may lie about from older builds)
  local at_a_time=$1 name
  started=()
  for name in $(ctest --test-dir "$build" -N -L "^$2\$" | sed -nE 's/^ *Test +#[0-9]+: ([a-z0-9_]+)$/\1/p'); do
    while [ "$(jobs -rp | wc -l)" -ge "$at_a_time" ]; do
      wait -n
      collect_ended
    done
    launch "$name" "$build/tests/$name" -r xml -o "$work/$name.xml"
    started+=("$name")
  done
  wait
  collect_ended
}

run_scripts() {  # one after the other
  local script name
  for script; do
    [ -e "$script" ] || continue
    name=$(basename "$(dirname "$script")")/$(basename "$script")
    name=${name//\//-}  # not a colon: it separates folders in TMPDIR for MariaDB
    case $script in *.py) launch "$name" python3 "$script" ;; *) launch "$name" bash "$script" ;; esac
    wait
    collect "$name" script
  done
}

export TIDEMARK_BUILD=$build
if [ "$what" != integration ]; then
  run_scripts "$top"/tests/structure/check_*.py "$top"/tests/structure/check_*.sh
  run_catch "$jobs" unit
  run_scripts "$top"/tests/unit/*/*_test.sh "$top"/tests/unit/*/*_test.py "$top"/tests/mutants.sh "$top"/tests/fuzz.sh
fi
if [ "$what" != unit ]; then
  # Real servers with real loads beside each other: two at a time at most, or time limits inside the tests mean nothing.
  run_catch "$((jobs < 2 ? jobs : 2))" integration
  run_scripts "$top"/tests/integration/*_test.sh
  launch crash-matrix bash "$top/tests/crash-matrix.sh" --sample
  wait
  collect crash-matrix script
  launch soak bash "$top/tests/soak.sh" --seed 4251 --rounds 4
  wait
  collect soak script
  launch soak-postgres-mysql bash "$top/tests/soak.sh" --seed 81 --rounds 1 --source postgres --sink mysql
  wait
  collect soak-postgres-mysql script
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
