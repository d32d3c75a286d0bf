#!/bin/bash
# tests/crash-matrix.sh [--sample | --all] [--seed S] [--points PATTERN] [--pair SOURCE-SINK] [--times N]
# Kills the real daemon (and `tidemark verify`) with SIGKILL at failpoints (src/base/failpoint_names.h), at the first, second or a random
# hit, from real MariaDB, MySQL and PostgreSQL into real PostgreSQL, MySQL and SQLite. A cell has died where it should only if the failpoint
# itself said so. Then the daemon is started again, and the sink compared with the source: with `tidemark verify`, and by ordered dumps that
# the servers make. The sources run beside each other. One line a cell, counts at the end; a cell that no life gets to is told with the
# reason and counts as not reached. Exit status 1 when a cell fails or a point is never hit.
#   (nothing)          every point with every source and sink that pass it, at one of its hits: about ten minutes
#   --sample           every point once, the pairs in turn: about three minutes; what tests/run.sh runs
#   --all              every point, source, sink and hit: about half an hour
#   --seed S           draws lives and hits (default 1)
#   --points PATTERN   only points whose names contain it, or match it as a shell pattern
#   --pair P           only these, SOURCE-SINK: mariadb, mysql or postgres, and postgres, sqlite, mysql or mariadb
#   --times N          each cell so often
set -u
cd "$(dirname "$(realpath "$0")")/.." || exit 1
build=$PWD/build/release
export CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$PWD

bash packaging/mysql-private.sh >/dev/null || exit 1
mkdir -p build
{ [ -e "$build/build.ninja" ] || cmake --preset release; cmake --build --preset release --target tidemark crash-matrix; } >"$build.log" 2>&1 \
  || { tail -40 "$build.log" >&2; exit 1; }

exec "$build/tests/crash-matrix" "$@"
