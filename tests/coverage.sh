#!/bin/bash
# tests/coverage.sh [--missing]    what the tests without servers reach: lines of the decoders, branches of the core (src/pipeline)
# Installs what is missing, builds the unit tests that reach them and the simulator with gcov's counters in build/coverage, runs all, and
# prints one line a file and the totals; the last line has both figures. About three minutes, eight where nothing is in ccache.
# Exit status 1 when the decoders are below 95 % of their lines or the core is below 95 % of its branches, or when a test fails.
#   --missing    also prints which lines and branches nothing took
# Branches that only an exception takes are left out; tests/coverage/report.py says how, and which files count as decoders.
# TIDEMARK_SEEDS: how many histories the simulator plays (default 3000). TIDEMARK_JOBS: compilers at a time (default: processors).
set -eu
case ${1:-} in '' | --missing) ;; *) sed -n '2,8s/^# //p' "$0" >&2; exit 2 ;; esac
cd "$(dirname "$(realpath "$0")")/.."
top=$PWD
build=$top/build/coverage
seeds=${TIDEMARK_SEEDS:-3000}
export CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$top

# gcov comes with the compiler
bash packaging/install-deps.sh --build-only
command -v python3 >/dev/null || bash packaging/install-deps.sh --servers

programs=(tests/unit_model tests/unit_mysql tests/unit_pipeline tests/unit_runtime)
# -O0: each condition of the source keeps a branch of its own. g++, since clang writes these files in an older form.
cmake -S . -B "$build" -G Ninja -D CMAKE_CXX_COMPILER=g++ -D CMAKE_BUILD_TYPE=Debug -D CMAKE_CXX_FLAGS_DEBUG="-O0 -g1" \
  -D CMAKE_CXX_FLAGS="--coverage -fprofile-abs-path -fprofile-update=atomic" -D TIDEMARK_TESTS=ON -D TIDEMARK_BENCH=OFF >/dev/null
cmake --build "$build" -j "${TIDEMARK_JOBS:-$(nproc)}" --target "${programs[@]##*/}" tidemark-sim >"$build/build.log" ||
  { tail -30 "$build/build.log" >&2; exit 1; }

find "$build" -name '*.gcda' -delete  # the counters of an earlier run would be added to
for program in "${programs[@]}"; do
  "$build/$program" >"$build/run.log" 2>&1 || { tail -40 "$build/run.log" >&2; echo "${program##*/} fails" >&2; exit 1; }
done
"$build/tests/sim/tidemark-sim" --seeds "$seeds" >"$build/run.log" || { tail -5 "$build/run.log" >&2; echo "the simulator fails" >&2; exit 1; }
exec python3 tests/coverage/report.py "$build" ${1:+"$1"}
